"""Bodies of sessions. Times are seconds of audio unless they end in `_at`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field, computed_field

from case_api.companions.schemas import HintOut, ListenerOut
from case_api.schemas import In, Out, Reference
from case_api.sessions.rules import doubtful
from models.consents import AskedBy
from models.keywords import MatchKind
from models.prompts import PromptKind, Verdict
from models.sessions import Level, SessionStatus, Speaker


class SessionOut(Out):
    """One session as a list shows it."""

    id: str
    site_id: str
    staff_id: str
    staff_name: str
    case_id: str | None
    case_code: str | None
    status: SessionStatus
    started_at: datetime
    ended_at: datetime | None
    recording: bool = Field(description="Whether audio and text were kept; false also once consent was withdrawn")
    consent_withdrawn: bool = Field(description="Whether the customer withdrew the consent to the recording")
    seconds: float
    speech_seconds: float
    talk_share: dict[str, Any]
    peak_level: Level
    counts: dict[str, Any]
    language: str


class UtteranceOut(Out):
    """One final transcript; `characters` holds [character, start, end]."""

    id: str
    speaker: Speaker
    confidence: float
    start: float
    end: float
    text: str
    characters: list[Any] = Field(description="[character, start, end] of what was recognised")
    quality: dict[str, Any]
    version: int = Field(description="How often it was corrected")
    corrected: bool = Field(description="Whether text or speaker differ from what was recognised")

    @computed_field(description="Whether the recogniser would not bet on the text, and nobody has corrected it")  # type: ignore[prop-decorator]
    @property
    def doubtful(self) -> bool:
        """To be read with a caveat."""
        return doubtful(self.quality.get("avg_logprob"), corrected=self.corrected)


class FeedbackOut(Out):
    """One tap on a prompt's card."""

    verdict: Verdict
    at_audio: float | None
    person_id: str
    created_at: datetime


class PromptOut(Out):
    """One prompt and every tap on its card, oldest first."""

    id: str = Field(description="The wire's name of the prompt within its session")
    kind: PromptKind
    at: float
    script_id: str
    text: str
    reasons: list[Any]
    situation: str
    alternatives: list[Any]
    evidence: dict[str, Any]
    feedback: list[FeedbackOut]


class WithheldOut(Out):
    """A prompt that was called for and, by lot, not shown: to learn what prompts are worth. Never one in a red situation."""

    id: str = Field(description="The name it would have had on the wire")
    kind: PromptKind
    at: float
    script_id: str
    text: str = Field(description="The words that would have been shown")
    reasons: list[Any]
    situation: str
    level: Level = Field(description="The customer's then")


class KeywordOut(Out):
    """One keyword hit."""

    id: str
    utterance_id: str
    term: str
    category: str
    at: float
    end: float
    speaker: Speaker
    heard: str
    match: MatchKind
    score: float
    false_hit: bool


class MarkOut(Out):
    """A moment the staff member marked."""

    id: str
    at: float
    note: str
    person_id: str


class WarningOut(Out):
    """Something that was off."""

    code: str
    at: float
    detail: str


class ConsentOut(Out):
    """What the customer was told and answered, and whether they took it back."""

    recording: bool
    notice_version: str
    notice_text: str
    method: str
    informed_by: str
    given_at: datetime
    withdrawn_at: datetime | None = Field(description="From then on nothing of the recording is used or shown")
    withdrawn_by: str | None = Field(description="Who wrote the withdrawal down")
    withdrawn_by_name: str | None = Field(default=None, examples=["李静"])
    withdrawal_asked_by: AskedBy | None = Field(description="Who asked for it")
    withdrawal_reason: str = Field(examples=["不想留下录音"])


class SessionDetail(SessionOut):
    """One session whole. Without a recording the lists are empty: only counts were kept."""

    codec: str
    client: str
    mic: dict[str, Any] | None
    pipeline_version: str
    summary: dict[str, Any] | None
    audio_url: str | None
    recording_sha256: str | None
    consent: ConsentOut
    utterances: list[UtteranceOut] = Field(default_factory=list)
    prompts: list[PromptOut] = Field(default_factory=list)
    withheld: list[WithheldOut] = Field(
        default_factory=list, description="Prompts that the site's agreement on learning withheld by lot; told once the conversation ended"
    )
    keywords: list[KeywordOut] = Field(default_factory=list)
    marks: list[MarkOut] = Field(default_factory=list)
    warnings: list[WarningOut] = Field(default_factory=list)
    hints: list[HintOut] = Field(default_factory=list, description="Words of managers to the phone, while it went on")
    listeners: list[ListenerOut] = Field(default_factory=list, description="Who listened in, and who does")


class StateOut(Out):
    """One state of the customer's escalation."""

    at: float
    speaker: Speaker
    confidence: float
    level: Level
    score: float
    measures: dict[str, Any]


class States(Out):
    """The states of a session, oldest first."""

    items: list[StateOut]


class BandOut(Out):
    """A stretch of one level."""

    level: Level
    start: float
    end: float


class Course(Out):
    """How a session went. `usual[cue]` holds [seconds, value] whenever what is usual for the customer changed; `onset` is when the
    customer was first more than calm.
    """

    bands: list[BandOut]
    usual: dict[str, list[tuple[float, float]]]
    onset: float | None


class Track(Out):
    """Prosody columns: `columns[name][i]` was measured at `start + i·step`; null where there was nothing to measure.

    `low` and `high` are of the same form, where they were asked for and a step is longer than a measurement.
    """

    start: float
    step: float
    columns: dict[str, list[float | None]]
    low: dict[str, list[float | None]] | None = None
    high: dict[str, list[float | None]] | None = None


class SessionChange(In):
    """Link the session to a case of its site, or (null) to none."""

    case_id: Reference | None
