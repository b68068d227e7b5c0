"""A file of requests, line by line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from case_api.intake.imports.rules import COLUMNS, REQUIRED, ROWS_MAX, ImportLine, parse
from case_api.intake.sheets import Fault, read_sheet

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)


def read(header: str, *lines: str) -> tuple[list[ImportLine], list[Fault]]:
    sheet = read_sheet("\n".join([header, *lines]).encode(), COLUMNS, required=REQUIRED, rows_max=ROWS_MAX)
    return parse(sheet, ZONE, NOW)


def test_a_whole_line() -> None:
    header = ",".join(names[0] for names in COLUMNS.values())
    line = (
        "CRM-1,王小明,2026-11-23 09:00,LiJing,身份证,11010519491231002x,138 1234 5678,RG-1,2026年10月1日,3栋,1202,三室,"
        '"2,600,000",今收到定金,定金,50000.50,family；资金链临时断裂,朝向不好'
    )
    [found], faults = read(header, line)
    assert faults == []
    assert (found.line, found.reference, found.customer_name, found.responsible) == (2, "CRM-1", "王小明", "LiJing")
    assert found.received_at == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert (found.causes, found.unit_label) == (["family", "cash_flow"], "3栋1202")
    assert found.form == {
        "id_type": "resident_id",
        "id_number": "11010519491231002X",
        "phone": "+8613812345678",
        "subscription_code": "RG-1",
        "subscription_date": date(2026, 10, 1),
        "building": "3栋",
        "unit": "1202",
        "unit_type": "三室",
        "price_fen": 260_000_000,
        "receipt_wording": "今收到定金",
        "receipt_kind": "earnest",
        "receipt_amount_fen": 5_000_050,
        "cause_text": "朝向不好",
    }


def test_every_column_is_in_the_manual() -> None:
    page = (Path(__file__).parents[4] / "docs" / "intake.md").read_text(encoding="utf-8")
    for first, *others in COLUMNS.values():
        assert f"| {first} | {', '.join(others)} |" in page


def test_every_column_has_a_chinese_and_an_english_name_of_its_own() -> None:
    names = [name for known in COLUMNS.values() for name in known]
    assert len(names) == len(set(names))
    for known in COLUMNS.values():
        assert not known[0].isascii()
        assert known[-1].isascii()


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("收到时间", "2026-11-23 09:31"),
        ("收到时间", "昨天"),
        ("收到时间", "0001-01-01"),
        ("收到时间", "0001-01-01T00:00+14:00"),
        ("收到时间", "99999999999-1-1"),
        ("证件类型", "学生证"),
        ("证件号码", "110105194912310021"),
        ("手机号", "1381234567"),
        ("认购日期", "2026-02-30"),
        ("总价(元)", "二百六十万"),
        ("总价(元)", "200000000000"),
        ("款项性质", "押金"),
        ("退房主因", "family;天气"),
        ("楼栋", "3" * 81),
        ("楼栋", "3\x07"),
        ("原因说明", "长" * 2001),
    ],
)
def test_what_does_not_fit_is_told_with_line_and_column(column: str, text: str) -> None:
    lines, faults = read(f"外部编号,客户姓名,{column}", "a,王,", f"b,李,{text}")
    assert faults == [Fault(3, column, "value_invalid")]
    assert [line.reference for line in lines] == ["a"]


def test_every_fault_of_a_line_is_told() -> None:
    lines, faults = read("外部编号,客户姓名,手机号,总价(元)", ",王,1,x", "a,,,", "b,李,,", "b,赵,,")
    assert lines == [ImportLine(4, "b", "李", None, None, [], {})]
    assert faults == [
        Fault(2, "外部编号", "value_missing"),
        Fault(2, "手机号", "value_invalid"),
        Fault(2, "总价(元)", "value_invalid"),
        Fault(3, "客户姓名", "value_missing"),
        Fault(5, "外部编号", "reference_twice"),
    ]
