"""The shipped files: what the product promises to know, and that every file passes its own checks."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from scripts_library import Cause, Kind, Library, LibraryError, Moment, Signal, validate
from scripts_library.checks import MOST_HANZI, hanzi, promise_in

CANONICAL = (
    *("退房", "定金", "投诉", "曝光", "媒体", "记者", "律师", "起诉", "法院", "举报", "虚假宣传", "骗", "贷款"),
    *("首付", "物业费", "网签", "霸王条款", "维权", "抖音", "消费者协会", "横幅", "违法", "一二三四五", "总经理", "业主群"),
)


def test_shipped_files_have_no_problems() -> None:
    assert validate() == []


def test_library_is_as_large_as_promised(library: Library) -> None:
    assert len(library.scripts) >= 100
    assert len(library.terms) >= 240
    assert len(library.categories) >= 12
    assert len(library.wording) >= 40


def test_the_two_scripts_of_the_source_are_there(library: Library) -> None:
    texts = {script.zh for script in library.approved}
    assert "我完全理解您的心情，这个问题我们可以这样处理……" in texts
    assert "我们非常理解您的顾虑，请您先坐下喝杯茶，我们一起看看怎么解决最合适。" in texts


@pytest.mark.parametrize("term", CANONICAL)
def test_canonical_terms_are_known_and_nobody_swallows_them(library: Library, term: str) -> None:
    assert term in library.terms
    others = [form for other in library.terms.values() if other.name != term for form in (other.name, *other.aliases) if term in form]
    assert others == []


def test_every_moment_has_approved_scripts_enough_for_the_screen(library: Library) -> None:
    for moment in Moment:
        kinds = {script.kind for script in library.approved if script.situation is moment}
        for kind in kinds:
            assert sum(script.kind is kind and script.situation is moment for script in library.approved) >= 3
        assert kinds, moment


def test_every_cause_is_answered_and_heard(library: Library) -> None:
    for cause in set(Cause) - {Cause.ANY}:
        assert any(script.cause is cause and script.situation is Moment.CAUSE_HEARD for script in library.approved)
        assert any(cue.group == cause for cue in library.causes)


def test_every_signal_and_every_threat_is_heard(library: Library) -> None:
    assert {term.signal for term in library.terms.values()} == set(Signal)
    threats = {
        Moment.THREAT_COMPLAINT,
        Moment.THREAT_GROUP,
        Moment.THREAT_LAWYER,
        Moment.THREAT_MEDIA,
        Moment.DEMAND_SUPERIOR,
        Moment.LEAVING,
    }
    assert threats <= {term.moment for term in library.terms.values()}


def test_approved_scripts_are_short_and_promise_nothing(library: Library) -> None:
    for script in library.approved:
        assert hanzi(script.zh) <= MOST_HANZI
        assert promise_in(script.zh) is None


def test_some_scripts_wait_for_review_and_are_not_among_the_approved(library: Library) -> None:
    waiting = {script.id for script in library.scripts.values() if not script.approved}
    assert waiting
    assert waiting.isdisjoint(script.id for script in library.approved)


def test_staff_wording_is_answered_with_wording_scripts(library: Library) -> None:
    assert any(script.kind is Kind.WORDING for script in library.approved)
    assert all(rule.scripts or (rule.zh and rule.en) for rule in library.wording)


def test_a_library_cannot_be_changed(library: Library) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        library.wording = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        library.terms["x"] = library.terms["定金"]  # type: ignore[index]


def test_an_empty_folder_names_every_missing_file(tmp_path: Path) -> None:
    with pytest.raises(LibraryError) as caught:
        Library.load(tmp_path)
    assert {problem.code for problem in caught.value.problems} == {"missing_file"}
    names = ["causes.yaml", "everyday.yaml", "holdback.yaml", "lexicon/*.yaml", "scripts/*.yaml", "wording.yaml"]
    assert [problem.file for problem in caught.value.problems] == names


def test_fingerprint_follows_the_contents(folder: Path, library: Library) -> None:
    assert Library.load(folder).fingerprint == library.fingerprint
    path = folder / "everyday.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# note\n", encoding="utf-8")
    assert Library.load(folder).fingerprint != library.fingerprint
