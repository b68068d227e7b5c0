"""Bodies of enrolments."""

from __future__ import annotations

from datetime import datetime

from case_api.schemas import Out


class EnrolmentOut(Out):
    """Whether one's voice is enrolled. The numbers themselves are never sent to anybody."""

    enrolled: bool
    raised: bool = False
    created_at: datetime | None = None
    consent_text_version: str | None = None
