"""A consent that is withdrawn while people talk: nothing more is recorded, written down or told, in this process or any later one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select, update

from audio_service.client.phone import StreamRefused
from audio_service.errors import AccessError
from audio_service.intake.packets import build_packet
from audio_service.intake.recording import stored_samples
from audio_service.live.companions import Companions
from audio_service.live.ledger import Row, SessionUpdate, SignalRow
from audio_service.messages import SAMPLE_RATE
from models.base import utc_now
from models.consents import Consent
from models.engine import Factory, transaction
from models.outbox import OutboxMessage
from models.sessions import Session, SessionMark
from models.utterances import Utterance
from tests.audio_service.live.test_bad_input import PACKET, line

pytestmark = pytest.mark.in_turn


async def withdraw(service: Any, session: str) -> None:
    """As the person who holds the conversation does it, over REST."""
    address = service.url.replace("ws://", "http://").removesuffix("/v1/stream")
    async with httpx2.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {service.token}"}) as client:
        answer = await client.post(f"/v1/sessions/{session}/consent/withdrawal", json={})
        assert (answer.status_code, answer.json()["ended"]) == (201, True), answer.text


async def send(client: Any, first: int, count: int) -> None:
    for seq in range(first, first + count):
        await client.send(build_packet(seq, PACKET))


async def gone(service: Any) -> None:
    """Until the process holds no conversation any more."""
    for _ in range(400):
        if not service.registry.live:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the conversation goes on")


async def test_the_line_ends_and_nothing_of_it_is_recorded_again(start: Callable[..., Any], rows: Any, recordings: Path) -> None:
    async with start(resume_grace_seconds=0.3) as service:
        async with line(service) as client:
            session = (await client.hello())["session"]
            await send(client, 0, 20)
            while (await client.until("ack"))["seq"] < 19:
                pass
            await withdraw(service, session)
            error = await client.until("error")
            assert (error["code"], error["retry"]) == ("consent_withdrawn", False)
            assert error["zh"]
            assert await client.closed() == 4410
        await gone(service)
        stored = stored_samples(recordings / session)
        assert stored >= 20 * 1600
        async with line(service) as client:
            assert (await client.hello(resume=session))["code"] == "consent_withdrawn"
            assert await client.closed() == 4410
        await asyncio.sleep(0.8)  # longer than the grace: what ends conversations that were left looks by
        assert service.registry.live == []
        row = await rows.one(select(Session).where(Session.id == session))
        assert (row.status, row.recording_path) == ("ended", None)
        async with line(service) as client:  # somebody else's stays unknown
            other = await client.hello()
            assert other["session"] != session
            await client.say(type="stop")
            await client.until("summary")
    async with start(resume_grace_seconds=0.1) as service:  # the next process
        await asyncio.sleep(0.5)
        assert service.registry.live == []
        async with line(service) as client:
            assert (await client.hello(resume=session))["code"] == "consent_withdrawn"
    assert stored_samples(recordings / session) == stored
    assert sorted(path.suffix for path in (recordings / session).iterdir()) == [".lock", ".seg"]
    topics = await rows.scalars(select(OutboxMessage.topic).where(OutboxMessage.session_id == session))
    assert topics == ["session.consent_withdrawn"]


async def test_what_was_said_is_not_written_down_after_it(
    start: Callable[..., Any], rows: Any, negotiation: NDArray[np.int16], factory: Factory
) -> None:
    """Real speech, in the middle of an utterance's text; what waits for the database when it happens is left out there."""
    async with start() as service:
        phone = service.phone()
        playing = asyncio.create_task(phone.play(negotiation, 4))
        for _ in range(1200):
            if service.of("transcript"):
                break
            await asyncio.sleep(0.05)
        ledger = service.registry.ear.ledger
        await ledger.flush()
        await withdraw(service, phone.session)
        written = await rows.scalars(select(Utterance.ordinal).where(Utterance.session_id == phone.session))
        told = await rows.scalars(select(OutboxMessage.id).order_by(OutboxMessage.id))
        late = {"session_id": phone.session, "id": "late", "at": 1.0, "note": "退房", "person_id": service.person.id}
        ledger.add(Row(SessionMark, late, ("id",)))
        ledger.add(SignalRow("session.signal", f"{phone.session}:late", {"term": "退房"}, "", phone.session))
        ledger.add(SessionUpdate(phone.session, {"status": "live"}))
        with pytest.raises(StreamRefused, match="consent_withdrawn"):
            await playing
        await gone(service)
        await ledger.flush()
    assert await rows.scalars(select(SessionMark)) == []
    assert await rows.scalars(select(Utterance.ordinal).where(Utterance.session_id == phone.session)) == written
    assert await rows.scalars(select(OutboxMessage.id).order_by(OutboxMessage.id)) == told
    row = await rows.one(select(Session).where(Session.id == phone.session))
    assert (row.status, row.summary) == ("ended", None)
    assert phone.reconnects == 0


async def test_a_conversation_nobody_is_on_the_line_of_ends_too(start: Callable[..., Any], rows: Any) -> None:
    async with start() as service:
        async with line(service) as client:
            session = (await client.hello())["session"]
            await send(client, 0, 3)
            await client.until("ack")
        await withdraw(service, session)
        await gone(service)
    assert (await rows.one(select(Session).where(Session.id == session))).status == "ended"


async def test_hints_that_fail_hold_up_no_end(start: Callable[..., Any], rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object) -> None:
        raise OSError("no database")

    monkeypatch.setattr(Companions, "serve", busy)
    async with start() as service, line(service) as client:
        session = (await client.hello())["session"]
        await withdraw(service, session)
        assert (await client.until("error"))["code"] == "consent_withdrawn"
    assert (await rows.one(select(Session).where(Session.id == session))).status == "ended"


async def test_it_is_refused_to_go_on_before_the_next_look(
    start: Callable[..., Any], factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as service:
        monkeypatch.setattr(type(service.registry.rounds), "look", lambda self: asyncio.sleep(0))
        async with line(service) as client:
            session = (await client.hello())["session"]
        async with transaction(factory) as db:
            await db.execute(update(Consent).values(withdrawn_at=utc_now()))
        async with line(service) as client:
            assert (await client.hello(resume=session))["code"] == "consent_withdrawn"


async def test_an_end_that_was_under_way_is_no_end(
    start: Callable[..., Any], rows: Any, negotiation: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes between `stop` and the summary: there is no summary, the service goes on, and what ends conversations still runs."""
    async with start() as service:
        async with line(service) as client:
            session = (await client.hello())["session"]
            sound = negotiation[: 4 * SAMPLE_RATE].astype("<i2").reshape(-1, 1600)
            for seq, block in enumerate(sound):
                await client.send(build_packet(seq, block.tobytes()))
            while (await client.until("ack"))["seq"] < len(sound) - 1:
                pass
            held = asyncio.Event()
            live = service.registry.live[0]

            async def stuck() -> Any:
                await held.wait()

            monkeypatch.setattr(live.interpreter, "finish", stuck)
            await client.say(type="stop")
            ending = service.registry.finish_soon(live)
            for _ in range(500):
                if live.ending:
                    break
                await asyncio.sleep(0.01)
            await withdraw(service, session)
            assert (await client.until("error"))["code"] == "consent_withdrawn"
            with pytest.raises(AccessError):
                await ending
        await gone(service)
        assert not any(task.done() for task in service.registry._tasks)
    row = await rows.one(select(Session).where(Session.id == session))
    assert (row.status, row.summary) == ("ended", None)


async def test_without_recording_there_is_nothing_to_look_for(start: Callable[..., Any], rows: Any, factory: Factory) -> None:
    refused = {"recording": False, "notice_version": "rec-2026-11"}
    async with start() as service, line(service) as client:
        session = (await client.hello(consent=refused))["session"]
        await send(client, 0, 3)
        await service.registry.rounds.look()
        await client.say(type="stop")
        await client.until("summary")
    assert (await rows.one(select(Session).where(Session.id == session))).status == "ended"
