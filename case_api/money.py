"""Money in fen, shares in basis points: whole numbers, because SQLite's others are floats."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

WHOLE_BP = 10_000
MAX_FEN = 10**13
"""A hundred billion yuan: above any real sum, and exact as a JSON number everywhere."""

Fen = Annotated[int, Field(strict=True, ge=0, le=MAX_FEN, examples=[5_000_000])]
BasisPoints = Annotated[int, Field(ge=0, le=WHOLE_BP, examples=[6_000])]


def yuan(fen: int) -> str:
    """`¥50,000.00`."""
    return f"¥{fen // 100:,}.{fen % 100:02d}"
