"""Bodies of a withdrawal."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from case_api.schemas import In, Out, Prose
from models.consents import REASON_LENGTH, AskedBy


class WithdrawalIn(In):
    """Who asked for it, and their reason if they gave one. Nobody has to give a reason."""

    asked_by: AskedBy = Field(default="customer", description="The customer, somebody who will live there too, or another")
    reason: Annotated[Prose, StringConstraints(max_length=REASON_LENGTH)] = Field(default="", examples=["不想留下录音"])


class WithdrawalOut(Out):
    """What was written down. From now on nothing of the recording is used or shown."""

    session_id: str
    withdrawn_at: datetime
    withdrawn_by: str
    withdrawn_by_name: str = Field(examples=["李静"])
    asked_by: AskedBy
    reason: str = Field(examples=["不想留下录音"])
    ended: bool = Field(description="Whether the conversation still went on, and ended with it")
