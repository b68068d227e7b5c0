"""A closed case without its people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.closing.rules import brief, course, without_people

RECEIVED = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("王先生说不买了", "王**说不买了"),
        ("电话 138 0013 8000 打不通", "电话 *** 打不通"),
        ("身份证11010519491231002X已核", "身份证***已核"),
        ("卡号 6222 0213 0201 1234 567。", "卡号 ***。"),
        ("邮箱 wang.li+1@example.com.cn", "邮箱 ***"),
        ("全角１３８００１３８０００号", "全角***号"),
        ("损失5万元,3栋1202,2026年", "损失5万元,3栋1202,2026年"),
    ],
)
def test_people_are_masked_and_facts_stay(text: str, shown: str) -> None:
    assert without_people(text, ["王先生", ""]) == shown


@given(before=st.text(alphabet="退房甲乙 ", max_size=8), number=st.from_regex(r"1[3-9][0-9]{9}|[1-9][0-9]{16}[0-9X]", fullmatch=True))
def test_no_phone_or_id_number_gets_through(before: str, number: str) -> None:
    assert number not in without_people(f"{before}{number}号", [])


def test_the_course_is_in_order_and_knows_what_was_late() -> None:
    def task(id_: str, opened: int, done: int | None, due: int, status: str = "done") -> SimpleNamespace:
        at = [RECEIVED + timedelta(minutes=m) if m is not None else None for m in (opened, done, due)]
        return SimpleNamespace(id=id_, kind=id_, opened_at=at[0], done_at=at[1], due_at=at[2], status=status)

    steps = course([task("b", 30, 200, 120), task("a", 0, 20, 30), task("c", 40, None, 60, "open")])
    assert [(step.kind, step.late) for step in steps] == [("a", False), ("b", True), ("c", False)]
    case = {"code": "HD-1", "unit_label": "3栋1202", "causes": ["family"], "outcome": "kept", "tier": None}
    told = brief(case | {"received_at": RECEIVED, "ended_at": RECEIVED + timedelta(hours=30)}, steps, None)
    assert (told["hours"], told["late"], told["tier"], told["path"]) == (30.0, ["b"], [], None)


def test_a_name_of_one_character_is_masked_whole() -> None:
    """Also so that a title of eighty characters stays within its column."""
    assert without_people("王说", ["王"]) == "*说"
