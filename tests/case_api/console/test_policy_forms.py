"""Rules as forms: what nobody touched comes back as it was; what is changed is what changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from case_api.console.fields import body, typed
from case_api.console.policies.differences import place, said
from case_api.console.policies.forms import content_of, fields_of
from case_api.policies.defaults import default_content
from case_api.policies.rules import Content, TierTable
from models.policies import PolicyKind
from tests.case_api.console.seeing import visit_in

RULES: TypeAdapter[Any] = TypeAdapter(Content)


def answered(content: dict[str, Any], **changed: str) -> dict[str, Any]:
    """The form as a browser sends it back, some of it changed."""
    fields = fields_of(visit_in("zh"), content)
    return body(fields, {field.name: typed(field) for field in fields if field.kind != "head"} | changed)


def content_named(kind: PolicyKind) -> dict[str, Any]:
    return default_content(kind).model_dump(mode="json")


@pytest.mark.parametrize("kind", ["tiers", "refund", "deadlines"])
def test_a_form_that_nobody_touched_is_the_same_rule(kind: PolicyKind) -> None:
    content = content_named(kind)
    made = content_of(answered(content), content)
    assert RULES.validate_python(made) == RULES.validate_python(content)


def test_a_tier_and_a_band_are_added_and_taken_away() -> None:
    content = content_named("tiers")
    last, bands = len(content["tiers"]), len(content["bands"])
    given = {f"tiers.{last}.zh": "集团审批", f"tiers.{last}.seats.0": "hq_risk", f"tiers.{last}.seats.1": "legal"}
    given |= {f"bands.{bands}.up_to_fen": "10,000", f"bands.{bands}.tier": content["tiers"][0]["key"]}
    made = content_of(answered(content, **given), content)
    table = TierTable.model_validate(made)
    assert (table.tiers[-1].zh, table.tiers[-1].approvers) == ("集团审批", ["hq_risk", "legal"])
    assert table.bands[0].up_to_fen == 1_000_000
    assert table.bands[-1].up_to_fen is None
    gone = content_of(answered(made, **{f"tiers.{last}.zh": "", "bands.0.tier": ""}), made)
    assert TierTable.model_validate(gone) == TierTable.model_validate(content)


def test_a_deduction_changes_from_a_share_to_a_sum() -> None:
    content = content_named("refund")
    given = {f"deposit_only.marketing_service_fee.{name}": value for name, value in (("bp", ""), ("fen", "2000"))}
    made = content_of(answered(content, **given), content)
    fee = next(one for one in made["stages"][0]["deductions"] if one["key"] == "marketing_service_fee")
    assert fee == {"key": "marketing_service_fee", "bp": None, "fen": 200_000}


def test_differences_are_said_in_words() -> None:
    visit = visit_in("zh")
    assert place(visit, ["stages", "0", "min_bp"]) == f"{visit.named('stage', 'deposit_only')} · 最低比例（%）"
    assert said(visit, ["stages", "0", "min_bp"], 6_000) == "60%"
    assert said(visit, ["bands", "0", "up_to_fen"], 5_000_000) == "¥50,000"
    assert said(visit, ["tiers", "1", "approvers"], ["city_gm", "hq_risk"]) == "城市总经理、总部风控"
    assert said(visit, ["group"], None) == "—"
    assert place(visit, ["limits", "registration", "minutes"]) == "登记表 · 分钟"


@pytest.mark.parametrize("kind", ["tiers", "refund", "deadlines"])
def test_every_place_of_a_rule_is_said_without_a_gap(kind: PolicyKind) -> None:
    """`{count} 分钟` had stood in the table of differences."""
    for path in paths_of(content_named(kind)):
        assert "{" not in place(visit_in("zh"), path), path


def paths_of(content: Any, path: tuple[str, ...] = ()) -> Iterator[list[str]]:
    parts = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for name, part in parts:
        yield from paths_of(part, (*path, str(name)))
    yield list(path)
