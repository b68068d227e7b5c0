"""What goes wrong around a conversation: the database is locked, the disk runs low, transcription cannot keep up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

import audio_service
from audio_service.live.ledger import LOST, Ledger, SessionUpdate
from audio_service.live.watch import AGAIN_SECONDS, Watch
from audio_service.messages import WarningCode
from models.engine import Factory, transaction
from models.sessions import Session
from tests.audio_service.live.test_bad_input import line


async def test_a_locked_database_delays_rows_and_loses_none(start: Callable[..., Any], factory: Factory, rows: Any, engine: Any) -> None:
    async with start() as service, line(service) as client:
        session = (await client.hello())["session"]
        await service.registry.ear.ledger.flush()
        ledger = Ledger(factory)
        ledger.start()
        async with transaction(factory) as lock:
            if engine.dialect.name == "postgresql":
                await lock.execute(text("LOCK TABLE session IN ACCESS EXCLUSIVE MODE"))
            ledger.add(SessionUpdate(session, {"client": "written later"}))
            for _ in range(400):
                if ledger.in_trouble:
                    break
                await asyncio.sleep(0.05)
            assert ledger.in_trouble
        await ledger.flush()
        assert not ledger.in_trouble
        await ledger.close()
        assert ledger.lost == 0
    assert (await rows.one(select(Session).where(Session.id == session))).client == "written later"


async def test_a_row_the_database_refuses_does_not_take_others_with_it(start: Callable[..., Any], factory: Factory, rows: Any) -> None:
    async with start() as service, line(service) as client:
        session = (await client.hello())["session"]
        ledger = Ledger(factory)
        ledger.start()
        for values in ({"client": "one"}, {"peak_level": "furious"}, {"language": "en"}):
            ledger.add(SessionUpdate(session, values))
        await ledger.close()
        assert ledger.lost == 1
    kept = await rows.one(select(Session).where(Session.id == session))
    assert (kept.client, kept.language) == ("one", "en")


async def test_a_disk_that_runs_low_is_told_once_a_minute(start: Callable[..., Any]) -> None:
    async with start(free_bytes_min=1 << 60) as service, line(service) as client:
        await client.hello()
        now = [0.0]
        watch = Watch(service.registry.ear, lambda: service.registry.live, lambda: now[0])
        await watch.look()
        await watch.look()
        now[0] = AGAIN_SECONDS
        await watch.look()
        warnings = [(await client.until("warning"))["code"] for _ in range(2)]
        assert warnings == ["store_low", "store_low"]


async def test_rows_that_were_lost_are_counted_and_told(start: Callable[..., Any]) -> None:
    before = LOST._value.get()
    async with start() as service, line(service) as client:
        session = (await client.hello())["session"]
        watch = Watch(service.registry.ear, lambda: service.registry.live)
        service.registry.ear.ledger.add(SessionUpdate(session, {"peak_level": "furious"}))
        await service.registry.ear.ledger.flush()
        await watch.look()
        while (await client.until("warning"))["code"] != "rows_lost":
            pass
    assert LOST._value.get() == before + 1


async def test_a_microphone_with_gain_control_is_told(start: Callable[..., Any]) -> None:
    async with start() as service, line(service) as client:
        await client.hello(mic={"auto_gain_control": True})
        assert (await client.until("warning"))["code"] == "mic_agc"


def test_every_warning_code_is_given_somewhere() -> None:
    root = Path(audio_service.__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in root.rglob("*.py") if path.name != "warnings.py")
    assert [code for code in WarningCode if f"WarningCode.{code.name}" not in source] == []
