"""Which sales record is meant, and what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from case_api.intake.erp.rules import FIELDS, Difference, SalesRecord, choose, differences, from_json, to_fill, to_json

FORM = SalesRecord(
    customer_name="王小明",
    phone="+8613812345678",
    subscription_code="RG-001",
    subscription_date=date(2026, 10, 1),
    building="3栋",
    unit="1202",
    unit_type="三室两厅",
    price_fen=200_000_000,
    receipt_amount_fen=5_000_000,
)
texts = st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
records = st.builds(
    SalesRecord,
    customer_name=texts,
    phone=st.none() | st.just("+8613812345678") | st.just("+8613900000000"),
    subscription_code=texts,
    subscription_date=st.none() | st.dates(),
    building=texts,
    unit=texts,
    unit_type=texts,
    price_fen=st.none() | st.integers(0, 10**12),
    receipt_amount_fen=st.none() | st.integers(0, 10**12),
)


@given(records, records)
def test_what_differs_is_told_by_both_sides_and_either_way_round(form: SalesRecord, record: SalesRecord) -> None:
    found = {difference.field for difference in differences(form, record)}
    assert found == {difference.field for difference in differences(record, form)}
    assert all(getattr(form, name) is not None and getattr(record, name) is not None for name in found)
    assert differences(form, form) == []


@given(records)
def test_a_record_survives_its_column(record: SalesRecord) -> None:
    assert from_json(to_json(record)) == record


@given(records, st.lists(records, max_size=4), st.randoms())
def test_the_order_of_the_records_does_not_matter(form: SalesRecord, found: list[SalesRecord], shuffle: object) -> None:
    outcome, record = choose(form, found)
    assert choose(form, found[::-1]) == (outcome, record)
    assert (record is not None) == (outcome == "matched")


def test_spelling_is_no_difference() -> None:
    erp = replace(FORM, building="３ 号楼", unit="1202室", customer_name=" 王小明", subscription_code="rg-001")
    assert differences(FORM, erp) == []
    assert choose(FORM, [erp]) == ("matched", erp)


def test_each_difference_is_named_and_phones_stay_masked() -> None:
    erp = replace(FORM, unit="1203", phone="+8613900001111", subscription_date=date(2026, 10, 2), price_fen=1)
    assert differences(FORM, erp) == [
        Difference("phone", "**********5678", "**********1111"),
        Difference("subscription_date", "2026-10-01", "2026-10-02"),
        Difference("unit", "1202", "1203"),
        Difference("price_fen", "200000000", "1"),
    ]


def test_the_better_key_decides() -> None:
    same_code = SalesRecord(subscription_code="RG-001", customer_name="李四")
    same_unit = SalesRecord(building="3", unit="1202")
    same_name = SalesRecord(customer_name="王小明")
    assert choose(FORM, [same_name, same_unit, same_code]) == ("matched", same_code)
    assert choose(FORM, [same_name, same_unit]) == ("matched", same_unit)
    assert choose(FORM, [same_name, replace(same_name, unit="9")]) == ("ambiguous", None)
    assert choose(FORM, [same_name, same_name]) == ("matched", same_name)
    assert choose(FORM, [SalesRecord(unit="1202")]) == ("not_found", None)
    assert choose(SalesRecord(), [FORM]) == ("not_found", None)


def test_what_the_form_leaves_open_can_be_filled_but_never_the_phone() -> None:
    fill = to_fill(SalesRecord(unit="1202"), FORM)
    assert set(fill) == set(FIELDS) - {"unit", "phone"}
    assert fill["subscription_date"] == "2026-10-01"
