"""Two who sound alike, with made-up voices as far apart as such two are in measured conversations: centres .8, windows .75 to their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from audio_service.hearing.enrolment import Enrolment, unit
from audio_service.hearing.halves import KEPT, Halves
from audio_service.hearing.speaker import Heard, Voices
from audio_service.hearing.spectra import Floats
from audio_service.messages import Speaker
from models.settings_detection import DetectionSettings

SETTINGS = DetectionSettings()


def direction(seed: int) -> Floats:
    return unit(np.random.default_rng(seed).standard_normal(256).astype(np.float32))


COMMON = direction(1)
STAFF, CUSTOMER = (unit(COMMON + 0.5 * direction(seed)) for seed in (2, 3))
ENROLMENT = Enrolment(unit(STAFF + 0.8 * direction(4))[np.newaxis])


def say(voice: Floats, seed: int, windows: int = 6) -> Heard:
    """An utterance: the sentence moves its windows together, and each of them alone."""
    rng = np.random.default_rng(seed)
    vectors = [unit(voice + 0.45 * direction(1000 + seed) + 0.045 * rng.standard_normal(256).astype(np.float32)) for _ in range(windows)]
    return Heard([0.8 + 0.5 * k for k in range(windows)], vectors)


def halves(voices: Sequence[tuple[Floats, int]]) -> Halves:
    """What was said by each voice, so many utterances, in turns as far as they go."""
    found = Halves()
    turns = [(voice, 100 * place + turn) for place, (voice, count) in enumerate(voices) for turn in range(count)]
    for voice, seed in sorted(turns, key=lambda turn: turn[1] % 100):
        heard = say(voice, seed)
        total = np.sum(np.stack(heard.vectors), axis=0)
        found.learn(total, len(heard.vectors), float(np.max(ENROLMENT.vectors @ total)) / len(heard.vectors))
    return found


def test_two_who_sound_alike_are_told_apart() -> None:
    voices = Voices(SETTINGS, ENROLMENT)
    for turn in range(6):
        voices.learn(say(CUSTOMER, 10 + turn), -27.0)
        voices.learn(say(STAFF, 20 + turn), -21.0)
    found = [voices.decide(voices.posterior(say(voice, seed)))[0] for voice in (STAFF, CUSTOMER) for seed in range(50, 55)]
    assert found == [Speaker.STAFF] * 5 + [Speaker.CUSTOMER] * 5


def test_the_half_more_like_the_enrolment_is_named() -> None:
    parted = halves([(STAFF, 6), (CUSTOMER, 6)]).part()
    assert parted is not None
    assert parted.likelier @ STAFF > parted.other @ STAFF
    assert parted.other @ CUSTOMER > parted.likelier @ CUSTOMER


@pytest.mark.parametrize("voice", [STAFF, CUSTOMER])
def test_one_person_is_one_voice_however_long_they_talk(voice: Floats) -> None:
    assert [count for count in range(1, 80) if halves([(voice, count)]).part() is not None] == []


def test_one_stray_sentence_is_nobody() -> None:
    assert halves([(STAFF, 12), (direction(5), 1)]).part() is None


def test_what_was_said_long_ago_is_forgotten() -> None:
    found = halves([(STAFF, 6), (CUSTOMER, 6)])
    for seed in range(KEPT):
        total = np.sum(np.stack(say(CUSTOMER, 500 + seed).vectors), axis=0)
        found.learn(total, 6, float(np.max(ENROLMENT.vectors @ total)) / 6)
    assert found.part() is None
