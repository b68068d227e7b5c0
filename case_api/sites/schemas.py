"""Bodies of sites."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints

from case_api.schemas import FilledLine, In, Line, Out
from models.rules import broken_rule
from models.sites import CHINA


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise broken_rule("不是 IANA 时区名称，例如 Asia/Shanghai", "is no time zone of the IANA database, such as Asia/Shanghai")
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class SiteCreate(In):
    """A new sales office."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,8}$")] = Field(examples=["HD"])
    name: FilledLine = Field(examples=["海德花园"])
    name_en: Line = Field(default="", examples=["Haide Garden"])
    timezone: Zone = CHINA.key


class SiteChange(In):
    """What to change; absent fields stay. The code stays for ever: cases carry it."""

    name: FilledLine | None = None
    name_en: Line | None = None


class ThresholdsChange(In):
    """All thresholds that the site is to have otherwise than the service, and why; an empty object goes back to the service's."""

    changes: dict[str, float] = Field(max_length=60, examples=[{"raise_at": 2.9, "cooldown": 60}])
    reason: FilledLine = Field(examples=["开放式大厅，背景人声多"])


class Threshold(Out):
    """One threshold: what holds at the site, what the service has, between which values it may lie."""

    name: str
    value: float
    usual: float
    least: float | None
    most: float | None
    en: str = Field(description="What it does")


class Thresholds(Out):
    """The ear's thresholds at a site. They hold for conversations that begin from now on."""

    site_id: str
    version: int
    changes: dict[str, float]
    reason: str
    changed_by: str | None
    changed_at: datetime | None
    items: list[Threshold]


class SiteOut(Out):
    """A sales office."""

    id: str
    code: str
    name: str
    name_en: str
    timezone: str
    created_at: datetime
