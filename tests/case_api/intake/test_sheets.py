"""CSV files as offices have them."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from case_api.intake.sheets import Fault, SheetError, day, moment, read_sheet, yuan

COLUMNS = {"name": ("客户姓名", "customer_name"), "unit": ("房号", "unit")}


def read(text: str, encoding: str = "utf-8", **options: object) -> list[tuple[int, dict[str, str]]]:
    sheet = read_sheet(text.encode(encoding), COLUMNS, required=["name"], rows_max=10, **options)  # type: ignore[arg-type]
    return [(row.line, dict(row.values)) for row in sheet.rows]


def faults(data: bytes) -> list[Fault]:
    with pytest.raises(SheetError) as raised:
        read_sheet(data, COLUMNS, required=["name"], rows_max=3)
    return raised.value.faults


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_and_headers_in_both_languages(encoding: str) -> None:
    assert read("客户姓名,房号\n王小明, 1202 \n", encoding) == [(2, {"name": "王小明", "unit": "1202"})]
    assert read("unit,Customer Name\r\n1202,王小明\r\n", encoding) == [(2, {"name": "王小明", "unit": "1202"})]


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    assert read('客户姓名,房号\n\n"王\n小明",1\n李,2\n') == [(3, {"name": "王\n小明", "unit": "1"}), (5, {"name": "李", "unit": "2"})]


def test_short_lines_leave_values_open() -> None:
    assert read("客户姓名,房号\n王小明\n") == [(2, {"name": "王小明"})]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", [Fault(1, "", "empty")]),
        (b"\xff\xff\xff", [Fault(1, "", "encoding")]),
        ("客户姓名,年龄\n".encode(), [Fault(1, "年龄", "column_unknown")]),
        ("客户姓名,customer_name\n".encode(), [Fault(1, "customer_name", "column_twice")]),
        ("房号\n1\n".encode(), [Fault(1, "客户姓名", "column_missing")]),
        ("客户姓名\n1\n2\n3\n4\n".encode(), [Fault(5, "", "too_many_lines")]),
        ('"客户姓名\n'.encode(), [Fault(1, "", "unreadable")]),
    ],
)
def test_a_file_that_cannot_be_read_says_where(data: bytes, found: list[Fault]) -> None:
    assert faults(data) == found


def test_a_bad_line_is_told_beside_the_good_ones() -> None:
    sheet = read_sheet('客户姓名,房号\n王,1,x\n李,2\n"坏"x,1\n后,3\n'.encode(), COLUMNS, required=["name"], rows_max=10)
    assert [row.line for row in sheet.rows] == [3]
    assert list(sheet.faults) == [Fault(2, "", "too_many_values"), Fault(4, "", "unreadable")]


def test_an_export_of_another_program_may_have_columns_of_its_own() -> None:
    assert read("客户姓名,年龄\n王,30\n", strict=False) == [(2, {"name": "王"})]


@given(st.binary(max_size=200))
@example(b"\xef")
@example(b"\xef\xbb")
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(SheetError):
        assert len(read_sheet(data, COLUMNS, required=[], rows_max=5, strict=False).rows) <= 5


@given(st.integers(0, 10**13))
def test_amounts_are_exact(fen: int) -> None:
    assert yuan(f"{fen // 100:,}.{fen % 100:02d}") == fen
    assert yuan(f"¥{fen // 100}.{fen % 100:02d}") == fen


@pytest.mark.parametrize("text", ["", "1.234", "-1", "NaN", "Infinity", "五万", "1e999999999"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError):
        yuan(text)


@given(st.dates(date(1000, 1, 1)))
def test_dates_as_people_write_them(at: date) -> None:
    for text in (
        at.isoformat(),
        f"{at.year}/{at.month}/{at.day}",
        f"{at.year}年{at.month}月{at.day}日",
        f"{at.year}.{at.month:02d}.{at.day}",
    ):
        assert day(text) == at


@pytest.mark.parametrize("text", ["", "2026-13-01", "2026-02-30", "昨天", "2026-11", "²026-1-1", "99999999999-1-1"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError):
        day(text)


def test_a_moment_has_the_zone_it_was_written_with() -> None:
    assert moment("2026-11-23 09:30") == datetime(2026, 11, 23, 9, 30)
    assert moment("2026/11/23") == datetime(2026, 11, 23)
    assert moment("2026-11-23T09:30:00+08:00") == datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    assert moment("2026-11-23T09:30Z") == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
