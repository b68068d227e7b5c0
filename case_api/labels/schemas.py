"""Bodies of labels. Times are seconds of audio unless they end in `_at`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from case_api.schemas import FilledLine, In, Out, printable

Role = Literal["customer", "staff", "unsure"]
LabelKind = Literal["draft", "escalate", "calm", "staff_loud", "closer_mic", "fast_talker", "noise_burst"]
MOST_TURNS: Final = 3000
"""Turns of one conversation: some three hours of quick exchange."""

Seconds = Annotated[float, Field(ge=0, le=864_000, allow_inf_nan=False)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(printable)]


class TurnLabel(In):
    """One person's turn. `unsure` only in a draft; `keywords` are the lexicon's terms said in it."""

    role: Role = Field(examples=["customer"])
    start: Seconds
    end: Seconds
    text: Words = Field("", examples=["我要退房，不然就找媒体曝光"])
    keywords: list[FilledLine] = Field(default_factory=list, max_length=40, examples=[["退房", "曝光"]])


class LabelsIn(In):
    """What was heard. A `draft` may be unfinished; anything else has to be whole: `escalate` with its onset, every role known."""

    kind: LabelKind = Field(examples=["escalate"])
    onset: Seconds | None = Field(None, description="The customer's first agitated word", examples=[53.3])
    offset: Seconds | None = Field(None, description="The customer is back to their usual voice", examples=[77.3])
    turns: list[TurnLabel] = Field(max_length=MOST_TURNS)


class LabelsOut(Out):
    """The labels, or (version 0) what the ear heard as a draft of them."""

    session_id: str
    version: int
    kind: LabelKind
    seconds: float = Field(description="Length of the recording")
    onset: float | None
    offset: float | None
    turns: list[TurnLabel]
    labelled_by: str | None
    labelled_at: datetime | None
    warnings: list[str] = Field(description="What is odd but accepted, in codes of `docs/evaluation.md`", examples=[["turns_cross"]])


class LabelledOut(Out):
    """A labelled conversation as a list shows it."""

    session_id: str
    site_id: str
    staff_name: str
    started_at: datetime
    kind: LabelKind
    seconds: float
    turns: int = Field(examples=[41])
    labelled_by: str
    labelled_at: datetime
