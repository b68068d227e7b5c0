"""Bodies of the live wall. Times are seconds of audio unless they end in `_at`."""

from __future__ import annotations

from pydantic import Field

from case_api.companions.schemas import HintOut, ListenerOut
from case_api.schemas import Out
from case_api.sessions.schemas import SessionOut
from models.sessions import Level, Speaker


class NewestOut(Out):
    """A sentence that was said just now; as it stands, so a correction shows."""

    id: str
    speaker: Speaker
    start: float
    end: float
    text: str
    corrected: bool
    doubtful: bool = Field(description="Whether the recogniser would not bet on the text, and nobody has corrected it")


class RunningOut(SessionOut):
    """A conversation that goes on, and the newest of it. Without a recording (or consent) only its counts."""

    notice_version: str = Field(description="Of what the customer was told: it says whether somebody may listen in")
    level: Level
    speaker: Speaker | None = Field(description="Who speaks; null when nobody has for some seconds")
    said: list[NewestOut] = Field(description="The last sentences with words, in order")
    prompt: str | None = Field(description="What was last shown on the phone")
    terms: list[str] = Field(description="Complaint terms, the newest first")
    hints: list[HintOut] = Field(description="The newest words of managers to the phone, in order")
    listeners: list[ListenerOut] = Field(description="Who listens in now")


class Wall(Out):
    """What runs, the newest first."""

    items: list[RunningOut]
