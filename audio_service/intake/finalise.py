"""After the end: segments become one FLAC, and go only when the FLAC has been read back and holds the same samples."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import soundfile as sf

from audio_service.errors import ErrorCode, ServiceError
from audio_service.intake.recording import Gap, find_gaps, iter_samples, segment_paths
from audio_service.messages import SAMPLE_RATE
from models.files import sync

FINAL_NAME = "recording.flac"
_BLOCK = 30 * SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class FinalRecording:
    """`pcm_sha256` is of the int16 little-endian samples; `gaps` were damaged and play as silence."""

    path: Path
    samples: int
    pcm_sha256: str
    file_sha256: str
    gaps: tuple[Gap, ...]


def finalise(folder: Path) -> FinalRecording | None:
    """Write `recording.flac` from the segments of `folder` (None if it holds no audio). Safe to repeat after a crash at any point.

    Raises ServiceError(store_failed) if the FLAC does not read back as what was stored; the segments then stay.
    """
    final = folder / FINAL_NAME
    try:
        if final.exists():  # it was verified before it got this name; segments beside it are leftovers, perhaps not all of them
            _remove_segments(folder)
            return _described(final, *_pcm_digest(final), ())
        return _written(folder, final)
    except (OSError, sf.SoundFileError) as error:
        raise ServiceError(ErrorCode.STORE_FAILED, f"the recording could not be finished: {error}") from error


def is_final(folder: Path) -> bool:
    """Whether the conversation's audio has become one file: nothing can be added any more."""
    return (folder / FINAL_NAME).exists()


def _written(folder: Path, final: Path) -> FinalRecording | None:
    digest, samples = hashlib.sha256(), 0
    partial = final.with_suffix(".partial")
    with sf.SoundFile(partial, "w", SAMPLE_RATE, 1, "PCM_16", format="FLAC") as out:
        for block in iter_samples(folder):
            digest.update(block.tobytes())
            out.write(block)
            samples += block.size
    if samples == 0:
        partial.unlink()
        return None
    if _pcm_digest(partial) != (samples, digest.hexdigest()):
        raise ServiceError(ErrorCode.STORE_FAILED, "the finished recording does not read back as it was stored")
    sync(partial)
    gaps = tuple(find_gaps(folder))
    partial.replace(final)
    sync(folder)
    _remove_segments(folder)
    return _described(final, samples, digest.hexdigest(), gaps)


def _remove_segments(folder: Path) -> None:
    for path in segment_paths(folder):
        path.unlink()


def _pcm_digest(path: Path) -> tuple[int, str]:
    digest, samples = hashlib.sha256(), 0
    with sf.SoundFile(path) as file:
        for block in file.blocks(_BLOCK, dtype="int16"):
            digest.update(block.tobytes())
            samples += block.size
    return samples, digest.hexdigest()


def _described(path: Path, samples: int, pcm_sha256: str, gaps: tuple[Gap, ...]) -> FinalRecording:
    with path.open("rb") as file:
        file_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return FinalRecording(path, samples, pcm_sha256, file_sha256, gaps)
