"""What all conversations of a process share: models, transcription, library, database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audio_service.hearing import Enrolment, HearingModels
from audio_service.hearing.spectra import Floats
from audio_service.live.ledger import Ledger
from audio_service.live.shelf import Shelf
from audio_service.transcription.scheduler import TranscriptionQueue
from models.engine import Factory
from models.settings import Settings


@dataclass(frozen=True, slots=True)
class Ear:
    """Opened once at start, closed once at the end. `pool` runs the ear and the disk, so that the event loop never waits for either."""

    settings: Settings
    models: HearingModels
    scheduler: TranscriptionQueue
    shelf: Shelf
    ledger: Ledger
    factory: Factory
    pool: ThreadPoolExecutor

    def run(self, function: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """The function's result, computed in the pool."""
        return asyncio.get_running_loop().run_in_executor(self.pool, function, *args)

    def embed(self, recordings: Sequence[Floats]) -> Floats:
        """16 kHz recordings of a staff member, the everyday voice first → (k, 256) unit vectors. Raises EnrolmentTooShortError."""
        return Enrolment.from_recordings(self.models, recordings).vectors

    def folder(self, session_id: str) -> Path:
        """Where a conversation's audio lies."""
        return self.settings.data_dir / "recordings" / session_id
