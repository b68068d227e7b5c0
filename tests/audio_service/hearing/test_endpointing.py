"""Boundaries from scripted voice probabilities."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_service.hearing.endpointing import FRAME_SECONDS, Boundary, Edge, Endpointer
from models.settings_detection import DetectionSettings

SETTINGS = DetectionSettings()


def boundaries(*parts: tuple[float, float]) -> list[Boundary]:
    """Parts of (seconds, probability) → every boundary, the end of the stream included."""
    ends = Endpointer(SETTINGS)
    found = [boundary for seconds, p in parts for _ in range(round(seconds / FRAME_SECONDS)) for boundary in ends.push(p)]
    return found + ends.finish()


def edges(found: list[Boundary]) -> list[Edge]:
    return [boundary.edge for boundary in found]


def test_an_utterance_keeps_its_pre_roll_and_its_tail() -> None:
    start, pause, end = boundaries((1.0, 0.0), (1.0, 0.9), (1.0, 0.0))
    assert edges([start, pause, end]) == [Edge.START, Edge.PAUSE, Edge.END]
    assert start.at == pytest.approx(1.0 - SETTINGS.pre_roll, abs=0.05)
    assert end.at == pytest.approx(2.1, abs=0.05)


def test_a_click_is_no_utterance() -> None:
    assert boundaries((1.0, 0.0), (0.064, 0.9), (1.0, 0.0)) == []


def test_a_short_utterance_waits_longer_than_a_long_one() -> None:
    gap = (SETTINGS.hangover + SETTINGS.hangover_long) / 2
    short = boundaries((0.5, 0.0), (1.0, 0.9), (gap, 0.0), (1.0, 0.9), (1.0, 0.0))
    long = boundaries((0.5, 0.0), (2.5, 0.9), (gap, 0.0), (1.0, 0.9), (1.0, 0.0))
    assert edges(short).count(Edge.END) == 1
    assert edges(long).count(Edge.END) == 2


def test_an_endless_utterance_is_cut_at_its_weakest_point() -> None:
    found = boundaries((1.0, 0.0), (9.0, 0.95), (0.1, 0.5), (6.0, 0.95), (1.0, 0.0))
    cut = next(boundary for boundary in found if boundary.edge is Edge.LENGTH)
    assert cut.at == pytest.approx(10.05, abs=0.1)


@given(probabilities=st.lists(st.floats(min_value=0, max_value=1), max_size=1500))
def test_boundaries_are_ordered_and_no_utterance_is_overlong(probabilities: list[float]) -> None:
    ends = Endpointer(SETTINGS)
    found = [boundary for p in probabilities for boundary in ends.push(p)] + ends.finish()
    outer = [boundary for boundary in found if boundary.edge is not Edge.PAUSE]
    assert all(one.at <= two.at + 1e-9 for one, two in pairwise(outer))
    start = None
    for boundary in outer:
        if boundary.edge is Edge.START:
            assert start is None
        else:
            assert start is not None
            assert 0 <= boundary.at - start <= SETTINGS.utterance_max + 0.5
        start = None if boundary.edge is Edge.END else boundary.at
    assert start is None


def test_talk_that_goes_on_after_a_short_pause_is_told() -> None:
    pause = SETTINGS.pause + 2 * FRAME_SECONDS
    found = boundaries((0.5, 0.0), (1.0, 0.9), (pause, 0.0), (1.0, 0.9), (1.0, 0.0))
    assert edges(found) == [Edge.START, Edge.PAUSE, Edge.RESUME, Edge.PAUSE, Edge.END]
    assert found[2].at == pytest.approx(1.5 + pause, abs=0.05)
    assert found[1].at <= found[2].at
