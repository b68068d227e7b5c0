"""Coming back: after a slow disk, a dying line, a tunnel, a restart; and ends that are interrupted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray
from sqlalchemy import select, update

from audio_service.intake import finalise as finalising
from audio_service.intake.packets import build_packet
from audio_service.intake.recording import Recording
from audio_service.live import registry as registering
from audio_service.live import socket
from audio_service.live.session import Arrival
from audio_service.messages import SAMPLE_RATE
from models.base import utc_now
from models.engine import Factory, transaction
from models.outbox import OutboxMessage
from models.sessions import Session
from models.sites import Site, SiteDetection
from models.tokens import AccessToken
from tests.audio_service.live.test_bad_input import PACKET, line

pytestmark = pytest.mark.in_turn

REFUSED = {"recording": False, "notice_version": "rec-2026-11"}


async def test_a_line_lost_while_the_disk_is_slow_costs_no_packet(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, recordings: Path
) -> None:
    append = Recording.append

    def slow(self: Recording, packets: Any) -> int:
        time.sleep(0.3)
        return append(self, packets)

    monkeypatch.setattr(Recording, "append", slow)
    rng = np.random.default_rng(5)
    sound = rng.integers(-300, 300, 1600 * 300).astype("<i2")
    packets = [build_packet(seq, sound[seq * 1600 : (seq + 1) * 1600].tobytes()) for seq in range(300)]
    async with start() as service:
        async with line(service) as client:
            session = (await client.hello())["session"]
            for packet in packets[:250]:
                await client.send(packet)
        async with line(service) as client:
            ready = await client.hello(resume=session)
            assert ready["next_seq"] < 250
            for packet in packets[ready["next_seq"] :]:
                await client.send(packet)
            while (await client.until("ack"))["seq"] < 299:
                pass
            await client.say(type="stop")
            assert (await client.until("summary"))["seconds"] == pytest.approx(30.0)
            assert await client.closed() == 1000
    recorded, _ = sf.read(recordings / session / "recording.flac", dtype="int16")
    np.testing.assert_array_equal(recorded, sound)


async def test_messages_written_into_a_dying_line_come_again(start: Callable[..., Any]) -> None:
    async with start() as service:
        async with line(service) as client:
            session = (await client.hello())["session"]
            await client.send(build_packet(0, PACKET))
            await client.until("ack")
            live = service.registry.live[0]
            live.interpreter.warn("clipping")
            assert (await client.until("warning"))["code"] == "clipping"
        async with line(service) as client:
            await client.hello(resume=session)
            assert (await client.until("warning"))["code"] == "clipping"


async def test_a_restart_between_stop_and_end_keeps_the_totals(
    start: Callable[..., Any], rows: Any, monkeypatch: pytest.MonkeyPatch, negotiation: NDArray[np.int16], recordings: Path
) -> None:
    def stuck(folder: Path) -> None:
        finalising.finalise(folder)
        time.sleep(1.0)  # the file is there, its row is not

    monkeypatch.setattr(registering, "finalise", stuck)
    monkeypatch.setattr(registering, "CLOSE_SECONDS", 0.1)
    async with start() as service:
        phone = service.phone()
        playing = asyncio.create_task(phone.play(negotiation[: 6 * SAMPLE_RATE], 20))
        for _ in range(600):
            if service.of("summary") and (recordings / str(phone.session) / finalising.FINAL_NAME).exists():
                break
            await asyncio.sleep(0.05)
        playing.cancel()
    before = await rows.one(select(Session).where(Session.id == phone.session))
    assert (before.status, before.seconds) == ("finishing", 6.0)
    monkeypatch.undo()
    async with start(resume_grace_seconds=0.1) as service, line(service) as client:
        assert (await client.hello(resume=phone.session))["code"] == "session_ended"
        for _ in range(200):
            await asyncio.sleep(0.05)
            after = await rows.one(select(Session).where(Session.id == phone.session))
            if after.status == "ended":
                break
    assert (after.status, after.seconds, after.counts) == ("ended", 6.0, before.counts)
    assert after.recording_path


async def test_without_recording_a_restart_keeps_the_counts_and_no_word_of_the_customer(start: Callable[..., Any], rows: Any) -> None:
    async with start() as service, line(service) as client:
        session = (await client.hello(consent=REFUSED))["session"]
        for seq in range(20):
            await client.send(build_packet(seq, PACKET))
        await client.until("ack")
        await asyncio.sleep(0.5)
    async with start() as service, line(service) as client:
        assert (await client.hello(resume=session))["code"] == "session_ended"
    kept = await rows.one(select(Session).where(Session.id == session))
    assert kept.seconds == pytest.approx(2.0)
    assert kept.summary is None or "keywords" not in kept.summary
    assert all("keywords" not in row.payload for row in await rows.scalars(select(OutboxMessage)))


async def test_an_end_that_fails_is_told_and_frees_the_place(start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Any) -> Any:
        raise KeyError("bug")

    async with start() as service, line(service) as client:
        await client.hello()
        monkeypatch.setattr(type(service.registry.live[0].interpreter), "finish", broken)
        await client.say(type="stop")
        assert (await client.until("error"))["code"] == "internal"
        assert await client.closed() == 1011
        assert service.registry.live == []


async def test_a_token_taken_back_ends_the_connection_and_not_the_conversation(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, factory: Any
) -> None:
    monkeypatch.setattr(socket, "TOKEN_CHECK_SECONDS", 0.1)
    async with start() as service, line(service) as client:
        await client.hello()
        async with transaction(factory) as db:
            await db.execute(update(AccessToken).values(revoked_at=utc_now()))
        assert (await client.until("error"))["code"] == "token_invalid"
        assert await client.closed() == 4401
        assert len(service.registry.live) == 1


@pytest.mark.parametrize(("speed", "burst", "fast"), [(1.0, 0.0, False), (1.05, 0.0, False), (2.0, 0.0, True), (1.0, 30.0, True)])
def test_only_audio_faster_than_it_was_spoken_waits(speed: float, burst: float, fast: bool) -> None:
    now = [0.0]
    arrival = Arrival(lambda: now[0])
    samples = 0
    for step in range(200):
        now[0] = step * 0.1
        samples += int(1600 * speed) + (int(burst * SAMPLE_RATE) if step == 180 else 0)
        arrival.note(samples)
    assert arrival.fast is fast
    for step in range(200, 300):
        now[0] = step * 0.1
        samples += 1600
        arrival.note(samples)
    assert arrival.fast is False  # a burst is over once the window has passed it


async def test_a_conversation_keeps_the_thresholds_it_began_with(
    start: Callable[..., Any], rows: Any, factory: Factory, site: Site
) -> None:
    async with start() as service:
        async with transaction(factory) as db:
            db.add(SiteDetection(site_id=site.id, changes={"raise_at": 3.5}, reason="", changed_by=service.person.id, changed_at=utc_now()))
        async with line(service) as client:
            session = (await client.hello())["session"]
            await client.send(build_packet(0, PACKET))
            await client.until("ack")
        async with transaction(factory) as db:
            await db.execute(update(SiteDetection).values(changes={"raise_at": 4.0}))
    assert (await rows.one(select(Session).where(Session.id == session))).detection == {"raise_at": 3.5}
    async with start() as service, line(service) as client:
        await client.hello(resume=session)
        assert service.registry.live[0].interpreter.identity.thresholds == {"raise_at": 3.5}
        assert service.registry.live[0].interpreter.thresholds.raise_at == 3.5
    async with start() as service, line(service) as client:
        later = (await client.hello())["session"]
    assert (await rows.one(select(Session).where(Session.id == later))).detection == {"raise_at": 4.0}
