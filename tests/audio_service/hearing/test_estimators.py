"""Each estimator on signals whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.signal import sosfilt

from audio_service.hearing.balance import Balance
from audio_service.hearing.cues import BRIDGE, bridged, measure
from audio_service.hearing.loudness import Loudness, k_weighting, loudness_db
from audio_service.hearing.pitch import pitch, to_hz
from audio_service.hearing.spectra import TICK, Floats, Spectra
from audio_service.messages import SAMPLE_RATE


def tone(hertz: float, seconds: float, amplitude: float = 1.0, harmonics: int = 1) -> Floats:
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(amplitude * sum(np.sin(2 * np.pi * k * hertz * t) / k for k in range(1, harmonics + 1)), np.float32)


def spectra(samples: Floats) -> Floats:
    stream = Spectra.start()
    return np.concatenate([stream.push(block) for block in samples.reshape(-1, TICK)])


def test_k_weighting_is_the_standards_own_filter_at_48_khz() -> None:
    shelf, high_pass = k_weighting(48_000)
    assert shelf == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285, 1, -1.69065929318241, 0.73248077421585], abs=1e-7)
    assert high_pass == pytest.approx([1, -2, 1, 1, -1.99004745483398, 0.99007225036621], abs=1e-7)


def test_a_full_scale_997_hz_sine_reads_minus_3() -> None:
    meter = Loudness()
    powers = np.concatenate([meter.push(block) for block in tone(997, 2).reshape(-1, TICK)])
    assert loudness_db(powers[50:]) == pytest.approx(-3.01, abs=0.1)


def test_loudness_in_blocks_is_the_filter_over_the_whole() -> None:
    samples = np.random.default_rng(0).standard_normal(5 * TICK).astype(np.float32)
    meter = Loudness()
    blocks = np.concatenate([meter.push(block) for block in samples.reshape(-1, TICK)])
    whole = sosfilt(k_weighting(SAMPLE_RATE), samples)
    np.testing.assert_allclose(blocks, np.mean(whole.reshape(-1, 160) ** 2, axis=1), rtol=1e-5)


@settings(max_examples=40, deadline=None)
@given(hertz=st.floats(min_value=80, max_value=480), harmonics=st.integers(min_value=3, max_value=12))
def test_pitch_of_a_buzz_within_a_third_of_a_semitone(hertz: float, harmonics: int) -> None:
    semitones, strength = pitch(spectra(tone(hertz, 0.3, 0.3, harmonics))[8:])
    assert 12 * abs(np.log2(to_hz(float(np.median(semitones))) / hertz)) < 0.33
    assert np.median(strength) > 0.8


def test_noise_is_not_voiced() -> None:
    noise = np.random.default_rng(1).standard_normal(20 * TICK).astype(np.float32)
    _, strength = pitch(spectra(noise))
    assert np.mean(strength > 0.6) < 0.05


def test_silence_has_no_pitch() -> None:
    _, strength = pitch(spectra(np.zeros(4 * TICK, np.float32)))
    assert not strength.any()


@given(speech=arrays(np.bool_, st.integers(min_value=0, max_value=300)))
def test_gaps_inside_words_are_bridged_and_pauses_are_not(speech: NDArray[np.bool_]) -> None:
    filled = bridged(speech)
    assert np.all(filled >= speech)
    runs = np.split(np.arange(len(filled)), np.flatnonzero(np.diff(filled.astype(int))) + 1)
    inner = [run for run in runs if len(run) and not filled[run[0]] and run[0] > 0 and run[-1] < len(filled) - 1]
    assert all(len(run) > BRIDGE for run in inner)


def test_a_voice_network_that_drops_frames_makes_nobody_hasty() -> None:
    rows = np.zeros((400, 7), np.float32)
    rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4:6], rows[:, 6] = 0.9, 0.01, 12.0, 0.9, 1.0, 0.05
    whole = measure(rows)
    rows[np.arange(400) % 40 >= 20, 0] = 0.1
    broken = measure(rows)
    assert whole is not None
    assert broken is not None
    assert broken.cues.rate == pytest.approx(whole.cues.rate, abs=0.02)


def test_balance_takes_the_rooms_energy_off() -> None:
    rng = np.random.default_rng(2)
    room = 0.02 * rng.standard_normal(60 * TICK).astype(np.float32)
    voice = tone(200, 3, 0.1)
    spectrum = spectra(np.concatenate((room[: 30 * TICK], room[30 * TICK :] + voice)))
    meter = Balance()
    for block in spectrum[:300].reshape(30, 10, -1):
        meter.push(block, silence=True)
    clean = np.concatenate([meter.push(block, silence=False) for block in spectrum[310:].reshape(-1, 10, spectrum.shape[1])])
    raw = np.concatenate([Balance().push(block, silence=False) for block in spectrum[310:].reshape(-1, 10, spectrum.shape[1])])
    assert clean[:, 1].sum() < 0.5 * raw[:, 1].sum()
    assert clean[:, 0].sum() == pytest.approx(0.1**2 / 2 * len(clean), rel=0.1)


@given(gain=st.floats(min_value=0.01, max_value=1.0))
@settings(max_examples=20, deadline=None)
def test_pitch_does_not_hear_gain(gain: float) -> None:
    buzz = tone(150, 0.3, 0.3, 8)
    loud, _ = pitch(spectra(buzz))
    quiet, _ = pitch(spectra(np.asarray(buzz * np.float32(gain), np.float32)))
    np.testing.assert_allclose(loud[8:], quiet[8:], atol=0.01)
