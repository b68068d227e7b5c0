"""The outbox: published once, claimed by one, done with its effect or not at all."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models.base import utc_now
from models.engine import Factory, transaction
from models.outbox import LEASE, ClaimLost, OutboxMessage, claim, complete, publish
from models.sites import Site


async def fill(factory: Factory, count: int, topic: str = "signal") -> None:
    async with transaction(factory) as db:
        for number in range(count):
            await publish(db, topic, {"number": number}, key=f"{topic}:{number}")


async def test_a_key_publishes_once(factory: Factory) -> None:
    async with transaction(factory) as db:
        first = await publish(db, "signal", {"威胁": "媒体"}, key="s1:media:3.0")
        again = await publish(db, "signal", {"威胁": "别的"}, key="s1:media:3.0")
        without = [await publish(db, "signal", {}) for _ in range(2)]
    async with factory() as db:
        payloads = (await db.scalars(select(OutboxMessage.payload).order_by(OutboxMessage.id))).all()
    assert (first, again, without) == (True, False, [True, True])
    assert payloads == [{"威胁": "媒体"}, {}, {}]


async def test_workers_side_by_side_get_every_message_once_and_in_order(factory: Factory) -> None:
    await fill(factory, 60)
    got: dict[str, list[int]] = {f"w{number}": [] for number in range(4)}

    async def work(name: str) -> None:
        while True:
            async with transaction(factory) as db:
                taken = await claim(db, name, topics=["signal"], limit=5)
            if not taken:
                return
            for message in taken:
                async with transaction(factory) as db:
                    db.add(Site(code=f"E{message.payload['number']}", name=name))  # the effect
                    await complete(db, message.id, name)
            got[name] += [message.id for message in taken]

    await asyncio.gather(*(work(name) for name in got))
    everything = [id_ for ids in got.values() for id_ in ids]
    async with factory() as db:
        effects = (await db.execute(select(func.count()).select_from(Site))).scalar_one()
        attempts = set((await db.scalars(select(OutboxMessage.attempts))).all())
    assert (len(everything), len(set(everything)), effects, attempts) == (60, 60, 60, {1})
    assert all(ids == sorted(ids) for ids in got.values())


async def test_other_topics_are_left_alone(factory: Factory) -> None:
    await fill(factory, 2, "other")
    async with transaction(factory) as db:
        assert await claim(db, "w", topics=["signal"]) == []


async def test_a_dead_workers_message_is_taken_over_and_its_late_effect_rolled_back(factory: Factory) -> None:
    await fill(factory, 1)
    async with transaction(factory) as db:
        [message] = await claim(db, "slow", topics=["signal"])
    async with transaction(factory) as db:
        assert await claim(db, "fast", topics=["signal"], now=utc_now() + LEASE - timedelta(seconds=5)) == []
        [taken] = await claim(db, "fast", topics=["signal"], now=utc_now() + LEASE + timedelta(seconds=5))
    assert (taken.id, taken.attempts) == (message.id, 2)
    async with transaction(factory) as db:
        await complete(db, taken.id, "fast")

    async def act(worker: str) -> None:
        async with transaction(factory) as db:
            db.add(Site(code="X", name="twice"))
            await complete(db, message.id, worker)

    for worker in ("slow", "fast"):  # too late, and twice
        with pytest.raises(ClaimLost):
            await act(worker)
    async with factory() as db:
        assert (await db.scalars(select(Site))).all() == []


async def test_a_rolled_back_claim_frees_the_message(factory: Factory) -> None:
    await fill(factory, 1)

    async def fail() -> None:
        async with transaction(factory) as db:
            assert len(await claim(db, "w", topics=["signal"])) == 1
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await fail()
    async with transaction(factory) as db:
        assert len(await claim(db, "other", topics=["signal"])) == 1
