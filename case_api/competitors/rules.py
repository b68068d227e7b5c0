"""A competitor's offer beside ours, item by item. Pure. `better` says whose is better for the customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, Literal

from case_api.money import WHOLE_BP, yuan

Better = Literal["theirs", "ours", "neither", "unclear"]
JUDGED: Final = ("fittings", "payment_terms", "other")


def by_price(theirs_fen: int, ours_fen: int) -> tuple[Better, str]:
    """The lower price is better: (whose, the arithmetic). The share is of our price, rounded half to even."""
    less = ours_fen - theirs_fen
    share = round(less * WHOLE_BP / ours_fen)
    formula = f"{yuan(ours_fen)} − {yuan(theirs_fen)} = {'−' if less < 0 else ''}{yuan(abs(less))}（{share / 100:.2f}%）"
    return ("theirs" if less > 0 else "ours" if less < 0 else "neither"), formula


def by_date(theirs_on: date, ours_on: date) -> tuple[Better, str]:
    """The earlier delivery is better: (whose, by how many days)."""
    days = (ours_on - theirs_on).days
    return ("theirs" if days > 0 else "ours" if days < 0 else "neither"), f"相差 {abs(days)} 天"


def balance(items: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """In how many items whose offer is better."""
    counted = Counter(str(item["better"]) for item in items)
    return {name: counted[name] for name in ("theirs", "ours", "neither", "unclear")}
