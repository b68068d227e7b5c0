from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_service.transcription.alignment import LONGEST_SECONDS, spread, token_spans


def test_a_token_ends_where_the_next_one_starts() -> None:
    path = [(0, 0), (0, 5), (1, 10), (1, 12), (2, 20), (3, 30)]
    assert token_spans(path, 3, 0.02, 9.0) == [(0.0, 0.2), (0.2, 0.4), (pytest.approx(0.4), pytest.approx(0.6))]


def test_silence_in_front_of_a_token_is_not_part_of_it() -> None:
    assert token_spans([(0, 0), (1, 100)], 1, 0.02, 9.0) == [(2.0 - LONGEST_SECONDS, 2.0)]


def test_a_token_the_path_skips_has_no_length() -> None:
    assert token_spans([(0, 0), (2, 10)], 2, 0.02, 9.0)[1] == (0.2, 0.2)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 800)), max_size=40).map(sorted), st.integers(1, 8), st.floats(0.1, 15))
def test_times_run_forward_within_the_utterance(path: list[tuple[int, int]], tokens: int, end: float) -> None:
    spans = token_spans(path, tokens, 0.02, end)
    assert len(spans) == tokens
    flat = [moment for span in spans for moment in span]
    assert flat == sorted(flat)
    assert flat[0] >= 0
    assert flat[-1] <= end


def test_characters_of_one_piece_share_its_time() -> None:
    found = spread([("定", 2), ("VIP", 1)], [(0.0, 0.2), (0.2, 0.4), (0.4, 1.0)])
    assert [entry.char for entry in found] == list("定VIP")
    assert [entry.start for entry in found] == pytest.approx([0.0, 0.4, 0.6, 0.8])
    assert found[-1].end == pytest.approx(1.0)
