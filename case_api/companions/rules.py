"""When one may hint and listen, and when listening is over. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from case_api.notices import find_notice
from models.companions import EndReason

RUNNING: Final = ("live", "interrupted")
"""States of a conversation that goes on; one that is interrupted waits for its phone."""
HINTS_A_MINUTE: Final = 6
HINTS_MOST: Final = 60
"""Of one person a minute, and of everybody in one conversation: a phone that keeps buzzing is put away."""
LISTENERS_MOST: Final = 3
AWAY: Final = timedelta(seconds=15)
"""Without a question for audio, after which a listener's browser is gone."""
HintState = Literal["waiting", "sent", "shown", "missed"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What listening depends on, as it is now. `allowed`: the listener's roles reach the site; None where nobody has looked."""

    status: str
    recording: bool
    consent_withdrawn: bool
    seen_at: datetime
    allowed: bool | None = None


def end_of(standing: Standing, now: datetime) -> EndReason | None:
    """Why listening is over; None while it goes on."""
    if standing.consent_withdrawn or not standing.recording:
        return "consent_withdrawn"  # first: with the consent the conversation is over, too
    if standing.status not in RUNNING:
        return "session_over"
    if standing.allowed is False:
        return "forbidden"
    return "away" if now - standing.seen_at > AWAY else None


def agreed(notice_version: str) -> bool:
    """Whether the notice that the customer agreed to says that somebody may listen along."""
    notice = find_notice("recording", notice_version)
    return notice is not None and notice.listening


def state_of(status: str, sent_at: datetime | None, shown_at: datetime | None) -> HintState:
    """Where a hint is. Once the conversation is over, what was not shown never will be."""
    if shown_at is not None:
        return "shown"
    if status not in RUNNING:
        return "missed"
    return "sent" if sent_at is not None else "waiting"
