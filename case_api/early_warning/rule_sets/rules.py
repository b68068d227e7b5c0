"""A rule set: when each indicator shows, what it weighs, and how soon somebody has to answer. Pure.

The defaults are the source's figures (4 hours for one indicator, 2 hours for more, 5 working days), and where it names none, ours.
"""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import Field, model_validator

from case_api.money import WHOLE_BP
from case_api.policies.rules import Escalation, Table
from models.rules import broken_rule
from models.signals import SignalKind

Points = Annotated[int, Field(ge=1, le=100, description="What it adds to the score", examples=[30])]
Days = Annotated[int, Field(ge=1, le=365, examples=[30])]
SpeechKind = Literal["withdrawal_intent", "media", "group", "regulator", "escalation"]
IndicatorCode = Literal["litigation", "policy_queries", "visits", "loan_papers", "payment", "co_resident", "speech"]
assert set(SpeechKind.__args__) | {"litigation", "cause"} == set(SignalKind.__args__)  # type: ignore[attr-defined]


class PolicyQueries(Table):
    """The same customer asks about the withdrawal policy again and again (同一客户多次查询退房政策)."""

    count: int = Field(default=3, ge=2, le=50, description="Questions from which it shows")
    days: Days = Field(default=30, description="Days within which they were asked")
    points: Points = 30


class Visits(Table):
    """Visits drop sharply and no next one is booked (来访频次骤降且未预约下次看房)."""

    days: int = Field(default=14, ge=3, le=180, description="Length of the two periods that are compared")
    before_min: int = Field(default=2, ge=1, le=50, description="Visits in the earlier period from which a drop can be seen")
    drop_bp: int = Field(default=5_000, ge=1_000, le=WHOLE_BP, description="Share that is missing in the later period")
    points: Points = 25


class LoanPapers(Table):
    """Loan papers are late (贷款材料提交延迟超 5 个工作日), by the Chinese calendar with its make-up days."""

    working_days: int = Field(default=5, ge=0, le=60, description="Working days of delay that are still taken")
    points: Points = 35


class Payment(Table):
    """A payment is overdue."""

    days: int = Field(default=3, ge=0, le=90, description="Days after the agreed day that are still taken")
    points: Points = 35


class CoResident(Table):
    """The people who will live there have not acknowledged the purchase (共居人知情确认书)."""

    days: int = Field(default=3, ge=0, le=90, description="Days after the subscription until it has to be there")
    points: Points = 25


class Speech(Table):
    """What the ear heard in earlier conversations with the customer."""

    kinds: list[SpeechKind] = Field(default=["withdrawal_intent", "media", "group", "regulator", "escalation"], min_length=1, max_length=5)
    days: Days = Field(default=30, description="Days for which it counts")
    points: Points = 40


class Litigation(Table):
    """The customer threatens with the court, or a lawyer has written. Always looked at: it makes a warning red."""

    days: Days = Field(default=90, description="Days for which it counts")
    points: Points = 100


class Clock(Table):
    """Minutes until somebody has contacted the customer, and who is told on the way. Red is told to headquarters at once."""

    yellow: int = Field(default=240, ge=5, le=7 * 24 * 60)
    orange: int = Field(default=120, ge=5, le=7 * 24 * 60)
    remind_at_bp: list[Annotated[int, Field(ge=1, lt=WHOLE_BP)]] = Field(default=[5_000], max_length=5)
    escalations: list[Escalation] = Field(
        default=[Escalation(at_bp=WHOLE_BP, role="site_manager"), Escalation(at_bp=2 * WHOLE_BP, role="city_gm")],
        min_length=1,
        max_length=3,
    )

    @model_validator(mode="after")
    def _rising(self) -> Clock:
        if self.orange > self.yellow:
            raise broken_rule("橙色预警的时限不能长于黄色预警", "orange cannot leave more time than yellow")
        for shares in (self.remind_at_bp, [step.at_bp for step in self.escalations]):
            if not all(below < above for below, above in itertools.pairwise(shares)):
                raise broken_rule("提醒和逐级上报的时间须逐个递增", "reminders and escalations: each comes after the one before")
        return self

    def minutes(self, level: str) -> int:
        """Time to answer a warning of this level."""
        return {"yellow": self.yellow, "orange": self.orange}.get(level, 0)


class RuleSet(Table):
    """Every rule of one site, or of all. An indicator that is null is not looked at."""

    policy_queries: PolicyQueries | None = Field(default_factory=PolicyQueries)
    visits: Visits | None = Field(default_factory=Visits)
    loan_papers: LoanPapers | None = Field(default_factory=LoanPapers)
    payment: Payment | None = Field(default_factory=Payment)
    co_resident: CoResident | None = Field(default_factory=CoResident)
    speech: Speech | None = Field(default_factory=Speech)
    litigation: Litigation = Field(default_factory=Litigation)
    clock: Clock = Field(default_factory=Clock)
