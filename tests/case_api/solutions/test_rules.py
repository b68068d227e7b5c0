"""Pricing: to the fen, never more than was paid, never more at a later stage, and every line adds up."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.canonical import canonical_json
from case_api.policies.rules import ContractStage, Deduction, RefundTable, StageRule
from case_api.solutions.rules import Basis, BenefitItem, Facts, Limits, Price, PricingRefused, content_hash, price, share
from case_api.solutions.terms import BenefitChoice, CourtDecision, Deferral, KeepWithBenefits, Referral, Rescission, Transfer

SOURCE = RefundTable(
    stages=[
        StageRule(stage="deposit_only", min_bp=6000, max_bp=8000, deductions=[Deduction(key="marketing_service_fee", fen=0)]),
        StageRule(stage="online_signed", min_bp=3000, max_bp=5000),
        StageRule(stage="loan_released", min_bp=0, max_bp=0, judicial=True),
    ]
)
ITEMS = {
    "fee": BenefitItem("fee", "一年物业费", "A year's property fee", 360_000),
    "home": BenefitItem("home", "智能家居包", "Smart-home package", 1_250_050),
}
PAID = Facts(stage="deposit_only", loan="none", paid_fen=20_000_000, price_fen=300_000_000, receipt_kind="earnest", receipt_fen=20_000_000)

fen = st.integers(0, 10**13)
bp = st.integers(0, 10_000)


def basis(facts: Facts = PAID, *, refund: RefundTable | None = SOURCE) -> Basis:
    return Basis(facts, refund, ITEMS, Limits())


def changed(**fields: object) -> Facts:
    return PAID.model_copy(update=fields)


def rescission(refund_bp: int) -> Rescission:
    return Rescission(kind="rescission", refund_bp=refund_bp)


@given(fen, bp)
def test_a_share_is_rounded_half_to_even_exactly(amount: int, points: int) -> None:
    exact = Decimal(amount) * points / 10_000
    assert share(amount, points) == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


@st.composite
def tables(draw: st.DrawFn) -> RefundTable:
    """Any table that may be drafted: shares fall from stage to stage, deductions are anything they may be."""
    highs = sorted(draw(st.lists(bp, min_size=3, max_size=3)), reverse=True)
    lows = sorted((draw(st.integers(0, high)) for high in highs), reverse=True)
    lows = [min(low, high) for low, high in zip(lows, highs, strict=True)]
    stages = []
    for number, (stage, low, high) in enumerate(zip(get_args(ContractStage), lows, highs, strict=True)):
        judicial = number == 2
        share_ = draw(st.none() | st.integers(0, 0 if judicial else low))
        deduction = Deduction(key="administrative_cost", bp=share_) if share_ is not None else None
        fixed = Deduction(key="marketing_service_fee", fen=draw(st.integers(0, 10**9)))
        deductions = [fixed] if deduction is None else [deduction, fixed]
        stages.append(StageRule(stage=stage, min_bp=0 if judicial else low, max_bp=high, deductions=deductions, judicial=judicial))
    return RefundTable(stages=stages)


@st.composite
def paid(draw: st.DrawFn) -> Facts:
    amount = draw(st.integers(1, 10**12))
    return Facts(
        stage="deposit_only",
        loan="none",
        paid_fen=amount,
        price_fen=draw(st.integers(0, 10**13)),
        receipt_kind=draw(st.sampled_from([None, "earnest", "advance", "other"])),
        receipt_fen=draw(st.integers(0, 2 * amount)),
    )


@given(tables(), paid(), st.floats(0, 1), st.floats(0, 1))
def test_a_stepped_refund_is_bounded_adds_up_and_falls_with_the_stage(table: RefundTable, facts: Facts, early: float, later: float) -> None:
    totals = []
    for stage, part in (("deposit_only", max(early, later)), ("online_signed", min(early, later))):
        rule = table.rule(stage)
        chosen = rule.min_bp + int((rule.max_bp - rule.min_bp) * part)
        found = price(rescission(chosen), basis(facts.model_copy(update={"stage": stage}), refund=table))
        assert_adds_up(found)
        assert 0 <= found.total_fen <= facts.paid_fen
        totals.append(found.total_fen)
    highest = price(rescission(table.stages[0].max_bp), basis(facts, refund=table)).total_fen
    assert totals[1] <= highest


@given(paid())
def test_under_the_source_s_table_a_later_stage_never_pays_more(facts: Facts) -> None:
    lowest_early = price(rescission(6000), basis(facts)).total_fen
    highest_late = price(rescission(5000), basis(facts.model_copy(update={"stage": "online_signed"}))).total_fen
    assert highest_late <= lowest_early


def assert_adds_up(found: Price) -> None:
    assert found.total_fen == sum(line.fen for line in found.lines)
    if found.direction == "refund":
        assert sum(due.fen for due in found.dues) == found.total_fen
    else:
        assert found.dues == []


@given(tables(), paid(), bp)
def test_a_share_outside_its_stage_is_refused(table: RefundTable, facts: Facts, chosen: int) -> None:
    rule = table.rule("deposit_only")
    if rule.min_bp <= chosen <= rule.max_bp:
        price(rescission(chosen), basis(facts, refund=table))
    else:
        assert refused(rescission(chosen), basis(facts, refund=table)) == "refund_out_of_bounds"


def refused(terms: object, on: Basis) -> str:
    with pytest.raises(PricingRefused) as caught:
        price(terms, on)  # type: ignore[arg-type]
    assert caught.value.detail
    return caught.value.code


def test_the_source_s_example() -> None:
    found = price(rescission(7000), basis())
    assert [(line.formula, line.fen) for line in found.lines] == [("¥200,000.00 × 70.00%", 14_000_000)]
    assert found.dues[0].role == "buyer"


def test_deductions_are_lines_of_their_own_and_never_take_more_than_there_is() -> None:
    stages = [
        StageRule(
            stage="deposit_only",
            min_bp=6000,
            max_bp=8000,
            deductions=[Deduction(key="administrative_cost", bp=500), Deduction(key="marketing_service_fee", fen=99_000_000)],
        ),
        *SOURCE.stages[1:],
    ]
    found = price(rescission(7000), basis(refund=RefundTable(stages=stages)))
    assert [line.fen for line in found.lines] == [14_000_000, -1_000_000, -13_000_000]
    assert found.total_fen == 0


def test_a_share_that_is_cut_to_what_is_left_is_shown_as_the_amount_it_is() -> None:
    fees = [Deduction(key="marketing_service_fee", fen=11_500_000), Deduction(key="administrative_cost", bp=500)]
    table = RefundTable(stages=[StageRule(stage="deposit_only", min_bp=6000, max_bp=8000, deductions=fees), *SOURCE.stages[1:]])
    for chosen, taken, formula in ((6000, -500_000, "−¥5,000.00"), (8000, -1_000_000, "−¥200,000.00 × 5.00%")):
        last = price(rescission(chosen), basis(refund=table)).lines[-1]
        assert (last.fen, last.formula) == (taken, formula)


def test_a_later_stage_without_deductions_is_held_below_the_earlier_one_with_them() -> None:
    first = StageRule(stage="deposit_only", min_bp=6000, max_bp=8000, deductions=[Deduction(key="marketing_service_fee", fen=15_000_000)])
    table = RefundTable(stages=[first, *SOURCE.stages[1:]])
    early = price(rescission(8000), basis(refund=table))
    late = price(rescission(5000), basis(changed(stage="online_signed"), refund=table))
    assert (early.total_fen, late.total_fen) == (1_000_000, 1_000_000)
    assert late.lines[-1].fen == -9_000_000


def test_earnest_money_above_a_fifth_of_the_price_goes_back_apart() -> None:
    facts = changed(price_fen=50_000_000)
    found = price(rescission(6000), basis(facts))
    assert [line.fen for line in found.lines] == [6_000_000, 10_000_000]
    assert "20%" in found.lines[1].label_zh
    late = price(rescission(3000), basis(facts.model_copy(update={"stage": "online_signed"})))
    assert [line.fen for line in late.lines] == [3_000_000, 10_000_000]


def test_an_advance_goes_back_whole_until_a_contract_makes_it_part_of_the_price() -> None:
    advance = changed(receipt_kind="advance", receipt_wording="订金", price_fen=None)
    assert price(rescission(6000), basis(advance)).total_fen == 20_000_000
    assert price(rescission(3000), basis(advance.model_copy(update={"stage": "online_signed"}))).total_fen == 6_000_000


def test_a_loan_refused_without_fault_gives_the_principal_back_in_full() -> None:
    facts = changed(stage="online_signed", loan="refused_without_fault")
    found = price(rescission(10_000), basis(facts, refund=None))
    assert (found.total_fen, len(found.lines)) == (facts.paid_fen, 1)
    assert refused(rescission(5000), basis(facts)) == "refund_out_of_bounds"


@pytest.mark.parametrize("facts", [changed(loan="released"), changed(stage="loan_released")])
def test_a_released_loan_goes_through_the_court_and_bank_and_buyer_are_paid_apart(facts: Facts) -> None:
    assert refused(rescission(0), basis(facts)) == "judicial_only"
    found = price(Rescission(kind="rescission", court=court(15_000_000, 120_000_000)), basis(facts, refund=None))
    assert_adds_up(found)
    assert [(due.role, due.fen) for due in found.dues] == [("buyer", 15_000_000), ("bank", 120_000_000)]
    above = Rescission(kind="rescission", court=court(20_000_001, 0))
    assert refused(above, basis(facts)) == "refund_out_of_bounds"


def court(buyer: int, bank: int) -> CourtDecision:
    return CourtDecision.model_validate(
        {"document_no": "(2026)沪0115民初1号", "decided_on": "2026-11-20", "evidence_id": "e", "buyer_fen": buyer, "bank_fen": bank}
    )


def test_a_court_s_figures_are_for_released_loans_only() -> None:
    assert refused(Rescission(kind="rescission", court=court(1, 0)), basis()) == "court_not_applicable"


def test_rescission_needs_a_rule_and_something_paid() -> None:
    assert refused(rescission(7000), basis(refund=None)) == "refund_policy_needed"
    assert refused(rescission(7000), basis(changed(paid_fen=0))) == "nothing_paid"
    assert refused(rescission(7000), basis(changed(price_fen=None))) == "facts_missing"


def test_benefits_are_added_up_from_the_catalogue() -> None:
    choices = [BenefitChoice(item_id="fee", quantity=2), BenefitChoice(item_id="home")]
    found = price(KeepWithBenefits(kind="keep_with_benefits", items=choices), basis())
    assert (found.direction, found.total_fen) == ("benefit", 2 * 360_000 + 1_250_050)
    assert_adds_up(found)
    unknown = KeepWithBenefits(kind="keep_with_benefits", items=[BenefitChoice(item_id="gone")])
    assert refused(unknown, basis()) == "benefit_unknown"


@given(st.integers(0, 10**12), bp, bp)
def test_a_transfer_costs_its_fee_less_the_reduction(price_fen: int, fee: int, reduction: int) -> None:
    found = price(Transfer(kind="transfer", successor="李女士", fee_bp=fee, reduction_bp=reduction), basis(changed(price_fen=price_fen)))
    assert_adds_up(found)
    assert 0 <= found.total_fen <= share(price_fen, fee)


def test_a_transfer_needs_the_price() -> None:
    assert refused(Transfer(kind="transfer", successor="李", fee_bp=1, reduction_bp=0), basis(changed(price_fen=None))) == "facts_missing"


def test_a_deferral_costs_its_late_fee_and_keeps_to_the_days_of_grace() -> None:
    def deferral(days: int, fee: int = 5) -> Deferral:
        return Deferral(kind="deferral", days=days, overdue_fen=50_000_000, late_fee_bp_per_day=fee)

    assert price(deferral(7), basis()).total_fen == 175_000
    for days in (6, 11):
        assert refused(deferral(days), basis()) == "deferral_terms"
    assert refused(deferral(7, 11), basis()) == "deferral_terms"
    assert {refused(deferral(days), replace(basis(), deferral_granted=True)) for days in range(1, 30)} == {"deferral_used"}


@given(paid(), st.integers(1, 10_000))
def test_a_referral_returns_part_of_the_deposit_at_most_what_was_paid(facts: Facts, part: int) -> None:
    terms = Referral(kind="referral", share_bp=part, within_days=30)
    if min(facts.receipt_fen, facts.paid_fen) == 0:
        assert refused(terms, basis(facts)) == "nothing_paid"
        return
    found = price(terms, basis(facts))
    assert_adds_up(found)
    assert found.total_fen <= min(facts.receipt_fen, facts.paid_fen)


def test_the_hash_covers_path_price_payees_and_nonce_and_nothing_else() -> None:
    path, cost, payee = {"kind": "rescission", "a": 1}, {"total_fen": 1}, {"account": "6222"}
    first = content_hash(path, cost, [payee], "n")
    assert content_hash({"a": 1, "kind": "rescission"}, cost, [payee], "n") == first
    others = [
        content_hash(path | {"a": 2}, cost, [payee], "n"),
        content_hash(path, {"total_fen": 2}, [payee], "n"),
        content_hash(path, cost, [payee, payee], "n"),
        content_hash(path, cost, [payee], "m"),
    ]
    assert len({first, *others}) == 5
    assert canonical_json({"b": "退", "a": 1}) == '{"a":1,"b":"退"}'.encode()
