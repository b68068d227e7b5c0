"""ID numbers and phone numbers: what is refused, and that a mask never tells."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from case_api.intake.identity import IdType, id_number_valid, id_spelling, masked, phone_spelling, takes_messages

TODAY = date(2026, 11, 23)
RESIDENT = "11010519491231002X"


@st.composite
def resident_ids(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1900, 1, 1), TODAY))
    place = draw(st.integers(110000, 659999))
    body = f"{place}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return body + ric.calc_check_digit(body + "0")


@given(resident_ids())
def test_a_number_with_its_check_digit_is_taken(number: str) -> None:
    assert id_number_valid("resident_id", number, TODAY)


@given(resident_ids(), st.integers(0, 17), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_found(number: str, place: int, digit: str) -> None:
    wrong = number[:place] + digit + number[place + 1 :]
    assert id_number_valid("resident_id", wrong, TODAY) == (wrong == number)


@given(resident_ids(), st.integers(0, 16))
def test_two_neighbours_that_changed_places_are_always_found(number: str, place: int) -> None:
    if "X" in number[place : place + 2]:
        return
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert id_number_valid("resident_id", wrong, TODAY) == (wrong == number)


@pytest.mark.parametrize(
    ("kind", "number", "valid"),
    [
        ("resident_id", RESIDENT, True),
        ("resident_id", "110105194912310021", False),
        ("resident_id", "110105491231002", False),  # the fifteen places of the first generation are withdrawn
        ("resident_id", "11010520491231" + "0023", False),
        ("resident_id", "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", False),
        ("passport", "E12345678", True),
        ("passport", RESIDENT, True),
        ("hk_macao_permit", "H1234567890", True),
        ("taiwan_permit", "12345678", True),
        ("passport", "E1", False),
        ("other", "护照123456", False),
    ],
)
def test_each_kind_of_paper(kind: IdType, number: str, valid: bool) -> None:
    assert id_number_valid(kind, number, TODAY) is valid


def test_a_birthday_to_come_is_refused() -> None:
    body = "11010520261124001"
    number = body + ric.calc_check_digit(body + "0")
    assert not id_number_valid("resident_id", number, TODAY)
    assert id_number_valid("resident_id", number, date(2026, 11, 24))


def test_one_spelling_however_it_was_typed() -> None:
    assert id_spelling(" 110105 19491231-002x ") == RESIDENT
    assert id_spelling("１１０１０５１９４９１２３１００２ｘ") == RESIDENT


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("13812345678", "+8613812345678"),
        ("138 1234 5678", "+8613812345678"),
        ("+86-138-1234-5678", "+8613812345678"),
        ("１３８１２３４５６７８", "+8613812345678"),
        ("010-65281234", "+861065281234"),
        ("+852 6123 4567", "+85261234567"),
        ("1381234567", None),
        ("23812345678", None),
        ("不知道", None),
        ("", None),
        ("110", None),
    ],
)
def test_phone_numbers(typed: str, stored: str | None) -> None:
    assert phone_spelling(typed) == stored
    if stored is not None:
        assert phone_spelling(stored) == stored


def test_a_landline_takes_no_code() -> None:
    assert takes_messages("+8613812345678")
    assert not takes_messages("+861065281234")


@given(st.text(st.characters(codec="ascii", exclude_characters="*"), min_size=1, max_size=20))
def test_a_mask_keeps_the_length_and_at_most_the_last_four(number: str) -> None:
    shown = masked(number)
    assert shown is not None
    kept = shown.lstrip("*")
    assert len(shown) == len(number)
    assert number.endswith(kept)
    assert len(kept) <= min(4, len(number) // 3)


def test_nothing_is_nothing() -> None:
    assert masked(None) is None
