"""What is typed, as the API takes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from case_api.console.details import fault, readable
from case_api.console.fields import Field, Mistyped, basis_points, body, fen, percent, seconds, typed, words_to_find, yuan
from case_api.console.forms import said
from case_api.console.parts import clock
from case_api.console.texts import TEXTS
from case_api.console.thresholds import changes_of
from case_api.people.schemas import PersonCreate
from case_api.policies.defaults import default_content
from case_api.policies.rules import StageRule, TierTable
from case_api.retention.schemas import HoldIn
from models.settings_detection import DetectionSettings
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
        ("late_fee_bp_per_day: at most 10", "每天滞纳金：不超过 0.1%", "Late fee a day: at most 0.1%"),
        ("receipt_fen, paid_fen", "收据金额、客户已付款", "Receipt, Paid so far"),
        (
            "raise_at: Input should be less than or equal to 10",
            "弹出安抚话术的强度：不能大于 10",
            "Raises a prompt: Input should be less than or equal to 10",
        ),
        (
            "raise_at: Input should be less than or equal to 10; hold: at most 60",
            "弹出安抚话术的强度：不能大于 10；须持续的时间（秒）：不超过 60",
            "Raises a prompt: Input should be less than or equal to 10; Has to persist: at most 60",
        ),
        (
            "together: Value error, clear_at <= rising_at <= raise_at must hold, or the level has no hysteresis",
            "须满足：判定情绪回落的强度 ≤ 判定情绪升高的强度 ≤ 弹出安抚话术的强度",
            "may be cleared ≤ called rising ≤ raises a prompt",
        ),
        ("solving", "制定方案", "Solutions"),
        ("2026-11-25 10:00", "2026-11-25 10:00", "2026-11-25 10:00"),
    ],
)
def test_a_refusal_is_readable(detail: str, chinese: str, english: str) -> None:
    assert readable(detail, "zh") == chinese
    assert readable(detail, "en") == english


@pytest.mark.parametrize(
    ("field", "message", "chinese", "english"),
    [
        ("policy_queries.count", "Input should be greater than or equal to 2", "不能小于 2", "should be greater than or equal to 2"),
        ("visits.drop_bp", "Input should be less than or equal to 10000", "不能大于 100%", "should be less than or equal to 100%"),
        ("cost_fen", "Input should be greater than 0", "须大于 ¥0", "should be greater than ¥0"),
        ("note", "String should have at least 2 characters", "至少 2 个字", "String should have at least 2 characters"),
        ("kind", "Input should be 'a' or 'b'", "不在可选范围内", "should be 'a' or 'b'"),
        ("phone", "请填写手机号 / The phone number", "请填写手机号", "The phone number"),
        (
            "content.refund.stages.0",
            "Value error, deposit_only: min_bp is above max_bp",
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
        ("Input should be less than or equal to 2000", "留空比例：不能大于 20%", "Withheld: should be less than or equal to 20%"),
        ("Field required", "留空比例：请填写", "Withheld: Field required"),
    ],
)
def test_what_is_wrong_with_a_field_is_readable_in_its_own_unit(message: str, chinese: str, english: str) -> None:
    error = {"field": "body.holdout_bp", "message": message}
    assert [said(visit_in("zh"), error), said(visit_in("en"), error)] == [chinese, english]


def test_a_rule_of_several_fields_is_told_without_its_place_in_the_request() -> None:
    error = {"field": "body.content.refund.stages.0", "message": "Value error, deposit_only: min_bp is above max_bp"}
    assert said(visit_in("zh"), error) == "仅交定金，未网签：最低比例不能高于最高比例"


def test_thresholds_that_were_typed() -> None:
    assert changes_of({"raise_at": " 2.9 ", "cooldown": "", "reason": "开放式大厅"}) == {"raise_at": 2.9}


@pytest.mark.parametrize("text", ["高", "nan", "inf"])
def test_a_threshold_that_is_no_number_is_named(text: str) -> None:
    with pytest.raises(Mistyped) as caught:
        changes_of({"raise_at": text, "reason": ""})
    assert (caught.value.field.text, caught.value.key) == ("threshold.raise_at", "thresholds.no_number")


BROKEN: list[tuple[Callable[[], object], str]] = [
    (lambda: StageRule(stage="deposit_only", min_bp=9000, max_bp=8000), "仅交定金，未网签：最低比例不能高于最高比例"),
    (lambda: DetectionSettings(speech_off=0.9), "判定静音的概率须低于判定开始说话的概率"),
    (lambda: DetectionSettings(hangover=0.2, hangover_long=0.3), "须满足：开始预转写的停顿 ≤ 长句结束前的静音 ≤ 短句结束前的静音"),
    (lambda: DetectionSettings(raise_at=1), "须满足：判定情绪回落的强度 ≤ 判定情绪升高的强度 ≤ 弹出安抚话术的强度"),
    (lambda: HoldIn(reason="诉讼中", ends_at=datetime(2030, 1, 1, tzinfo=UTC)), "请选择一个案件或填写一个会话，只能其一"),
    (lambda: PersonCreate(username="bad name", display_name="某"), "只能用文字、数字和 . _ -"),
    (lambda: _tiers(bands=[{"up_to_fen": 100, "tier": "site"}]), "损失分段：最后一段不设上限，其余都要填写"),
    (lambda: _tiers(media="site"), "涉及媒体：至少由城市总经理审批"),
    (lambda: _tiers(spreading="gone"), "引用的审批层级已被删除"),
]


def _tiers(**changed: object) -> TierTable:
    return TierTable.model_validate(default_content("tiers").model_dump() | changed)


@pytest.mark.parametrize(("make", "said"), BROKEN)
def test_a_rule_that_is_not_kept_is_said_as_the_rules_say_it(make: Callable[[], object], said: str) -> None:
    """What the models raise, so that a changed sentence is noticed here."""
    with pytest.raises(ValidationError) as caught:
        make()
    assert [fault("", error["msg"], "zh") for error in caught.value.errors()] == [said]
