"""Who has to sign an acknowledgement, and what counts as a signature. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

PAD: Final = (1000, 400)
"""Width and height of the field that is signed in, in its own units."""
INK_MIN: Final = 150.0
"""Length of line, in units of the pad, below which it is a dot or a slip and no signature."""

Stroke = Sequence[tuple[int, int]]


def signers(people: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of those who sign, in the order in which they stand on the paper: everybody but children."""
    return [str(person["name"]) for person in people if person["signs"]]


def ink(strokes: Iterable[Stroke]) -> float:
    """Length of all lines, in units of the pad."""
    return sum(math.dist(one, other) for stroke in strokes for one, other in pairwise(stroke))


def unsigned(people: Iterable[Mapping[str, Any]], signatures: Mapping[str, Sequence[Stroke]]) -> list[str]:
    """Who has to sign and has not."""
    return [name for name in signers(people) if ink(signatures.get(name, ())) < INK_MIN]


def strangers(people: Iterable[Mapping[str, Any]], names: Collection[str]) -> list[str]:
    """Who signed and is not one of them."""
    return sorted(set(names) - set(signers(people)))
