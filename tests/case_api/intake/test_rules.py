"""When the form is complete: each empty field is told, a reason stands where a proof cannot be had."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.intake.rules import MISSING, ErpState, Form, missing

FULL = Form(
    customer_name="王小明",
    id_number="11010519491231002X",
    id_scan="e1",
    id_scan_missing_reason="",
    phone="+8613812345678",
    phone_verified=True,
    phone_unverified_reason="",
    subscription_date=date(2026, 10, 1),
    building="3栋",
    unit="1202",
    unit_type="三室两厅",
    price_fen=200_000_000,
    receipt_wording="定金",
    receipt_kind="earnest",
    receipt_amount_fen=0,
    causes=["family"],
    cause_text="配偶不同意",
    alternative="no",
    alternative_recorded=True,
    alternative_unrecorded_reason="",
    responsible_id="p1",
    receptionist_id="p2",
    erp=ErpState(True, False, []),
)
EMPTY: dict[str, Any] = {
    "customer_name": "",
    "id_number": None,
    "id_scan": None,
    "phone": None,
    "phone_verified": False,
    "subscription_date": None,
    "building": "",
    "unit": "",
    "unit_type": "",
    "price_fen": None,
    "receipt_wording": "",
    "receipt_kind": None,
    "receipt_amount_fen": None,
    "causes": [],
    "cause_text": "",
    "alternative": None,
    "responsible_id": None,
    "receptionist_id": None,
}


def fields(form: Form) -> set[str]:
    return {gap.field for gap in missing(form)}


def test_a_full_form_may_be_submitted() -> None:
    assert missing(FULL) == []
    assert missing(replace(FULL, erp=None)) == []


@given(st.sets(st.sampled_from(sorted(EMPTY))))
def test_exactly_what_is_empty_is_told(emptied: set[str]) -> None:
    told = fields(replace(FULL, **{name: EMPTY[name] for name in emptied}))
    # without a kind nothing is known to be earnest money, so that the price is not asked for
    assert told == emptied - ({"price_fen"} if "receipt_kind" in emptied else set())


@pytest.mark.parametrize(
    ("proof", "without", "reason", "told"),
    [
        ("id_scan", None, "id_scan_missing_reason", "id_scan"),
        ("phone_verified", False, "phone_unverified_reason", "phone_verified"),
        ("alternative_recorded", False, "alternative_unrecorded_reason", "alternative_recording"),
    ],
)
def test_a_reason_stands_where_there_is_no_proof(proof: str, without: object, reason: str, told: str) -> None:
    bare = replace(FULL, **{proof: without})  # type: ignore[arg-type]
    assert fields(bare) == {told}
    assert fields(replace(bare, **{reason: "客户拒绝"})) == set()  # type: ignore[arg-type]


def test_the_price_is_asked_for_with_earnest_money_only() -> None:
    assert fields(replace(FULL, price_fen=None, receipt_kind="advance")) == set()


def test_the_erp_is_told_about_once() -> None:
    assert fields(replace(FULL, erp=ErpState(False, True, ["unit"]))) == {"erp_check"}
    assert fields(replace(FULL, erp=ErpState(True, True, ["unit"]))) == {"erp_stale"}
    [gap] = missing(replace(FULL, erp=ErpState(True, False, ["unit", "phone"])))
    assert (gap.field, gap.kind, gap.detail) == ("erp_mismatch", "check", "unit, phone")


def test_what_is_told_comes_in_the_order_of_the_form() -> None:
    order = list(MISSING)
    told = [gap.field for gap in missing(replace(FULL, **EMPTY, erp=ErpState(False, False, [])))]
    assert told == sorted(told, key=order.index)
