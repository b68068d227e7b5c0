"""Conversations to learn from, and who does."""

from __future__ import annotations

import pytest

from models.sites import Site
from tests.case_api.sessions.conftest import make_session
from tests.conftest import MakePerson, SignIn

__all__ = ["make_session"]


@pytest.fixture
async def trainer(make_person: MakePerson, sign_in: SignIn, site: Site) -> dict[str, str]:
    return await sign_in(await make_person("trainer", ("trainer", site.id)))
