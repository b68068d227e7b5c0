"""Bodies of cases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from case_api.schemas import FilledLine, In, Line, Moment, Out, Reference
from models.cases import CaseSource, CaseStatus, Outcome

Sort = Literal["-created_at", "created_at", "-received_at", "received_at"]
Reason = Annotated[FilledLine, StringConstraints(max_length=80)]


class CaseCreate(In):
    """A new case; the site may be left out by a person who works at one only."""

    customer_label: FilledLine = Field(examples=["王先生"])
    unit_label: Line = Field(default="", examples=["3栋1202"])
    site_id: Reference | None = None
    source: Literal["staff", "form"] = Field(default="staff", description="Told to a member of staff, or by the customer's own form")
    responsible_id: Reference | None = Field(default=None, description="The consultant who sold the unit; needed before the form goes in")
    received_at: Moment | None = Field(
        default=None, description="When the customer asked; the clock starts here. Left out: now", examples=["2026-11-23T09:30:00+08:00"]
    )
    external_reference: FilledLine | None = Field(default=None, description="Another program's number of it", examples=["CRM-20261123-77"])


class Assignment(In):
    """Who receives the customer. `responsible_id` left out stays as it is."""

    receptionist_id: Reference = Field(examples=["0198f3c2a4d700112233445566778899"])
    responsible_id: Reference | None = None


class Cancellation(In):
    """Why there is nothing to handle."""

    reason: Reason = Field(examples=["客户咨询，并未提出退房"])


class CaseOut(Out):
    """A case. `tier` is there once the assessment has decided it, `outcome` once it has ended."""

    id: str
    site_id: str
    code: str = Field(examples=["HD-20261123-0007"])
    customer_label: str
    unit_label: str
    status: CaseStatus
    source: CaseSource
    external_reference: str | None
    received_at: datetime
    responsible_id: str | None
    receptionist_id: str | None
    causes: list[str] = Field(examples=[["family", "cash_flow"]])
    tier: dict[str, Any] | None
    outcome: Outcome | None
    ended_at: datetime | None
    archived_at: datetime | None
    created_by: str
    created_at: datetime
    version: int


class CaseListed(CaseOut):
    """A case with the limit that comes first among its open tasks; null when nothing is open."""

    due_at: datetime | None = Field(description="The first limit of its open work; a clock that stands has none")
    overdue: bool
