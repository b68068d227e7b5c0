"""Policy tables: what they refuse to hold, and what they decide."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from case_api.money import MAX_FEN
from case_api.policies.defaults import default_content
from case_api.policies.rules import Content, ContractStage, DeadlinePolicy, RefundTable, TierFacts, TierTable, decide_tier
from models.tasks import TaskKind

TIERS = default_content("tiers").model_dump()
REFUND = default_content("refund").model_dump()
DEADLINES = default_content("deadlines").model_dump()


def changed(table: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The table with one place changed."""
    new = copy.deepcopy(table)
    *way, last = path.split(".")
    place: Any = new
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[int(last) if isinstance(place, list) else last] = value
    return new


# --- tiers ---

facts = st.builds(
    TierFacts,
    loss_fen=st.one_of(st.integers(0, MAX_FEN), st.sampled_from([0, 4_999_999, 5_000_000, 5_000_001, MAX_FEN])),
    media=st.booleans(),
    litigation=st.booleans(),
    group_people=st.integers(0, 300),
    spreading=st.sampled_from(["none", "low", "high"]),
)


@st.composite
def tier_tables(draw: st.DrawFn) -> TierTable:
    """Any table that is allowed: rising tiers, rising bands."""
    ladder = [["site_manager"], ["site_manager", "legal"], ["city_gm"], ["city_gm", "finance"], ["city_gm", "hq_risk"]]
    chosen = [*sorted(draw(st.sets(st.integers(0, 3), min_size=1))), 4]
    tiers = [{"key": f"t{i}", "zh": "层级", "en": "Tier", "approvers": ladder[i]} for i in chosen]
    limits: list[int | None] = [*sorted(draw(st.sets(st.integers(0, 10**9), max_size=4))), None]
    places = sorted(draw(st.lists(st.sampled_from(chosen), min_size=len(limits), max_size=len(limits))))
    high = [i for i in chosen if i >= 2]
    return TierTable.model_validate(
        {
            "tiers": tiers,
            "bands": [{"up_to_fen": limit, "tier": f"t{i}"} for limit, i in zip(limits, places, strict=True)],
            "media": f"t{draw(st.sampled_from(high))}",
            "litigation": "t4",
            "litigation_tell": ["hq_risk"],
            "group": draw(
                st.one_of(
                    st.none(), st.builds(lambda n, i: {"from_people": n, "tier": f"t{i}"}, st.integers(2, 99), st.sampled_from(chosen))
                )
            ),
            "spreading": draw(st.one_of(st.none(), st.sampled_from([f"t{i}" for i in chosen]))),
        }
    )


@pytest.mark.parametrize(
    ("found", "approvers"),
    [
        ({"loss_fen": 0}, ["site_manager"]),
        ({"loss_fen": 5_000_000}, ["site_manager"]),
        ({"loss_fen": 5_000_001}, ["city_gm"]),
        ({"loss_fen": 0, "media": True}, ["city_gm"]),
        ({"loss_fen": 0, "group_people": 1}, ["site_manager"]),
        ({"loss_fen": 0, "group_people": 2}, ["city_gm"]),
        ({"loss_fen": 0, "spreading": "high"}, ["site_manager"]),
        ({"loss_fen": 0, "litigation": True}, ["city_gm", "hq_risk"]),
        ({"loss_fen": 9_000_000, "litigation": True, "media": True}, ["city_gm", "hq_risk"]),
    ],
)
def test_the_sources_tiers(found: dict[str, Any], approvers: list[str]) -> None:
    decided = decide_tier(TierFacts(**found), TierTable.model_validate(TIERS))
    assert decided.approvers == approvers
    assert decided.tell_at_once == (["hq_risk"] if found.get("litigation") else [])


@given(tier_tables(), facts)
def test_every_case_has_a_tier_and_no_rule_asks_for_more_than_it(table: TierTable, found: TierFacts) -> None:
    decided = decide_tier(found, table)
    assert decided.approvers == table.tier(decided.key).approvers
    assert table.level(decided.key) == max(table.level(reason.tier) for reason in decided.reasons)
    assert decided.reasons[0].code == "loss"


@given(tier_tables(), facts, facts)
def test_worse_facts_never_need_less_authority(table: TierTable, one: TierFacts, other: TierFacts) -> None:
    order = get_args(type(one).model_fields["spreading"].annotation)
    worse = TierFacts(
        loss_fen=max(one.loss_fen, other.loss_fen),
        media=one.media or other.media,
        litigation=one.litigation or other.litigation,
        group_people=max(one.group_people, other.group_people),
        spreading=max(one.spreading, other.spreading, key=order.index),
    )
    before, after = decide_tier(one, table), decide_tier(worse, table)
    assert table.level(after.key) >= table.level(before.key)
    assert table.tier(after.key).rank >= table.tier(before.key).rank
    assert {reason.code for reason in before.reasons} <= {reason.code for reason in after.reasons}


@given(tier_tables(), facts)
def test_the_press_and_the_court_reach_those_whom_the_source_names(table: TierTable, found: TierFacts) -> None:
    decided = decide_tier(found, table)
    if found.media:
        assert {"city_gm", "hq_risk"} & set(decided.approvers)
    if found.litigation:
        assert "hq_risk" in decided.approvers
        assert "hq_risk" in decided.tell_at_once


def test_reasons_say_the_sum_and_the_limit_in_both_languages() -> None:
    [reason] = decide_tier(TierFacts(loss_fen=6_000_050), TierTable.model_validate(TIERS)).reasons
    assert reason.zh == "损失合计 ¥60,000.50，超过 ¥50,000.00"
    assert reason.en == "Losses come to ¥60,000.50, above ¥50,000.00"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("bands.1.up_to_fen", 9_000_000, "without limit"),
        ("bands.0.up_to_fen", None, "without limit"),
        ("bands", [{"up_to_fen": n, "tier": "city"} for n in (2, 2, None)], "above the one before"),
        ("bands", [{"up_to_fen": n, "tier": "city"} for n in (3, 2, None)], "above the one before"),
        ("bands.0.tier", "headquarters", "larger loss"),
        ("bands.0.tier", "nobody", "no tier"),
        ("media", "site", "press"),
        ("litigation", "city", "risk control"),
        ("litigation_tell", ["city_gm"], "risk control"),
        ("group.tier", "nobody", "no tier"),
        ("spreading", "nobody", "no tier"),
        ("tiers.1.key", "site", "once only"),
        ("tiers.0.approvers", ["hq_risk"], "nobody lower"),
        ("tiers.0.approvers", ["legal"], "line of command"),
        ("tiers.2.approvers", ["city_gm", "hq_risk", "city_gm"], "once only"),
        ("tiers.0.approvers", [], "at least 1"),
        ("tiers.0.approvers", ["staff"], "Input should be"),
        ("bands.0.up_to_fen", 5_000_000.0, "valid integer"),
        ("bands.0.up_to_fen", "5000000", "valid integer"),
        ("bands.0.up_to_fen", -1, "greater than or equal"),
        ("surprise", 1, "Extra inputs"),
    ],
)
def test_a_table_of_tiers_with_a_hole_is_refused(path: str, value: object, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        TierTable.model_validate(changed(TIERS, path, value))


# --- refunds ---


def test_the_sources_steps() -> None:
    table = RefundTable.model_validate(REFUND)
    assert [(rule.min_bp, rule.max_bp, rule.judicial) for rule in table.stages] == [(6000, 8000, False), (3000, 5000, False), (0, 0, True)]
    for stage in get_args(ContractStage):
        assert table.rule(stage).stage == stage


shares = st.integers(0, 10_000)


@given(st.lists(st.tuples(shares, shares), min_size=3, max_size=3), st.booleans())
def test_a_table_is_taken_exactly_if_it_steps_down_inside_its_bounds(bounds: list[tuple[int, int]], judicial: bool) -> None:
    stages = [{"stage": stage, "min_bp": low, "max_bp": high} for stage, (low, high) in zip(get_args(ContractStage), bounds, strict=True)]
    stages[-1]["judicial"] = judicial
    lows, highs = zip(*bounds, strict=True)
    falls = list(lows) == sorted(lows, reverse=True) and list(highs) == sorted(highs, reverse=True)
    fits = falls and all(low <= high for low, high in bounds) and judicial and lows[-1] == 0
    try:
        RefundTable.model_validate({"stages": stages})
    except ValidationError:
        assert not fits
    else:
        assert fits


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("stages.0.max_bp", 10_001, "less than or equal"),
        ("stages.0.min_bp", 8_001, "above the highest"),
        ("stages.1.max_bp", 8_001, "later stage"),
        ("stages.2.judicial", False, "court"),
        ("stages.2.min_bp", 1, "above the highest|lowest share"),
        ("stages.0.stage", "online_signed", "in this order"),
        ("stages.0.deductions", [{"key": "marketing_service_fee"}], "a sum or a share"),
        ("stages.0.deductions", [{"key": "marketing_service_fee", "bp": 1, "fen": 1}], "a sum or a share"),
        ("stages.0.deductions", [{"key": "marketing_service_fee", "bp": 6_001}], "lowest share"),
        ("stages.0.deductions", [{"key": "marketing_service_fee", "bp": 1}] * 2, "once only"),
        ("stages.0.deductions", [{"key": "whatever", "bp": 1}], "Input should be"),
    ],
)
def test_a_refund_table_out_of_bounds_is_refused(path: str, value: object, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        RefundTable.model_validate(changed(REFUND, path, value))


# --- deadlines ---

RECEIVED = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MOMENTS = {"received_at": RECEIVED, "opened_at": RECEIVED + timedelta(hours=5), "ended_at": RECEIVED + timedelta(days=3)}


@pytest.mark.parametrize(
    ("kind", "due"),
    [
        ("registration", timedelta(minutes=30)),
        ("finance_assessment", timedelta(hours=2)),
        ("legal_assessment", timedelta(hours=2)),
        ("marketing_assessment", timedelta(hours=2)),
        ("joint_assessment", timedelta(hours=2)),
        ("solutions", timedelta(hours=4)),
        ("approval", timedelta(hours=5 + 2)),
        ("customer_answer", timedelta(hours=5, days=7)),
        ("refund_payment", timedelta(hours=5, days=1)),
        *((kind, timedelta(days=3 + 1)) for kind in ("customer_tag", "knowledge_file", "regional_brief", "team_review")),
    ],
)
def test_the_sources_limits(kind: TaskKind, due: timedelta) -> None:
    assert DeadlinePolicy.model_validate(DEADLINES).due_at(kind, **MOMENTS) == RECEIVED + due


def test_every_kind_of_work_has_a_limit() -> None:
    policy = DeadlinePolicy.model_validate(DEADLINES)
    assert set(policy.limits) == set(get_args(TaskKind))
    for kind in get_args(TaskKind):
        with pytest.raises(ValidationError, match=f"are missing: {kind}"):
            DeadlinePolicy.model_validate(DEADLINES | {"limits": {k: v for k, v in DEADLINES["limits"].items() if k != kind}})


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("limits.approval.minutes", 0, "greater than or equal"),
        ("limits.approval.start", "yesterday", "Input should be"),
        ("limits.lunch", {"minutes": 1, "start": "opened"}, "Input should be"),
        ("remind_at_bp", [8_000, 5_000], "after the one before"),
        ("remind_at_bp", [10_000], "less than"),
        ("escalations", [], "at least 1"),
        ("escalations.0.at_bp", 9_999, "greater than or equal"),
        ("escalations.2.at_bp", 15_000, "after the one before"),
        ("escalations.2.role", "site_manager", "higher level"),
        ("escalations.0.role", "finance", "Input should be"),
    ],
)
def test_a_table_of_deadlines_with_a_hole_is_refused(path: str, value: object, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        DeadlinePolicy.model_validate(changed(DEADLINES, path, value))


@pytest.mark.parametrize("table", [TIERS, REFUND, DEADLINES])
def test_a_table_survives_being_stored(table: dict[str, Any]) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(Content)
    assert adapter.validate_python(table).model_dump(mode="json") == table
