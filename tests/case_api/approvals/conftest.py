"""The stage: a case that a customer accepted a path of, and its people."""

from __future__ import annotations

import httpx2
import pytest

from models.engine import Factory
from models.sites import Site
from tests.case_api.approvals.stage import Stage
from tests.case_api.conftest import Clock
from tests.conftest import MakePerson, SignIn


@pytest.fixture
async def stage(client: httpx2.AsyncClient, factory: Factory, site: Site, clock: Clock, make_person: MakePerson, sign_in: SignIn) -> Stage:
    made = Stage(client, factory, site, clock, make_person, sign_in)
    await made.hire_all()
    return made
