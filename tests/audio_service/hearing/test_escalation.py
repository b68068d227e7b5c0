"""The detector on scripted passages: what raises it, what must not, and how it comes down."""

from __future__ import annotations

import numpy as np
import pytest

from audio_service.hearing.baseline import Baseline
from audio_service.hearing.cues import Cues, Passage
from audio_service.hearing.escalation import EscalationDetector
from audio_service.hearing.events import Calmed, Escalation
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
            self.detector.finish(self.now, Passage(cues, 4.0, 20.0))
            self.now += 3.0
        return self.said[before:]


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
    assert again[-1] - again[-2] >= SETTINGS.cooldown


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


def test_the_words_can_hold_a_prompt_back(talk: Talk) -> None:
    talk.detector.hold_back(talk.now + 5.5)
    held = talk.now + 5.5
    first = talk.utter(RAISED, times=2)[0]
    assert isinstance(first, Escalation)
    assert first.at >= held


def test_spread_is_shrunk_towards_the_population() -> None:
    steady = Baseline()
    for _ in range(20):
        steady.learn(Passage(Cues(*CALM), 3.0, 15.0))
    z = steady.z(Passage(Cues(*(CALM + np.array([0, 0, 3, 0]))), 3.0, 15.0))
    assert z is not None
    assert 3 < z[2] < 10
    assert z[[0, 1, 3]] == pytest.approx(0)
