"""Bodies of the search over transcripts. Positions are seconds of audio."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

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
