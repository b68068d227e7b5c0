"""Bodies of corrections."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from case_api.schemas import In, Out, Prose, Reason
from models.sessions import Speaker


class CorrectionIn(In):
    """What was said, and by whom; what is left out stays as it is."""

    text: Annotated[Prose, StringConstraints(min_length=1)] | None = Field(None, examples=["我要退定金，今天就退"])
    speaker: Speaker | None = Field(None, examples=["customer"])
    reason: Reason = Field(examples=["听录音核对"])


class RestorationIn(In):
    """The version to go back to; 0 is what was recognised."""

    version: int = Field(ge=0, le=1_000_000, examples=[0])
    reason: Reason = Field(examples=["改错了句子"])


class CorrectedOut(Out):
    """An utterance as it stands."""

    id: str
    text: str
    speaker: Speaker
    version: int = Field(description="How often it was corrected; for `If-Match`")
    corrected: bool = Field(description="Whether it differs from what was recognised")


class VersionOut(Out):
    """One version. The recognised one, version 0, is nobody's."""

    version: int
    text: str
    speaker: Speaker
    reason: str
    person_id: str | None
    person_name: str
    created_at: datetime
    terms: list[str] = Field(description="Terms of today's lexicon that are written in it; the machine's own hits stay as they were")


class Versions(Out):
    """Every version, the newest first."""

    items: list[VersionOut]
    readings: list[str] = Field(
        description="What else the recogniser made of it, likeliest first: the second listening's texts, then the first's"
    )
