"""Attribution with made-up voices: unit vectors around random centres, as far apart as the embedder's are."""

from __future__ import annotations

import numpy as np
import pytest

from audio_service.hearing.enrolment import Enrolment, unit
from audio_service.hearing.speaker import Heard, Voices
from audio_service.hearing.spectra import Floats
from audio_service.messages import Speaker
from models.settings_detection import DetectionSettings

SETTINGS = DetectionSettings()


def direction(seed: int) -> Floats:
    return unit(np.random.default_rng(seed).standard_normal(256).astype(np.float32))


STAFF, CUSTOMER, PARTNER, ROOM = (direction(seed) for seed in range(4))


def say(voice: Floats, seed: int, windows: int = 6, room: float = 0.8) -> Heard:
    """An utterance of a voice in a room that colours every vector the same way."""
    rng = np.random.default_rng(seed)
    noise = 0.05 * rng.standard_normal((windows, 256)).astype(np.float32)
    vectors = [unit(voice + room * ROOM + row) for row in noise]
    return Heard([0.8 + 0.5 * k for k in range(windows)], vectors)


def named(voices: Voices, heard: Heard) -> Speaker:
    return voices.decide(voices.posterior(heard))[0]


def conversation(voices: Voices, turns: int = 4) -> None:
    for turn in range(turns):
        voices.learn(say(CUSTOMER, 10 + turn), -27.0)
        voices.learn(say(STAFF, 20 + turn), -21.0)


def test_nothing_heard_is_unsure() -> None:
    assert named(Voices(SETTINGS, Enrolment(STAFF[np.newaxis])), Heard()) is Speaker.UNSURE


def test_an_enrolment_alone_tells_the_two_apart() -> None:
    voices = Voices(SETTINGS, Enrolment(STAFF[np.newaxis]))
    assert named(voices, say(STAFF, 1, room=0.4)) is Speaker.STAFF
    assert named(voices, say(CUSTOMER, 2, room=0.4)) is Speaker.CUSTOMER


def test_roles_are_compared_where_the_room_pulls_every_cosine_down() -> None:
    voices = Voices(SETTINGS, Enrolment(STAFF[np.newaxis]))
    before = say(STAFF, 3, room=1.4)
    assert named(voices, before) is not Speaker.STAFF
    for turn in range(3):
        voices.learn(say(CUSTOMER, 30 + turn, room=1.1), -27.0)
        voices.learn(say(STAFF, 40 + turn, room=1.1), -21.0)
    assert named(voices, say(STAFF, 4, room=1.1)) is Speaker.STAFF
    assert named(voices, say(CUSTOMER, 5, room=1.1)) is Speaker.CUSTOMER


def test_without_an_enrolment_the_nearer_voice_is_staff_at_limited_confidence() -> None:
    voices = Voices(SETTINGS, None)
    assert named(voices, say(STAFF, 6)) is Speaker.UNSURE
    conversation(voices)
    speaker, confidence = voices.decide(voices.posterior(say(STAFF, 7)))
    assert speaker is Speaker.STAFF
    assert confidence < 0.9
    assert named(voices, say(CUSTOMER, 8)) is Speaker.CUSTOMER


def test_without_an_enrolment_equally_near_voices_stay_unsure() -> None:
    voices = Voices(SETTINGS, None)
    for turn in range(4):
        voices.learn(say(CUSTOMER, 50 + turn), -24.0)
        voices.learn(say(STAFF, 60 + turn), -24.0)
    assert named(voices, say(CUSTOMER, 9)) is Speaker.UNSURE


def test_without_an_enrolment_a_raised_voice_does_not_become_the_nearer_one() -> None:
    voices = Voices(SETTINGS, None)
    conversation(voices, turns=8)
    for turn in range(6):
        voices.learn(say(CUSTOMER, 70 + turn), -15.0)
    assert named(voices, say(CUSTOMER, 80)) is Speaker.CUSTOMER
    assert named(voices, say(STAFF, 81)) is Speaker.STAFF


def test_a_strangers_voice_is_not_familiar_a_partners_becomes_so() -> None:
    voices = Voices(SETTINGS, Enrolment(STAFF[np.newaxis]))
    conversation(voices)
    stranger = say(PARTNER, 11, room=0.0)
    assert voices.familiar(say(CUSTOMER, 12))
    assert not voices.familiar(stranger)
    voices.learn(stranger, -27.0)
    assert voices.familiar(say(PARTNER, 13, room=0.0))


def test_what_somebody_else_goes_on_with_is_not_all_a_customers() -> None:
    """Two windows of the staff member's voice at the end of an utterance that is a customer's as a whole; one alone is an accident."""
    voices = Voices(SETTINGS, Enrolment(STAFF[np.newaxis]))
    conversation(voices)
    customer, staff = say(CUSTOMER, 80, windows=8), say(STAFF, 81, windows=3)
    ends = [0.8 + 0.5 * k for k in range(11)]
    for others, alone in ((1, True), (2, False)):
        mixed = Heard(ends[: 8 + others], customer.vectors + staff.vectors[:others])
        assert named(voices, mixed) is Speaker.CUSTOMER
        assert voices.familiar(mixed) is alone
    assert voices.familiar(Heard(ends, customer.vectors + staff.vectors).within(0.0, 3.0))


def test_windows_are_parted_by_their_centres() -> None:
    heard = say(STAFF, 14, windows=4)
    before, after = heard.split(1.3)
    assert before.ends == pytest.approx([0.8, 1.3])
    assert after.ends == pytest.approx([1.8, 2.3])
