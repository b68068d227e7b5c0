"""`/v1/consent-notice`."""

from __future__ import annotations

from fastapi import APIRouter

from case_api.notices import Notice, NoticeKind, current_notice

router = APIRouter(tags=["consent"])


@router.get("/consent-notice", operation_id="getConsentNotice")
async def consent_notice(kind: NoticeKind = "recording") -> Notice:
    """The text to show before recording or before the form (to the customer), or before enrolling (to the staff member)."""
    return current_notice(kind)
