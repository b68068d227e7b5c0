"""Changes to a library's files that a click makes: a term accepted, a mishearing marked. Checked as a whole before anything is kept."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from models.files import write_whole
from scripts_library.library import LEARNED_TERMS, NOT_HEARD, Places, library_files, validate
from scripts_library.problems import LibraryError

_LEARNED_HEAD = "# 从会话中学到、由培训师采纳的词条。可以直接编辑，也可以移到其他文件。\n"
_NOT_HEARD_HEAD = "# 误报：识别结果里出现这些文字时，不算听到该词条。由培训师在关键词记录中标记。\n"


@dataclass(frozen=True, slots=True)
class NewTerm:
    """A term as a trainer accepts it."""

    name: str
    aliases: Sequence[str]
    misheard: Sequence[str]
    severity: int
    cause: str | None


def accept_term(places: Places, term: NewTerm) -> None:
    """Add to `lexicon/90-learned.yaml` in `own`. Raises LibraryError, and changes nothing, if the library would not be right with it."""
    page = _read(_own(places) / LEARNED_TERMS) or {"category": {"id": "learned", "zh": "新发现", "en": "Newly found"}, "terms": []}
    entry: dict[str, Any] = {"term": term.name}
    entry |= {name: list(value) for name, value in (("aliases", term.aliases), ("misheard", term.misheard)) if value}
    entry |= {"severity": term.severity, **({"cause": str(term.cause)} if term.cause is not None else {})}
    _replace(places, LEARNED_TERMS, _LEARNED_HEAD, page | {"terms": [*page["terms"], entry]})


def mark_not_heard(places: Places, term: str, heard: str, *, marked: bool = True) -> None:
    """Note in `not_heard.yaml` that `heard` is not `term`, or take that back. Raises LibraryError as `accept_term` does."""
    page = _read(_own(places) / NOT_HEARD) or {"terms": []}
    entries = {str(one["term"]): set(one["heard"]) for one in page["terms"]}
    if (heard in entries.get(term, ())) is marked:
        return
    entries[term] = entries.get(term, set()) ^ {heard}
    terms = [{"term": name, "heard": sorted(texts)} for name, texts in sorted(entries.items()) if texts]
    _replace(places, NOT_HEARD, _NOT_HEARD_HEAD, {"terms": terms})


def _own(places: Places) -> Path:
    return places.own or places.folder


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    page = yaml.safe_load(path.read_text("utf-8"))
    return page if isinstance(page, dict) else None


def _replace(places: Places, name: Path, head: str, page: dict[str, Any]) -> None:
    """Try the new file together with all others, then put it in place in one step."""
    folder, own = places.folder, _own(places)
    text = head + yaml.safe_dump(page, allow_unicode=True, sort_keys=False, width=120)
    with tempfile.TemporaryDirectory() as scratch:
        trial = Path(scratch)
        for file in library_files(folder, own):
            if file.is_file():
                copy = trial / file.relative_to(folder if file.is_relative_to(folder) else own)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
        (trial / name).parent.mkdir(parents=True, exist_ok=True)
        (trial / name).write_text(text, "utf-8")
        if problems := validate(trial, desk=places.desk):
            raise LibraryError(problems)
    write_whole(own / name, text.encode())
