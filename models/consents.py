"""Consent to a recording: evidence, kept with the audio. And the one rule by which everything of a recording is shown or not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id, one_of
from models.sessions import Session

ConsentMethod = Literal["spoken", "written", "screen"]
AskedBy = Literal["customer", "co_resident", "other"]
REASON_LENGTH: Final = 200
STAYS: Final[dict[str, Any]] = {"with_for_update": {"read": True, "key_share": True}}
"""Arguments of `get(Session, …)`: a withdrawal waits until this transaction is over, so that what is asked of the consent next holds."""


class Consent(Base):
    """What a customer was told and answered. The notice's text is copied, so that a later edit cannot change the evidence.

    The session points here (`session.consent_id`), never the other way round: consent comes first. `withdrawn_at`: from then on nothing
    of the recording is used or shown (`stands`); it is deleted when its retention ends and no hold keeps it. `withdrawn_by` is who wrote
    that down, `withdrawal_asked_by` who asked for it, `withdrawal_reason` what they gave as reason, if anything: nobody has to.
    """

    __tablename__ = "consent"
    __table_args__ = (
        one_of("method", ConsentMethod),
        one_of("withdrawal_asked_by", AskedBy),
        CheckConstraint("withdrawn_at IS NOT NULL OR (withdrawn_by IS NULL AND withdrawal_asked_by IS NULL)", name="withdrawn"),
    )

    id: Mapped[Id]
    recording: Mapped[bool]
    notice_version: Mapped[str] = mapped_column(String(40))
    notice_text: Mapped[str]
    method: Mapped[str] = mapped_column(String(8))
    informed_by: Mapped[str] = mapped_column(String(80), default="")
    given_at: Mapped[CreatedAt]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("person.id"))
    withdrawal_asked_by: Mapped[str | None] = mapped_column(String(12))
    withdrawal_reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")


def stands(session: Session, consent: Consent) -> bool:
    """Whether audio and text of a conversation may be used and shown: agreed to, and not withdrawn since."""
    return bool(session.recording) and consent.withdrawn_at is None


async def withdrawn_among(db: AsyncSession, session_ids: Collection[str]) -> set[str]:
    """Those of these conversations whose consent was withdrawn."""
    query = select(Session.id).join(Consent, Consent.id == Session.consent_id)
    return set(await db.scalars(query.where(Session.id.in_(session_ids), Consent.withdrawn_at.is_not(None))))


def standing() -> ColumnElement[bool]:
    """The same as the condition of a query that joins `Session` and `Consent`."""
    return and_(Session.recording.is_(True), Consent.withdrawn_at.is_(None))
