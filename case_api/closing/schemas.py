"""Bodies of the closing actions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from case_api.closing.rules import SENSITIVE
from case_api.figures.rules import KeyQuestion
from case_api.schemas import FilledLine, In, Line, Moment, Out, printable
from models.cases import Outcome
from models.tasks import TaskKind, TaskStatus

Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), AfterValidator(printable)]
FilledProse = Annotated[Prose, StringConstraints(min_length=4)]


class TagIn(In):
    """The mark on the customer."""

    tag: Annotated[FilledLine, StringConstraints(max_length=40)] = Field(default=SENSITIVE, examples=[SENSITIVE])
    note: Line = Field(default="", examples=["家庭决策分歧,回访请联系配偶"])


class KnowledgeIn(In):
    """What others may learn from the case. Names and numbers of people are masked when it is stored."""

    title: FilledLine = Field(examples=["配偶未到场看房导致退房,补签知情书后挽留"])
    summary: FilledProse = Field(examples=["客户独自认购,配偶次日到访后认为朝向不佳。"])
    lessons: FilledProse = Field(examples=["认购环节须核对《共居人知情确认书》。"])


class BriefIn(In):
    """What the site adds to the figures of the brief."""

    remark: Prose = Field(default="", examples=["客户已平复,无传播迹象。"])


class ReviewIn(In):
    """The review meeting."""

    held_at: Moment = Field(examples=["2026-11-24T09:00:00+08:00"])
    participants: list[FilledLine] = Field(min_length=2, max_length=30, examples=[["张经理", "李静", "陈财务"]])
    findings: FilledProse = Field(examples=["接待及时,但认购前未核对共居人。"])
    undiscussed: Annotated[list[KeyQuestion], Field(max_length=7)] | None = Field(
        default=None,
        description="Key questions that were not talked through before signing; empty if all were, null if that was not judged",
        examples=[["decision_makers"]],
    )
    sop_change: FilledProse = Field(description="What changes; or why nothing has to", examples=["认购清单增加共居人知情确认书一项。"])


class ActionOut(Out):
    """One closing action."""

    kind: TaskKind = Field(examples=["customer_tag"])
    status: TaskStatus
    due_at: datetime
    done_at: datetime | None
    done_by: str | None


class ClosingOut(Out):
    """How far the closing is."""

    outcome: Outcome
    ended_at: datetime
    archived_at: datetime | None
    actions: list[ActionOut]
    version: int


class KnowledgeOut(Out):
    """One entry of the knowledge base."""

    id: str
    site_id: str
    code: str
    title: str
    outcome: Outcome
    causes: list[str]
    summary: str
    lessons: str
    course: list[dict[str, Any]] = Field(description="The case's work in order: what, opened, ended, late")
    created_at: datetime


class BriefOut(Out):
    """One brief to the regional operations centre."""

    id: str
    site_id: str
    body: dict[str, Any]
    sent_by: str
    sent_at: datetime
    received_by: str | None
    received_at: datetime | None
    version: int = Field(description="For `If-Match` of the receipt", examples=[1])


class TagOut(Out):
    """A mark on a customer, and the case it comes from."""

    case_id: str
    site_id: str
    tag: str
    note: str
    created_at: datetime
