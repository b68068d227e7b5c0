"""Bodies of groups and digests. Quotes hold no names and numbers: they are shown to a room."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from case_api.learning.terms.schemas import PhraseOut
from case_api.schemas import Out


class QuoteOut(Out):
    """A typical complaint, masked, and where to listen to it."""

    session_id: str
    started_at: datetime
    at: float
    text: str
    audio_url: str = Field(description="For programs: asks for a token")
    review_url: str = Field(description="For people: the moment on the review page, after signing in; short enough to be typed from paper")


class ClusterOut(Out):
    """Complaints that mean the same."""

    label: str = Field(description="What sets them apart")
    cause: str
    size: int
    sessions: int
    terms: list[str]
    alike: float = Field(description="How much nearer they are to each other than to the next group: 1 very, 0 or less not at all")
    mixed: bool = Field(description="Little nearer: several things may be meant")
    quotes: list[QuoteOut] = Field(description="The most typical first, each of another conversation")


class Clusters(Out):
    """The largest first; `complaints` is how many sentences were looked at."""

    complaints: int
    items: list[ClusterOut]


class TermChange(Out):
    """A term's conversations this week and the week before."""

    term: str
    sessions: int
    before: int


class Digest(Out):
    """One week."""

    monday: date
    sessions: int
    sessions_before: int
    escalated: int
    escalated_before: int
    terms: list[TermChange]
    new_terms: list[PhraseOut]
    clusters: list[ClusterOut]
