"""Bodies of the search over transcripts. Positions are seconds of audio."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from case_api.paging import Page
from case_api.schemas import Out
from models.sessions import Level, Speaker


class Piece(Out):
    """A part of a sentence; `match` where it is what was asked for."""

    text: str
    match: bool


class SaidOut(Out):
    """One utterance that was found, and where to listen to it."""

    session_id: str
    utterance_id: str
    site_id: str
    staff_id: str
    staff_name: str
    speaker: Speaker
    start: float
    end: float
    said_at: datetime = Field(description="When it was said, by the clock")
    level: Level = Field(description="Highest level of its conversation")
    corrected: bool = Field(description="Whether somebody corrected what was recognised")
    snippet: list[Piece] = Field(description="The sentence, cut around the first match where it is long")


class Hits(Out):
    """How many sentences were found."""

    number: int = Field(ge=0)
    precision: Literal["exact", "about", "at_least"] = Field(
        description="`about`: only the newest candidates were looked at, and of the others as many are taken to be right; `at_least`: "
        "counting stopped at 2 000 candidates, or before what only sounds so"
    )


class SaidPage(Page[SaidOut]):
    """Sentences that were found."""

    hits: Hits | None = Field(description="On the first page only")
