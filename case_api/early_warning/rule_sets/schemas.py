"""Bodies of rule sets."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from case_api.early_warning.rule_sets.rules import RuleSet
from case_api.schemas import In, Out, Prose, Reference
from models.early_warnings import RuleSetStatus


class RuleSetDraft(In):
    """A new version. `site_id` null: for all sites without one of their own. Whatever is left out is as shipped; null switches it off."""

    content: RuleSet = Field(examples=[{"policy_queries": {"count": 2, "days": 14, "points": 40}, "visits": None}])
    site_id: Reference | None = None
    note: Prose = Field(default="", examples=["年底冲刺期间提前预警"])


class RuleSetOut(Out):
    """One version."""

    id: str
    site_id: str | None
    number: int
    status: RuleSetStatus
    content: RuleSet
    note: str
    drafted_by: str
    drafted_at: datetime
    published_by: str | None
    published_at: datetime | None
    retired_at: datetime | None
    version: int


class EffectiveOut(Out):
    """What holds at a site; `id` null: the rules as shipped."""

    id: str | None
    content: RuleSet
