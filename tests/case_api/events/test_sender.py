"""The sender: at least once, never twice at a time, given up in the end, and one bad target holds up nobody."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.events.backoff import LONGEST
from case_api.events.sender import AT_ONCE, AT_ONCE_EACH, KEPT, LEASE, Outcome, Sender, choose, sending
from models.engine import Factory, reading, transaction
from models.webhooks import Webhook, WebhookDelivery
from tests.case_api.conftest import Clock
from tests.conftest import MakePerson, Rows

GOOD, BAD, HOPELESS = Outcome(True), Outcome(False, "status 500"), Outcome(False, "gone", final=True)


class Scripted:
    """Carries to nowhere: each row has the outcomes to come, and `GOOD` when they are used up."""

    name, table, target, attempts = "scripted", WebhookDelivery, "webhook_id", 4

    def __init__(self, factory: Factory) -> None:
        self._factory = factory
        self.script: dict[str, list[Outcome | Exception]] = defaultdict(list)
        self.carried: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def carry(self, row_id: str) -> Outcome:
        async with reading(self._factory) as db:
            row = await db.get_one(WebhookDelivery, row_id)
        self.under_way[row.webhook_id] += 1
        self.most |= self.under_way
        await self.gate.wait()
        self.under_way[row.webhook_id] -= 1
        self.carried.append(row.event_id)
        outcome = self.script[row.event_id].pop(0) if self.script[row.event_id] else GOOD
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def settled(self, db: AsyncSession, row: Any, outcome: Outcome) -> None:
        row.response_status = 200 if outcome.arrived else 500


@pytest.fixture
def carrier(factory: Factory) -> Scripted:
    return Scripted(factory)


@pytest.fixture
async def hooks(factory: Factory, make_person: MakePerson, clock: Clock) -> list[str]:
    admin = await make_person("root", ("admin", None))
    made = [
        Webhook(name=f"h{n}", url="https://x.example/", topics=["*"], secret="s", created_by=admin.id, created_at=clock()) for n in (0, 1)
    ]
    async with transaction(factory) as db:
        db.add_all(made)
    return [row.id for row in made]


async def write(factory: Factory, clock: Clock, webhook_id: str, *events: str) -> None:
    async with transaction(factory) as db:
        for event in events:
            db.add(WebhookDelivery(webhook_id=webhook_id, event_id=event, topic="t", body="{}", created_at=clock(), next_at=clock()))


async def states(rows: Rows) -> dict[str, tuple[str, int, str]]:
    return {row.event_id: (row.status, row.attempts, row.error) for row in await rows.scalars(select(WebhookDelivery))}


def sender(factory: Factory, clock: Clock, carrier: Scripted) -> Sender:
    return Sender(factory, clock, carrier)


async def test_it_is_tried_again_after_growing_pauses_until_it_arrives(
    factory: Factory, clock: Clock, carrier: Scripted, hooks: list[str], rows: Rows
) -> None:
    await write(factory, clock, hooks[0], "e")
    carrier.script["e"] = [BAD, RuntimeError("a bug"), BAD]
    worker, waits = sender(factory, clock, carrier), []
    for attempt in (1, 2, 3):
        await worker.drain()
        row = await rows.one(select(WebhookDelivery))
        assert (row.status, row.attempts, row.error) == ("pending", attempt, "RuntimeError" if attempt == 2 else "status 500")
        assert row.next_at is not None
        waits.append(row.next_at - clock())
        clock.now = row.next_at - timedelta(seconds=1)
        assert await worker.start_due() == 0
        clock.now = row.next_at
    await worker.drain()
    assert await states(rows) == {"e": ("sent", 4, "")}
    assert waits == sorted(waits)
    assert carrier.carried == ["e"] * 4


async def test_it_is_given_up_after_the_last_attempt_and_stays_visible(
    factory: Factory, clock: Clock, carrier: Scripted, hooks: list[str], rows: Rows
) -> None:
    await write(factory, clock, hooks[0], "e", "hopeless")
    carrier.script |= {"e": [BAD] * 9, "hopeless": [HOPELESS]}
    worker = sender(factory, clock, carrier)
    for _ in range(9):
        await worker.drain()
        clock.now += 2 * LONGEST
    assert await states(rows) == {"e": ("failed", 4, "status 500"), "hopeless": ("failed", 1, "gone")}
    assert carrier.carried.count("e") == carrier.attempts


async def test_workers_never_carry_one_row_at_the_same_time(
    factory: Factory, clock: Clock, carrier: Scripted, hooks: list[str], rows: Rows
) -> None:
    await write(factory, clock, hooks[0], *(f"a{n}" for n in range(10)))
    await write(factory, clock, hooks[1], *(f"b{n}" for n in range(10)))
    await asyncio.gather(*(sender(factory, clock, carrier).drain() for _ in range(3)))
    assert max(Counter(carrier.carried).values()) == 1
    assert {state[:2] for state in (await states(rows)).values()} == {("sent", 1)}


async def test_what_a_dead_worker_leaves_is_carried_when_its_lease_has_run_out(
    factory: Factory, clock: Clock, carrier: Scripted, hooks: list[str], rows: Rows
) -> None:
    await write(factory, clock, hooks[0], "e")
    carrier.gate.clear()
    dies, lives = sender(factory, clock, carrier), sender(factory, clock, carrier)
    assert await dies.start_due() == 1
    await dies.stop()
    carrier.gate.set()
    assert await lives.start_due() == 0
    clock.now += LEASE
    await lives.drain()
    assert await states(rows) == {"e": ("sent", 2, "")}


async def test_who_comes_back_after_the_lease_changes_nothing(
    factory: Factory, clock: Clock, carrier: Scripted, hooks: list[str], rows: Rows
) -> None:
    await write(factory, clock, hooks[0], "e")
    carrier.gate.clear()
    slow, quick = sender(factory, clock, carrier), sender(factory, clock, carrier)
    await slow.start_due()
    clock.now += LEASE
    await quick.start_due()
    carrier.script["e"] = [GOOD, BAD]  # whoever is first to return has the good one
    carrier.gate.set()
    await asyncio.gather(slow.drain(), quick.drain())
    [(status, attempts, _)] = (await states(rows)).values()
    assert attempts == 2
    assert len(carrier.carried) == 2
    assert status in ("sent", "pending")  # as the one who holds the lease says; never as the other does
    row = await rows.one(select(WebhookDelivery))
    assert (row.response_status == 200) is (status == "sent")


async def test_a_target_that_hangs_leaves_room_for_the_others(
    factory: Factory, clock: Clock, carrier: Scripted, hooks: list[str], rows: Rows
) -> None:
    await write(factory, clock, hooks[0], *(f"a{n}" for n in range(30)))
    clock.pass_(seconds=1)
    await write(factory, clock, hooks[1], "b")
    carrier.gate.clear()
    worker = sender(factory, clock, carrier)
    assert await worker.start_due() == AT_ONCE_EACH + 1
    assert await worker.start_due() == 0
    carrier.gate.set()
    await worker.drain()
    assert carrier.most[hooks[0]] <= AT_ONCE_EACH
    assert {state[0] for state in (await states(rows)).values()} == {"sent"}


async def test_what_was_settled_long_ago_is_dropped(
    factory: Factory, clock: Clock, carrier: Scripted, hooks: list[str], rows: Rows
) -> None:
    await write(factory, clock, hooks[0], "old")
    worker = sender(factory, clock, carrier)
    await worker.drain()
    clock.now += KEPT + timedelta(seconds=1)
    await write(factory, clock, hooks[0], "waiting")
    await worker.forget_old()
    assert set(await states(rows)) == {"waiting"}


async def test_the_sender_survives_whatever_a_second_fails_with(
    factory: Factory, clock: Clock, carrier: Scripted, hooks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(factory, clock, hooks[0], "e")
    worker, arrived, start_due = sender(factory, clock, carrier), asyncio.Event(), Sender.start_due
    fails = iter([RuntimeError("a bug")])

    async def first_fails(self: Sender) -> int:
        for error in fails:
            self._freed.set()  # go on at once
            raise error
        return await start_due(self)

    async def settled(db: AsyncSession, row: Any, outcome: Outcome) -> None:
        arrived.set()

    monkeypatch.setattr(Sender, "start_due", first_fails)
    monkeypatch.setattr(carrier, "settled", settled)
    async with sending(worker):
        await arrived.wait()
    assert carrier.carried == ["e"]


due = st.lists(st.tuples(st.uuids().map(str), st.sampled_from("abcd")), max_size=60, unique_by=lambda pair: pair[0])


@given(due, st.dictionaries(st.sampled_from("abcd"), st.integers(0, AT_ONCE_EACH)), st.integers(0, AT_ONCE))
def test_the_choice_keeps_to_its_limits_and_to_the_order(rows: list[tuple[str, str]], busy: dict[str, int], room: int) -> None:
    chosen = choose(rows, Counter(busy), room)
    assert chosen == [row_id for row_id, _ in rows if row_id in chosen]
    assert len(chosen) <= room
    targets = Counter(busy) + Counter(target for row_id, target in rows if row_id in chosen)
    assert all(count <= AT_ONCE_EACH for count in targets.values())
    if len(chosen) < room:  # whoever is left out has a target that is full
        assert all(targets[target] >= AT_ONCE_EACH for row_id, target in rows if row_id not in chosen)
