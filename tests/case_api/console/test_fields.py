"""What is typed, as the API takes it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import case_api
from case_api.console.details import fault, readable
from case_api.console.fields import Field, Mistyped, basis_points, body, fen, percent, seconds, typed, words_to_find, yuan
from case_api.console.forms import said
from case_api.console.parts import clock
from case_api.console.texts import TEXTS
from case_api.console.thresholds import changes_of
from case_api.policies.rules import StageRule
from tests.case_api.console.seeing import visit_in


@given(st.integers(0, 10**11))
def test_a_sum_that_is_shown_can_be_typed(amount: int) -> None:
    assert fen(yuan(amount)) == amount
    assert fen(typed(Field("sum", "yuan", value=amount))) == amount


@given(st.integers(0, 10_000))
def test_a_share_that_is_shown_can_be_typed(share: int) -> None:
    assert basis_points(percent(share)) == share
    assert basis_points(typed(Field("share", "percent", value=share))) == share


@given(st.integers(0, 86_400))
def test_a_position_that_is_shown_can_be_typed(at: int) -> None:
    assert seconds(clock(at)) == at


@given(st.text(max_size=20))
def test_nothing_typed_breaks_it(text: str) -> None:
    for read in (fen, basis_points, seconds):
        value = read(text)
        assert value is None or value >= 0


def test_a_script_is_found_by_its_words_its_id_and_its_first_letters() -> None:
    words = words_to_find("first-understand", "首次激动：我完全理解您的心情……")
    assert all(one in words for one in ("first-under", "首次激动", "完全理解", "wwqlj", "scjd"))


def test_a_list_that_is_picked_from_keeps_its_order() -> None:
    picked = Field("instead.scripts", "pick", options=[("a", "A"), ("b", "B")])
    assert body([picked], {"instead.scripts": ["b", "a"]}) == {"instead": {"scripts": ["b", "a"]}}
    assert body([picked], {}) == {"instead": {"scripts": []}}


def test_a_body_is_nested_as_its_fields_say() -> None:
    fields = [
        Field("", "head", label="form.unit"),
        Field("commission.fen", "yuan", required=True),
        Field("commission.note"),
        Field("causes", "many"),
        Field("media_involved", "yes"),
        Field("people", "lines"),
        Field("held_at", "moment"),
        Field("note", clears=True),
        Field("left_out"),
    ]
    given_ = {"commission.fen": "1,234.50", "causes": ["family"], "people": "张伟、李静\n陈芳", "held_at": "2026-11-25T09:00", "note": " "}
    assert body(fields, given_) == {
        "commission": {"fen": 123_450},
        "causes": ["family"],
        "media_involved": False,
        "people": ["张伟", "李静", "陈芳"],
        "held_at": "2026-11-25T09:00:00+08:00",
        "note": None,
    }


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (Field("a", "yuan"), "十万"),
        (Field("a", "yuan"), "1.234"),
        (Field("a", "percent"), "many"),
        (Field("a", "number"), "-3"),
        (Field("a", "seconds"), "1:2:3:4"),
        (Field("a", "moment"), "tomorrow"),
        (Field("a", required=True), "  "),
    ],
)
def test_what_cannot_be_read_is_said(field: Field, text: str) -> None:
    with pytest.raises(Mistyped) as caught:
        body([field], {"a": text})
    assert caught.value.key in TEXTS


@pytest.mark.parametrize(
    ("detail", "chinese", "english"),
    [
        ("refund_bp: 6000 to 8000", "退还比例：60%–80%", "Refund: 60% to 80%"),
        ("late_fee_bp_per_day: at most 10", "每天滞纳金：不超过 0.1%", "Late fee a day: 0.1% at most"),
        ("receipt_fen, paid_fen", "收据金额、客户已付款", "Receipt, Paid so far"),
        (
            "raise_at: Input should be less than or equal to 10",
            "弹出安抚话术的强度：不能大于 10",
            "Raises a prompt: cannot be more than 10",
        ),
        (
            "raise_at: Input should be less than or equal to 10; hold: at most 60",
            "弹出安抚话术的强度：不能大于 10；须持续的时间（秒）：不超过 60",
            "Raises a prompt: cannot be more than 10; Has to persist: 60 at most",
        ),
        (
            "together: 四项权重不能都为 0 / at least one cue needs a weight",
            "四项权重不能都为 0",
            "at least one cue needs a weight",
        ),
        ("solving", "制定方案", "Solutions"),
        (
            "closing; open: team_review, customer_tag",
            "闭环；尚未办理：团队复盘、客户标签",
            "Closing; still open: Team review, Customer tag",
        ),
        ("body.payees: 买方 1400000、银行 0 / buyer 1400000, bank 0", "收款金额：买方 ¥14,000、银行 ¥0", "Payees: buyer ¥14,000, bank ¥0"),
        ("现为第 5 版，不是第 4 版 / is 5, not 4", "现为第 5 版，不是第 4 版", "is 5, not 4"),
        ("2026-11-25 10:00", "2026-11-25 10:00", "2026-11-25 10:00"),
    ],
)
def test_a_refusal_is_readable(detail: str, chinese: str, english: str) -> None:
    assert readable(detail, "zh") == chinese
    assert readable(detail, "en") == english


@pytest.mark.parametrize(
    ("field", "message", "chinese", "english"),
    [
        ("policy_queries.count", "Input should be greater than or equal to 2", "不能小于 2", "cannot be less than 2"),
        ("visits.drop_bp", "Input should be less than or equal to 10000", "不能大于 100%", "cannot be more than 100%"),
        ("cost_fen", "Input should be greater than 0", "须大于 ¥0", "has to be more than ¥0"),
        ("note", "String should have at least 2 characters", "至少 2 个字", "2 characters at least"),
        ("kind", "Input should be 'a' or 'b'", "不在可选范围内", "is none of the choices"),
        ("phone", "请填写手机号 / The phone number", "请填写手机号", "The phone number"),
        (
            "content.refund.stages.0",
            "仅交定金，未网签：最低比例不能高于最高比例 / Deposit only: the lowest share is above the highest",
            "仅交定金，未网签：最低比例不能高于最高比例",
            "Deposit only: the lowest share is above the highest",
        ),
    ],
)
def test_a_fault_of_a_field_is_said_in_the_readers_language(field: str, message: str, chinese: str, english: str) -> None:
    assert (fault(field, message, "zh"), fault(field, message, "en")) == (chinese, english)


def test_a_place_in_a_request_is_told_to_nobody() -> None:
    assert readable("query.first", "zh") == ""
    assert readable("body.content.policy_queries.count", "en") == ""


@pytest.mark.parametrize(
    ("message", "chinese", "english"),
    [
        ("Input should be less than or equal to 2000", "留空比例：不能大于 20%", "Withheld: cannot be more than 20%"),
        ("Field required", "留空比例：请填写", "Withheld: has to be filled in"),
    ],
)
def test_what_is_wrong_with_a_field_is_readable_in_its_own_unit(message: str, chinese: str, english: str) -> None:
    error = {"field": "body.holdout_bp", "message": message}
    assert [said(visit_in("zh"), error), said(visit_in("en"), error)] == [chinese, english]


def test_a_rule_of_several_fields_is_told_without_its_place_in_the_request() -> None:
    error = {
        "field": "body.content.refund.stages.0",
        "message": "仅交定金，未网签：最低比例不能高于最高比例 / Deposit only: the lowest share is above the highest",
    }
    assert said(visit_in("zh"), error) == "仅交定金，未网签：最低比例不能高于最高比例"


def test_thresholds_that_were_typed() -> None:
    assert changes_of({"raise_at": " 2.9 ", "cooldown": "", "reason": "开放式大厅"}) == {"raise_at": 2.9}


@pytest.mark.parametrize("text", ["高", "nan", "inf"])
def test_a_threshold_that_is_no_number_is_named(text: str) -> None:
    with pytest.raises(Mistyped) as caught:
        changes_of({"raise_at": text, "reason": ""})
    assert (caught.value.field.text, caught.value.key) == ("threshold.raise_at", "thresholds.no_number")


def test_a_rule_is_said_in_the_readers_language_as_the_models_say_it() -> None:
    with pytest.raises(ValidationError) as caught:
        StageRule(stage="deposit_only", min_bp=9000, max_bp=8000)
    [error] = caught.value.errors()
    assert fault("", error["msg"], "zh") == "仅交定金，未网签：最低比例不能高于最高比例"
    assert fault("", error["msg"], "en") == "Deposit only: the lowest share is above the highest"


def test_every_rule_of_what_is_sent_is_said_in_both_languages() -> None:
    """A validator that raises a bare ValueError would speak English to everybody."""
    bare, told = [], []
    for path in Path(case_api.__file__).parent.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if not re.search(r"\b(model_validator|field_validator|AfterValidator|BeforeValidator)\b", source):
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
                if node.exc.func.id in ("ValueError", "AssertionError", "PydanticCustomError"):
                    bare.append(f"{path.name}:{node.lineno}")
                elif node.exc.func.id == "broken_rule":
                    told.append(ast.unparse(node.exc.args[0]))
    assert bare == []
    assert len(told) > 40
    assert [text for text in told if " / " in text or not re.search("[\u4e00-\u9fff]", text)] == []
