"""Figures as they are told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import Field

from case_api.schemas import Out
from models.figures import BriefPeriod

Share = float | None
"""0 to 1; null where there is nothing to divide by."""


class Counted(Out):
    """So many cases, and which part of all of them that is."""

    code: str = Field(examples=["family"])
    zh: str = Field(examples=["家庭决策分歧"])
    en: str
    cases: int
    share: Share


class MonthOut(Out):
    """One month of requests; `causes` counts a case once for each of its causes."""

    month: str = Field(examples=["2026-01"])
    cases: int
    causes: dict[str, int]


class SeasonOut(Out):
    """Requests for want of money: their share in December and January, in the other months, and how much higher the first is."""

    cause: str = Field(examples=["cash_flow"])
    winter: Share = Field(examples=[0.2823])
    rest: Share = Field(examples=[0.2])
    change: float | None = Field(description="0.41: 41 % higher in winter", examples=[0.4113])


class UndiscussedOut(Out):
    """Requests that come from key questions not talked through before signing, among those whose team review judged that."""

    judged: int
    cases: int
    share: Share = Field(examples=[0.68])
    questions: list[Counted]


class DaysOut(Out):
    """From request to end, in days, against the goal and the time before the product."""

    ended: int
    mean: float | None
    median: float | None
    p90: float | None
    goal: float = Field(examples=[1.2])
    before: float = Field(examples=[5.8])
    within_goal: Share


class NodeOut(Out):
    """One kind of work: hours from opening to done, and how often it was late (work that is open and late included)."""

    kind: str = Field(examples=["finance_assessment"])
    zh: str
    en: str
    tasks: int
    mean: float | None
    median: float | None
    p90: float | None
    late: int
    late_share: Share


class PathOut(Out):
    """How cases ended for which this path was prepared, and in how many of them the customer took it; `none`: no path was needed."""

    path: str = Field(examples=["keep_with_benefits"])
    zh: str
    en: str
    ended: int
    taken: int
    kept: int
    retention: Share


class RefundOut(Out):
    """Refunds that were paid, by the stage of the contract."""

    stage: str = Field(examples=["deposit_only"])
    zh: str
    en: str
    refunds: int
    total_fen: int
    mean_fen: int


class SpokenOut(Out):
    """Recorded conversations, and those in which the customer spoke of complaining."""

    sessions: int
    complaints: int
    per_100: float | None


class ComplaintsOut(Out):
    """Complaints before and after the day the product went live."""

    go_live: date | None
    before: SpokenOut | None
    after: SpokenOut
    change: float | None = Field(description="-0.63: 63 % fewer", examples=[-0.63])


class SatisfactionOut(Out):
    """What customers say of the handling, one to five."""

    answers: int
    mean: float | None
    scores: dict[int, int]


class FiguresOut(Out):
    """Everything about the cases received from `first` until before `before` (days of the site)."""

    first: date
    before: date
    site_id: str | None
    cause: str | None
    timezone: str
    cases: int
    ended: int
    kept: int
    retention: Share
    causes: list[Counted]
    months: list[MonthOut]
    season: SeasonOut
    undiscussed: UndiscussedOut
    days: DaysOut
    nodes: list[NodeOut]
    overdue: Share
    paths: list[PathOut]
    refunds: list[RefundOut]
    complaints: ComplaintsOut
    satisfaction: SatisfactionOut


class BehindOut(Out):
    """One of the cases behind a figure."""

    id: str
    code: str
    site_id: str
    status: str
    outcome: str | None
    causes: list[str]
    received_at: datetime


class FigureBriefOut(Out):
    """One brief to regional operations, as it was told."""

    id: str
    site_id: str
    period: BriefPeriod
    first: date
    before: date
    body: dict[str, Any]
    created_at: datetime
