"""Nobody comes in without a password, unless the server serves a demonstration and the database is one and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from case_api.demo_data import PREFIX, SITES
from case_api.security import GRANTS
from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.people import Person, PersonRole
from models.sites import Site
from tests.case_api.conftest import Clock
from tests.conftest import PASSWORD_HASH, MakePerson

PEOPLE, TOKENS = "/v1/demo/people", "/v1/demo/tokens"
Mark = Callable[[], Awaitable[None]]


@pytest.fixture
def mark(factory: Factory, clock: Clock, make_person: MakePerson) -> Mark:
    """The sites and a manager and a trainer of a demonstration; the whole year is tested elsewhere."""

    async def made() -> None:
        async with transaction(factory) as db:
            sites = [Site(code=code, name=names[0], created_at=clock()) for code, names in SITES.items()]
            db.add_all(sites)
        await make_person(f"{PREFIX}a-site-manager", ("site_manager", sites[0].id))
        await make_person(f"{PREFIX}b-site-manager", ("site_manager", sites[1].id))
        await make_person(f"{PREFIX}trainer", *(("trainer", site.id) for site in sites))
        await make_person(f"{PREFIX}too-much", ("admin", None))  # somebody gave a demonstration person more
        await make_person("boss", ("city_gm", sites[0].id))  # a real person's name

    return made


async def answers(client: httpx2.AsyncClient) -> set[int]:
    return {
        (await client.get(PEOPLE)).status_code,
        *[(await client.post(TOKENS, json={"role": role})).status_code for role in GRANTS],
    }


async def test_a_server_that_serves_no_demonstration_lets_nobody_in(client: httpx2.AsyncClient, app: FastAPI, mark: Mark) -> None:
    assert app.state.demo is False
    await mark()
    assert await answers(client) == {404}


async def test_a_database_without_the_mark_lets_nobody_in(
    client: httpx2.AsyncClient, app: FastAPI, make_person: MakePerson, site: Site
) -> None:
    app.state.demo = True
    await make_person(f"{PREFIX}a-site-manager", ("site_manager", site.id))
    assert await answers(client) == {404}


async def test_one_real_case_closes_it(
    client: httpx2.AsyncClient, app: FastAPI, mark: Mark, factory: Factory, site: Site, make_person: MakePerson, clock: Clock
) -> None:
    app.state.demo = True
    await mark()
    assert (await client.get(PEOPLE)).status_code == 200
    real = await make_person("real", ("staff", site.id))
    async with transaction(factory) as db:
        db.add(WithdrawalCase(site_id=site.id, code="HD-1", created_by=real.id, received_at=clock(), causes=[]))
    assert await answers(client) == {404}


async def test_one_comes_in_as_the_first_person_of_a_role_with_that_persons_rights(
    client: httpx2.AsyncClient, app: FastAPI, mark: Mark, factory: Factory
) -> None:
    app.state.demo = True
    await mark()
    people = (await client.get(PEOPLE)).json()["items"]
    assert [one["role"] for one in people] == ["site_manager", "trainer"]
    made = await client.post(TOKENS, json={"role": "site_manager"})
    assert (made.status_code, made.json()["person"]["username"]) == (201, f"{PREFIX}a-site-manager")
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    assert (await client.get("/v1/me", headers=headers)).json()["username"] == f"{PREFIX}a-site-manager"
    assert (await client.get("/v1/audit-records", headers=headers)).status_code in (403, 404)
    for role in ("admin", "city_gm", "staff"):  # who has more than the demonstration, who is real, who is not there
        assert (await client.post(TOKENS, json={"role": role})).status_code == 404
    async with factory() as db:
        told = (await db.scalars(select(AuditRecord).where(AuditRecord.action == "api:token:create"))).all()
    assert [record.after for record in told] == [{"demonstration": True}]


async def test_a_disabled_person_is_nobody(client: httpx2.AsyncClient, app: FastAPI, mark: Mark, factory: Factory, clock: Clock) -> None:
    app.state.demo = True
    await mark()
    async with transaction(factory) as db:
        trainer = (await db.scalars(select(Person).where(Person.username == f"{PREFIX}trainer"))).one()
        trainer.disabled_at = clock()
    assert (await client.post(TOKENS, json={"role": "trainer"})).status_code == 404
    async with transaction(factory) as db:
        db.add(Person(username="demo", display_name="x", password_hash=PASSWORD_HASH, roles=[PersonRole(role="trainer", site_id=None)]))
    assert (await client.post(TOKENS, json={"role": "trainer"})).status_code == 404
