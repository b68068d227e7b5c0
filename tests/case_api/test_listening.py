"""What runs beside the conversations survives a failure, and what is queued for the database is written however the end goes."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from audio_service.live import pulse
from audio_service.live.ledger import Row
from audio_service.live.registry import Registry
from case_api import listening as module
from case_api.listening import listening
from models.engine import Factory, reading
from models.settings import Settings
from models.sites import Site

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
    settings: Settings, factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: Registry) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(Registry, "close", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        async with listening(settings, factory) as registry:
            registry.ear.ledger.add(Row(Site, {"id": "site-1", "code": "ZZ", "name": "云麓"}, ("id",)))
    async with reading(factory) as db:
        assert await db.scalar(select(Site.name).where(Site.code == "ZZ")) == "云麓"
