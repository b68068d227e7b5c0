"""What the receipt says, and how much of the money has the effect of earnest money. Pure.

Source: 定金 (earnest money) is not 订金 (advance). The part of earnest money above 20 % of the price does not have its effect
(《民法典》第五百八十六条).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from case_api.money import WHOLE_BP

ReceiptKind = Literal["earnest", "advance", "other"]
ReceiptFlag = Literal["earnest_above_ceiling", "price_unknown", "wording_differs"]

# The law's figure, not a default: no customer can change it.
EARNEST_CEILING_BP = 2000

FLAGS: dict[ReceiptFlag, tuple[str, str]] = {
    "earnest_above_ceiling": (
        "定金超过总价的 20%，超出部分不产生定金效力",
        "The earnest money is above 20 % of the price; what is above has not the effect of earnest money",
    ),
    "price_unknown": ("未填写总价，无法判断定金是否超过 20%", "Without the price nobody can say whether 20 % is exceeded"),
    "wording_differs": ("收据原文与所选款项性质不一致", "The receipt's wording does not fit the kind that was chosen"),
}
_WORDS: dict[str, ReceiptKind] = {"定金": "earnest", "订金": "advance", "诚意金": "other", "意向金": "other"}


@dataclass(frozen=True, slots=True)
class ReceiptEffect:
    """`earnest_fen`: the part with the effect of earnest money (None: not known yet); `beyond_fen`: the part without."""

    earnest_fen: int | None
    beyond_fen: int | None
    flags: tuple[ReceiptFlag, ...]


def kind_of_wording(wording: str) -> ReceiptKind | None:
    """What the receipt's own words say; None if they say nothing, or two things."""
    found = {kind for word, kind in _WORDS.items() if word in wording}
    return found.pop() if len(found) == 1 else None


def receipt_effect(kind: ReceiptKind | None, amount_fen: int | None, price_fen: int | None, wording: str) -> ReceiptEffect:
    """Judge a receipt. Amounts in fen; the ceiling is rounded down, in the customer's favour."""
    flags: list[ReceiptFlag] = []
    said = kind_of_wording(wording)
    if kind is not None and said is not None and said != kind:
        flags.append("wording_differs")
    if kind is None or amount_fen is None:
        return ReceiptEffect(None, None, tuple(flags))
    if kind != "earnest":
        return ReceiptEffect(0, amount_fen, tuple(flags))
    if price_fen is None:
        return ReceiptEffect(None, None, (*flags, "price_unknown"))
    effective = min(amount_fen, price_fen * EARNEST_CEILING_BP // WHOLE_BP)
    if effective < amount_fen:
        flags.append("earnest_above_ceiling")
    return ReceiptEffect(effective, amount_fen - effective, tuple(flags))
