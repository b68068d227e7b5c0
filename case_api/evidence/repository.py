"""Queries on evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from models.consents import Consent
from models.evidence import Evidence, EvidenceBlob
from models.sessions import Session
from models.utterances import Utterance


def evidence_query() -> Select[Evidence, EvidenceBlob, datetime | None]:
    """(Evidence, EvidenceBlob or None, when the consent to the cited recording was withdrawn)."""
    return (
        select(Evidence, EvidenceBlob, Consent.withdrawn_at)
        .outerjoin(EvidenceBlob, EvidenceBlob.sha256 == Evidence.sha256)
        .outerjoin(Session, Session.id == Evidence.session_id)
        .outerjoin(Consent, Consent.id == Session.consent_id)
    )


def of_case(
    case_id: str, *, kind: str | None, task_id: str | None, withdrawn: bool | None
) -> Select[Evidence, EvidenceBlob, datetime | None]:
    """Evidence of a case, narrowed."""
    query = evidence_query().where(Evidence.case_id == case_id)
    if kind is not None:
        query = query.where(Evidence.kind == kind)
    if task_id is not None:
        query = query.where(Evidence.task_id == task_id)
    if withdrawn is not None:
        query = query.where(Evidence.withdrawn_at.is_not(None) if withdrawn else Evidence.withdrawn_at.is_(None))
    return query


async def one(db: AsyncSession, evidence_id: str) -> Any:
    """The row of `evidence_query`, or None."""
    return (await db.execute(evidence_query().where(Evidence.id == evidence_id))).one_or_none()


async def keep_blob(db: AsyncSession, values: dict[str, Any]) -> bool:
    """Insert the content's row unless another upload did; the row stays locked for this transaction. Whether it is this one."""
    insert = (postgresql.insert if db.get_bind().dialect.name == "postgresql" else sqlite.insert)(EvidenceBlob).values(**values)
    await db.execute(insert.on_conflict_do_nothing(index_elements=["sha256"]))
    query = select(EvidenceBlob.path).where(EvidenceBlob.sha256 == values["sha256"]).with_for_update()
    path: str = (await db.execute(query)).scalar_one()
    return bool(path == values["path"])


async def said(db: AsyncSession, session_id: str, utterance_id: str) -> Any:
    """(Session, Consent, Utterance or None), or None where there is no such session."""
    query = (
        select(Session, Consent, Utterance)
        .join(Consent, Consent.id == Session.consent_id)
        .outerjoin(Utterance, (Utterance.session_id == Session.id) & (Utterance.id == utterance_id))
        .where(Session.id == session_id)
    )
    return (await db.execute(query)).one_or_none()
