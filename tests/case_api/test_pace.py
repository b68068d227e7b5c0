"""What a request costs, counted instead of timed: statements (each a trip to the database), and no trip to a worker thread for a name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import delete, event, update
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Match

from case_api.routes import routes as every_route
from case_api.shortcut import Shortcut
from models.base import new_id, utc_now
from models.engine import Factory, transaction
from models.people import Person, PersonRole
from models.sites import Site
from models.tokens import AccessToken
from tests.conftest import MakePerson, SignIn

Headers = dict[str, str]
CREATE, PAUSE, RESUME = 14, 10, 11
ASIDE = ("BEGIN", "SELECT pg_advisory")
"""Not everywhere a statement: PostgreSQL's driver begins by itself, SQLite's one write lock takes the place of the advisory ones."""


class Said:
    """What the database was asked, with what, in order."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, Any]] = []

    def take(self) -> list[str]:
        """The statements since last time."""
        said, self.statements = [one for one, _ in self.statements if not one.startswith(ASIDE)], []
        return said


@pytest.fixture
def said(engine: AsyncEngine) -> Iterator[Said]:
    found = Said()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        found.statements.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield found
    event.remove(engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture
async def manager(make_person: MakePerson, site: Site, policies: None) -> Person:
    return await make_person("zhang", ("site_manager", site.id), ("staff", site.id), ("admin", None))


@pytest.fixture
async def headers(manager: Person, sign_in: SignIn, client: httpx2.AsyncClient) -> Headers:
    signed_in = await sign_in(manager)
    await client.get("/v1/me", headers=signed_in)  # notes that the token was used, which is done every few minutes
    return signed_in


async def _opened(client: httpx2.AsyncClient, headers: Headers, site: Site) -> dict[str, Any]:
    key = {"Idempotency-Key": new_id()}
    answer = await client.post("/v1/cases", json={"customer_label": "王女士", "site_id": site.id}, headers=headers | key)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_read_is_who_asks_and_what_they_ask_for(client: httpx2.AsyncClient, headers: Headers, site: Site, said: Said) -> None:
    case = await _opened(client, headers, site)
    most = {
        "/v1/cases": 2,
        f"/v1/cases?status=draft&site_id={site.id}": 2,
        "/v1/cases?q=王女": 3,
        f"/v1/cases/{case['id']}": 2,
        f"/v1/cases/{case['id']}/tasks": 2,
        "/v1/tasks?mine=true": 2,
    }
    for path, statements in most.items():
        said.take()
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        assert len(found := said.take()) <= statements, (path, found)


async def test_a_command_asks_no_more_than_it_did(client: httpx2.AsyncClient, headers: Headers, site: Site, said: Said) -> None:
    await _opened(client, headers, site)
    said.take()
    case = await _opened(client, headers, site)
    assert len(found := said.take()) <= CREATE, found
    [task] = (await client.get(f"/v1/cases/{case['id']}/tasks", headers=headers)).json()
    for what, statements in (("pause", PAUSE), ("resume", RESUME)):
        seen = await client.get(f"/v1/tasks/{task['id']}", headers=headers)
        said.take()
        based = headers | {"If-Match": seen.headers["ETag"]}
        answer = await client.post(f"/v1/tasks/{task['id']}/{what}", json={"reason": "客户改日"}, headers=based)
        assert answer.status_code == 200, answer.text
        assert len(found := said.take()) <= statements, (what, found)


async def test_my_tasks_are_read_in_their_order(
    client: httpx2.AsyncClient, headers: Headers, site: Site, said: Said, engine: AsyncEngine
) -> None:
    """Not all of a site collected and sorted: SQLite says how it would go about it."""
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL chooses by its statistics")
    for query in ("?mine=true", "", f"?site_id={site.id}&kind=registration"):
        said.take()
        assert (await client.get(f"/v1/tasks{query}", headers=headers)).status_code == 200
        statement, parameters = said.statements[-1]
        async with engine.connect() as connection:
            plan = [row[3] for row in await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        assert plan[0] == "SCAN case_task USING INDEX ix_case_task_opened_at", (query, plan)
        assert not any("TEMP B-TREE" in step for step in plan), (query, plan)


async def test_what_is_taken_away_is_refused_at_once(
    client: httpx2.AsyncClient, headers: Headers, manager: Person, factory: Factory
) -> None:
    """Nothing about a token is kept from one request to the next."""

    async def asks(path: str = "/v1/cases") -> int:
        return int((await client.get(path, headers=headers)).status_code)

    assert await asks() == 200
    async with transaction(factory) as db:
        await db.execute(delete(PersonRole).where(PersonRole.person_id == manager.id, PersonRole.role != "admin"))
    assert (await asks(), await asks("/v1/people")) == (403, 200)
    async with transaction(factory) as db:
        await db.execute(delete(PersonRole).where(PersonRole.person_id == manager.id))
    assert (await asks("/v1/me"), await asks("/v1/people")) == (200, 403)
    async with transaction(factory) as db:
        await db.execute(update(Person).where(Person.id == manager.id).values(disabled_at=utc_now()))
    assert await asks("/v1/me") == 401
    async with transaction(factory) as db:
        await db.execute(update(Person).where(Person.id == manager.id).values(disabled_at=None))
    assert await asks("/v1/me") == 200
    async with transaction(factory) as db:
        await db.execute(update(AccessToken).values(revoked_at=utc_now()))
    assert await asks("/v1/me") == 401


def _plain(dependant: Dependant) -> Iterator[str]:
    for wanted in dependant.dependencies:
        call: Any = wanted.call if inspect.isroutine(wanted.call) else type(wanted.call).__call__
        if not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call)):
            yield f"{call.__module__}.{call.__qualname__}"
        yield from _plain(wanted)


def test_no_dependency_goes_to_a_worker_thread() -> None:
    """FastAPI runs a plain function there: two thread switches for looking up a name."""
    routes = [context for context in iter_route_contexts(every_route().routes) if isinstance(context.original_route, APIRoute)]
    assert len(routes) > 100
    assert {name for route in routes for name in _plain(route.dependant)} == set()


def test_the_shortcut_leads_where_the_search_would() -> None:
    """To the same route with the same parameters, for an address and method of every route; and nowhere for what is no route."""
    shortcut = Shortcut(every_route().routes)
    there = [context for context in iter_route_contexts(every_route().routes) if isinstance(context.original_route, APIRoute)]
    for context in there:
        path = re.sub(r"{(\w+)(:\w+)?}", "0198f3c2a4d700112233445566778899", context.path or "")
        for method in sorted(context.methods or ()):
            scope = {"type": "http", "method": method, "path": path, "root_path": "", "headers": []}
            first = next(one for one in there if method in (one.methods or ()) and one.matches(scope)[0] is Match.FULL)
            match, found = shortcut.matches(scope)
            assert (match, found["endpoint"]) == (Match.FULL, first.endpoint), (method, path)
            assert found["path_params"] == first.matches(scope)[1]["path_params"]
            assert shortcut.matches(scope | {"method": "TRACE"})[0] is Match.NONE
