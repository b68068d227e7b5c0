"""Bodies of sites."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints

from case_api.schemas import FilledLine, In, Line, Out


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no time zone of the IANA database")
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class SiteCreate(In):
    """A new sales office."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,8}$")] = Field(examples=["HD"])
    name: FilledLine = Field(examples=["海德花园"])
    name_en: Line = Field(default="", examples=["Haide Garden"])
    timezone: Zone = "Asia/Shanghai"


class SiteChange(In):
    """What to change; absent fields stay. The code stays for ever: cases carry it."""

    name: FilledLine | None = None
    name_en: Line | None = None


class SiteOut(Out):
    """A sales office."""

    id: str
    code: str
    name: str
    name_en: str
    timezone: str
    created_at: datetime
