"""What runs beside the conversations survives a failure, and what is queued for the database is written however the end goes."""

from __future__ import annotations

import asyncio
import gc

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from audio_service.live import pulse
from audio_service.live.ledger import SignalRow
from audio_service.live.registry import Registry
from case_api import listening as module
from case_api.listening import TIDY_LATEST_SECONDS, is_time_to_tidy, listening
from models.engine import Factory, reading
from models.outbox import OutboxMessage
from models.settings import Settings
from models.sites import Site
from tests.case_api.sessions.conftest import MakeSession, make_session
from tests.conftest import MakePerson

__all__ = ["make_session"]

pytestmark = pytest.mark.in_turn


class FailsOnce:
    """Stands before something real: the first call fails, and `again` is set by the second."""

    def __init__(self) -> None:
        self.calls = 0
        self.again = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __call__(self, *_: object) -> bool:
        self.calls += 1
        if self.calls == 1:
            raise PermissionError("the folder cannot be read")
        self._loop.call_soon_threadsafe(self.again.set)
        return False


async def test_background_work_goes_on_after_a_failure(settings: Settings, factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIBRARY_POLL_SECONDS", 0.05)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.05)
    library, heart = FailsOnce(), FailsOnce()
    with capture_logs() as logs:
        async with listening(settings, factory) as registry, asyncio.timeout(30):
            monkeypatch.setattr(registry.ear.shelf, "poll", library)
            monkeypatch.setattr(pulse.LAG, "observe", heart)
            await library.again.wait()
            await heart.again.wait()
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["background.failed"] * 2


async def test_what_is_queued_is_written_though_the_conversations_cannot_be_closed(
    settings: Settings, factory: Factory, site: Site, make_person: MakePerson, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await make_session(await make_person("lijing", ("staff", site.id)), site.id)

    async def fail(_: Registry) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Registry, "close", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        async with listening(settings, factory) as registry:
            registry.ear.ledger.add(SignalRow("session.signal", "still-queued", {"kind": "escalation"}, site.id, held.id))
    async with reading(factory) as db:
        assert await db.scalar(select(OutboxMessage.topic).where(OutboxMessage.key == "still-queued")) == "session.signal"


async def test_garbage_is_looked_for_when_nobody_talks(settings: Settings, factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIDY_SECONDS", 0.01)
    passes: list[str] = []
    found = asyncio.Event()

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == 2:
            passes.append("full")
            found.set()

    before = gc.get_threshold()
    async with listening(settings, factory), asyncio.timeout(30):
        assert gc.get_threshold()[2] > 1000 * before[2]  # Python itself has to leave it
        gc.callbacks.append(note)
        try:
            await found.wait()
        finally:
            gc.callbacks.remove(note)
    assert passes
    assert gc.get_threshold() == before


def test_a_conversation_is_not_kept_waiting_by_it_for_long() -> None:
    assert is_time_to_tidy(0, 0)
    assert not is_time_to_tidy(1, TIDY_LATEST_SECONDS - 1)
    assert is_time_to_tidy(1, TIDY_LATEST_SECONDS)
