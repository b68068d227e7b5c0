"""Subtitles that players accept whatever was said, and tracks that keep their time."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.sessions.exports import Said, clock, to_srt, to_text, to_vtt
from case_api.sessions.rules import downsample, splice

SAID = st.builds(
    Said,
    speaker=st.sampled_from(["staff", "customer", "unsure"]),
    start=st.floats(0, 400_000),
    end=st.floats(0, 400_000),
    text=st.one_of(st.text(max_size=60), st.sampled_from(["a --> b", "1\n\n2", "<b>&amp;</b>", "WEBVTT", "\u2028", " "])),
)
TIME = r"(\d{2,}):(\d\d):(\d\d)[,.](\d{3})"


def milliseconds(text: str) -> int:
    match = re.fullmatch(TIME, text)
    assert match, text
    hours, minutes, seconds, rest = map(int, match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + rest


@given(st.integers(0, 10**10))
def test_a_clock_reads_back(ms: int) -> None:
    assert milliseconds(clock(ms, ",")) == ms


@given(st.lists(SAID, max_size=12))
def test_every_srt_cue_has_a_number_two_times_and_one_line(said: list[Said]) -> None:
    blocks = [block for block in to_srt(said).split("\n\n") if block.strip("\n")]
    spoken = [one for one in said if one.text.split()]
    assert len(blocks) == len(spoken)
    for number, (block, one) in enumerate(zip(blocks, spoken, strict=True), 1):
        first, times, text = block.strip("\n").split("\n")
        begin, end = times.split(" --> ")
        assert first == str(number)
        assert milliseconds(begin) == round(one.start * 1000)
        assert milliseconds(end) > milliseconds(begin)
        assert "-->" not in text


@given(st.lists(SAID, max_size=12))
def test_no_vtt_text_is_taken_for_markup_or_a_cue(said: list[Said]) -> None:
    head, *cues = to_vtt(said).split("\n\n")
    assert head.strip() == "WEBVTT"
    for cue in cues:
        times, text = cue.strip("\n").split("\n")
        assert re.fullmatch(f"{TIME} --> {TIME}", times)
        spoken = re.fullmatch(r"<v (员工|客户|未确定)>(.*)</v>", text)
        assert spoken
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", spoken[2])


@given(st.lists(SAID, max_size=12))
def test_text_has_one_line_an_utterance(said: list[Said]) -> None:
    lines = to_text(said, ["头"]).split("\n")
    assert lines[:2] == ["头", ""]
    assert len(lines) - 3 == sum(bool(one.text.split()) for one in said)


@given(st.lists(st.one_of(st.none(), st.floats(-60, 60, width=32)), min_size=1, max_size=80), st.integers(1, 20))
def test_means_lie_within_what_they_were_made_of(values: list[float | None], factor: int) -> None:
    column = np.array([np.nan if value is None else value for value in values], np.float32)
    shown = zip(downsample(column, factor), downsample(column, factor, "lowest"), downsample(column, factor, "highest"), strict=True)
    steps = [[value for value in values[at : at + factor] if value is not None] for at in range(0, len(values), factor)]
    for (mean, lowest, highest), known in zip(shown, steps, strict=True):
        assert [value is None for value in (mean, lowest, highest)] == [not known] * 3
        if known:
            assert (lowest, highest) == (pytest.approx(min(known), abs=0.001), pytest.approx(max(known), abs=0.001))
            assert min(known) - 0.001 <= mean <= max(known) + 0.001


@given(st.integers(1, 900), st.sets(st.integers(0, 2)), st.floats(0, 100), st.floats(0.05, 100))
def test_a_missing_chunk_shifts_nothing(steps: int, missing: set[int], begin: float, length: float) -> None:
    clocked = np.arange(steps, dtype=np.float32)
    chunks = [(n * 30.0, 0.1, {"clock": clocked[n * 300 : n * 300 + 300]}) for n in range(-(-steps // 300)) if n not in missing]
    start, _, columns = splice(chunks, begin, begin + length)
    for offset, value in enumerate(columns.get("clock", [])):
        step = round(start * 10) + offset
        assert begin - 0.001 <= step / 10 < begin + length + 0.001
        assert np.isnan(value) if step // 300 in missing else value == step
