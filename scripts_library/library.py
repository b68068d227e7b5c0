"""The library as a whole: every file read and checked, then frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from scripts_library.pages import Page
from scripts_library.problems import LibraryError, Problem
from scripts_library.reading import CueReader, LexiconReader, ScriptReader, WordingReader, read_words
from scripts_library.records import Category, Cause, Cue, Script, Term, WordingRule

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, repr=False)
class Library:
    """Everything a trainer wrote, checked. `fingerprint` is the SHA-256 over the files it was read from."""

    scripts: Mapping[str, Script]
    categories: Mapping[str, Category]
    terms: Mapping[str, Term]
    wording: tuple[WordingRule, ...]
    causes: tuple[Cue, ...]
    holdback: tuple[Cue, ...]
    everyday: frozenset[str]
    fingerprint: str

    def __repr__(self) -> str:
        return f"Library({len(self.scripts)} scripts, {len(self.terms)} terms, {self.fingerprint[:12]})"

    @cached_property
    def approved(self) -> tuple[Script, ...]:
        """Scripts that may be shown, in order of their ids."""
        return tuple(script for _, script in sorted(self.scripts.items()) if script.approved)

    @classmethod
    def load(cls, folder: Path = DATA) -> Library:
        """Read a folder of library files. Raises LibraryError with every fault found, in order of file and line."""
        library, problems = _read(folder)
        if problems:
            raise LibraryError(problems)
        return library


def validate(folder: Path = DATA) -> list[Problem]:
    """Every fault of the files in `folder`, in order of file and line; empty where the library can be used."""
    return _read(folder)[1]


def library_files(folder: Path) -> list[Path]:
    """The files a library consists of, sorted; others in the folder (an editor's backups) do not count."""
    single = [folder / name for name in ("wording.yaml", "causes.yaml", "holdback.yaml", "everyday.yaml")]
    return [*sorted((folder / "scripts").glob("*.yaml")), *sorted((folder / "lexicon").glob("*.yaml")), *single]


def fingerprint(folder: Path) -> str:
    """SHA-256 over names and contents; a file that cannot be read counts as empty."""
    digest = hashlib.sha256()
    for path in library_files(folder):
        digest.update(str(path.relative_to(folder)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    return digest.hexdigest()


def _read(folder: Path) -> tuple[Library, list[Problem]]:
    problems: list[Problem] = []
    seen = fingerprint(folder)
    pages = {path: Page(path, path.relative_to(folder).as_posix(), problems) for path in library_files(folder)}
    for name in ("scripts", "lexicon"):
        if not any(path.parent.name == name for path in pages):
            pages[folder / name] = Page(folder / name / "*.yaml", f"{name}/*.yaml", problems)
    scripts, lexicon = ScriptReader(), LexiconReader()
    for path, page in pages.items():
        if path.parent.name == "scripts":
            scripts.read(page)
        elif path.parent.name == "lexicon":
            lexicon.read(page)
    wording, causes, holdback = WordingReader(scripts.scripts), CueReader(Cause), CueReader()
    wording.read(pages[folder / "wording.yaml"])
    causes.read(pages[folder / "causes.yaml"])
    holdback.read(pages[folder / "holdback.yaml"])
    library = Library(
        scripts=MappingProxyType(scripts.scripts),
        categories=MappingProxyType(lexicon.categories),
        terms=MappingProxyType(lexicon.terms),
        wording=tuple(wording.rules),
        causes=tuple(causes.cues),
        holdback=tuple(holdback.cues),
        everyday=frozenset(read_words(pages[folder / "everyday.yaml"])),
        fingerprint=seen,
    )
    return library, sorted(problems)
