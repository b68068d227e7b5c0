"""What documents say in two languages, by key."""

from __future__ import annotations

from collections.abc import Mapping

from case_api.documents.pdf import Language

Texts = Mapping[str, tuple[str, str]]
"""Chinese and English."""


def filled(texts: Texts, language: Language, key: str, /, **values: object) -> str:
    """One of the texts, its values in their places."""
    return texts[key][language == "en"].format(**values)


def capital(name: str) -> str:
    """A name that is written as it stands within a sentence, as it begins a line."""
    return name[:1].upper() + name[1:]
