"""The plain rows that mining works on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HitRow:
    """One keyword hit that is not false, with where it belongs. `seconds` is its place in the audio, `heard_at` the session's start.

    `outcome` is the case's: `withdrawn`, `kept`, `open` while it runs, `none` where no case came of the conversation.
    """

    id: str
    session_id: str
    site_id: str
    staff_id: str
    heard_at: datetime
    seconds: float
    term: str
    category: str
    speaker: str
    causes: tuple[str, ...]
    outcome: str


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One recorded conversation, whatever was said in it; `causes` and `outcome` as of a hit."""

    site_id: str
    staff_id: str
    causes: tuple[str, ...]
    outcome: str


@dataclass(frozen=True, slots=True)
class SaidRow:
    """One utterance. `text` is the recogniser's."""

    session_id: str
    utterance_id: str
    seconds: float
    end: float
    text: str
