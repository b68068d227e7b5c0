"""The library as a whole: every file read and checked, then frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from models.settings import Settings
from scripts_library.pages import Page
from scripts_library.problems import LibraryError, Problem
from scripts_library.reading import CueReader, LexiconReader, ScriptReader, WordingReader, read_not_heard, read_words
from scripts_library.records import Category, Cause, Cue, Script, Term, WordingRule

DATA = Path(__file__).parent / "data"
LEARNED_TERMS = Path("lexicon") / "90-learned.yaml"
"""Terms accepted by a click; a file as any other."""
NOT_HEARD = Path("not_heard.yaml")
"""Mishearings that were marked; there is none until the first."""


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
    not_heard: Mapping[str, frozenset[str]]
    fingerprint: str

    def __repr__(self) -> str:
        return f"Library({len(self.scripts)} scripts, {len(self.terms)} terms, {self.fingerprint[:12]})"

    @cached_property
    def approved(self) -> tuple[Script, ...]:
        """Scripts that may be shown, in order of their ids."""
        return tuple(script for _, script in sorted(self.scripts.items()) if script.approved)

    @classmethod
    def load(cls, folder: Path = DATA, own: Path | None = None) -> Library:
        """Read a folder of library files, and what was added by a click in `own`. Raises LibraryError with every fault found, in order."""
        library, problems = _read(folder, own)
        if problems:
            raise LibraryError(problems)
        return library


def places(settings: Settings) -> tuple[Path, Path]:
    """Where the files are, and where what is added by a click is written: with them, or beside the packaged ones in the data folder."""
    return settings.library_dir or DATA, settings.library_dir or settings.data_dir / "library"


def validate(folder: Path = DATA, own: Path | None = None) -> list[Problem]:
    """Every fault of the files, in order of file and line; empty where the library can be used."""
    return _read(folder, own)[1]


def library_files(folder: Path, own: Path | None = None) -> list[Path]:
    """The files a library consists of, sorted; others in the folder (an editor's backups) do not count."""
    single = [folder / name for name in ("wording.yaml", "causes.yaml", "holdback.yaml", "everyday.yaml")]
    added = [folder / NOT_HEARD, *([own / LEARNED_TERMS, own / NOT_HEARD] if own is not None and own != folder else [])]
    found = [*sorted((folder / "scripts").glob("*.yaml")), *sorted((folder / "lexicon").glob("*.yaml"))]
    return [*found, *single, *(path for path in added if path.exists())]


def fingerprint(folder: Path, own: Path | None = None) -> str:
    """SHA-256 over names and contents; a file that cannot be read counts as empty."""
    digest = hashlib.sha256()
    for path in library_files(folder, own):
        digest.update(_name(path, folder).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    return digest.hexdigest()


def _name(path: Path, folder: Path) -> str:
    """What a file is called in a fault's place."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else f"{path.parent.name}/{path.name}"


def _read(folder: Path, own: Path | None) -> tuple[Library, list[Problem]]:
    problems: list[Problem] = []
    seen = fingerprint(folder, own)
    pages = {path: Page(path, _name(path, folder), problems) for path in library_files(folder, own)}
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
        not_heard=MappingProxyType(_marked([read_not_heard(page) for path, page in pages.items() if path.name == NOT_HEARD.name])),
        fingerprint=seen,
    )
    return library, sorted(problems)


def _marked(files: list[dict[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    """Marked mishearings of all files, by term."""
    return {term: frozenset().union(*(one.get(term, frozenset()) for one in files)) for term in {name for one in files for name in one}}
