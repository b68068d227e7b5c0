"""Which entries a search finds. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def folded(text: str) -> str:
    """Full-width and half-width, upper and lower case are one to whoever searches."""
    return unicodedata.normalize("NFKC", text).casefold()


def found(query: str | None, texts: Iterable[str]) -> bool:
    """Whether every word of the query stands somewhere in the texts; no query finds everything."""
    if query is None:
        return True
    whole = "\n".join(map(folded, texts))
    return all(word in whole for word in folded(query).split())
