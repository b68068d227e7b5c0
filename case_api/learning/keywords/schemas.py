"""Bodies of the keyword log. Positions are seconds of audio."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from case_api.schemas import In, Out
from models.keywords import MatchKind
from models.learning import ReviewVerdict
from models.sessions import Speaker


class CountOut(Out):
    """How often something came up."""

    key: str
    label: str = Field(description="What people call it: the category's, site's or person's name")
    hits: int
    sessions: int
    of: int = Field(description="Conversations that could have had it: the site's, person's, cause's or outcome's own; of a term all")
    per_100: float = Field(description="Conversations of every hundred `of`")


class Frequencies(Out):
    """Counts of a period."""

    sessions: int = Field(description="Recorded conversations looked at, those without a hit included")
    items: list[CountOut]


class WeekOut(Out):
    """One week."""

    monday: date
    hits: int = Field(description="Conversations with a hit")
    sessions: int
    per_100: float | None = Field(description="null in a week without a conversation")


class ChangeOut(Out):
    """The rate turned at the beginning of this week."""

    monday: date
    before: float
    after: float


class DriftOut(Out):
    """The rate moved steadily: of every hundred conversations in the first and in the last week, along the fitted line."""

    before: float
    after: float


class Trend(Out):
    """Week by week, and where the rate turned (exact segmentation of the counts) or, in place of turns, how it moved steadily.

    Of a hundred steady years two to five are told a turn or a drift.
    """

    weeks: list[WeekOut]
    changes: list[ChangeOut]
    drift: DriftOut | None


class PairOut(Out):
    """Two terms of the same conversations; `lift` times as often as by chance."""

    first: str
    second: str
    sessions: int
    lift: float
    log_likelihood: float


class Together(Out):
    """Terms that come up together, the surest first."""

    sessions: int
    items: list[PairOut]


class HitOut(Out):
    """A hit in its sentence, and where to listen to it."""

    id: str
    session_id: str
    site_id: str
    staff_id: str
    utterance_id: str
    term: str
    category: str
    speaker: Speaker
    heard: str
    match: MatchKind
    score: float
    at: float
    end: float
    before: str
    keyword: str
    after: str
    play_from: float
    play_to: float
    audio_url: str
    heard_at: datetime
    corrected: str | None = Field(description="The whole sentence as somebody corrected it; null: as it was recognised")
    verdict: ReviewVerdict | None = Field(description="What a person made of it; null: not judged")


class Review(In):
    """What was heard when somebody listened: the term, or something else."""

    verdict: ReviewVerdict


class Reviewed(Out):
    """`scope` pair: this text is not taken for this term again, anywhere. hit: the term stands there as written; only this hit goes."""

    hit_id: str
    verdict: ReviewVerdict
    scope: Literal["hit", "pair"]
    hidden: int = Field(description="Hits that left the log by this")


class PrecisionOut(Out):
    """Of the hits that somebody judged, the share that was right, with its 95 % interval (Wilson)."""

    term: str
    right: int
    false: int
    precision: float
    low: float
    high: float


class Precision(Out):
    """By term, the worst first."""

    items: list[PrecisionOut]


class PairMarked(Out):
    """A text that is not the term."""

    id: str
    term: str
    heard: str
    marked_by: str
    marked_at: datetime
