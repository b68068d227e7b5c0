"""The library as a whole: every file read and checked, then frozen."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from models.settings import Settings
from scripts_library.layers import Hidden, check, read_rules, read_scripts, read_terms
from scripts_library.pages import Page
from scripts_library.problems import LibraryError, Problem
from scripts_library.reading import CueReader, LexiconReader, ScriptReader, WordingReader, read_not_heard, read_words
from scripts_library.records import Category, Cause, Cue, Script, Term, WordingRule

DATA = Path(__file__).parent / "data"
LEARNED_TERMS = Path("lexicon") / "90-learned.yaml"
"""Terms accepted by a click; a file as any other."""
NOT_HEARD = Path("not_heard.yaml")
"""Mishearings that were marked; there is none until the first."""
DESK = Path("desk.yaml")
"""What the script desk approved, over all files; written by the service from its database."""


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

    @cached_property
    def forms(self) -> tuple[tuple[str, str], ...]:
        """Every term's name and aliases, each with its category."""
        return tuple((form, term.category) for term in self.terms.values() for form in (term.name, *term.aliases))

    @classmethod
    def load(
        cls, folder: Path = DATA, own: Path | None = None, desk: Path | bytes | None = None, over: Sequence[tuple[str, bytes]] = ()
    ) -> Library:
        """Read a folder of library files, what was added by a click in `own`, what the desk approved, and `over` it pages to try.

        Raises LibraryError with every fault found, in order.
        """
        library, problems = _read(folder, own, desk, over)
        if problems:
            raise LibraryError(problems)
        return library


class Places(NamedTuple):
    """Where a library is: its files, what is added by a click, and what the script desk approved."""

    folder: Path = DATA
    own: Path | None = None
    desk: Path | None = None


def places(settings: Settings) -> Places:
    """What is added by a click is written with the files, or beside the packaged ones in the data folder; the desk's file always there."""
    beside = settings.data_dir / "library"
    return Places(settings.library_dir or DATA, settings.library_dir or beside, beside / DESK)


def validate(
    folder: Path = DATA, own: Path | None = None, desk: Path | bytes | None = None, over: Sequence[tuple[str, bytes]] = ()
) -> list[Problem]:
    """Every fault of the files, in order of file and line; empty where the library can be used."""
    return _read(folder, own, desk, over)[1]


def library_files(folder: Path, own: Path | None = None) -> list[Path]:
    """The files a library consists of without the desk's, sorted; others in the folder (an editor's backups) do not count."""
    single = [folder / name for name in ("wording.yaml", "causes.yaml", "holdback.yaml", "everyday.yaml")]
    added = [folder / NOT_HEARD, *([own / LEARNED_TERMS, own / NOT_HEARD] if own is not None and own != folder else [])]
    found = [*sorted((folder / "scripts").glob("*.yaml")), *sorted((folder / "lexicon").glob("*.yaml"))]
    return [*found, *single, *(path for path in added if path.exists())]


def fingerprint(folder: Path, own: Path | None = None, desk: Path | bytes | None = None, over: Sequence[tuple[str, bytes]] = ()) -> str:
    """SHA-256 over names and contents; a file that cannot be read counts as empty."""
    digest = hashlib.sha256()
    files = [(_name(path, folder), path.read_bytes() if path.is_file() else b"") for path in library_files(folder, own)]
    for name, content in [*files, *_desk_page(desk), *over]:
        digest.update(name.encode() + b"\0")
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _name(path: Path, folder: Path) -> str:
    """What a file is called in a fault's place."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else f"{path.parent.name}/{path.name}"


def _desk_page(desk: Path | bytes | None) -> list[tuple[str, bytes]]:
    """What the desk approved, where it approved anything."""
    if isinstance(desk, Path):
        desk = desk.read_bytes() if desk.is_file() else None
    return [(DESK.name, desk)] if desk else []


def _read(folder: Path, own: Path | None, desk: Path | bytes | None, over: Sequence[tuple[str, bytes]]) -> tuple[Library, list[Problem]]:
    problems: list[Problem] = []
    seen = fingerprint(folder, own, desk, over)
    pages = {path: Page(path, _name(path, folder), problems) for path in library_files(folder, own)}
    for name in ("scripts", "lexicon"):
        if not any(path.parent.name == name for path in pages):
            pages[folder / name] = Page(folder / name / "*.yaml", f"{name}/*.yaml", problems)
    approved, tried = ([Page(text, name, problems) for name, text in layer] for layer in (_desk_page(desk), over))
    layers = [(approved, Hidden.by(tried)), (tried, Hidden())]
    hidden = Hidden.by([*approved, *tried])
    scripts, lexicon = ScriptReader(), LexiconReader()
    for path, page in pages.items():
        if path.parent.name == "scripts":
            scripts.read(page, hidden["scripts"])
        elif path.parent.name == "lexicon":
            lexicon.read(page, hidden["terms"])
    wording, causes, holdback = WordingReader(scripts.scripts), CueReader(Cause), CueReader()
    for page, above in ((page, above) for layer, above in layers for page in layer):
        check(page)
        read_scripts(scripts, page, above)
        read_terms(lexicon, page, above)
    wording.read(pages[folder / "wording.yaml"], hidden["rules"])
    for page, above in ((page, above) for layer, above in layers for page in layer):
        read_rules(wording, page, above)
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
    return library, sorted(set(problems))  # what two readers looked at is told once


def _marked(files: list[dict[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    """Marked mishearings of all files, by term."""
    return {term: frozenset().union(*(one.get(term, frozenset()) for one in files)) for term in {name for one in files for name in one}}
