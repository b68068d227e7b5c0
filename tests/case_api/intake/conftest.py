"""The people of an intake."""

from __future__ import annotations

import httpx2
import pytest
from fastapi import FastAPI

from case_api.accounts.service import issue_token
from models.engine import Factory, transaction
from models.people import Person, PersonRole
from models.settings import Settings
from models.sites import Site
from tests.case_api.intake.desk import Desk
from tests.conftest import PASSWORD_HASH


@pytest.fixture
async def desk(app: FastAPI, client: httpx2.AsyncClient, factory: Factory, settings: Settings, site: Site, other_site: Site) -> Desk:
    roles = {
        "consultant": ("staff", site.id),
        "reception": ("receptionist", site.id),
        "colleague": ("staff", site.id),
        "manager": ("site_manager", site.id),
        "finance": ("finance", site.id),
        "marketing": ("marketing", site.id),
        "stranger": ("site_manager", other_site.id),
        "trainer": ("trainer", None),
    }
    people = {
        name: Person(
            username=name,
            display_name=name.title(),
            password_hash=PASSWORD_HASH,
            must_change_password=False,
            roles=[PersonRole(role=role, site_id=where)],
        )
        for name, (role, where) in roles.items()
    }
    async with transaction(factory) as db:
        db.add_all(people.values())
        await db.flush()
        tokens = {name: issue_token(db, person, settings.auth)[0] for name, person in people.items()}
    headers = {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}
    return Desk(app, client, site, headers, {name: person.id for name, person in people.items()})
