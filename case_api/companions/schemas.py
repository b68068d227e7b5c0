"""Bodies of hints and of listening in. Times are seconds of audio unless they end in `_at`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from case_api.companions.rules import HintState, state_of
from case_api.schemas import FilledLine, In, Out
from models.companions import HINT_LENGTH, EndReason, SessionHint, SessionListener


class HintIn(In):
    """A short word for the staff member's phone; one line."""

    text: Annotated[FilledLine, StringConstraints(max_length=HINT_LENGTH)] = Field(examples=["我马上到"])


class HintOut(Out):
    """A hint and where it is. `at` is where the conversation was when it first went out."""

    id: str
    text: str = Field(examples=["我马上到"])
    person_id: str
    person_name: str = Field(examples=["张伟"])
    state: HintState = Field(description="waiting: for the phone; sent; shown: the phone says so; missed: the conversation is over")
    at: float | None
    created_at: datetime
    sent_at: datetime | None
    shown_at: datetime | None


class ListenerOut(Out):
    """Somebody who listens in, or did. `told_at`: when the phone said that it shows it; null while it does not."""

    id: str
    person_id: str
    person_name: str = Field(examples=["张伟"])
    started_at: datetime
    told_at: datetime | None
    ended_at: datetime | None
    reason: EndReason | None


class HeardOut(Out):
    """The newest audio. `waiting`: the phone does not show yet that somebody listens. Ask once a second, with `next` as `after`."""

    state: Literal["waiting", "listening", "over"]
    reason: EndReason | None = Field(default=None, description="Why it is over")
    at: float = Field(default=0.0, description="Where `pcm` begins; what lies too far back is left out")
    next: int = Field(default=0, description="Samples there were: what to ask for next", examples=[480_000])
    pcm: str = Field(default="", description="16 kHz mono int16, little endian, as base64; empty if there is nothing new")


def hint_out(row: SessionHint, name: str, status: str) -> HintOut:
    """A hint as it is shown, in a conversation of this status."""
    own = {field: getattr(row, field) for field in ("id", "text", "person_id", "at", "created_at", "sent_at", "shown_at")}
    return HintOut(person_name=name, state=state_of(status, row.sent_at, row.shown_at), **own)


def listener_out(row: SessionListener, name: str) -> ListenerOut:
    """A listener as it is shown."""
    own = {field: getattr(row, field) for field in ListenerOut.model_fields if field != "person_name"}
    return ListenerOut(person_name=name, **own)
