"""From an event to the inboxes of those whom it concerns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select, update

from case_api.cases import flow
from case_api.cases.service import Opening, open_case
from case_api.deadlines.ticker import tick
from case_api.events.fanout import EventDesk
from models.approvals import Delegation
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.notifications import Notification
from models.outbox import OutboxMessage
from models.people import Person
from models.sessions import Session
from models.sites import Site
from tests.case_api.conftest import Clock, by_of
from tests.case_api.sessions.conftest import MakeSession
from tests.case_api.webhooks.conftest import Happen
from tests.conftest import MakePerson, Rows, SignIn

Headers = dict[str, str]
Told = Callable[..., Awaitable[set[tuple[str, str]]]]


@pytest.fixture
async def cast(make_person: MakePerson, site: Site, other_site: Site) -> dict[str, Person]:
    """One person a role at the site, one at the other site, and one everywhere for headquarters."""
    here = {
        role: await make_person(role, (role, site.id))
        for role in ("staff", "receptionist", "finance", "legal", "marketing", "site_manager")
    }
    there = {f"{role}-there": await make_person(f"{role}-there", (role, other_site.id)) for role in ("finance", "receptionist")}
    return here | there | {"hq": await make_person("hq", ("hq_risk", None)), "hq2": await make_person("hq2", ("hq_risk", None))}


@pytest.fixture
async def case(factory: Factory, cast: dict[str, Person], site: Site, clock: Clock, policies: None) -> WithdrawalCase:
    async with transaction(factory) as db:
        opening = Opening(source="staff", received_at=clock(), customer_label="王小明", unit_label="3栋1202")
        return await open_case(db, by_of(cast["staff"], clock), site.id, opening)


@pytest.fixture
def told(factory: Factory, clock: Clock, rows: Rows, cast: dict[str, Person]) -> Told:
    """Hand on what was published: (who, kind) of everybody who was told since the last call."""
    seen: set[str] = set()

    async def hand_on() -> set[tuple[str, str]]:
        await EventDesk(factory, clock).drain()
        names = {person.id: name for name, person in cast.items()}
        fresh = [row for row in await rows.scalars(select(Notification)) if row.id not in seen]
        seen.update(row.id for row in fresh)
        return {(names.get(row.person_id, "?"), row.kind) for row in fresh}

    return hand_on


async def test_work_is_told_to_the_role_at_the_site(case: WithdrawalCase, told: Told, rows: Rows) -> None:
    assert await told() == {("receptionist", "task")}
    row = await rows.one(select(Notification))
    assert row.zh == f"{case.code} 新任务「登记表」，截止 11-23 09:30"
    assert row.link == f"/v1/cases/{case.id}"
    assert "王" not in row.zh + row.en
    assert "1202" not in row.zh + row.en


async def test_reminders_limits_and_escalations_reach_whoever_they_concern(
    factory: Factory, case: WithdrawalCase, cast: dict[str, Person], told: Told, clock: Clock
) -> None:
    await told()
    for minutes, expected in [
        (15, {("receptionist", "reminder")}),
        (9, {("receptionist", "reminder")}),
        (6, {("site_manager", "overdue")}),
        (15, set()),  # nobody is city manager here
        (15, {("hq", "escalation"), ("hq2", "escalation")}),
    ]:
        await tick(factory, clock.pass_(minutes=minutes))
        assert await told() == expected, minutes


async def test_a_reminder_goes_to_whoever_was_given_the_work_and_to_nobody_once_it_is_done(
    factory: Factory, case: WithdrawalCase, cast: dict[str, Person], told: Told, clock: Clock
) -> None:
    await told()
    by = by_of(cast["site_manager"], clock)
    async with transaction(factory) as db:
        [task] = await flow.open_tasks(db, case.id)
        task.assignee_id = cast["staff"].id
    await tick(factory, clock.pass_(minutes=16))
    assert await told() == {("staff", "reminder")}
    await tick(factory, clock.pass_(minutes=10))
    async with transaction(factory) as db:
        [task] = await flow.open_tasks(db, case.id)
        await flow.finish_task(db, by, task, {})
    assert await told() == set()


async def test_a_threat_of_litigation_reaches_everybody_of_headquarters_at_once(
    happen: Happen, make_session: MakeSession, cast: dict[str, Person], site: Site, told: Told, rows: Rows
) -> None:
    session = await make_session(cast["staff"], site.id)
    signal = {"signal_id": "s", "session_id": session.id, "case_id": None, "site_id": site.id, "seconds": 3.0, "role": "hq_risk"}
    await happen("case.litigation_signal", signal, site_id=site.id)
    assert await told() == {("hq", "litigation"), ("hq2", "litigation")}
    assert {row.link for row in await rows.scalars(select(Notification))} == {f"/v1/sessions/{session.id}"}


async def test_what_legal_reports_reaches_headquarters_with_the_code_of_the_case(
    factory: Factory, case: WithdrawalCase, cast: dict[str, Person], told: Told, clock: Clock, rows: Rows
) -> None:
    await told()
    async with transaction(factory) as db:
        await flow.tell(db, by_of(cast["legal"], clock), case, "litigation_risk", {"roles": ["hq_risk"]})
    assert await told() == {("hq", "litigation"), ("hq2", "litigation")}
    found = await rows.scalars(select(Notification.zh).where(Notification.kind == "litigation"))
    assert set(found) == {f"{case.code} 诉讼风险：法务已报告，请立即处理"}


async def test_an_approval_is_told_to_whom_it_was_lent_too(
    factory: Factory, case: WithdrawalCase, cast: dict[str, Person], make_person: MakePerson, site: Site, told: Told, clock: Clock
) -> None:
    await told()
    chen = cast["chen"] = await make_person("chen", ("city_gm", site.id))
    lent = cast["lent"] = await make_person("lent", ("legal", site.id))
    over = cast["over"] = await make_person("over", ("legal", site.id))
    async with transaction(factory) as db:
        for person, ends in ((lent, clock() + timedelta(days=1)), (over, clock())):
            starts = clock() - timedelta(days=1)
            db.add(
                Delegation(from_person_id=chen.id, to_person_id=person.id, starts_at=starts, ends_at=ends, reason="出差", created_at=starts)
            )
        found = await db.get_one(WithdrawalCase, case.id)
        await flow.open_task(db, by_of(cast["staff"], clock), found, "approval", role="city_gm", subject_id="step")
    assert await told() == {("chen", "approval"), ("lent", "approval")}


async def test_nobody_who_left_is_told(factory: Factory, case: WithdrawalCase, cast: dict[str, Person], told: Told, clock: Clock) -> None:
    async with transaction(factory) as db:
        await db.execute(update(Person).where(Person.id == cast["receptionist"].id).values(disabled_at=clock()))
    assert await told() == set()


async def test_desks_that_work_together_tell_a_person_once(factory: Factory, case: WithdrawalCase, clock: Clock, rows: Rows) -> None:
    await asyncio.gather(*(EventDesk(factory, clock).drain() for _ in range(3)))
    assert len(await rows.scalars(select(Notification))) == 1
    assert await rows.scalars(select(OutboxMessage).where(OutboxMessage.done_at.is_(None))) == []


async def test_policies_and_conversations_are_taken_from_the_outbox_too(
    happen: Happen, cast: dict[str, Person], make_session: MakeSession, site: Site, told: Told, rows: Rows
) -> None:
    session = await make_session(cast["staff"], site.id)
    await happen("session.ended", {"session_id": session.id, "case_id": None}, site_id=site.id)
    await happen("policy.draft", {"policy_id": "p"}, site_id=site.id)
    assert await told() == {("legal", "policy")}
    assert await rows.scalars(select(OutboxMessage).where(OutboxMessage.done_at.is_(None))) == []


async def test_notifications_go_with_the_case_and_the_conversation(
    factory: Factory,
    case: WithdrawalCase,
    cast: dict[str, Person],
    make_session: MakeSession,
    site: Site,
    happen: Happen,
    told: Told,
    rows: Rows,
) -> None:
    session = await make_session(cast["staff"], site.id)
    await happen("case.litigation_signal", {"session_id": session.id, "role": "hq_risk"}, site_id=site.id)
    assert len(await told()) == 3
    async with transaction(factory) as db:
        await db.execute(delete(WithdrawalCase).where(WithdrawalCase.id == case.id))
        await db.execute(delete(Session).where(Session.id == session.id))
    assert await rows.scalars(select(Notification)) == []


async def inbox(client: httpx2.AsyncClient, headers: Headers, **query: Any) -> Any:
    answer = await client.get("/v1/notifications", headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_inbox_shows_what_is_unread_first_page_by_page(
    client: httpx2.AsyncClient, sign_in: SignIn, cast: dict[str, Person], happen: Happen, clock: Clock, site: Site
) -> None:
    for n in range(7):
        clock.pass_(minutes=1)
        await happen("policy.draft", {"policy_id": f"p{n}"}, site_id=site.id)
    legal = await sign_in(cast["legal"])
    newest = [row["id"] for row in (await inbox(client, legal))["items"]]
    for read in (newest[0], newest[3]):
        answer = await client.post(f"/v1/notifications/{read}/read", headers=legal)
        assert answer.json()["read_at"] is not None
    expected = [newest[n] for n in (1, 2, 4, 5, 6, 0, 3)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await inbox(client, legal, limit=2, **cursor)
        seen += [row["id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == expected
    assert [row["id"] for row in (await inbox(client, legal, unread=True))["items"]] == expected[:5]
    assert [row["id"] for row in (await inbox(client, legal, unread=False))["items"]] == expected[5:]
    assert (await inbox(client, legal, kind="task"))["items"] == []
    count = await client.get("/v1/notifications/unread", headers=legal)
    assert count.json() == {"unread": 5, "by_kind": {"policy": 5}}


async def test_everything_up_to_a_moment_is_marked_read_and_what_came_later_is_not(
    client: httpx2.AsyncClient, sign_in: SignIn, cast: dict[str, Person], happen: Happen, clock: Clock, site: Site
) -> None:
    legal = await sign_in(cast["legal"])
    await happen("policy.draft", {"policy_id": "p0"}, site_id=site.id)
    shown = clock()
    clock.pass_(minutes=1)
    await happen("policy.draft", {"policy_id": "p1"}, site_id=site.id)
    answer = await client.post("/v1/notifications/read", headers=legal, json={"until": shown.isoformat()})
    assert answer.json() == {"unread": 1, "by_kind": {"policy": 1}}
    assert (await inbox(client, legal))["items"][0]["link"] == "/v1/policies/p1"


async def test_somebody_elses_notification_is_not_to_be_found(
    client: httpx2.AsyncClient, sign_in: SignIn, cast: dict[str, Person], happen: Happen, site: Site, rows: Rows
) -> None:
    await happen("policy.draft", {"policy_id": "p"}, site_id=site.id)
    row = await rows.one(select(Notification))
    finance = await sign_in(cast["finance"])
    assert (await inbox(client, finance))["items"] == []
    answer = await client.post(f"/v1/notifications/{row.id}/read", headers=finance)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await rows.one(select(Notification))).read_at is None


@pytest.mark.parametrize("cursor", ["x", "WyIyMDI2LTExLTIzVDAxOjAwOjAwKzAwOjAwIiwgImFiYyJd"])
async def test_a_cursor_that_is_none_is_refused(client: httpx2.AsyncClient, sign_in: SignIn, cast: dict[str, Person], cursor: str) -> None:
    answer = await client.get("/v1/notifications", headers=await sign_in(cast["legal"]), params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
