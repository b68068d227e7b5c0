"""A file is there whole or as it was before."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.files import write_whole


def test_a_file_is_made_with_its_folder_and_written_over(tmp_path: Path) -> None:
    file = tmp_path / "made" / "here.yaml"
    for content in (b"first", b"second"):
        write_whole(file, content)
        assert file.read_bytes() == content
    assert list(file.parent.iterdir()) == [file]


def test_a_full_disk_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "labels.json"
    write_whole(file, b"before")

    def full(_: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_whole(file, b"after")
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_secret_is_never_there_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    real = os.fsync

    def looked_at(descriptor: int) -> None:
        modes.append(os.fstat(descriptor).st_mode & 0o777)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", looked_at)
    write_whole(tmp_path / "key.pem", b"secret", 0o600)
    assert modes[0] == 0o600
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600


def test_two_who_write_the_same_file_leave_one_of_theirs(tmp_path: Path) -> None:
    file = tmp_path / "terms.yaml"
    contents = [bytes([number]) * 200_000 for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda content: write_whole(file, content), contents))
    assert file.read_bytes() in contents
    assert list(tmp_path.iterdir()) == [file]
