"""The departments' forms, and what they come to together."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from case_api.assessments.forms import FORMS, Breach, FinanceForm, LegalForm, Loss, MarketingForm, OtherLoss
from case_api.assessments.rules import amended, joint, risk_level
from case_api.policies.defaults import default_content
from case_api.policies.rules import TierTable
from case_api.policies.versions import Difference
from tests.case_api.assessments.conftest import FORMS as EXAMPLES

TIERS = default_content("tiers")
assert isinstance(TIERS, TierTable)

losses = st.builds(Loss, fen=st.integers(0, 10**8))
finance = st.builds(
    FinanceForm,
    deposit_received=st.just(True),
    deposit_fen=st.integers(1, 10**7),
    deposit_on=st.just(date(2026, 11, 1)),
    paid_fen=st.integers(10**7, 10**9),
    commission=losses,
    advertising=losses,
    opportunity=losses,
    other=st.lists(st.builds(OtherLoss, fen=st.integers(0, 10**8), label=st.just("其他")), max_size=3),
)
STAGES: list[dict[str, Any]] = [
    {"contract_stage": "deposit_only", "online_signed": False, "loan": "none"},
    {"contract_stage": "deposit_only", "online_signed": False, "loan": "applied"},
    {"contract_stage": "online_signed", "online_signed": True, "loan": "refused_without_fault"},
    {"contract_stage": "loan_released", "online_signed": True, "loan": "released"},
]
legal = st.builds(
    lambda stage, breach, risk: LegalForm(**stage, breach=breach, litigation_risk=risk),
    st.sampled_from(STAGES),
    st.sampled_from(get_args(Breach)),
    st.booleans(),
)
marketing = st.builds(
    lambda spread, media, people: MarketingForm(
        likely_to_spread=spread, media_involved=media, group_demand=people > 1, group_people=people
    ),
    st.sampled_from(["none", "low", "high"]),
    st.booleans(),
    st.sampled_from([0, 2, 30]),
)


@given(finance, legal, marketing)
def test_every_loss_counts_once_and_everything_is_decided(money: FinanceForm, contract: LegalForm, opinion: MarketingForm) -> None:
    result = joint(money, contract, opinion, TIERS)
    assert result.complete
    assert result.missing == []
    assert result.total_loss_fen == money.commission.fen + money.advertising.fen + money.opportunity.fen + sum(o.fen for o in money.other)
    assert (result.contract_stage, result.loan, result.paid_fen) == (contract.contract_stage, contract.loan, money.paid_fen)
    assert result.tier is not None
    assert result.risk_level is not None


@given(st.none() | finance, st.none() | legal, st.none() | marketing, finance, legal, marketing)
def test_a_partial_result_never_says_more_than_the_whole(
    money: FinanceForm | None,
    contract: LegalForm | None,
    opinion: MarketingForm | None,
    money_then: FinanceForm,
    contract_then: LegalForm,
    opinion_then: MarketingForm,
) -> None:
    partial = joint(money, contract, opinion, TIERS)
    whole = joint(money or money_then, contract or contract_then, opinion or opinion_then, TIERS)
    missing = [name for name, form in (("finance", money), ("legal", contract), ("marketing", opinion)) if form is None]
    assert (partial.missing, partial.complete) == (missing, not missing)
    assert (partial.tier is None) == (len(missing) == 3)
    assert (partial.total_loss_fen is None) == (money is None)
    if partial.tier is not None and whole.tier is not None:
        assert TIERS.level(partial.tier.key) <= TIERS.level(whole.tier.key)
    if partial.risk_level is not None:
        assert partial.risk_level == whole.risk_level


LEVELS = [
    ("none", False, False, False, "none"),
    ("low", False, False, False, "yellow"),
    ("none", True, False, False, "yellow"),
    ("none", False, True, False, "yellow"),
    ("high", True, False, False, "orange"),
    ("high", True, True, False, "orange"),
    ("none", False, False, True, "red"),
]


@pytest.mark.parametrize(("spread", "media", "group", "litigation", "level"), LEVELS)
def test_the_level_of_risk_is_the_sources(spread: Any, media: bool, group: bool, litigation: bool, level: str) -> None:
    contract = LegalForm(**STAGES[0], breach="none", litigation_risk=litigation)
    opinion = MarketingForm(likely_to_spread=spread, media_involved=media, group_demand=group, group_people=3 if group else 0)
    assert risk_level(contract, opinion) == level
    assert risk_level(contract, None) == ("red" if litigation else None)
    assert risk_level(None, opinion) is None


@pytest.mark.parametrize(
    ("department", "changes", "told"),
    [
        ("finance", {"deposit_fen": 0}, "a sum and a day"),
        ("finance", {"deposit_on": None}, "a sum and a day"),
        ("finance", {"deposit_received": False}, "a sum and a day"),
        ("finance", {"paid_fen": 9_999_999}, "counts the deposit"),
        ("finance", {"paid_fen": -1}, "greater than or equal"),
        ("finance", {"commission": {"fen": -1}}, "greater than or equal"),
        ("finance", {"commission": {"fen": 1.5}}, "valid integer"),
        ("finance", {"commission": {"fen": True}}, "valid integer"),
        ("finance", {"commission": {"fen": 10**13}, "advertising": {"fen": 1}}, "above any real sum"),
        ("finance", {"other": [{"fen": 1}]}, "Field required"),
        ("finance", {"commission": {"fen": 1, "note": "a\x00b"}}, "control character"),
        ("legal", {"contract_stage": "online_signed"}, "deposit_only"),
        ("legal", {"online_signed": True}, "online_signed"),
        ("legal", {"loan": "released"}, "signed online"),
        ("legal", {"loan": "released", "online_signed": True}, "loan_released"),
        ("legal", {"loan": "maybe"}, "Input should be"),
        ("marketing", {"group_demand": True}, "two people or more"),
        ("marketing", {"group_demand": True, "group_people": 1}, "two people or more"),
        ("marketing", {"group_people": 1}, "two people or more"),
        ("marketing", {"group_people": 5}, "two people or more"),
        ("marketing", {"weather": "bad"}, "Extra inputs"),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(department: Any, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        FORMS[department].model_validate(EXAMPLES[department] | changes)


def test_the_audit_of_an_amendment_shows_figures_and_hides_texts() -> None:
    before = FinanceForm.model_validate(EXAMPLES["finance"]).model_dump(mode="json")
    after = before | {"commission": {"fen": 1, "note": "张三电话 13800000000"}, "other": []}
    assert amended(before, after) == [
        Difference("commission.fen", 3_000_000, 1),
        Difference("commission.note", "(3 characters)", "(16 characters)"),
        Difference("other.0", {"fen": 100_000, "note": "(0 characters)", "label": "(5 characters)"}, None),
    ]
