"""Hot reload: good edits take over, broken ones are reported and change nothing."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from scripts_library import LibraryError, LibraryWatcher

GROUPS = "groups:\n  - {group: thanks, weight: 1.0, phrases: [谢谢您]}\n"


def test_nothing_changed_nothing_happens(folder: Path) -> None:
    watcher = LibraryWatcher(folder)
    before = watcher.library
    assert not watcher.poll()
    assert watcher.library is before


def test_a_good_edit_takes_over(folder: Path) -> None:
    watcher = LibraryWatcher(folder)
    (folder / "holdback.yaml").write_text(GROUPS, encoding="utf-8")
    assert watcher.poll()
    assert [cue.phrase for cue in watcher.library.holdback] == ["谢谢您"]
    assert not watcher.poll()


def test_a_broken_edit_is_reported_and_the_last_good_library_stays(folder: Path) -> None:
    watcher = LibraryWatcher(folder)
    before = watcher.library
    (folder / "holdback.yaml").write_text("groups: [\n", encoding="utf-8")
    assert not watcher.poll()
    assert watcher.library is before
    assert [(problem.file, problem.code) for problem in watcher.problems] == [("holdback.yaml", "syntax")]
    (folder / "holdback.yaml").write_text(GROUPS, encoding="utf-8")
    assert watcher.poll()
    assert not watcher.problems


def test_a_broken_edit_taken_back_clears_the_report(folder: Path) -> None:
    watcher = LibraryWatcher(folder)
    path = folder / "holdback.yaml"
    good = path.read_bytes()
    path.write_text("groups: [\n", encoding="utf-8")
    watcher.poll()
    path.write_bytes(good)
    assert not watcher.poll()
    assert not watcher.problems


def test_a_new_file_and_a_removed_file_are_noticed(folder: Path) -> None:
    watcher = LibraryWatcher(folder)
    added = folder / "lexicon" / "99-new.yaml"
    added.write_text("category: {id: new, zh: 新, en: New}\nterms:\n  - {term: 新词条}\n", encoding="utf-8")
    assert watcher.poll()
    assert "新词条" in watcher.library.terms
    added.unlink()
    assert watcher.poll()
    assert "新词条" not in watcher.library.terms


def test_the_whole_folder_may_vanish_while_running(folder: Path) -> None:
    watcher = LibraryWatcher(folder)
    shutil.rmtree(folder)
    assert not watcher.poll()
    assert watcher.library.terms
    assert {problem.code for problem in watcher.problems} == {"missing_file"}


def test_touching_a_file_reloads_nothing(folder: Path) -> None:
    watcher = LibraryWatcher(folder)
    before = watcher.library
    path = folder / "holdback.yaml"
    path.write_bytes(path.read_bytes())
    assert not watcher.poll()
    assert watcher.library is before


def test_the_first_load_must_succeed(tmp_path: Path) -> None:
    with pytest.raises(LibraryError):
        LibraryWatcher(tmp_path)


def test_many_threads_polling_load_a_change_once(folder: Path) -> None:
    watcher = LibraryWatcher(folder)
    (folder / "holdback.yaml").write_text(GROUPS, encoding="utf-8")
    taken: list[bool] = []
    threads = [threading.Thread(target=lambda: taken.append(watcher.poll())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken.count(True) == 1
