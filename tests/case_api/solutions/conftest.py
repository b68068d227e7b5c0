"""The stage: a site with a refund rule that may be used, a case whose assessment is concluded, and its people."""

from __future__ import annotations

import httpx2
import pytest

from models.engine import Factory
from models.sites import Site
from tests.case_api.conftest import Clock
from tests.case_api.solutions.stage import Stage
from tests.conftest import MakePerson, SignIn


@pytest.fixture
async def bare(
    client: httpx2.AsyncClient, factory: Factory, policies: None, site: Site, clock: Clock, make_person: MakePerson, sign_in: SignIn
) -> Stage:
    """The people and the shipped rules; no case yet, and no refund rule that may be used."""
    made = Stage(client, factory, site, clock, make_person, sign_in)
    await made.hire_all()
    return made


@pytest.fixture
async def stage(bare: Stage, refund_policy: str) -> Stage:
    await bare.solving()
    return bare
