"""Labels of rehearsed conversations have to say where speech is, not where a recording is."""

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from audio_service.evaluation.rehearse import spoken

RATE = 16_000


@pytest.mark.parametrize("rumble", [0.0, 0.1, 0.3])
def test_silence_around_a_sentence_is_cut_off_even_where_it_rumbles(rumble: float) -> None:
    rng = np.random.default_rng(3)
    talk = sosfilt(butter(2, [300, 3000], "band", fs=RATE, output="sos"), rng.standard_normal(2 * RATE))
    room = sosfilt(butter(2, 80, fs=RATE, output="sos"), rng.standard_normal(4 * RATE))
    recording = rumble * np.std(talk) / np.std(room) * room
    recording[RATE // 2 : RATE // 2 + len(talk)] += talk

    left = spoken(recording)

    assert 2.0 <= len(left) / RATE <= 2.2
