"""Bodies of cases."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from case_api.schemas import FilledLine, In, Line, Out, Reference
from models.cases import CaseStatus


class CaseCreate(In):
    """A new case; the site may be left out by a person who works at one only."""

    customer_label: FilledLine = Field(examples=["王先生"])
    unit_label: Line = Field(default="", examples=["3栋1202"])
    site_id: Reference | None = None


class CaseOut(Out):
    """A case."""

    id: str
    site_id: str
    code: str = Field(examples=["HD-20261123-0007"])
    customer_label: str
    unit_label: str
    status: CaseStatus
    created_by: str
    created_at: datetime
    version: int
