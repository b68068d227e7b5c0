"""A sound in which no two moments are alike, and the proof that a recording of it has no hole and no repeat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf

SECONDS = 60
LOWEST, HIGHEST = 200.0, 6000.0


def _sweep(rate: int) -> npt.NDArray[np.float64]:
    t = np.arange(rate * SECONDS) / rate
    tone = np.sin(2 * np.pi * (LOWEST * t + (HIGHEST - LOWEST) / (2 * SECONDS) * t**2))
    beat = np.random.default_rng(7).uniform(0.1, 0.6, SECONDS * 10).repeat(rate // 10)
    return tone * beat


def write_chirp(path: Path) -> Path:
    """A slow sweep from 200 Hz to 6 kHz whose level changes at random every 100 ms; 48 kHz, 16 bit."""
    sf.write(path, _sweep(48_000), 48_000, subtype="PCM_16")
    return path


def offsets(audio: bytes) -> list[int]:
    """Where each whole second of 16 kHz PCM16 lies in the chirp, in samples, relative to where it would lie without a cut."""
    heard = np.frombuffer(audio, dtype="<i2") / 32768
    played = _sweep(16_000)
    size = 1 << (len(played) + 16_000).bit_length()
    spectrum = np.fft.rfft(played, size)
    found = []
    for start in range(16_000, len(heard) - 16_000, 16_000):
        second = heard[start : start + 16_000]
        match = np.fft.irfft(spectrum * np.conj(np.fft.rfft(second, size)), size)
        found.append(int(np.argmax(match[: len(played)])) - start)
    return found


def assert_unbroken(audio: bytes) -> None:
    """Every second follows the one before it: a lost or repeated packet would move all later ones by 1,600 samples."""
    found = offsets(audio)
    assert len(found) >= 2, f"only {len(audio) / 32000:.1f} s to compare"
    assert max(found) - min(found) <= 2, found
