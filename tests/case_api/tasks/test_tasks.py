"""The work of the cases over HTTP: what waits for whom, who may take it, and its clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from case_api.cases import flow
from case_api.deadlines.ticker import tick
from models.cases import WithdrawalCase
from models.deadlines import DeadlineEvent
from models.engine import Factory, transaction
from models.people import Person
from models.sites import Site
from tests.case_api.conftest import Clock, by_of
from tests.conftest import MakePerson, Rows, SignIn

Headers = dict[str, str]
People = Callable[[str], Awaitable[Headers]]


@pytest.fixture
async def people(manager: Person, make_person: MakePerson, sign_in: SignIn, site: Site) -> People:
    async def headers(role: str) -> Headers:
        return await sign_in(manager if role == "site_manager" else await make_person(f"a{role}", (role, site.id)))

    return headers


@pytest.fixture
async def case(factory: Factory, manager: Person, site: Site, clock: Clock) -> WithdrawalCase:
    """In assessment: four tasks."""
    by = by_of(manager, clock)
    async with transaction(factory) as db:
        made = WithdrawalCase(site_id=site.id, code="HD-1", customer_label="王先生", created_by=manager.id, received_at=clock())
        db.add(made)
        await db.flush()
        await flow.begin(db, by, made)
        await flow.advance(db, by, made, "submit")
    return made


async def items(client: httpx2.AsyncClient, headers: Headers, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/tasks", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_each_sees_what_waits_for_them(client: httpx2.AsyncClient, people: People, case: WithdrawalCase) -> None:
    finance = await people("finance")
    assert {task["kind"] for task in await items(client, finance)} == {
        "finance_assessment",
        "legal_assessment",
        "marketing_assessment",
        "joint_assessment",
    }
    [mine] = await items(client, finance, mine=True)
    assert (mine["kind"], mine["case_code"], mine["customer_label"], mine["seconds_left"]) == (
        "finance_assessment",
        "HD-1",
        "王先生",
        7200,
    )
    assert await items(client, await people("receptionist"), mine=True) == []
    everything = (await client.get(f"/v1/cases/{case.id}/tasks", headers=finance)).json()
    assert [task["status"] for task in everything] == ["done", "open", "open", "open", "open"]


async def test_other_sites_see_nothing(
    client: httpx2.AsyncClient, case: WithdrawalCase, make_person: MakePerson, sign_in: SignIn, other_site: Site, people: People
) -> None:
    here = await people("finance")
    [mine] = await items(client, here, mine=True)
    there = await sign_in(await make_person("there", ("finance", other_site.id), ("site_manager", other_site.id)))
    assert await items(client, there) == []
    for path in (f"/v1/tasks/{mine['id']}", f"/v1/cases/{case.id}/tasks"):
        assert (await client.get(path, headers=there)).json()["code"] == "not_found"
    taken = await client.post(f"/v1/tasks/{mine['id']}/assignment", headers=there | {"If-Match": "1"}, json={"assignee_id": None})
    assert taken.json()["code"] == "not_found"


async def test_work_is_taken_by_its_role_or_given_by_the_manager(
    client: httpx2.AsyncClient, people: People, case: WithdrawalCase, make_person: MakePerson, sign_in: SignIn, site: Site
) -> None:
    finance, legal, manager = await people("finance"), await people("legal"), await people("site_manager")
    [task] = await items(client, finance, mine=True)
    url = f"/v1/tasks/{task['id']}/assignment"
    me, lawyer = [(await client.get("/v1/me", headers=headers)).json()["id"] for headers in (finance, legal)]

    async def give(headers: Headers, to: str | None, version: int) -> tuple[int, str]:
        answer = await client.post(url, headers=headers | {"If-Match": f'"{version}"'}, json={"assignee_id": to})
        return answer.status_code, answer.json().get("code", answer.headers.get("etag"))

    assert await give(legal, lawyer, 1) == (403, "forbidden")
    assert await give(manager, lawyer, 1) == (422, "assignee_unfit")
    assert await give(manager, "nobody", 1) == (422, "assignee_unfit")
    assert await give(finance, me, 2) == (412, "version_conflict")
    assert await give(finance, me, 1) == (200, '"2"')
    colleague = await make_person("second", ("finance", site.id))
    assert await items(client, await sign_in(colleague), mine=True) == []
    assert await give(manager, colleague.id, 2) == (200, '"3"')
    assert await items(client, finance, mine=True) == []
    for taken in (me, None):
        assert await give(finance, taken, 3) == (403, "forbidden")  # it is somebody else's by now


async def clock_of(client: httpx2.AsyncClient, url: str, headers: Headers, what: str, body: dict[str, str]) -> httpx2.Response:
    """Stop, start or extend the clock of the task as it is now."""
    seen = (await client.get(url, headers=headers)).headers["etag"]
    return await client.post(f"{url}/{what}", headers=headers | {"If-Match": seen}, json=body)


async def test_a_clock_is_stopped_on_the_task_as_it_was_seen(
    client: httpx2.AsyncClient, people: People, case: WithdrawalCase, rows: Rows, clock: Clock
) -> None:
    """Missing or old: refused, and the clock runs on. The same key twice is one stop with one answer."""
    manager, finance = await people("site_manager"), await people("finance")
    [task] = await items(client, finance, mine=True)
    url = f"/v1/tasks/{task['id']}"
    later = {"due_at": clock().replace(hour=23).isoformat(), "reason": "等待家属"}
    for what, body in (("pause", {"reason": "客户改日"}), ("resume", {"reason": "客户到访"}), ("extension", later)):
        for given, code in (({}, "precondition_required"), ({"If-Match": '"9"'}, "version_conflict")):
            assert (await client.post(f"{url}/{what}", headers=manager | given, json=body)).json()["code"] == code
    assert await rows.scalars(select(DeadlineEvent)) == []
    once = manager | {"If-Match": f'"{task["version"]}"', "Idempotency-Key": "pause-0000001"}
    first, again = [await client.post(f"{url}/pause", headers=once, json={"reason": "客户改日"}) for _ in range(2)]
    assert (first.status_code, first.headers["etag"], again.json()) == (200, f'"{task["version"] + 1}"', first.json())
    assert (await client.post(f"{url}/pause", headers=once, json={"reason": "再停"})).json()["code"] == "idempotency_key_reused"
    assert [event.what for event in await rows.scalars(select(DeadlineEvent))] == ["pause"]


async def test_late_work_shows_and_its_clock_can_be_stopped_and_extended(
    client: httpx2.AsyncClient, people: People, case: WithdrawalCase, factory: Factory, clock: Clock
) -> None:
    manager, finance = await people("site_manager"), await people("finance")
    [task] = await items(client, finance, mine=True)
    clock.pass_(hours=1)
    url = f"/v1/tasks/{task['id']}"
    refused = await clock_of(client, url, finance, "pause", {"reason": "客户改日"})
    assert refused.json()["code"] == "forbidden"
    paused = (await clock_of(client, url, manager, "pause", {"reason": "客户改日"})).json()
    assert (paused["deadline"]["status"], paused["seconds_left"]) == ("paused", 3600)
    assert (await clock_of(client, url, manager, "pause", {"reason": "再停"})).json()["code"] == "deadline_state"
    clock.pass_(hours=5)
    assert {task["kind"] for task in await items(client, finance, overdue=True)} == {
        "legal_assessment",
        "marketing_assessment",
        "joint_assessment",
    }
    resumed = (await clock_of(client, url, manager, "resume", {"reason": "客户到访"})).json()
    assert (resumed["deadline"]["status"], resumed["seconds_left"], resumed["overdue"]) == ("armed", 3600, False)
    await tick(factory, clock.pass_(hours=2))
    late = (await client.get(url, headers=finance)).json()
    assert (late["overdue"], late["seconds_left"]) == (True, -3600)
    assert [event["what"] for event in late["events"]] == ["pause", "resume", "remind", "remind", "overdue", "escalate"]
    for due, code in ((clock(), "deadline_state"), (clock.now.replace(year=2028), "deadline_state")):
        wrong = await clock_of(client, url, manager, "extension", {"due_at": due.isoformat(), "reason": "等待家属"})
        assert wrong.json()["code"] == code
    later = clock.now.replace(hour=23)
    extended = await clock_of(client, url, manager, "extension", {"due_at": later.isoformat(), "reason": "等待家属"})
    assert (extended.status_code, extended.json()["overdue"]) == (200, False)


async def test_the_clock_of_finished_work_stands(
    client: httpx2.AsyncClient, people: People, case: WithdrawalCase, factory: Factory, manager: Person, clock: Clock
) -> None:
    headers = await people("site_manager")
    async with transaction(factory) as db:
        [task] = await flow.open_tasks(db, case.id, "legal_assessment")
        await flow.finish_task(db, by_of(manager, clock), task, {"ok": True})
    for action in ("pause", "resume"):
        answer = await clock_of(client, f"/v1/tasks/{task.id}", headers, action, {"reason": "太迟了"})
        assert answer.json()["code"] == "task_closed"
    found = (await client.get(f"/v1/tasks/{task.id}", headers=headers)).json()
    assert (found["status"], found["result"], found["deadline"]["status"]) == ("done", {"ok": True}, "met")
