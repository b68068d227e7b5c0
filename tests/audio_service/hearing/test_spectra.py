"""Two shortcuts past numpy that must give what numpy gives, bit for bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audio_service.hearing.spectra import Floats, framed, upper_quartile

_LEVELS = st.floats(-120, 20, width=32)


@given(arrays(np.float32, st.integers(1, 200), elements=_LEVELS))
def test_the_upper_quartile_is_numpys(values: Floats) -> None:
    assert upper_quartile(values) == float(np.percentile(values, 75))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 100))
def test_frames_are_numpys_windows(size: int, hop: int, more: int) -> None:
    samples = np.arange(size + more, dtype=np.float32)
    assert np.array_equal(framed(samples, size, hop), np.lib.stride_tricks.sliding_window_view(samples, size)[::hop])
