"""A case moves with its work, its deadlines, its audit and its messages, or not at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from case_api.cases import flow
from case_api.cases.machine import EVENTS, OPENS, after
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission
from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.deadlines import Deadline
from models.engine import Factory, transaction
from models.outbox import OutboxMessage
from models.people import Person
from models.sites import Site
from models.tasks import CaseTask
from tests.case_api.conftest import Clock, by_of
from tests.conftest import MakePerson, Rows

Move = Callable[..., Awaitable[None]]


@pytest.fixture
async def case(factory: Factory, manager: Person, site: Site, clock: Clock) -> WithdrawalCase:
    async with transaction(factory) as db:
        made = WithdrawalCase(site_id=site.id, code="HD-20261123-0001", created_by=manager.id, received_at=clock())
        db.add(made)
        await db.flush()
        await flow.begin(db, by_of(manager, clock), made)
    return made


@pytest.fixture
def move(factory: Factory, manager: Person, case: WithdrawalCase, clock: Clock) -> Move:
    async def make(*events: str, **detail: str) -> None:
        by = by_of(manager, clock)
        for event in events:
            async with transaction(factory) as db:
                locked = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case.id)
                if event == "archive":
                    for task in await flow.open_tasks(db, case.id):
                        await flow.finish_task(db, by, task, {})
                await flow.advance(db, by, locked, event, detail=detail)

    return make


PATHS = {
    "draft": (),
    "assessing": ("submit",),
    "solving": ("submit", "conclude"),
    "offered": ("submit", "conclude", "offer"),
    "approving": ("submit", "conclude", "offer", "accept"),
    "executing": ("submit", "conclude", "offer", "accept", "approve"),
    "closing": ("submit", "settle"),
    "archived": ("submit", "settle", "archive"),
    "cancelled": ("cancel",),
}


async def invariants(rows: Rows) -> None:
    """Every open task has exactly one armed or paused deadline, and nothing else has one."""
    tasks = {task.id: task for task in await rows.scalars(select(CaseTask))}
    live = [deadline for deadline in await rows.scalars(select(Deadline)) if deadline.status in ("armed", "paused")]
    assert sorted(deadline.task_id for deadline in live) == sorted(task.id for task in tasks.values() if task.status == "open")
    assert all(deadline.due_at == tasks[deadline.task_id].due_at for deadline in live)


@pytest.mark.parametrize("step", PATHS)
async def test_each_step_opens_its_work_with_deadlines_and_ends_the_last_ones(
    move: Move, rows: Rows, case: WithdrawalCase, step: str
) -> None:
    await move(*PATHS[step])
    found = await rows.one(select(WithdrawalCase))
    open_kinds = {task.kind for task in await rows.scalars(select(CaseTask)) if task.status == "open"}
    assert (found.status, open_kinds) == (step, {opens.kind for opens in OPENS.get(step, ())})
    assert found.version > len(PATHS[step])
    await invariants(rows)


@pytest.mark.parametrize("step", PATHS)
async def test_what_a_step_does_not_know_is_refused_and_changes_nothing(move: Move, rows: Rows, step: str) -> None:
    await move(*PATHS[step])
    before = await rows.one(select(WithdrawalCase))
    audits = len(await rows.scalars(select(AuditRecord)))
    for event in EVENTS:
        if after(step, event) is None:
            with pytest.raises(Problem) as refused:
                await move(event, outcome="kept")
            assert refused.value.code is ProblemCode.CASE_STATE
    now = await rows.one(select(WithdrawalCase))
    assert (now.status, now.version, len(await rows.scalars(select(AuditRecord)))) == (before.status, before.version, audits)


async def test_every_transition_is_audited_and_told_once(move: Move, rows: Rows) -> None:
    await move("submit", "conclude", "rework", "conclude", "offer", "decline", "settle")
    events = ["submit", "conclude", "rework", "conclude", "offer", "decline", "settle"]
    actions = [row.action.split(":")[2] for row in await rows.scalars(select(AuditRecord).order_by(AuditRecord.id))]
    assert [action for action in actions if action in EVENTS] == events
    topics = [row.topic.removeprefix("case.") for row in await rows.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]
    assert [topic for topic in topics if topic in EVENTS] == events


async def test_a_case_is_not_archived_while_a_closing_action_is_open(factory: Factory, move: Move, manager: Person, clock: Clock) -> None:
    await move("submit", "settle")
    by = by_of(manager, clock)
    async with transaction(factory) as db:
        [case] = (await db.scalars(select(WithdrawalCase))).all()
        with pytest.raises(Problem) as refused:
            await flow.advance(db, by, case, "archive")
    assert refused.value.code is ProblemCode.CASE_STATE


async def test_the_clock_starts_when_the_request_is_received(
    factory: Factory, manager: Person, case: WithdrawalCase, move: Move, rows: Rows, clock: Clock
) -> None:
    received = case.received_at
    clock.pass_(minutes=25)
    await move("submit")
    due = {task.kind: task.due_at - received for task in await rows.scalars(select(CaseTask))}
    assert due["registration"] == timedelta(minutes=30)
    assert {due[kind] for kind in ("finance_assessment", "legal_assessment", "marketing_assessment", "joint_assessment")} == {
        timedelta(hours=2)
    }
    await move("conclude")
    clock.pass_(hours=3)
    await move("settle")
    due = {task.kind: task.due_at - clock() for task in await rows.scalars(select(CaseTask))}
    assert {due[kind] for kind in ("customer_tag", "knowledge_file", "regional_brief", "team_review")} == {timedelta(hours=24)}
    ended = await rows.one(select(WithdrawalCase))
    assert (ended.outcome, ended.ended_at) == ("kept", clock())


async def test_work_is_done_once(factory: Factory, manager: Person, case: WithdrawalCase, clock: Clock) -> None:
    by = by_of(manager, clock)
    async with transaction(factory) as db:
        [task] = await flow.open_tasks(db, case.id)
        await flow.finish_task(db, by, task, {"form": 1})
        for again in (flow.finish_task, flow.cancel_task):
            with pytest.raises(Problem) as refused:
                await again(db, by, task, {} if again is flow.finish_task else "x")  # type: ignore[operator]
            assert refused.value.code is ProblemCode.TASK_CLOSED


async def test_who_may_not_see_a_case_does_not_find_it_and_who_may_only_see_it_may_not_change_it(
    factory: Factory, case: WithdrawalCase, make_person: MakePerson, other_site: Site, site: Site, clock: Clock
) -> None:
    stranger = by_of(await make_person("there", ("site_manager", other_site.id)), clock)
    reader = by_of(await make_person("reader", ("finance", site.id)), clock)
    async with transaction(factory) as db:
        for by, code in ((stranger, ProblemCode.NOT_FOUND), (reader, ProblemCode.FORBIDDEN)):
            with pytest.raises(Problem) as refused:
                await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case.id)
            assert refused.value.code is code
        assert (await flow.case_for(db, reader.principal, Permission.CASE_READ, case.id)).id == case.id
