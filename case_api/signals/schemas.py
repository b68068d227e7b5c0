"""Bodies of signals, suggestions and a case's recordings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from case_api.cases.rules import UNNAMED
from case_api.schemas import FilledLine, In, Line, Out, Reason, Reference
from models.sessions import Level, SessionStatus
from models.signals import SignalKind, SignalStatus


class SignalOut(Out):
    """One signal. `detail` is empty where the customer has withdrawn the consent to the recording."""

    id: str
    site_id: str
    session_id: str
    case_id: str | None = Field(description="The case its conversation is linked to")
    kind: SignalKind
    status: SignalStatus
    at: float = Field(description="Seconds of audio")
    utterance_id: str | None
    detail: dict[str, Any] = Field(examples=[{"term": "打官司", "speaker": "customer"}])
    heard_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str
    version: int


class Confirmation(In):
    """Yes, this is a request to withdraw: of a case that is there, or of a new one."""

    case_id: Reference | None = Field(default=None, description="A case of the same site; without it a draft is opened")
    customer_label: FilledLine = Field(default=UNNAMED, examples=["王先生"])
    unit_label: Line = Field(default="", examples=["3栋1202"])


class Dismissal(In):
    """No, and why not."""

    reason: Reason = Field(examples=["客户只是询问流程"])


class PlaceOut(Out):
    """Where it was heard."""

    session_id: str
    at: float = Field(description="Seconds of audio")
    utterance_id: str | None


class CauseOut(Out):
    """A cause heard. `suggested`: clearly enough to put it forward as ticked; a person decides."""

    cause: str = Field(examples=["cash_flow"])
    weight: float
    suggested: bool
    places: list[PlaceOut]


class RiskOut(Out):
    """A risk heard."""

    kind: SignalKind
    terms: list[str]
    places: list[PlaceOut]


class SuggestionsOut(Out):
    """What the conversations of a case suggest."""

    causes: list[CauseOut]
    risks: list[RiskOut]


class RecordingOut(Out):
    """One conversation of a case. `audio_url` is null where nothing was kept, or the person may not listen."""

    session_id: str
    staff_id: str
    staff_name: str
    status: SessionStatus
    started_at: datetime
    ended_at: datetime | None
    seconds: float
    peak_level: Level
    recording: bool
    audio_url: str | None
    sha256: str | None
    cited: int = Field(description="Pieces of evidence that cite it")
