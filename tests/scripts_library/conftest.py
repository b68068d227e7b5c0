from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scripts_library import Library, Matcher
from scripts_library.library import DATA


@pytest.fixture(scope="session")
def library() -> Library:
    return Library.load()


@pytest.fixture(scope="session")
def matcher(library: Library) -> Matcher:
    return Matcher(library)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped files that a test may break."""
    return Path(shutil.copytree(DATA, tmp_path / "library"))
