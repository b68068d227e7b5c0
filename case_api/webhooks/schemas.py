"""Bodies of webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from case_api.events.topics import is_pattern
from case_api.schemas import FilledLine, In, Out, Reference
from models.deliveries import DeliveryStatus
from models.rules import broken_rule
from models.webhooks import WebhookStatus


def _known(pattern: str) -> str:
    if not is_pattern(pattern):
        raise broken_rule("没有与此相符的事件（见 docs/events.md）", "matches no event of docs/events.md")
    return pattern


def _each_once(patterns: list[str]) -> list[str]:
    return sorted(set(patterns))


Pattern = Annotated[str, StringConstraints(max_length=64), AfterValidator(_known)]
Patterns = Annotated[list[Pattern], Field(min_length=1, max_length=60), AfterValidator(_each_once)]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8, max_length=500)]


class WebhookCreate(In):
    """A new subscription."""

    name: FilledLine = Field(examples=["集团 CRM"])
    url: Url = Field(examples=["https://crm.example.com/hooks/calmdesk"])
    topics: Patterns = Field(
        description="Names of docs/events.md, `case.*` or `*`", examples=[["case.approve", "case.unit_released", "policy.*"]]
    )
    site_id: Reference | None = Field(default=None, description="Only events of this site; null: of all")


class WebhookChange(In):
    """What to change; absent fields stay. Switching on again forgets the failures."""

    name: FilledLine | None = None
    url: Url | None = None
    topics: Patterns | None = None
    status: WebhookStatus | None = Field(default=None, examples=["disabled"])


class Rotation(In):
    """How long the old secret signs beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=168)] = Field(default=24, examples=[24])


class WebhookOut(Out):
    """A subscription."""

    id: str
    name: str
    url: str
    topics: list[str]
    site_id: str | None
    status: WebhookStatus
    failing_since: datetime | None = Field(description="First failure after the last success")
    disabled_at: datetime | None
    disabled_reason: str = Field(description="Why the program switched it off; empty where a person did")
    previous_until: datetime | None = Field(description="Until when the secret before this one signs too")
    created_by: str
    created_at: datetime
    version: int


class WebhookWithSecret(WebhookOut):
    """A subscription with its secret, which is shown this once."""

    secret: str = Field(examples=["whsec_3q2-7wEBAgMEBQYHCAkKCwwNDg8QERITFBUWFxg"])


class DeliveryOut(Out):
    """One event for one webhook. What it said is not shown: who manages webhooks need not see cases."""

    id: str
    event_id: str = Field(examples=["evt_4711"])
    topic: str
    status: DeliveryStatus
    attempts: int
    next_at: datetime | None = Field(description="When it is tried next; while it is being tried, the end of the lease")
    last_attempt_at: datetime | None
    response_status: int | None = Field(description="HTTP status of the newest answer", examples=[503])
    error: str = Field(examples=["status 503"])
    created_at: datetime
    done_at: datetime | None
