"""Where in the index to look: ranges of blocks of 1024 rows, the newest first (migration 0032). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
from itertools import pairwise
from typing import Final

from models.transcripts import BLOCK

MOST, GAP = 8, 16
"""Ranges that are asked about one after the other, and blocks between two of them at least."""
_WINDOWS: Final = (11, 7, 3)
"""Bits of a block's number that are not in the number of its window (`w21n…`, `w17n…`, `w13n…`, migration 0029)."""


def together(blocks: Sequence[int]) -> list[range]:
    """Ranges that hold these blocks, which come the newest first: apart where the widest gaps are.

    What was written long after its conversation began stands alone so, and nobody looks at all that was written in between.
    """
    gaps = [at for at in range(1, len(blocks)) if blocks[at - 1] - blocks[at] > GAP]
    cuts = sorted(nlargest(MOST - 1, gaps, key=lambda at: blocks[at - 1] - blocks[at]))
    return [range(blocks[end - 1], blocks[start] + 1) for start, end in pairwise([0, *cuts, len(blocks)]) if end > start]


def below(where: Sequence[range], before: int) -> list[range]:
    """Of the ranges, what holds rows before this one."""
    end = (before - 1 >> BLOCK) + 1
    return [range(one.start, min(one.stop, end)) for one in where if one.start < end]


def newest(where: range, size: int) -> tuple[range, range]:
    """The newest blocks of a range, `size` or a few more, and the others; cut between two windows."""
    cut = max(where.start, where.stop - size >> _WINDOWS[-1] << _WINDOWS[-1])
    return range(cut, where.stop), range(where.start, cut)


def windows(where: range) -> tuple[str, ...]:
    """Tokens of the rows of these blocks: of the largest windows that fit, and at both ends of the smallest that reach beyond."""
    least = 1 << _WINDOWS[-1]
    start, end = where.start // least * least, -(-where.stop // least) * least
    found = []
    while end > start:
        bits = next(bits for bits in _WINDOWS if end % (1 << bits) == 0 and end - (1 << bits) >= start)
        end -= 1 << bits
        found.append(f"w{BLOCK + bits}n{end >> bits}")
    return tuple(found)
