"""Bodies of clips. Times are seconds of audio unless they end in `_at`."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, model_validator

from case_api.schemas import FilledLine, In, Out, Prose
from models.rules import broken_rule
from models.sessions import Speaker

LONGEST = 600.0
"""Seconds of a clip: what is longer is heard on the conversation's own page."""


class ClipIn(In):
    """A piece of a conversation."""

    name: FilledLine = Field(examples=["先让客户把话说完"])
    note: Prose = Field("", examples=["注意 0:40 的停顿"])
    start: float = Field(ge=0, le=864_000, allow_inf_nan=False)
    end: float = Field(gt=0, le=864_000, allow_inf_nan=False)

    @model_validator(mode="after")
    def _span(self) -> ClipIn:
        if not 1 <= self.end - self.start <= LONGEST:
            raise broken_rule(f"片段时长须为 1 至 {LONGEST:.0f} 秒", f"a clip lasts 1 to {LONGEST:.0f} seconds")
        return self


class ClipChange(In):
    """What is left out stays."""

    name: FilledLine | None = Field(None, examples=["先让客户把话说完"])
    note: Prose | None = Field(None, examples=["注意 0:40 的停顿"])
    shared: bool | None = Field(None, examples=[True], description="Whether the site's consultants may hear it too")


class ClipOut(Out):
    """A clip, and of what."""

    id: str
    session_id: str
    site_id: str
    staff_name: str
    name: str = Field(examples=["先让客户把话说完"])
    note: str = Field(examples=["注意 0:40 的停顿"])
    start: float
    end: float
    shared: bool
    made_by: str
    made_by_name: str = Field(examples=["张伟"])
    created_at: datetime
    version: int
    whole: bool = Field(description="Whether the person who asks may hear the whole conversation")


class ClipSaid(Out):
    """What was said in it; times are seconds of the clip."""

    speaker: Speaker
    start: float
    end: float
    text: str = Field(examples=["您先坐下喝杯茶，我帮您登记"])
    corrected: bool = Field(description="Whether somebody corrected what was recognised")
    doubtful: bool = Field(description="Whether the recogniser would not bet on the text, and nobody has corrected it")


class ClipDetail(ClipOut):
    """One clip with what was said in it."""

    said: list[ClipSaid]


class Clips(Out):
    """A conversation's clips, by moment."""

    items: list[ClipOut]
