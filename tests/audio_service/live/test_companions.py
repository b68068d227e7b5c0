"""Hints and listeners on their way to the phone: at once, after a dead spot, and told anew on every line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from audio_service.intake.packets import build_packet
from audio_service.live.companions import Companions
from audio_service.live.rounds import Rounds
from audio_service.live.session import LiveSession
from models.base import utc_now
from models.companions import SessionHint, SessionListener
from models.engine import Factory, transaction
from models.people import Person
from tests.audio_service.live.test_bad_input import PACKET, line

MakePerson = Callable[..., Awaitable[Person]]


async def test_what_managers_send_reaches_the_phone_and_is_known_to_be_shown(
    start: Callable[..., Any], make_person: MakePerson, site: Any, factory: Factory, rows: Any
) -> None:
    manager = await make_person("zhangwei", ("site_manager", site.id))

    async def add(row: Any) -> None:
        async with transaction(factory) as db:
            db.add(row)

    async with start() as service:
        async with line(service) as client:
            session = (await client.hello())["session"]
            await client.send(build_packet(0, PACKET))
            await client.until("ack")
            await add(SessionHint(id="h1", session_id=session, person_id=manager.id, text="我马上到"))
            hint = await client.until("hint")
            assert (hint["id"], hint["text"], hint["by"], hint["at"]) == ("h1", "我马上到", "Zhangwei", 0.1)
            await client.say(type="shown", id="somebody-else's")
            await client.say(type="shown", id="h1")
            await add(SessionListener(id="l1", session_id=session, person_id=manager.id, seen_at=utc_now()))
            assert (await client.until("listeners"))["people"] == [{"id": "l1", "name": "Zhangwei"}]
            await client.say(type="shown", id="l1")
            await add(SessionHint(id="h2", session_id=session, person_id=manager.id, text="先倒杯水"))
            assert (await client.until("hint"))["id"] == "h2"  # and is left unanswered: the phone is in a pocket
            await service.registry.rounds.look()
            shown = await rows.one(select(SessionHint).where(SessionHint.id == "h1"))
            assert None not in (shown.sent_at, shown.shown_at)
            assert (await rows.one(select(SessionListener))).told_at is not None
        await add(SessionHint(id="h3", session_id=session, person_id=manager.id, text="别承诺退款"))
        async with line(service) as client:
            await client.hello(resume=session)
            again = await client.until("listeners")
            assert [one["id"] for one in again["people"]] == ["l1"]
            assert [(await client.until("hint"))["id"] for _ in range(2)] == ["h2", "h3"]
            assert (await rows.one(select(SessionListener))).told_at is None  # this page has not shown it yet
            async with transaction(factory) as db:
                row = await db.get_one(SessionListener, "l1")
                row.ended_at, row.reason = utc_now(), "stopped"
            assert (await client.until("listeners"))["people"] == []
            await client.say(type="stop")
            await client.until("summary")
    unshown = await rows.scalars(select(SessionHint.id).where(SessionHint.shown_at.is_(None)).order_by(SessionHint.id))
    assert unshown == ["h2", "h3"]


async def test_what_the_line_before_showed_is_not_sent_again(
    start: Callable[..., Any], make_person: MakePerson, site: Any, factory: Factory, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was busy when the phone said so, and the phone is on another line by the time it can be written down."""
    manager = await make_person("zhangwei", ("site_manager", site.id))
    async with start() as service:
        with monkeypatch.context() as busy:
            busy.setattr(Companions, "_note_shown", lambda self: asyncio.sleep(0))
            async with line(service) as client:
                session = (await client.hello())["session"]
                async with transaction(factory) as db:
                    db.add(SessionHint(id="h1", session_id=session, person_id=manager.id, text="我马上到"))
                assert (await client.until("hint"))["id"] == "h1"
                await client.say(type="shown", id="h1")
                await client.send(build_packet(0, PACKET))
                await client.until("ack")  # messages are taken in their order
        async with transaction(factory) as db:
            db.add(SessionHint(id="h2", session_id=session, person_id=manager.id, text="先倒杯水"))
        async with line(service) as client:
            await client.hello(resume=session)
            assert (await client.until("hint"))["id"] == "h2"
            await service.registry.rounds.look()
    assert await rows.scalars(select(SessionHint.id).where(SessionHint.shown_at.is_not(None))) == ["h1"]


async def test_a_round_that_fails_loses_nothing(monkeypatch: pytest.MonkeyPatch, factory: Factory) -> None:
    class Failing(Rounds):
        looks = 0

        async def look(self) -> None:
            self.looks += 1
            if self.looks == 1:
                raise OSError("no database")
            raise asyncio.CancelledError

    async def end(_: LiveSession) -> None:
        raise AssertionError("nobody is there")

    rounds = Failing(factory, lambda: [], end)
    rounds.hurry()
    with pytest.raises(asyncio.CancelledError):
        await rounds.run()
    assert rounds.looks == 2
