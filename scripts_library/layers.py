"""Pages that lie over the files: what the script desk approved, and over that a draft or a file that is tried.

An entry takes the place of the one of its name underneath, `removed` takes one away. Such a page has the lists of all the files
(`scripts`, `terms`, `rules`; each term names its `category`), or is one of the files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scripts_library.pages import Fields, Page
from scripts_library.reading import LexiconReader, ScriptReader, WordingReader

NAMED_BY = {"scripts": "id", "terms": "term", "rules": "id"}
"""The lists of a page, and the field that names an entry."""


@dataclass(frozen=True)
class Hidden:
    """Names that count no longer where they stand, by list."""

    names: Mapping[str, set[str]] = field(default_factory=lambda: {section: set() for section in NAMED_BY})

    @classmethod
    def by(cls, pages: Iterable[Page]) -> Hidden:
        """What these pages say otherwise or take away."""
        hidden = cls()
        for page in pages:
            removed = page.root.mapping("removed") if page.root else None
            for section, names in hidden.names.items():
                names |= {fields.raw(NAMED_BY[section]) for fields in _entries(page, section)}
                names |= {spot.text for spot in removed.texts(section)} if removed else set()
        return hidden

    def __getitem__(self, section: str) -> set[str]:
        return self.names[section]


def _entries(page: Page, section: str) -> Iterable[Fields]:
    """The entries of a list, without a word on what is wrong with them: that is said when they are read."""
    return page.root.mappings(section) if page.root else ()


def check(page: Page) -> None:
    """Report lists that no such page has."""
    if page.root is not None:
        page.root.only(*NAMED_BY, "removed", "category", "defaults")


def _is_a_file(page: Page) -> bool:
    """Whether a page is one of the files, not one of all their lists."""
    return page.root is not None and not {"category", "defaults"}.isdisjoint(page.root.values)


def read_scripts(reader: ScriptReader, page: Page, hidden: Hidden) -> None:
    """The scripts of such a page."""
    if page.root is None or "scripts" not in page.root.values:
        return
    if _is_a_file(page):
        reader.read(page, hidden["scripts"])
    else:
        reader.read_entries(page, page.root, None, hidden["scripts"])


def read_terms(reader: LexiconReader, page: Page, hidden: Hidden) -> None:
    """The terms of such a page."""
    if page.root is None or "terms" not in page.root.values:
        return
    if _is_a_file(page):
        reader.read(page, hidden["terms"], known=True)
    else:
        reader.read_entries(page, page.root, hidden["terms"])


def read_rules(reader: WordingReader, page: Page, hidden: Hidden) -> None:
    """The wording rules of such a page."""
    if page.root is not None and "rules" in page.root.values:
        reader.read_entries(page, page.root, hidden["rules"])
