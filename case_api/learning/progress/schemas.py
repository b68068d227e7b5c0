"""Bodies of before and after. Changes are relative: −0.63 is 63 % fewer."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from case_api.schemas import FilledLine, In, Out
from models.rules import broken_rule

Outcome = Literal["complaints", "escalations"]


class FittedOut(Out):
    """A week of every hundred conversations: as counted, as the model has it, as it would have been without the day."""

    monday: date
    rate: float | None
    model: float | None
    without: float | None


class BeforeAfterOut(Out):
    """The change at the day, by interrupted time series; null while there are not eight weeks on either side and ten events before."""

    outcome: Outcome
    go_live_on: date | None = Field(description="null: the site named no day yet")
    goal: float = Field(description="The source's figure, as a line to draw")
    before: float | None = Field(description="Of every hundred conversations, all weeks before")
    after: float | None
    crude: float | None = Field(description="The plain relation of the two, whatever the trend was")
    change: float | None
    low: float | None
    high: float | None
    enough: bool
    zh: str
    en: str
    weeks: list[FittedOut]
    weeks_entered: int = Field(description="Of them so many are figures that somebody entered, and perhaps counted in another way")


class EarlierWeekIn(In):
    """A week's figures from before the product ran."""

    conversations: int = Field(ge=0, le=100_000)
    complaints: int = Field(ge=0, le=100_000, description="Conversations that led to a complaint")
    escalations: int = Field(ge=0, le=100_000)
    source: FilledLine = Field(examples=["客服台账 2026 年第 12 周"])

    @model_validator(mode="after")
    def _of_them(self) -> Self:
        if max(self.complaints, self.escalations) > self.conversations:
            raise broken_rule("投诉数和激动会话数都不能超过会话数", "no more complaints or escalations than conversations")
        return self


class EarlierWeekOut(Out):
    """What is on record."""

    site_id: str
    monday: date
    conversations: int
    complaints: int
    escalations: int
    source: str
    version: int
