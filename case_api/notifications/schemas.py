"""Bodies of the inbox and of people's own channels."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from case_api.schemas import In, Moment, Out, printable
from case_api.sites.schemas import Zone
from models.notifications import NotificationKind
from models.rules import broken_rule
from models.sites import CHINA

Minute = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
ChannelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
ChannelUrl = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8, max_length=500), AfterValidator(printable)]


class NotificationOut(Out):
    """One event as one person is told of it."""

    id: str
    kind: NotificationKind
    topic: str = Field(examples=["case.deadline_remind"])
    case_id: str | None
    zh: str = Field(examples=["HD-20261123-0007 提醒：「财务评估」将于 11-23 11:00 到期"])
    en: str
    link: str = Field(description="Path of what it is about", examples=["/v1/cases/018f2c0c9b7e4b6a9d1f0a2b3c4d5e6f"])
    created_at: datetime
    read_at: datetime | None


class UnreadOut(Out):
    """How much waits in the inbox."""

    unread: int = Field(examples=[3])
    by_kind: dict[str, int] = Field(examples=[{"task": 2, "litigation": 1}])


class ReadUntil(In):
    """Everything that came by then; later ones stay unread."""

    until: Moment = Field(examples=["2026-11-23T09:30:00+08:00"])


class ChannelSave(In):
    """Where to be told as well."""

    url: ChannelUrl = Field(
        description="Apprise address: `dingtalk://`, `wecombot://`, `feishu://`, `lark://` or `mailtos://`; it is not shown whole again",
        examples=["wecombot://693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"],
    )


class ChannelOut(Out):
    """A channel, and how it fares."""

    name: str = Field(examples=["wecom"])
    service: str = Field(examples=["wecombot"])
    shown: str = Field(description="The address, masked", examples=["wecombot://…5aaa"])
    waiting: int = Field(description="Messages on their way")
    failed: int = Field(description="Messages of the last 30 days that did not arrive")
    last_error: str = Field(description="What went wrong with the newest attempt; empty if it arrived")
    changed_at: datetime


class TestOut(Out):
    """How a test message fared."""

    arrived: bool
    error: str


class Preferences(In):
    """What to hear on one's channels; the inbox has everything. Escalations and threats of litigation know no quiet hours."""

    kinds: Annotated[list[NotificationKind], Field(max_length=20)] = Field(
        description="Threats of litigation come in any case",
        examples=[["task", "approval", "reminder", "overdue", "escalation", "litigation"]],
    )
    quiet_from: Minute | None = Field(default=None, examples=["22:00"])
    quiet_until: Minute | None = Field(default=None, examples=["08:00"])
    timezone: Zone = CHINA.key

    @model_validator(mode="after")
    def _both_or_none(self) -> Preferences:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise broken_rule("安静时段须同时填写开始和结束", "quiet hours have a beginning and an end")
        return self


class PreferencesOut(Preferences):
    """What a person hears on their channels."""
