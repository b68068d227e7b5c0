"""A scripted server on a free port, and sound for the browser's microphone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from tests.case_api.mic.scripted import ScriptedServer


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    await scripted.start()
    yield scripted
    await scripted.kill()


@pytest.fixture(scope="session")
def chirp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 s in which no two moments sound alike: a slow sweep from 200 Hz to 6 kHz with a beat of its own every 100 ms."""
    rate, seconds = 48_000, 60
    t = np.arange(rate * seconds) / rate
    sweep = np.sin(2 * np.pi * (200 * t + (6000 - 200) / (2 * seconds) * t**2))
    beat = np.random.default_rng(7).uniform(0.1, 0.6, seconds * 10).repeat(rate // 10)
    path = tmp_path_factory.mktemp("sound") / "chirp.wav"
    sf.write(path, sweep * beat, rate, subtype="PCM_16")
    return path
