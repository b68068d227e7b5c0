"""The demo's negotiation, heard from end to end: the one check that the parts fit on real audio."""

from __future__ import annotations

from contextlib import suppress
from importlib import resources
from pathlib import Path

import av
import numpy as np
import pytest

from audio_service.hearing import (
    Calmed,
    Enrolment,
    EnrolmentTooShortError,
    Escalation,
    HearingEvent,
    HearingModels,
    Interrupted,
    LongSilence,
    SignalWarning,
    StaffHurried,
    StateReport,
    Tick,
    VoiceEnd,
)
from audio_service.hearing.evaluate import messages, read, run
from audio_service.hearing.spectra import Floats
from audio_service.messages import SAMPLE_RATE, Speaker, WarningCode
from models.settings_detection import DetectionSettings

DEMO = Path(str(resources.files("case_api.demo")))
ONSET = 54.55
"""Second at which the demo's customer loses patience."""


@pytest.fixture(scope="module")
def models() -> HearingModels:
    return HearingModels.load()


@pytest.fixture(scope="module")
def heard(models: HearingModels) -> list[HearingEvent]:
    enrolment = Enrolment.from_recordings(models, [read(DEMO / "enrolment.flac")])
    return run(models, DetectionSettings(), enrolment, read(DEMO / "negotiation.flac"))


def test_the_outburst_is_heard_and_nothing_before_it(heard: list[HearingEvent]) -> None:
    first, *_ = [event for event in heard if isinstance(event, Escalation)]
    assert ONSET - 1 <= first.at <= ONSET + 8
    assert first.loudness_change > 4
    assert first.pitch_change > 0.5


def test_both_sides_are_told_apart(heard: list[HearingEvent]) -> None:
    seconds = dict.fromkeys(Speaker, 0.0)
    for event in heard:
        if isinstance(event, VoiceEnd):
            seconds[event.speaker] += event.end - event.start
    assert 40 < seconds[Speaker.CUSTOMER] < 60
    assert 24 < seconds[Speaker.STAFF] < 40
    assert seconds[Speaker.UNSURE] < 5


def test_syllables_come_at_a_human_pace(heard: list[HearingEvent]) -> None:
    ends = [event for event in heard if isinstance(event, VoiceEnd) and event.voiced_seconds > 2]
    assert all(3.0 < end.syllables / end.voiced_seconds < 8.5 for end in ends)


def test_the_track_has_a_compact_row_for_every_tick(heard: list[HearingEvent]) -> None:
    ticks = [event for event in heard if isinstance(event, Tick)]
    assert {len(tick.row()) for tick in ticks} == {9}
    assert ticks[-1].at == pytest.approx(96.9, abs=0.1)


def test_the_evaluation_writes_every_utterance_once(heard: list[HearingEvent]) -> None:
    written = messages(heard)
    finals = {message["utterance"] for message in written if message["type"] == "transcript"}
    assert len(finals) == sum(isinstance(event, VoiceEnd) for event in heard)
    assert sum(message["type"] == "prompt" for message in written) == sum(isinstance(event, Escalation) for event in heard)


def test_an_enrolment_needs_speech(models: HearingModels) -> None:
    with pytest.raises(EnrolmentTooShortError):
        Enrolment.from_recordings(models, [read(DEMO / "enrolment.flac")[: 3 * SAMPLE_RATE]])


def test_one_voice_only_is_said_once_in_a_while(models: HearingModels, heard: list[HearingEvent]) -> None:
    enrolment = Enrolment.from_recordings(models, [read(DEMO / "enrolment.flac")])
    alone = np.tile(read(DEMO / "enrolment.flac"), 5)
    told = [event for event in run(models, DetectionSettings(), enrolment, alone) if isinstance(event, SignalWarning)]

    assert [event.code for event in told] == [WarningCode.ONE_VOICE]
    assert told[0].at > 40
    assert not [event for event in heard if isinstance(event, SignalWarning)]


def hastened(samples: Floats, factor: float) -> Floats:
    """The same voice, faster: pitch and timbre stay."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="flt", sample_rate=SAMPLE_RATE, layout="mono")
    tempo, sink = graph.add("atempo", str(factor)), graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    graph.push(frame)
    graph.push(None)
    parts = []
    with suppress(av.error.EOFError):
        while True:
            parts.append(graph.pull().to_ndarray().ravel())
    return np.concatenate(parts)


def test_staff_who_hurry_are_told_so_against_their_own_pace(models: HearingModels, heard: list[HearingEvent]) -> None:
    samples = read(DEMO / "negotiation.flac")
    pause = samples[: SAMPLE_RATE // 2]
    own = [event for event in heard if isinstance(event, VoiceEnd) and event.speaker is Speaker.STAFF]
    turns = [np.concatenate((samples[int(end.start * SAMPLE_RATE) : int(end.end * SAMPLE_RATE)], pause)) for end in own]
    calm = np.concatenate(turns)
    enrolment = Enrolment.from_recordings(models, [read(DEMO / "enrolment.flac")])
    events = run(models, DetectionSettings(), enrolment, np.concatenate((calm, calm, hastened(calm, 1.25))))
    told = [event for event in events if isinstance(event, StaffHurried)]
    assert [event for event in heard if isinstance(event, StaffHurried)] == []
    assert len(told) == 1
    assert told[0].at > 2 * len(calm) / SAMPLE_RATE
    assert 0.12 < told[0].rate_change < 0.45


def test_the_course_of_the_talk_is_told(heard: list[HearingEvent]) -> None:
    assert [event.at > ONSET for event in heard if isinstance(event, Calmed)] == [True]
    assert [event for event in heard if isinstance(event, Interrupted | LongSilence)] == []  # nobody does in this recording
    shares = [event.customer_share for event in heard if isinstance(event, StateReport) and event.customer_share is not None]
    assert 0.5 < shares[-1] < 0.7
