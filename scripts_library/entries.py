"""One script, term or wording rule as the files write it: from the library, into a page of the desk, and back to files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

import yaml

from scripts_library.layers import NAMED_BY
from scripts_library.library import Library
from scripts_library.pages import Page, field_at
from scripts_library.problems import Problem
from scripts_library.records import LEVELS, Cause, Listen, Script, Signal, Term, WordingRule

Content = dict[str, Any]


class Shelf(StrEnum):
    """What an entry is."""

    SCRIPT = "script"
    TERM = "term"
    RULE = "rule"


SECTIONS: Final = {Shelf.SCRIPT: "scripts", Shelf.TERM: "terms", Shelf.RULE: "rules"}
ORDER: Final = (
    *("category", "kind", "situation", "cause", "tone", "levels", "zh", "en"),
    *("phrases", "unless", "instead", "severity", "signal", "moment", "listen", "aliases", "misheard", "near", "not_if"),
)
"""Fields of all shelves as they are written and shown."""
HEAD: Final = "# {number} · 话术台审核通过的内容，由服务写入，请勿手工修改 / approved at the script desk, written by the service\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry by its name. `content` is what a file says of it without the name and without the review; None: it is taken away.

    `by`, `on` sign the approval of a script.
    """

    shelf: Shelf
    key: str
    content: Content | None
    by: str = ""
    on: date | None = None


def content_of(library: Library, shelf: Shelf, key: str) -> Content | None:
    """What the library says of an entry; None where it has none of that name."""
    if shelf is Shelf.SCRIPT:
        return script_content(library.scripts[key]) if key in library.scripts else None
    if shelf is Shelf.TERM:
        return term_content(library.terms[key]) if key in library.terms else None
    return next((rule_content(rule) for rule in library.wording if rule.id == key), None)


def script_content(one: Script) -> Content:
    """A script's fields; what is usual is left out, as in the files."""
    found: Content = {name: str(getattr(one, name)) for name in ("kind", "situation", "tone", "zh", "en")}
    if one.cause is not Cause.ANY:
        found["cause"] = str(one.cause)
    if len(one.levels) < len(LEVELS):
        found["levels"] = [level for level in LEVELS if level in one.levels]
    return found


def term_content(one: Term) -> Content:
    """A term's fields, with its category."""
    found: Content = {"category": one.category, "severity": one.severity}
    found |= {name: list(texts) for name in ("aliases", "misheard", "near", "not_if") if (texts := getattr(one, name))}
    usual = {"signal": Signal.NONE, "cause": None, "moment": None, "listen": Listen.NEAR}
    return found | {name: str(value) for name, none in usual.items() if (value := getattr(one, name)) != none}


def rule_content(one: WordingRule) -> Content:
    """A wording rule's fields."""
    instead: Content = {"scripts": list(one.scripts)} if one.scripts else {}
    instead |= {name: text for name in ("zh", "en") if (text := getattr(one, name))}
    return {"phrases": list(one.phrases)} | ({"unless": list(one.unless)} if one.unless else {}) | {"instead": instead}


def page_of(entries: Iterable[Entry], number: int = 0) -> bytes:
    """A page of all the lists; `number` says how many approvals it holds. One that tries an entry out has its line in the same place."""
    page: dict[str, Any] = defaultdict(list)
    removed: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        section = SECTIONS[entry.shelf]
        if entry.content is None:
            removed[section].append(entry.key)
        else:
            page[section].append(_written(entry))
    if removed:
        page["removed"] = dict(removed)
    return (HEAD.format(number=number) + _yaml(dict(page))).encode()


def number_of(page: bytes) -> int:
    """How many approvals a page of the desk holds; 0 for one that is not there."""
    found = page.decode(errors="replace").removeprefix("# ").split(" ", 1)[0]
    return int(found) if found.isdecimal() else 0


def _place(field: str) -> int:
    """Where a field stands: a database gives them back in an order of its own."""
    return ORDER.index(field) if field in ORDER else len(ORDER)


def _written(entry: Entry) -> Content:
    content = entry.content or {}
    named: Content = {NAMED_BY[SECTIONS[entry.shelf]]: entry.key} | {name: content[name] for name in sorted(content, key=_place)}
    if entry.shelf is Shelf.SCRIPT:
        named["review"] = {"status": "approved", "by": entry.by, "on": entry.on}
    return named


def _yaml(page: Any) -> str:
    return yaml.safe_dump(page, allow_unicode=True, sort_keys=False, width=10_000) if page else "{}\n"


def field_of(page: bytes, problem: Problem) -> str | None:
    """The field of the one entry of a page that a fault is about; None where it is about something else."""
    path = field_at(page.decode(), problem.line, problem.column)
    fields = [part for part in path[2:] if not part.isdigit()]
    return ".".join(fields) or None


def named_at(page: bytes, problem: Problem) -> tuple[Shelf, str] | None:
    """The entry of a page that a fault is about."""
    path = field_at(page.decode(), problem.line, problem.column)
    shelf = next((shelf for shelf, section in SECTIONS.items() if path[:1] == (section,)), None)
    return (shelf, named_in(page)[shelf][int(path[1])]) if shelf is not None and len(path) > 1 else None


def files_of(library: Library, kept: Mapping[str, bytes]) -> dict[str, bytes]:
    """The library as files that read as the same library. `kept` are files that stay as they are."""
    files = dict(kept)
    situations = list(dict.fromkeys(one.situation for one in library.scripts.values()))
    for number, situation in enumerate(situations, 1):
        found = [_script(one) for one in library.scripts.values() if one.situation is situation]
        files[f"scripts/{number:02d}-{situation.replace('_', '-')}.yaml"] = _yaml({"scripts": found}).encode()
    for number, category in enumerate(library.categories.values(), 1):
        head = {"id": category.id, "zh": category.zh, "en": category.en}
        terms = [_term(one) for one in library.terms.values() if one.category == category.id]
        files[f"lexicon/{number:02d}-{category.id}.yaml"] = _yaml({"category": head, "terms": terms}).encode()
    files["wording.yaml"] = _yaml({"rules": [{"id": one.id} | rule_content(one) for one in library.wording]}).encode()
    if library.not_heard:
        marked = [{"term": term, "heard": sorted(texts)} for term, texts in sorted(library.not_heard.items())]
        files["not_heard.yaml"] = _yaml({"terms": marked}).encode()
    return files


def _script(one: Script) -> Content:
    review: Content = {"status": str(one.review.status)}
    review |= {name: value for name in ("by", "on", "note") if (value := getattr(one.review, name))}
    return {"id": one.id} | script_content(one) | {"review": review}


def _term(one: Term) -> Content:
    return {"term": one.name} | {name: value for name, value in term_content(one).items() if name != "category"}


def named_in(text: bytes) -> dict[Shelf, list[str]]:
    """The names of the entries of a page."""
    root = Page(text, "", []).root
    if root is None:
        return {}
    return {shelf: [fields.raw(NAMED_BY[section]) for fields in root.mappings(section)] for shelf, section in SECTIONS.items()}


def changes(before: Library, after: Library, named: Mapping[Shelf, Sequence[str]]) -> list[Entry]:
    """Of the entries named, those that `after` says otherwise than `before`."""
    found = [Entry(shelf, key, content_of(after, shelf, key)) for shelf, keys in named.items() for key in dict.fromkeys(keys)]
    return [entry for entry in found if entry.content != content_of(before, entry.shelf, entry.key)]
