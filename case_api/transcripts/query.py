"""What the index is asked: characters, their pairs, how they are read, and facets that every utterance carries (migration 0029). Pure.

The index answers with candidates, the newest first; whether they are right is asked of the tables. So it may be asked for too little,
never for too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from case_api.transcripts.pinyin import Sought, tokens

MOST_SITES = 60
MOST_PAIRS = 30
NEWEST: Final = 10**18 - 1
"""Above every row of the index."""
_RUN = re.compile(r"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")
"""What no index splits: letters, digits, and whatever is not ASCII."""


Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Tokens that have to be there, and groups of sets of tokens, of which one set has to be there."""

    all: Tokens = ()
    any: tuple[tuple[Tokens, ...], ...] = ()


def words(q: str | None) -> tuple[str, ...]:
    """What has to stand in the sentence, each anywhere."""
    return tuple(dict.fromkeys((q or "").split()))


def asked(wanted: Sequence[str], facets: Iterable[Sequence[str]], sounds: Iterable[Sought] = ()) -> Asked:
    """The question for these words, groups of facets, and what may be said in its sound."""
    groups: list[tuple[Tokens, ...]] = [tuple((token,) for token in group) for group in facets if group]
    groups += [(_tokens(one.literal), *map(tokens, one.sounds)) for one in sounds]
    return Asked(_tokens(wanted), tuple(group for group in groups if all(group)))


def _tokens(wanted: Sequence[str]) -> Tokens:
    runs = [run for word in wanted for run in _RUN.findall(word.lower())]
    pairs = dict.fromkeys(a + b for run in runs for a, b in pairwise(run))
    return (*tuple(pairs)[:MOST_PAIRS], *dict.fromkeys(run for run in runs if len(run) == 1))


def facet(kind: str, ids: Iterable[str]) -> tuple[str, ...]:
    """Tokens of sites (`s`) or people (`u`); nothing to ask for where an id is none of ours."""
    found = tuple(dict.fromkeys(ids))
    return tuple(f"{kind}{one}" for one in found) if all(one.isascii() and one.isalnum() for one in found) else ()


def in_fts5(question: Asked) -> str:
    """As SQLite's FTS5 is asked; empty for no question."""
    groups = (" OR ".join(_every(held) for held in group) for group in question.any)
    return " AND ".join([*map(_quoted, question.all), *(f"({group})" for group in groups)])


def _every(held: Tokens) -> str:
    return f"({' AND '.join(map(_quoted, held))})" if len(held) > 1 else _quoted(held[0])


def _quoted(token: str) -> str:
    return f'"{token}"'


def in_postgresql(question: Asked) -> tuple[list[str], dict[str, str]]:
    """Conditions on `grams`, each an alternative, and what is bound to them.

    Alternatives are questions of their own, and begin with the groups in their order: the index starts to read where its first condition
    is met, and an alternative that hardly anybody has said would be sought from the beginning.
    """
    bound: dict[str, str] = {}

    def term(operator: str, held: Iterable[str]) -> str:
        name = f"tokens{len(bound)}"
        bound[name] = " ".join(held)
        return f"string_to_array(grams, ' ') {operator} string_to_array(:{name}, ' ')"

    every, ways = [], [[""]]
    for group in question.any:
        if all(len(held) == 1 for held in group):
            every.append(term("&&", (held[0] for held in group)))
        else:
            ways.append([term("@>", held) for held in group])
    every += [term("@>", question.all)] if question.all else []
    first, *others = sorted(ways, key=len, reverse=True)
    every += [f"({' OR '.join(way)})" for way in others if way != [""]]
    return [" AND ".join(filter(None, [*every, way])) for way in first], bound
