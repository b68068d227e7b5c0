"""The detector on scripted passages: what raises it, what must not, and how it comes down."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_service.hearing.baseline import Baseline
from audio_service.hearing.cues import Cues, Passage
from audio_service.hearing.escalation import EscalationDetector
from audio_service.hearing.events import Calmed, Escalation
from audio_service.hearing.wording import Words
from audio_service.messages import Level
from models.settings_detection import DetectionSettings

SETTINGS = DetectionSettings()
CALM = np.array([np.log(5.0), -25.0, 12.0, -10.0])
RAISED = np.array([np.log(1.2), 5.0, 3.0, 2.0])


class Talk:
    """Feeds utterances of four seconds, a tick at a time, and collects what the detector says."""

    def __init__(self, settings: DetectionSettings = SETTINGS) -> None:
        self.detector = EscalationDetector(settings)
        self.now = 0.0
        self.said: list[Escalation | Calmed] = []
        self._rng = np.random.default_rng(7)

    def utter(self, change: np.ndarray | float = 0.0, times: int = 1) -> list[Escalation | Calmed]:
        before = len(self.said)
        for _ in range(times):
            cues = Cues(*(CALM + change + self._rng.normal(0, [0.04, 0.5, 0.3, 0.6])))
            for tick in range(1, 41):
                self.now += 0.1
                self.said += self.detector.listen(self.now, Passage(cues, tick / 10, 5.0 * tick / 10))
            self.said += self.detector.finish(self.now, Passage(cues, 4.0, 20.0))
            self.now += 3.0
        return self.said[before:]

    def words(self, anger: float) -> list[Escalation | Calmed]:
        """What was just said turns out to have been this angry (−1 to 1)."""
        found = self.detector.heed(self.now - 1.5, Words(0, self.now - 1.5, anger))
        self.said += found
        return [*found]


@pytest.fixture
def talk() -> Talk:
    talk = Talk()
    assert talk.utter(times=6) == []
    assert talk.detector.level is Level.CALM
    return talk


def test_a_raised_voice_raises_one_prompt_within_one_utterance(talk: Talk) -> None:
    (escalation,) = talk.utter(RAISED)
    assert isinstance(escalation, Escalation)
    assert talk.detector.level is Level.AGITATED
    assert escalation.loudness_change == pytest.approx(5, abs=1.5)
    assert escalation.rate_change == pytest.approx(0.2, abs=0.1)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param([0, 8, 0, 0], id="phone moved nearer"),
        pytest.param([0, 8, 0, 1], id="phone moved nearer and noise fell behind"),
        pytest.param([0, -8, 0, 0], id="phone moved away"),
        pytest.param([0.15, 0, 0, 0], id="only faster"),
        pytest.param([0, 0, 0, 6], id="only brighter"),
        pytest.param([-0.2, 3, 1, 0], id="slower and emphatic"),
    ],
)
def test_what_is_no_raised_voice_stays_silent(talk: Talk, change: list[float]) -> None:
    assert talk.utter(np.array(change, float), times=5) == []


NEARER = np.array([0.0, 4.5, 0.0, 0.0])
LIVELY = np.array([0.1, 0.0, 0.7, 0.5])
"""As lively as every tenth calm passage is."""


def test_a_phone_that_was_moved_does_not_count_for_ever(talk: Talk) -> None:
    assert talk.utter(NEARER, times=3) == []
    assert talk.utter(NEARER + LIVELY, times=2) == []
    (escalation,) = talk.utter(NEARER + RAISED)
    assert isinstance(escalation, Escalation)
    assert 2.5 < escalation.loudness_change < 6.5


def test_a_phone_may_be_moved_back(talk: Talk) -> None:
    assert talk.utter(NEARER, times=3) == []
    assert talk.utter(times=3) == []
    assert talk.utter(LIVELY, times=2) == []
    assert len(talk.utter(RAISED)) == 1


def test_the_usual_voice_after_a_quiet_spell_is_no_outburst(talk: Talk) -> None:
    assert talk.utter(np.array([0.0, -5.0, 0.0, 0.0]), times=5) == []
    assert talk.utter(0.6 * LIVELY, times=3) == []


def test_a_fast_talker_is_calm_at_their_own_pace() -> None:
    talk = Talk()
    assert talk.utter(np.array([np.log(1.4), 0, 0, 0]), times=10) == []


def test_nothing_is_called_calm_or_raised_before_there_is_a_baseline() -> None:
    talk = Talk()
    assert talk.utter(RAISED, times=2) == []
    assert talk.detector.level is Level.PROVISIONAL


def test_who_rushes_from_the_first_word_is_never_called_calm() -> None:
    talk = Talk()
    talk.utter(np.array([np.log(1.5), 0, 0, 0]), times=10)
    assert talk.detector.level is Level.PROVISIONAL


def test_cool_down_and_calming(talk: Talk) -> None:
    talk.utter(RAISED, times=3)
    calmed = talk.utter(times=6)
    assert [type(event) for event in calmed] == [Calmed]
    assert talk.detector.level is Level.CALM
    prompts = [event.at for event in talk.said if isinstance(event, Escalation)]
    talk.utter(RAISED, times=4)
    again = [event.at for event in talk.said if isinstance(event, Escalation)]
    assert len(again) == len(prompts) + 1
    assert again[-1] - again[-2] >= SETTINGS.cooldown / 2


def test_an_outburst_that_goes_on_is_told_again_only_after_the_cool_down(talk: Talk) -> None:
    talk.utter(RAISED, times=20)
    prompts = [event.at for event in talk.said if isinstance(event, Escalation)]
    assert len(prompts) > 1
    assert all(later - earlier >= SETTINGS.cooldown for earlier, later in pairwise(prompts))


def test_an_outburst_that_grows_much_worse_is_told_again_before_that() -> None:
    """A lively sentence was told as one; what follows is another matter."""
    prompts = {}
    for worse_by, strength in ((0.8, 1.4), (20.0, 1.4), (0.8, 0.7)):
        talk = Talk(DetectionSettings(worse_by=worse_by))
        talk.utter(times=6)
        talk.utter(0.7 * RAISED)
        talk.utter(times=1)
        talk.utter(strength * RAISED, times=3)
        prompts[worse_by, strength] = [event.at for event in talk.said if isinstance(event, Escalation)]
    first, again = prompts[0.8, 1.4]
    assert SETTINGS.cooldown / 3 <= again - first < SETTINGS.cooldown / 2
    assert prompts[20.0, 1.4] == prompts[0.8, 0.7] == [first]


def test_where_the_phone_rides_the_gain_pitch_and_balance_are_enough(talk: Talk) -> None:
    assert len(talk.utter(np.array([0.0, 0.0, 4.0, 5.0]), times=2)) == 1


@pytest.mark.parametrize("much", [np.array([np.log(3.0), 1.5, 0.6, 0.0]), np.array([0.0, 2.0, 0.6, 30.0])], ids=["haste", "brightness"])
def test_no_haste_and_no_noise_is_an_outburst_however_much_of_it(talk: Talk, much: np.ndarray) -> None:
    assert talk.utter(much, times=3) == []


def test_one_cue_alone_is_not(talk: Talk) -> None:
    assert talk.utter(np.array([0.0, 0.0, 4.0, -1.0]), times=2) == []
    assert talk.detector.level is Level.CALM


def test_what_turns_out_to_have_been_the_customers_teaches_the_baseline() -> None:
    talk = Talk()
    talk.detector.recall([Passage(Cues(*CALM), 4.0, 20.0)] * 4)
    assert talk.detector.baseline.seconds == 16.0
    assert talk.utter(RAISED)


def test_the_baseline_is_frozen_while_raised(talk: Talk) -> None:
    talk.utter(RAISED)
    centre = talk.detector.baseline.centre
    assert centre is not None
    frozen = centre.copy()
    talk.utter(RAISED, times=6)
    np.testing.assert_array_equal(talk.detector.baseline.centre, frozen)


def test_a_slow_climb_is_seen(talk: Talk) -> None:
    for step in range(30):
        talk.utter(RAISED * step / 15)
    assert any(isinstance(event, Escalation) for event in talk.said)


@pytest.mark.parametrize("anger", [1.0, -1.0])
def test_words_alone_raise_nothing(talk: Talk, anger: float) -> None:
    for _ in range(4):
        talk.utter()
        talk.words(anger)
    assert talk.said == []
    assert talk.detector.level is Level.CALM


def test_grave_words_confirm_what_the_voice_only_suggests(talk: Talk) -> None:
    assert talk.utter(0.5 * RAISED) == []
    (escalation,) = talk.words(1.0)
    assert isinstance(escalation, Escalation)
    assert escalation.level is Level.RISING
    assert talk.detector.level is Level.RISING


def test_words_said_long_ago_confirm_nothing(talk: Talk) -> None:
    talk.words(1.0)
    talk.utter(times=4)
    assert talk.utter(0.33 * RAISED) == []
    assert len(talk.words(1.0)) == 1, "said just now they would have"


def test_an_utterance_too_short_to_be_watched_is_judged_when_it_is_over(talk: Talk) -> None:
    short = Passage(Cues(*(CALM + RAISED)), 1.4, 7.0)
    (escalation,) = talk.detector.finish(talk.now + 2.0, short)
    assert isinstance(escalation, Escalation)
    assert escalation.at == talk.now + 2.0


def test_a_sound_shorter_than_that_raises_nothing(talk: Talk) -> None:
    assert talk.detector.finish(talk.now + 2.0, Passage(Cues(*(CALM + RAISED)), 1.2, 6.0)) == []


def test_glad_words_ask_for_more_of_the_voice(talk: Talk) -> None:
    plain, glad = Talk(), talk
    plain.utter(times=6)
    glad.words(-1.0)
    assert plain.utter(0.7 * RAISED)
    assert glad.utter(0.7 * RAISED) == []


@given(anger=st.floats(min_value=-1, max_value=1), strength=st.floats(min_value=0, max_value=1.5))
@settings(max_examples=30, deadline=None)
def test_graver_words_never_make_a_prompt_less_likely(anger: float, strength: float) -> None:
    raised = []
    for said in (anger, 1.0):
        talk = Talk()
        talk.utter(times=6)
        talk.words(said)
        raised.append(bool(talk.utter(strength * RAISED) + talk.words(said)))
    assert raised[0] <= raised[1]


def test_one_low_turn_inside_an_outburst_ends_nothing(talk: Talk) -> None:
    talk.utter(RAISED, times=2)
    assert talk.utter() == []
    talk.utter(RAISED)
    assert talk.utter() == []
    assert talk.detector.level is Level.AGITATED


def test_two_calm_turns_end_an_outburst(talk: Talk) -> None:
    talk.utter(RAISED, times=2)
    assert [type(event) for event in talk.utter(times=2)] == [Calmed]


def test_short_calm_answers_end_an_outburst_together(talk: Talk) -> None:
    talk.utter(RAISED, times=2)
    calmed: list[Calmed] = []
    for _ in range(8):
        talk.now += 2.0
        calmed += talk.detector.finish(talk.now, Passage(Cues(*CALM), 1.2, 6.0))
    assert len(calmed) == 1


def test_a_voice_that_rises_again_at_once_is_no_new_outburst() -> None:
    prompts = {}
    for calm_turns in (2, 4):
        talk = Talk()
        talk.utter(times=6)
        first, *_ = talk.utter(RAISED, times=3)
        calmed = [event.at for event in talk.utter(times=calm_turns) if isinstance(event, Calmed)]
        prompts[calm_turns] = [event.at for event in talk.utter(RAISED) if isinstance(event, Escalation)]
        assert calmed
        assert talk.now - first.at > SETTINGS.cooldown / 2
    assert prompts[2] == []
    assert prompts[4]


def test_an_outburst_that_is_over_is_not_told_again_from_memory(talk: Talk) -> None:
    talk.utter(RAISED, times=6)
    before = [event.at for event in talk.said if isinstance(event, Escalation)]
    talk.now = before[-1] + SETTINGS.cooldown
    assert [event for event in talk.utter() if isinstance(event, Escalation)] == []


@given(strengths=st.lists(st.sampled_from([0.0, 0.3, 0.6, 1.0, 1.3]), max_size=14))
@settings(max_examples=30, deadline=None)
def test_every_calming_follows_two_low_passages_and_a_raise(strengths: list[float]) -> None:
    talk = Talk()
    talk.utter(times=6)
    raised = False
    for before, now in pairwise([1.0, *strengths]):
        for event in talk.utter(now * RAISED):
            if isinstance(event, Calmed):
                assert raised
                assert max(before, now) < 1.0
        raised = raised or any(isinstance(event, Escalation) for event in talk.said)


def test_who_falls_silent_is_not_called_agitated_for_ever(talk: Talk) -> None:
    talk.utter(RAISED, times=2)
    talk.detector.wait(talk.now + SETTINGS.fade_after / 2)
    assert talk.detector.level is Level.AGITATED
    talk.detector.wait(talk.now + SETTINGS.fade_after)
    assert talk.detector.level is Level.RISING


@pytest.mark.parametrize("cue", ["rate", "loudness", "pitch", "balance"])
def test_a_cue_without_weight_says_nothing(cue: str) -> None:
    alone = [name == cue for name in ("rate", "loudness", "pitch", "balance")]
    talk = Talk(DetectionSettings.model_validate({f"weight_{cue}": 0.0, "agree_at": -10.0}))
    talk.utter(times=6)
    assert talk.utter(RAISED * alone, times=3) == []


def test_without_a_hold_a_calm_voice_still_raises_nothing() -> None:
    talk = Talk(DetectionSettings(hold=0.0))
    assert talk.utter(times=10) == []
    assert talk.utter(RAISED)


def test_spread_is_shrunk_towards_the_population() -> None:
    steady = Baseline()
    for _ in range(20):
        steady.learn(Passage(Cues(*CALM), 3.0, 15.0))
    z = steady.z(Passage(Cues(*(CALM + np.array([0, 0, 3, 0]))), 3.0, 15.0))
    assert z is not None
    assert 3 < z[2] < 10
    assert z[[0, 1, 3]] == pytest.approx(0)
