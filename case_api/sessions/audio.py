"""The sound of a session: the finished FLAC, or while it lasts a WAV put together from the stored packets."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audio_service.intake.finalise import FINAL_NAME
from audio_service.intake.recording import iter_samples
from audio_service.messages import SAMPLE_RATE
from case_api.problems import Problem, ProblemCode
from models.sessions import Session

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `first` … `last` of `size`; `whole` if nobody asked for less."""

    first: int
    last: int
    size: int
    whole: bool
    blocks: Iterator[bytes]


def finished_file(data_dir: Path, recording_path: str | None) -> Path | None:
    """The FLAC, or None. A path that leads out of the data folder is not followed, whoever wrote it."""
    if recording_path is None:
        return None
    root = data_dir.resolve()
    path = (root / recording_path).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None


def recording_of(data_dir: Path, session: Session) -> Path | None:
    """The finished recording of a session, or None."""
    return finished_file(data_dir, session.recording_path or f"recordings/{session.id}/{FINAL_NAME}")


def wav_header(samples: int) -> bytes:
    """44 bytes before 16 kHz mono int16 samples."""
    size = samples * 2
    riff = struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE")
    return riff + struct.pack("<4sIHHIIHH4sI", b"fmt ", 16, 1, 1, SAMPLE_RATE, SAMPLE_RATE * 2, 2, 16, b"data", size)


def wanted_bytes(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte that a `Range` header asks for of `size`; None for all of it (also where it cannot be read, as RFC 9110 says).

    Raises Problem: range_not_satisfiable.
    """
    asked = _RANGE.fullmatch(header or "")
    if asked is None or not (asked[1] or asked[2]):
        return None
    first, last = (int(asked[1]), int(asked[2] or size - 1)) if asked[1] else (size - min(int(asked[2]), size), size - 1)
    if asked[1] and asked[2] and last < first:
        return None
    if first >= size:
        raise Problem(ProblemCode.RANGE_NOT_SATISFIABLE, headers={"Content-Range": f"bytes */{size}"})
    return first, min(last, size - 1)


def wav_bytes(folder: Path, samples: int, first: int, last: int) -> Iterator[bytes]:
    """Bytes first … last of the WAV that the first `samples` of a recording make; what arrives meanwhile waits for the next request."""
    header = wav_header(samples)
    if first < len(header):
        yield header[first : last + 1]
    begin = max(first - len(header), 0)
    left = last + 1 - len(header) - begin
    skipped = begin % 2
    for block in iter_samples(folder, begin // 2):
        if left <= 0:
            return
        data = block.astype("<i2", copy=False).tobytes()[skipped:][:left]
        yield data
        left, skipped = left - len(data), 0
