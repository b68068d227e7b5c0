"""Bodies of sources."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from case_api.schemas import FilledLine, In, Out, Reference
from models.crm import SourceStatus


class SourceCreate(In):
    """A program that tells of customers."""

    name: FilledLine = Field(examples=["明源 CRM"])
    site_id: Reference | None = Field(default=None, description="The only site it tells of; null: of all")


class SourceChange(In):
    """What to change; absent fields stay."""

    name: FilledLine | None = None
    status: SourceStatus | None = Field(default=None, examples=["disabled"])


class SourceOut(Out):
    """A source."""

    id: str
    name: str
    site_id: str | None
    status: SourceStatus
    previous_until: datetime | None = Field(description="Until when the secret before this one is taken too")
    created_at: datetime
    version: int


class SourceWithSecret(SourceOut):
    """A source with its secret, which is shown this once."""

    secret: str = Field(examples=["whsec_3q2-7wEBAgMEBQYHCAkKCwwNDg8QERITFBUWFxg"])
