"""A broken corpus is refused with the file and the field; a sound one survives being written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st

from audio_service.evaluation.corpus import Conversation, add_conversation, read_corpus, read_labels, write_labels
from audio_service.evaluation.problems import TEXTS, CorpusCode, CorpusError
from tests.audio_service.evaluation.conftest import WriteCorpus
from tests.audio_service.evaluation.labels import RATE, conversation, label, turn

BROKEN: list[tuple[CorpusCode, str, dict[str, Any]]] = [
    (CorpusCode.FIELD_WRONG, "[0].turns[0].end", {"turns": [turn("customer", 1, "5")]}),  # type: ignore[arg-type]
    (CorpusCode.FIELD_WRONG, "[0].turns[0].start", {"turns": [turn("customer", -1, 5)]}),
    (CorpusCode.FIELD_WRONG, "[0].turns[0].role", {"turns": [turn("boss", 1, 5)]}),
    (CorpusCode.FIELD_WRONG, "[0].seconds", {"seconds": 0}),
    (CorpusCode.FIELD_WRONG, "[0].id", {"id": "../../etc/passwd"}),
    (CorpusCode.FIELD_WRONG, "[0].staff_voice", {"staff_voice": "../lan"}),
    (CorpusCode.NOT_LABELLED, "[0].kind", {"kind": "draft"}),
    (CorpusCode.ROLE_OPEN, "[0].turns[0].role", {"turns": [turn("unsure", 1, 5)]}),
    (CorpusCode.INTERVAL_EMPTY, "[0].turns[0].end", {"turns": [turn("staff", 5, 5)]}),
    (CorpusCode.INTERVAL_EMPTY, "[0].offset", {"offset": 19.0}),
    (CorpusCode.OUTSIDE_AUDIO, "[0].turns[0].end", {"turns": [turn("staff", 5, 41)]}),
    (CorpusCode.OUTSIDE_AUDIO, "[0].offset", {"offset": 41.0}),
    (CorpusCode.TURNS_OVERLAP, "[0].turns[1].start", {"turns": [turn("staff", 5, 9), turn("staff", 8, 12)]}),
    (CorpusCode.OFFSET_WITHOUT_ONSET, "[0].offset", {"offset": None}),
    (CorpusCode.ONSET_MISSING, "[0].onset", {"onset": None, "offset": None}),
    (CorpusCode.AUDIO_LENGTH, "seconds", {"seconds": 60.0}),
]


@pytest.mark.parametrize(("code", "field", "changes"), BROKEN)
def test_what_is_wrong_with_labels_is_named(write_corpus: WriteCorpus, code: CorpusCode, field: str, changes: dict[str, Any]) -> None:
    folder = write_corpus(label())
    (folder / "labels.json").write_text(json.dumps([label() | changes]), encoding="utf-8")
    with pytest.raises(CorpusError) as refused:
        read_corpus(folder)
    assert (code, field) in [(problem.code, problem.field) for problem in refused.value.problems]


def broken_file(folder: Path, code: CorpusCode) -> str:
    """Damage one file; which one."""
    flac, enrolment, labels = folder / "c0.flac", folder / "enrol-lan.flac", folder / "labels.json"
    match code:
        case CorpusCode.LABELS_MISSING:
            labels.unlink()
            return str(labels)
        case CorpusCode.LABELS_UNREADABLE:
            labels.write_text('{"id": ')
            return labels.name
        case CorpusCode.NO_CONVERSATIONS:
            labels.write_text("[]")
            return labels.name
        case CorpusCode.ID_REPEATED:
            labels.write_text(json.dumps([label(), label()]))
            return labels.name
        case CorpusCode.AUDIO_MISSING:
            flac.unlink()
        case CorpusCode.AUDIO_FORMAT:
            sf.write(flac, np.zeros(40 * 8000, np.int16), 8000)
        case CorpusCode.AUDIO_UNREADABLE:
            noise = np.random.default_rng(1).integers(-3000, 3000, 40 * RATE).astype(np.int16)
            sf.write(flac, noise, RATE)
            flac.write_bytes(flac.read_bytes()[: flac.stat().st_size // 2])
        case CorpusCode.ENROLMENT_MISSING:
            enrolment.unlink()
            return enrolment.name
    return flac.name


FILES = [
    CorpusCode.LABELS_MISSING,
    CorpusCode.LABELS_UNREADABLE,
    CorpusCode.NO_CONVERSATIONS,
    CorpusCode.ID_REPEATED,
    CorpusCode.AUDIO_MISSING,
    CorpusCode.AUDIO_FORMAT,
    CorpusCode.AUDIO_UNREADABLE,
    CorpusCode.ENROLMENT_MISSING,
]


@pytest.mark.parametrize("code", FILES)
def test_what_is_wrong_with_files_is_named(write_corpus: WriteCorpus, code: CorpusCode) -> None:
    folder = write_corpus(label())
    name = broken_file(folder, code)
    with pytest.raises(CorpusError) as refused:
        read_corpus(folder)
    assert [(problem.code, problem.file) for problem in refused.value.problems] == [(code, name)]
    assert TEXTS[code][0] in str(refused.value)
    assert TEXTS[code][1] in str(refused.value)


def test_every_code_has_words_in_both_languages() -> None:
    assert set(TEXTS) == set(CorpusCode)
    assert all(zh and en for zh, en in TEXTS.values())


def test_everything_that_is_wrong_is_told_at_once(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(label(id="a", offset=None), label(id="b", turns=[turn("staff", 5, 5)]))
    (folder / "a.flac").unlink()
    with pytest.raises(CorpusError) as refused:
        read_corpus(folder)
    assert [problem.code for problem in refused.value.problems] == [
        CorpusCode.OFFSET_WITHOUT_ONSET,
        CorpusCode.AUDIO_MISSING,
        CorpusCode.INTERVAL_EMPTY,
    ]


def test_talking_across_each_other_is_said_and_accepted(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(label(turns=[turn("customer", 1, 5), turn("staff", 4, 6)]))
    assert [warning.code for warning in read_corpus(folder).warnings] == [CorpusCode.TURNS_CROSS]


def test_a_control_with_an_onset_is_said_and_accepted(write_corpus: WriteCorpus) -> None:
    assert [warning.code for warning in read_corpus(write_corpus(label(kind="calm"))).warnings] == [CorpusCode.ONSET_UNEXPECTED]


def test_only_what_was_asked_for_has_to_be_sound(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(label(id="good"), label(id="calm", kind="calm", onset=None, offset=None), label(id="bad", kind="x", offset=None))
    assert [one.id for one in read_corpus(folder, only=["good"]).conversations] == ["good"]
    assert [one.id for one in read_corpus(folder, only=["calm", "good"]).conversations] == ["good", "calm"]
    with pytest.raises(CorpusError, match="no_conversations"):
        read_corpus(folder, only=["nobody"])


def test_without_enrolment_no_enrolment_recording_is_asked_for(write_corpus: WriteCorpus) -> None:
    folder = write_corpus(label())
    whole = read_corpus(folder).conversations
    (folder / "enrol-lan.flac").unlink()
    assert [one.id for one in read_corpus(folder, enrolled=False).conversations] == [one.id for one in whole]
    with pytest.raises(CorpusError, match="enrol-lan"):
        read_corpus(folder)


def test_fields_of_others_are_kept(tmp_path: Path) -> None:
    odd = label(snr_db=15, turns=[turn("customer", 1, 5) | {"gain_db": 3.0}], onset=2.0, offset=5.0)
    write_labels(tmp_path, [Conversation.model_validate(odd)])
    assert json.loads((tmp_path / "labels.json").read_text(encoding="utf-8")) == [odd]


def test_a_draft_can_be_written_but_not_run(tmp_path: Path) -> None:
    write_labels(tmp_path, [conversation(kind="draft", onset=None, offset=None, turns=[turn("unsure", 1, 5)])])
    with pytest.raises(CorpusError, match="not_labelled"):
        read_corpus(tmp_path)


def test_wrong_labels_change_nothing(tmp_path: Path) -> None:
    write_labels(tmp_path, [conversation()])
    before = (tmp_path / "labels.json").read_bytes()
    with pytest.raises(CorpusError, match="offset_without_onset"):
        write_labels(tmp_path, [conversation(offset=None)])
    with pytest.raises(CorpusError, match="id_repeated"):
        write_labels(tmp_path, [conversation(), conversation()])
    assert (tmp_path / "labels.json").read_bytes() == before


def test_a_full_disk_leaves_the_labels_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_labels(tmp_path, [conversation()])
    before = (tmp_path / "labels.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_labels(tmp_path, [conversation(), conversation(id="c1")])
    assert (tmp_path / "labels.json").read_bytes() == before


def test_a_conversation_joins_a_corpus_once(tmp_path: Path) -> None:
    samples = np.arange(40 * RATE, dtype=np.int16)
    add_conversation(tmp_path / "mine", conversation(id="a", staff_voice=None), samples)
    add_conversation(tmp_path / "mine", conversation(id="b", staff_voice=None), samples)
    read = read_corpus(tmp_path / "mine")
    assert [one.id for one in read.conversations] == ["a", "b"]
    assert np.array_equal(sf.read(read.audio(read.conversations[1]), dtype="int16")[0], samples)
    with pytest.raises(CorpusError, match="id_repeated"):
        add_conversation(tmp_path / "mine", conversation(id="a"), samples)
    assert len(read_labels(tmp_path / "mine")) == 2


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["customer", "staff"]), st.floats(0.1, 5), st.text(max_size=8), st.lists(st.text(min_size=1), max_size=2)
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_what_is_written_reads_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, spoken: list[tuple[str, float, str, list[str]]], escalates: bool
) -> None:
    folder, at, turns = tmp_path_factory.mktemp("corpus"), 0.0, []
    for role, seconds, text, keywords in spoken:
        turns.append(turn(role, at, at + seconds, text, *keywords))
        at += seconds
    onset = {"onset": 1.0, "offset": 2.0} if escalates else {"onset": None, "offset": None, "kind": "calm"}
    one = conversation(turns=turns, **onset)
    write_labels(folder, [one])
    assert read_labels(folder) == [one]


def test_every_code_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    assert [code for code in CorpusCode if f"`{code}`" not in page] == []
