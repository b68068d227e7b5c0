"""Whatever was heard, the draft is one that can be written and only needs correcting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_service.evaluation.corpus import check, read_labels, write_labels
from audio_service.evaluation.draft import Heard, draft
from audio_service.evaluation.problems import CorpusCode

SPOKEN = st.builds(
    lambda who, start, seconds, text: Heard(who, start, start + seconds, text),
    st.sampled_from(["customer", "staff", "unsure"]),
    st.floats(0, 60),
    st.floats(0, 12),
    st.text(max_size=5),
)


@given(st.lists(SPOKEN, max_size=10))
def test_a_draft_is_never_broken(tmp_path_factory: pytest.TempPathFactory, heard: list[Heard]) -> None:
    made = draft("s1", 50.0, heard)
    codes = {problem.code for problem in check(made, "[0]") if not problem.is_warning}
    assert codes <= {CorpusCode.NOT_LABELLED, CorpusCode.ROLE_OPEN}
    folder = tmp_path_factory.mktemp("corpus")
    write_labels(folder, [made])
    assert read_labels(folder) == [made]


def test_of_one_persons_overlapping_utterances_the_later_gives_way() -> None:
    made = draft("s1", 20.0, [Heard("customer", 4.8, 9, "二"), Heard("customer", 1, 5, "一"), Heard("staff", 4, 6, "嗯")])
    assert [(turn.role, turn.start, turn.end, turn.text) for turn in made.turns] == [
        ("customer", 1, 5, "一"),
        ("staff", 4, 6, "嗯"),
        ("customer", 5, 9, "二"),
    ]


def test_what_lies_behind_the_recording_is_cut_off() -> None:
    made = draft("s1", 10.0, [Heard("staff", 8, 12, "好"), Heard("staff", 12, 14, "的")])
    assert [(turn.start, turn.end) for turn in made.turns] == [(8, 10)]
