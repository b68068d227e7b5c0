"""Entries between library, desk page and files: nothing is lost on the way, and a fault finds its field."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scripts_library.entries import Entry, Shelf, changes, content_of, field_of, files_of, named_at, named_in, number_of, page_of
from scripts_library.library import DATA, Library, Places, validate
from scripts_library.watcher import LibraryWatcher

KEPT = ("causes.yaml", "holdback.yaml", "everyday.yaml")
FIELDS = ("scripts", "categories", "terms", "causes", "holdback", "everyday", "not_heard")
SIGNED: Any = {"by": "法务 孙莉", "on": date(2026, 11, 28)}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


def script(zh: str = "您慢慢说，我先把要点记下来。", **other: object) -> Entry:
    content = {"kind": "calming", "situation": "first_outburst", "tone": "warm", "zh": zh, "en": "Take your time, I am noting it."}
    return Entry(Shelf.SCRIPT, "new-notes", content | other, "法务 孙莉", date(2026, 11, 28))


def test_exported_files_read_as_the_same_library(library: Library, tmp_path: Path) -> None:
    for name, content in files_of(library, {name: (DATA / name).read_bytes() for name in KEPT}).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    again = Library.load(tmp_path)
    assert [getattr(again, name) for name in FIELDS] == [getattr(library, name) for name in FIELDS]
    assert again.wording == library.wording


def test_an_entry_put_over_itself_says_the_same(library: Library) -> None:
    entries = [
        Entry(shelf, key, content_of(library, shelf, key), **SIGNED)
        for shelf, keys in (
            (Shelf.SCRIPT, library.scripts),
            (Shelf.TERM, library.terms),
            (Shelf.RULE, [rule.id for rule in library.wording]),
        )
        for key in keys
    ]
    again = Library.load(desk=page_of(entries, 3))
    assert changes(library, again, named_in(page_of(entries))) == []
    assert (again.terms, sorted(again.wording, key=str)) == (library.terms, sorted(library.wording, key=str))
    assert {(one.review.by, one.review.on) for one in again.scripts.values()} == {tuple(SIGNED.values())}
    assert number_of(page_of(entries, 3)) == 3


@pytest.mark.parametrize(
    ("entry", "field", "code"),
    [
        (script("保证给您全额退款。"), "zh", "promise"),
        (script("我" * 46), "zh", "too_long"),
        (script(en=""), "en", "empty_text"),
        (script("我完全理解您的心情，这个问题我们可以这样处理……"), "zh", "duplicate_text"),
        (Entry(Shelf.SCRIPT, "Not An Id", script().content, **SIGNED), "id", "bad_id"),
        (Entry(Shelf.TERM, "毛坯", {"category": "nothing", "severity": 2}), "category", "unknown_value"),
        (Entry(Shelf.TERM, "毛坯", {"category": "money", "severity": 2, "aliases": ["交毛坯", "订金"]}), "aliases", "duplicate_word"),
        (Entry(Shelf.RULE, "new", {"phrases": ["不归你管"], "instead": {"scripts": ["no-such"]}}), "instead.scripts", "unknown_script"),
        (Entry(Shelf.RULE, "new", {"phrases": ["不"], "instead": {"scripts": ["say-feel"]}}), "phrases", "too_short"),
    ],
)
def test_a_fault_finds_its_field(entry: Entry, field: str, code: str) -> None:
    page = page_of([entry])
    [fault] = validate(over=[("draft.yaml", page)])
    assert (fault.file, fault.code, field_of(page, fault), named_at(page, fault)) == ("draft.yaml", code, field, (entry.shelf, entry.key))


def test_what_is_taken_away_is_gone_and_what_needs_it_says_so(library: Library) -> None:
    gone = [Entry(Shelf.SCRIPT, "first-water", None), Entry(Shelf.TERM, "定金", None), Entry(Shelf.RULE, "no-way", None)]
    left = Library.load(desk=page_of(gone))
    assert set(library.scripts) - set(left.scripts) == {"first-water"}
    assert set(library.terms) - set(left.terms) == {"定金"}
    assert {one.id for one in library.wording} - {one.id for one in left.wording} == {"no-way"}
    assert {fault.code for fault in validate(desk=page_of([Entry(Shelf.SCRIPT, "say-feel", None)]))} == {"unknown_script"}


def test_a_file_of_one_category_may_be_laid_over_and_a_new_category_may_not(library: Library) -> None:
    known = "category: {id: money, zh: 款项, en: Money}\nterms:\n  - {term: 定金, severity: 3}\n  - {term: 尾款单, severity: 1}\n".encode()
    over = Library.load(over=[("import.yaml", known)])
    assert [one.key for one in changes(library, over, named_in(known))] == ["定金", "尾款单"]
    [fault] = validate(over=[("import.yaml", known.replace(b"id: money", b"id: fresh"))])
    assert (fault.line, fault.code) == (1, "unknown_value")


def test_the_desks_file_is_taken_up_while_running(tmp_path: Path) -> None:
    desk = tmp_path / "library" / "desk.yaml"
    watcher = LibraryWatcher(*Places(desk=desk))
    assert "new-notes" not in watcher.library.scripts
    desk.parent.mkdir()
    desk.write_bytes(page_of([script()], 1))
    assert watcher.poll()
    assert watcher.library.scripts["new-notes"].approved
    desk.write_bytes(page_of([], 2))
    assert watcher.poll()
    assert "new-notes" not in watcher.library.scripts
