"""The sound of a session: the finished FLAC, or while it lasts a WAV put together from the stored packets."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from audio_service.intake.recording import iter_records, iter_samples
from audio_service.messages import SAMPLE_RATE


def finished_file(data_dir: Path, recording_path: str | None) -> Path | None:
    """The FLAC, or None. A path that leads out of the data folder is not followed, whoever wrote it."""
    if recording_path is None:
        return None
    root = data_dir.resolve()
    path = (root / recording_path).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None


def stored_samples(folder: Path) -> int:
    """Samples on disk at this moment."""
    last = 0
    for record in iter_records(folder):
        last = record.first_sample + record.samples.size
    return last


def wav_header(samples: int) -> bytes:
    """44 bytes before 16 kHz mono int16 samples."""
    size = samples * 2
    riff = struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE")
    return riff + struct.pack("<4sIHHIIHH4sI", b"fmt ", 16, 1, 1, SAMPLE_RATE, SAMPLE_RATE * 2, 2, 16, b"data", size)


def wav_blocks(folder: Path, samples: int) -> Iterator[bytes]:
    """The first `samples` of a recording as a WAV; packets that arrive meanwhile wait for the next request."""
    yield wav_header(samples)
    left = samples
    for block in iter_samples(folder):
        if left <= 0:
            return
        yield block[:left].astype("<i2").tobytes()
        left -= block.size
