"""What request and response bodies share."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from models.rules import broken_rule

PROSE_CONTROLS = {"\n", "\t"}


def printable(text: str) -> str:
    """Refuse control characters (PostgreSQL cannot store NUL, terminals obey the rest) and lone surrogates."""
    bad = next((c for c in text if unicodedata.category(c) in {"Cc", "Cs"} and c not in PROSE_CONTROLS), None)
    if bad is not None:
        raise broken_rule(f"含有控制字符 U+{ord(bad):04X}", f"holds the control character U+{ord(bad):04X}")
    return text


def _one_line(text: str) -> str:
    if PROSE_CONTROLS & set(text):
        raise broken_rule("只能写一行", "has to be one line")
    return text


def of_this_century(at: datetime) -> datetime:
    """Refuse times near the ends of the calendar. Raises ValueError."""
    if not 2000 <= at.year < 2100:
        raise broken_rule("年份须在 2000 至 2099 之间", "has to be of this century")
    return at


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(printable), AfterValidator(_one_line)]
FilledLine = Annotated[Line, StringConstraints(min_length=1)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(printable)]
Reason = Annotated[Prose, StringConstraints(min_length=2)]
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]

Moment = Annotated[AwareDatetime, AfterValidator(of_this_century)]
"""A time with its zone; far from the ends of the calendar, where adding a limit or changing the zone would overflow."""


class In(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """A response body, read from rows or built."""

    model_config = ConfigDict(from_attributes=True)
