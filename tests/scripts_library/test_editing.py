"""Edits by a click: checked as a whole, beside the packaged files, taken up by the watcher and believed by the matcher."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts_library.editing import NewTerm, accept_term, mark_not_heard
from scripts_library.library import DATA, LEARNED_TERMS, NOT_HEARD, Library, Places
from scripts_library.matcher import Matcher
from scripts_library.problems import LibraryError
from scripts_library.watcher import LibraryWatcher


def term(name: str, **values: object) -> NewTerm:
    return NewTerm(name, values.get("aliases", ()), values.get("misheard", ()), 2, None)  # type: ignore[arg-type]


def test_an_accepted_term_is_listened_for_within_a_poll(tmp_path: Path) -> None:
    watcher = LibraryWatcher(DATA, tmp_path)
    accept_term(Places(DATA, tmp_path), term("毛坯交付", aliases=["交毛坯"], misheard=["矛匹叫夫"]))
    accept_term(Places(DATA, tmp_path), term("双合同"))
    assert watcher.poll()
    assert {"毛坯交付", "双合同"} <= set(watcher.library.terms)
    assert [hit.term for hit in Matcher(watcher.library).match("你们现在说交毛坯我不同意")] == ["毛坯交付"]
    assert "毛坯交付" in (tmp_path / LEARNED_TERMS).read_text("utf-8")


@pytest.mark.parametrize("name", ["定金", "订金", "……", "一个非常非常非常长的说法啊啊"])
def test_what_would_break_the_library_changes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(LibraryError):
        accept_term(Places(DATA, tmp_path), term(name))
    assert list(tmp_path.iterdir()) == []


def test_a_marked_mishearing_is_not_matched_again_until_it_is_taken_back(tmp_path: Path) -> None:
    text = "我交了五万电机什么时候退"
    [before] = [hit for hit in Matcher(Library.load()).match(text) if hit.term == "定金"]
    assert before.kind == "phonetic"
    for _ in range(2):
        mark_not_heard(Places(DATA, tmp_path), "定金", before.heard)
    library = Library.load(DATA, tmp_path)
    assert library.not_heard == {"定金": frozenset({before.heard})}
    assert not [hit for hit in Matcher(library).match(text) if hit.term == "定金"]
    assert [hit.term for hit in Matcher(library).match("我交了五万定金")] == ["定金"]
    mark_not_heard(Places(DATA, tmp_path), "定金", before.heard, marked=False)
    assert Library.load(DATA, tmp_path).not_heard == {}
    assert (tmp_path / NOT_HEARD).is_file()
