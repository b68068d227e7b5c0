"""Bodies of comments. Times are seconds of audio unless they end in `_at`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from case_api.schemas import In, Out, Prose


class CommentIn(In):
    """A comment at a moment of the conversation."""

    at: float = Field(ge=0, le=864_000, allow_inf_nan=False)
    text: Annotated[Prose, StringConstraints(min_length=1)] = Field(examples=["这里先让客户把话说完，再解释流程"])


class CommentOut(Out):
    """A comment and whose it is."""

    id: str
    at: float
    text: str
    person_id: str
    person_name: str = Field(examples=["张伟"])
    mine: bool = Field(description="Whether the person who asks wrote it, and may withdraw it")
    created_at: datetime


class Comments(Out):
    """A conversation's comments, by moment; without those that were withdrawn."""

    items: list[CommentOut]
