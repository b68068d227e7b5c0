"""The ticker in virtual time: reminders, limits, escalations; pauses and extensions; two nodes; stops and clock jumps."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from case_api.cases import flow
from case_api.deadlines import service
from case_api.deadlines.ticker import tick
from case_api.problems import Problem, ProblemCode
from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.deadlines import Deadline, DeadlineEvent
from models.engine import Factory, transaction
from models.outbox import OutboxMessage
from models.people import Person
from models.sites import Site
from models.tasks import CaseTask
from tests.case_api.conftest import Clock, by_of
from tests.conftest import Rows


@pytest.fixture
async def case(factory: Factory, manager: Person, site: Site, clock: Clock) -> WithdrawalCase:
    """A new case: its registration is due in 30 minutes."""
    async with transaction(factory) as db:
        made = WithdrawalCase(site_id=site.id, code="HD-20261123-0001", created_by=manager.id, received_at=clock())
        db.add(made)
        await db.flush()
        await flow.begin(db, by_of(manager, clock), made)
    return made


async def told(rows: Rows) -> list[tuple[str, str | None]]:
    found = await rows.scalars(select(DeadlineEvent).where(DeadlineEvent.stage.is_not(None)).order_by(DeadlineEvent.stage))
    return [(event.what, event.role) for event in found]


REMIND = [("remind", "receptionist")] * 2
LATE = [("overdue", "site_manager"), ("escalate", "city_gm"), ("escalate", "hq_risk")]


async def test_reminders_the_limit_and_each_escalation_come_once(factory: Factory, case: WithdrawalCase, rows: Rows, clock: Clock) -> None:
    expected = {14: 0, 16: 1, 23: 1, 25: 2, 29: 2, 30: 3, 44: 3, 46: 4, 59: 4, 61: 5, 600: 5}
    start = clock()
    for minutes, count in expected.items():
        clock.now = start
        await tick(factory, clock.pass_(minutes=minutes))
        await tick(factory, clock())
        assert await told(rows) == [*REMIND, *LATE][:count], minutes
    actions = [row.action for row in await rows.scalars(select(AuditRecord)) if row.action.startswith("ticker:")]
    topics = [row.topic for row in await rows.scalars(select(OutboxMessage)) if row.topic.startswith("case.deadline_")]
    assert len(actions) == len(topics) == 5


async def test_two_nodes_that_tick_at_once_tell_once(factory: Factory, case: WithdrawalCase, rows: Rows, clock: Clock) -> None:
    clock.pass_(minutes=31)
    counts = await asyncio.gather(*(tick(factory, clock()) for _ in range(6)))
    assert (sum(counts), await told(rows)) == (3, [*REMIND, LATE[0]])


async def test_after_a_long_stop_everything_missed_is_told_in_order(
    factory: Factory, case: WithdrawalCase, rows: Rows, clock: Clock
) -> None:
    assert await tick(factory, clock.pass_(days=3)) == 5
    assert await told(rows) == [*REMIND, *LATE]


async def test_a_clock_set_back_repeats_nothing(factory: Factory, case: WithdrawalCase, rows: Rows, clock: Clock) -> None:
    await tick(factory, clock.pass_(minutes=31))
    await tick(factory, clock.pass_(minutes=-30))
    await tick(factory, clock.pass_(minutes=30))
    assert await told(rows) == [*REMIND, LATE[0]]


async def test_work_that_is_done_is_not_overdue(factory: Factory, case: WithdrawalCase, rows: Rows, clock: Clock, manager: Person) -> None:
    await tick(factory, clock.pass_(minutes=16))
    async with transaction(factory) as db:
        [task] = await flow.open_tasks(db, case.id)
        await flow.finish_task(db, by_of(manager, clock), task, {})
    assert await tick(factory, clock.pass_(days=1)) == 0
    assert (await rows.one(select(Deadline))).status == "met"


async def test_a_pause_moves_everything_by_the_time_it_took(
    factory: Factory, case: WithdrawalCase, rows: Rows, clock: Clock, manager: Person
) -> None:
    await tick(factory, clock.pass_(minutes=16))
    async with transaction(factory) as db:
        [task] = await flow.open_tasks(db, case.id)
        service.pause(db, by_of(manager, clock), await service.live(db, task.id), "客户要求改日")
    assert await tick(factory, clock.pass_(hours=5)) == 0
    async with transaction(factory) as db:
        [task] = await flow.open_tasks(db, case.id)
        deadline = await service.live(db, task.id)
        with pytest.raises(Problem) as refused:
            service.pause(db, by_of(manager, clock), deadline, "again")
        assert refused.value.code is ProblemCode.DEADLINE_STATE
        service.resume(db, by_of(manager, clock), deadline, task, "客户已到访")
    await tick(factory, clock.pass_(minutes=13))
    assert await told(rows) == REMIND
    await tick(factory, clock.pass_(minutes=2))
    assert await told(rows) == [*REMIND, LATE[0]]
    assert (await rows.one(select(CaseTask))).due_at == (await rows.one(select(Deadline))).due_at


async def test_an_extension_gives_time_and_tells_again_when_that_is_over(
    factory: Factory, case: WithdrawalCase, rows: Rows, clock: Clock, manager: Person
) -> None:
    start = clock()
    await tick(factory, clock.pass_(minutes=31))
    async with transaction(factory) as db:
        [task] = await flow.open_tasks(db, case.id)
        deadline = await service.live(db, task.id)
        by = by_of(manager, clock)
        with pytest.raises(Problem):
            service.extend(db, by, deadline, task, start, "earlier than before")
        later = clock.pass_(minutes=29)
        service.extend(db, by, deadline, task, later, "等待家属到场")
    assert await tick(factory, later) == 1
    assert await told(rows) == [*REMIND, LATE[0], LATE[0]]
