"""Commands are done once for a key, together with their answer, and only on the version their author saw."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx2
import pytest
from fastapi import APIRouter, FastAPI, Response
from pydantic import BaseModel
from sqlalchemy import select

from case_api.commands import KEPT, ByDep, CommandDb, CommandRoute, IfMatch, forget_old_commands, guard, tag
from case_api.problems import Problem, ProblemCode
from models.audit import Subject, record
from models.base import utc_now
from models.cases import WithdrawalCase
from models.commands import CommandRecord
from models.engine import Factory, transaction
from models.sites import Site
from tests.conftest import MakePerson, Rows, SignIn

KEY = {"Idempotency-Key": "key-00000001"}


class Name(BaseModel):
    name: str


@pytest.fixture
async def headers(app: FastAPI, site: Site, make_person: MakePerson, sign_in: SignIn) -> dict[str, str]:
    router = APIRouter(route_class=CommandRoute)

    @router.post("/v1/test/sites")
    async def make(body: Name, by: ByDep, db: CommandDb, response: Response) -> dict[str, str]:
        if body.name == "refused":
            raise Problem(ProblemCode.CASE_STATE)
        made = Site(code=body.name[:16], name=body.name)
        db.add(made)
        await db.flush()
        if body.name == "broken":
            raise RuntimeError("half way")
        record(db, by.who, "api:site:create", Subject("site", made.id))
        response.headers["ETag"] = '"1"'
        response.status_code = 201
        return {"id": made.id}

    @router.post("/v1/test/cases/{case_id}")
    async def rename(case_id: str, body: Name, version: IfMatch, db: CommandDb, response: Response) -> dict[str, int]:
        case = await db.get_one(WithdrawalCase, case_id, with_for_update=True)
        guard(case, version)
        case.customer_label = body.name
        await db.flush()
        tag(response, case)
        return {"version": case.version}

    @router.post("/v1/test/secrets")
    async def secret(db: CommandDb) -> dict[str, str]:
        return {"id": "密", "secret": "s3cret"}

    app.include_router(router)
    return await sign_in(await make_person("lijing", ("staff", site.id)))


async def names(rows: Rows) -> list[str]:
    return sorted(await rows.scalars(select(Site.name)))


async def test_a_repeated_command_gets_the_first_answer_and_changes_nothing(
    client: httpx2.AsyncClient, headers: dict[str, str], rows: Rows
) -> None:
    first, second = [await client.post("/v1/test/sites", headers=headers | KEY, json={"name": "新案场"}) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first.headers["etag"] == second.headers["etag"] == '"1"'
    assert ("idempotency-replayed" in first.headers, second.headers["idempotency-replayed"]) == (False, "true")
    assert await names(rows) == ["新案场", "海德花园"]


async def test_two_at_once_are_one(client: httpx2.AsyncClient, headers: dict[str, str], rows: Rows) -> None:
    await client.get("/v1/me", headers=headers)
    answers = await asyncio.gather(*(client.post("/v1/test/sites", headers=headers | KEY, json={"name": "并发"}) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 4
    assert await names(rows) == ["并发", "海德花园"]


async def test_another_request_under_the_same_key_is_refused(client: httpx2.AsyncClient, headers: dict[str, str], rows: Rows) -> None:
    await client.post("/v1/test/sites", headers=headers | KEY, json={"name": "一"})
    other = await client.post("/v1/test/sites", headers=headers | KEY, json={"name": "二"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await names(rows) == ["一", "海德花园"]


async def test_keys_are_each_persons_own(
    client: httpx2.AsyncClient, headers: dict[str, str], rows: Rows, make_person: MakePerson, sign_in: SignIn, site: Site
) -> None:
    other = await sign_in(await make_person("zhao", ("staff", site.id)))
    await client.post("/v1/test/sites", headers=headers | KEY, json={"name": "一"})
    assert (await client.post("/v1/test/sites", headers=other | KEY, json={"name": "二"})).status_code == 201
    assert await names(rows) == ["一", "二", "海德花园"]


@pytest.mark.parametrize(("name", "status"), [("refused", 409), ("broken", 500)])
async def test_what_failed_is_undone_and_may_be_tried_again(
    client: httpx2.AsyncClient, headers: dict[str, str], rows: Rows, name: str, status: int
) -> None:
    for _ in range(2):
        answer = await client.post("/v1/test/sites", headers=headers | KEY, json={"name": name})
        assert (answer.status_code, "idempotency-replayed" in answer.headers) == (status, False)
    assert await names(rows) == ["海德花园"]
    assert await rows.scalars(select(CommandRecord)) == []


@pytest.mark.parametrize("key", ["short", "x" * 81, "has space in it", "密" * 10])
async def test_a_key_is_plain(client: httpx2.AsyncClient, headers: dict[str, str], rows: Rows, key: str) -> None:
    answer = await client.post("/v1/test/sites", headers=headers | {"Idempotency-Key": key.encode()}, json={"name": "一"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_invalid")
    assert await names(rows) == ["海德花园"]


async def test_a_change_needs_the_version_it_is_based_on(
    client: httpx2.AsyncClient, headers: dict[str, str], factory: Factory, site: Site
) -> None:
    me = (await client.get("/v1/me", headers=headers)).json()["id"]
    async with transaction(factory) as db:
        case = WithdrawalCase(site_id=site.id, code="HD-1", created_by=me)
        db.add(case)
    url = f"/v1/test/cases/{case.id}"
    for given, status, code in ((None, 428, "precondition_required"), ('"7"', 412, "version_conflict"), ("newest", 422, "invalid_request")):
        answer = await client.post(url, headers=headers | ({"If-Match": given} if given else {}), json={"name": "王"})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    done = await client.post(url, headers=headers | {"If-Match": '"1"'}, json={"name": "王"})
    assert (done.json(), done.headers["etag"]) == ({"version": 2}, '"2"')
    late = await client.post(url, headers=headers | {"If-Match": '"1"'}, json={"name": "李"})
    assert late.json()["code"] == "version_conflict"


async def test_what_is_shown_once_is_not_kept(client: httpx2.AsyncClient, headers: dict[str, str], rows: Rows) -> None:
    first, second = [await client.post("/v1/test/secrets", headers=headers | KEY) for _ in range(2)]
    assert (first.json(), second.json()) == ({"id": "密", "secret": "s3cret"}, {"id": "密", "secret": ""})
    assert "s3cret" not in (await rows.one(select(CommandRecord))).body


async def test_answers_are_kept_for_a_week(client: httpx2.AsyncClient, headers: dict[str, str], rows: Rows, factory: Factory) -> None:
    await client.post("/v1/test/sites", headers=headers | KEY, json={"name": "一"})
    await forget_old_commands(factory, utc_now() + KEPT - timedelta(minutes=1))
    assert len(await rows.scalars(select(CommandRecord))) == 1
    await forget_old_commands(factory, utc_now() + KEPT + timedelta(minutes=1))
    assert await rows.scalars(select(CommandRecord)) == []


async def test_many_at_once_wait_for_each_other_not_for_connections(client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    """A request that kept the sign-in's connection while it asks for another one would starve itself: the pool has fifteen."""
    answers = await asyncio.gather(*(client.post("/v1/test/sites", headers=headers, json={"name": f"SITE{n}"}) for n in range(40)))
    assert {answer.status_code for answer in answers} == {201}
