from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from audio_service.live.ring import AudioRing
from audio_service.messages import SAMPLE_RATE


@given(blocks=st.lists(st.integers(1, 5000), min_size=1, max_size=12), start=st.floats(0, 2), length=st.floats(0, 1))
def test_any_split_gives_the_newest_samples_of_the_span(blocks: list[int], start: float, length: float) -> None:
    audio = (np.arange(sum(blocks)) % 30_000).astype(np.int16)
    ring = AudioRing(0.5)
    for block in np.split(audio, np.cumsum(blocks)[:-1]):
        ring.extend(block)
    low = max(int(start * SAMPLE_RATE), audio.size - SAMPLE_RATE // 2, 0)
    expected = audio[low : int((start + length) * SAMPLE_RATE)]
    np.testing.assert_array_equal(ring.between(start, start + length) * 32768, expected)
    assert ring.samples == audio.size


def test_a_block_longer_than_the_ring_leaves_its_end() -> None:
    ring = AudioRing(0.1)
    audio = np.arange(4000, dtype=np.int16)
    ring.extend(audio)
    np.testing.assert_array_equal(ring.between(0, 1) * 32768, audio[-1600:])
