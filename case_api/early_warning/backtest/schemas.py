"""Bodies of backtests."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from case_api.early_warning.rule_sets.rules import IndicatorCode, RuleSet
from case_api.schemas import In, Moment, Out, Reference
from models.rules import broken_rule


class BacktestIn(In):
    """Which rules (`content`, a version, or what holds at the site), and the past period.

    `horizon_days`: how soon a request has to follow an alarm that was right.
    """

    site_id: Reference
    since: Moment = Field(examples=["2026-05-01T00:00:00+08:00"])
    until: Moment = Field(examples=["2026-11-01T00:00:00+08:00"])
    horizon_days: Annotated[int, Field(ge=1, le=180)] = 30
    content: RuleSet | None = None
    rule_set_id: Reference | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> BacktestIn:
        if self.content is not None and self.rule_set_id is not None:
            raise broken_rule("规则内容（content）与规则版本（rule_set_id）只能给出其一", "either content or rule_set_id")
        return self


class IndicatorTally(Out):
    """How often one indicator was among those that raised an alarm, and how often a request followed."""

    code: IndicatorCode
    alarms: int
    right: int


class LeadOut(Out):
    """Hours from the first alarm to the request: quartiles."""

    first: float
    median: float
    third: float


class BacktestOut(Out):
    """How the rules would have done. `undecided` alarms are too near the end of the period; they count in no share."""

    customers: int
    alarms: int
    right: int = Field(description="Alarms after which a request came within the horizon")
    undecided: int
    requests: int = Field(description="Withdrawal requests of the period")
    foreseen: int = Field(description="Requests that an alarm came before, within the horizon")
    precision: float | None = Field(examples=[0.62])
    recall: float | None = Field(examples=[0.71])
    lead_hours: LeadOut | None
    indicators: list[IndicatorTally]
