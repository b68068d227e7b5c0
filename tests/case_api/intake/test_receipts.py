"""Earnest money and advances: the 20 % rule, to the fen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.intake.receipts import FLAGS, ReceiptFlag, ReceiptKind, kind_of_wording, receipt_effect

amounts = st.integers(0, 10**13)


@given(amounts, amounts)
def test_the_parts_are_the_whole_and_earnest_money_never_passes_a_fifth(amount: int, price: int) -> None:
    effect = receipt_effect("earnest", amount, price, "")
    assert effect.earnest_fen is not None
    assert effect.beyond_fen is not None
    assert effect.earnest_fen + effect.beyond_fen == amount
    assert effect.earnest_fen * 5 <= price
    assert ("earnest_above_ceiling" in effect.flags) == (amount * 5 > price)
    assert effect.beyond_fen == 0 or (effect.earnest_fen + 1) * 5 > price


@given(amounts, st.none() | amounts, st.sampled_from(["advance", "other"]))
def test_what_is_not_earnest_money_has_none_of_its_effect(amount: int, price: int | None, kind: ReceiptKind) -> None:
    assert receipt_effect(kind, amount, price, "") == receipt_effect(kind, amount, None, "")
    assert receipt_effect(kind, amount, price, "").earnest_fen == 0


@pytest.mark.parametrize(
    ("wording", "kind"),
    [
        ("今收到王先生购房定金人民币伍万元整", "earnest"),
        ("今收到订金", "advance"),
        ("意向金", "other"),
        ("定金（订金）", None),
        ("收款", None),
    ],
)
def test_what_the_words_say(wording: str, kind: ReceiptKind | None) -> None:
    assert kind_of_wording(wording) == kind


@pytest.mark.parametrize(
    ("kind", "amount", "price", "wording", "flags"),
    [
        ("earnest", 100, None, "定金", ("price_unknown",)),
        ("earnest", 100, 1_000, "订金", ("wording_differs",)),
        ("advance", 100, 1_000, "定金", ("wording_differs",)),
        ("earnest", 201, 1_000, "订金", ("wording_differs", "earnest_above_ceiling")),
        ("earnest", None, 1_000, "定金", ()),
        (None, 100, 1_000, "定金", ()),
    ],
)
def test_flags(kind: ReceiptKind | None, amount: int | None, price: int | None, wording: str, flags: tuple[ReceiptFlag, ...]) -> None:
    assert receipt_effect(kind, amount, price, wording).flags == flags
    assert all(flag in FLAGS for flag in flags)
