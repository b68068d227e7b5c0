"""Who holds the floor: interruptions, long silences, shares; and the staff member's own pace."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from audio_service.hearing import Interrupted, LongSilence, StaffHurried, VoiceEnd
from audio_service.hearing.cues import Cues, Passage
from audio_service.hearing.floor import Floor, drop
from audio_service.hearing.pace import AGAIN, StaffPace
from audio_service.hearing.spectra import Floats
from audio_service.messages import Speaker
from models.settings_detection import DetectionSettings

STAFF, CUSTOMER, UNSURE = Speaker.STAFF, Speaker.CUSTOMER, Speaker.UNSURE
SETTINGS = DetectionSettings()


def spoken(start: float, end: float, speaker: Speaker) -> VoiceEnd:
    return VoiceEnd(0, start, end, speaker, 0.9, 10.0, end - start, False)


def talk(pause_db: float, pause_frames: int) -> Floats:
    """2 s of frames at −20 dB, the quietest in the middle."""
    level = np.full(200, -20.0)
    level[100 - pause_frames // 2 : 100 + (pause_frames + 1) // 2] -= pause_db
    return np.asarray(10 ** (level / 10), np.float32)


def test_the_drop_is_that_of_the_quietest_fifty_milliseconds() -> None:
    assert drop(talk(30, 10)) == pytest.approx(30, abs=0.5)
    assert drop(talk(0, 0)) == pytest.approx(0, abs=0.1)
    assert drop(talk(30, 2)) < 3  # 20 ms are a stop consonant, not a pause
    assert drop(talk(30, 10)[:140]) == float("inf")  # too little to say anything: nobody interrupted


@pytest.mark.parametrize(
    ("before", "now", "cut", "told"),
    [
        (spoken(0, 3, STAFF), spoken(3, 5, CUSTOMER), 8.0, [Interrupted(3, CUSTOMER)]),
        (spoken(0, 3, CUSTOMER), spoken(3, 5, STAFF), 8.0, [Interrupted(3, STAFF)]),
        (spoken(0, 3, STAFF), spoken(3, 5, CUSTOMER), 22.0, []),  # the sound dropped between them
        (spoken(0, 3, STAFF), spoken(3.4, 5, CUSTOMER), None, []),  # a silence ended the first
        (spoken(0, 3, STAFF), spoken(3, 5, UNSURE), 8.0, []),
        (spoken(0, 3, STAFF), spoken(3, 5, STAFF), 8.0, []),
        (spoken(0, 0.8, STAFF), spoken(0.8, 5, CUSTOMER), 8.0, []),  # had hardly begun
        (spoken(0, 3, STAFF), spoken(3, 3.5, CUSTOMER), 8.0, []),  # an "嗯" is listening
    ],
)
def test_who_takes_the_floor_while_the_other_speaks(before: VoiceEnd, now: VoiceEnd, cut: float | None, told: list[Interrupted]) -> None:
    floor = Floor(SETTINGS)
    assert floor.spoken(before) == []
    if cut is not None:
        floor.cut(cut)
    assert floor.spoken(now) == told


def test_a_long_silence_is_told_once_and_not_before_anybody_has_spoken() -> None:
    floor = Floor(SETTINGS)
    told = [event for tick in range(200) for event in floor.tick(tick / 10, False)]
    assert told == []
    floor.tick(20.0, True)
    floor.spoken(spoken(18, 20, STAFF))
    told = [event for tick in range(201, 600) for event in floor.tick(tick / 10, False)]
    assert told == [LongSilence(20.0, pytest.approx(28.0))]
    floor.tick(60.0, True)
    assert [event for tick in range(601, 800) for event in floor.tick(tick / 10, False)] == [LongSilence(60.0, pytest.approx(68.0))]


def test_the_share_is_of_the_attributed_talk_of_two_minutes() -> None:
    floor = Floor(SETTINGS)
    assert floor.customer_share is None
    floor.spoken(spoken(0, 10, UNSURE))
    assert floor.customer_share is None
    floor.spoken(spoken(10, 40, CUSTOMER))
    floor.spoken(spoken(40, 50, STAFF))
    assert floor.customer_share == pytest.approx(0.75)
    floor.spoken(spoken(160, 170, STAFF))
    assert floor.customer_share == 0.0


def passage(rate: float, seconds: float = 4.0) -> Passage:
    return Passage(Cues(float(np.log(rate)), -30.0, 12.0, -10.0), seconds, rate * seconds)


def pace(*rates: float) -> list[StaffHurried]:
    own = StaffPace()
    return [event for number, rate in enumerate(rates) for event in own.finish(5.0 * number, [passage(rate)])]


def test_haste_is_told_against_ones_own_pace() -> None:
    usual = [4.4, 4.7, 4.5, 4.6, 4.4, 4.8, 4.5, 4.6]
    assert pace(*usual, *usual) == []
    hurried = pace(*usual, 6.3, 6.4, 6.2, 6.3)
    assert len(hurried) == 1
    assert hurried[0].at in (40.0, 45.0)
    assert 0.15 < hurried[0].rate_change < 0.45
    fast = [rate * 1.4 for rate in usual]
    assert pace(*fast, *fast) == []  # fast by nature


def test_a_quick_half_sentence_is_no_haste_and_one_is_not_told_again_at_once() -> None:
    own = StaffPace()
    for number in range(10):
        assert own.finish(5.0 * number, [passage(4.5)]) == []
    assert own.finish(52.0, [passage(6.5, 1.0)]) == []
    told = [event for number in range(60) for event in own.finish(60.0 + 5.0 * number, [passage(6.3)])]
    assert [round(b.at - a.at) >= AGAIN for a, b in pairwise(told)] == [True] * (len(told) - 1)
    assert len(told) >= 2
