"""Where in the index to look: ranges of blocks of 8192 rows, the newest first (migration 0032). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from models.transcripts import BLOCK

GAP: Final = 64
"""Blocks between two that are wanted, up to which it is cheaper to look there too than to ask twice."""
_WINDOWS: Final = (8, 4, 0)
"""Bits of a block's number that are not in the token of its window (`w21n…`, `w17n…`, `w13n…`, migration 0029)."""


def together(blocks: Iterable[int]) -> list[range]:
    """Ranges that hold these blocks, which come the newest first."""
    found: list[range] = []
    for block in blocks:
        if found and found[-1].start - block <= GAP:
            found[-1] = range(block, found[-1].stop)
        else:
            found.append(range(block, block + 1))
    return found


def below(where: Sequence[range], before: int) -> list[range]:
    """Of the ranges, what holds rows before this one."""
    end = (before - 1 >> BLOCK) + 1
    return [range(one.start, min(one.stop, end)) for one in where if one.start < end]


def windows(where: range) -> tuple[str, ...]:
    """Tokens that the rows of these blocks have, and no others: of the largest windows that fit."""
    found, end = [], where.stop
    while end > where.start:
        bits = next(bits for bits in _WINDOWS if end % (1 << bits) == 0 and end - (1 << bits) >= where.start)
        end -= 1 << bits
        found.append(f"w{BLOCK + bits}n{end >> bits}")
    return tuple(found)
