"""A sound in which no two moments are alike, and the proof that a recording of it has no hole and no repeat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
from scipy import signal

SECONDS = 60
PLAYED_RATE, HEARD_RATE = 48_000, 16_000
PACKET = 1600


def _noise() -> npt.NDArray[np.float64]:
    """Noise between 200 Hz and 6 kHz at 48 kHz."""
    sections = signal.butter(4, (200, 6000), btype="bandpass", fs=PLAYED_RATE, output="sos")
    noise = signal.sosfilt(sections, np.random.default_rng(7).standard_normal(PLAYED_RATE * SECONDS))
    return np.asarray(0.3 * noise / np.abs(noise).max())


def write_noise(path: Path) -> Path:
    sf.write(path, _noise(), PLAYED_RATE, subtype="PCM_16")
    return path


def offsets(audio: bytes) -> list[int]:
    """Where each whole second of 16 kHz PCM16 lies in the noise, in samples, relative to where it would lie without a cut."""
    heard = np.frombuffer(audio, dtype="<i2") / 32768
    played = signal.resample_poly(_noise(), HEARD_RATE, PLAYED_RATE)
    size = 1 << (len(played) + HEARD_RATE).bit_length()
    spectrum = np.fft.rfft(played, size)
    found = []
    for start in range(HEARD_RATE, len(heard) - HEARD_RATE, HEARD_RATE):
        second = heard[start : start + HEARD_RATE]
        match = np.fft.irfft(spectrum * np.conj(np.fft.rfft(second, size)), size)
        found.append(int(np.argmax(match[: len(played)])) - start)
    return found


def assert_unbroken(audio: bytes) -> None:
    """Every second follows the one before it: a lost or repeated packet moves all later ones by 1,600 samples.

    Less than half a packet is let pass: a starved machine makes the browser's capture itself drop a few milliseconds.
    """
    found = offsets(audio)
    assert len(found) >= 2, f"only {len(audio) / 32000:.1f} s to compare"
    assert max(abs(np.diff(found))) < PACKET // 2, found
