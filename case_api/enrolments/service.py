"""Enrol, show and delete one's own voice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.enrolments.decode import decode
from case_api.enrolments.schemas import EnrolmentOut
from case_api.notices import current_notice
from case_api.once import Once
from case_api.problems import Problem, ProblemCode
from models import audit
from models.base import utc_now
from models.engine import Factory, reading, transaction
from models.enrolments import EMBEDDING_SIZE, VoiceEnrolment

Samples = NDArray[np.float32]
Embed = Callable[[Sequence[Samples]], NDArray[np.float32]]
"""16 kHz float32 recordings, the everyday voice first → (k, 256) unit vectors; ValueError if one holds too little speech."""


async def current(db: AsyncSession, person_id: str, *, lock: bool = False) -> VoiceEnrolment | None:
    """The enrolment in use."""
    query = select(VoiceEnrolment).where(VoiceEnrolment.person_id == person_id, VoiceEnrolment.deleted_at.is_(None))
    return (await db.scalars(query.with_for_update() if lock else query)).one_or_none()


def shown(row: VoiceEnrolment | None) -> EnrolmentOut:
    """What a person is told of their enrolment."""
    if row is None:
        return EnrolmentOut(enrolled=False)
    return EnrolmentOut(enrolled=True, raised=row.raised, created_at=row.created_at, consent_text_version=row.consent_text_version)


async def enrol(factory: Factory, embed: Embed, by: By, recordings: Sequence[bytes], once: Once) -> EnrolmentOut:
    """Replace one's enrolment. The recordings are gone when this returns.

    Raises Problem: audio_undecodable, audio_length.
    """
    async with reading(factory) as db:
        await once.look(db)
    vectors = await asyncio.to_thread(_vectors, embed, recordings)
    now = utc_now()
    async with transaction(factory) as db:
        await once.claim(db)
        await _clear(db, by.person_id)
        row = VoiceEnrolment(
            person_id=by.person_id,
            embedding=vectors.astype("<f4").tobytes(),
            windows=len(vectors),
            raised=len(recordings) > 1,
            consent_at=now,
            consent_text_version=current_notice("enrolment").version,
        )
        db.add(row)
        await db.flush()
        audit.record(db, by.who, "api:enrolment:create", audit.Subject("enrolment", row.id), after={"raised": row.raised})
        found = shown(row)
        once.keep(db, 201, found)
    return found


def _vectors(embed: Embed, recordings: Sequence[bytes]) -> NDArray[np.float32]:
    samples = [decode(data) for data in recordings]
    try:
        vectors = embed(samples)
    except ValueError as error:
        raise Problem(ProblemCode.AUDIO_LENGTH, str(error)) from error
    if vectors.ndim != 2 or vectors.shape[1] != EMBEDDING_SIZE or not np.isfinite(vectors).all():
        raise Problem(ProblemCode.AUDIO_UNDECODABLE)
    return vectors


async def _clear(db: AsyncSession, person_id: str) -> VoiceEnrolment | None:
    row = await current(db, person_id, lock=True)
    if row is not None:
        row.embedding, row.deleted_at = None, utc_now()
        await db.flush()
    return row


async def delete(db: AsyncSession, by: By) -> None:
    """Clear the vectors; that there was an enrolment stays on the record. Raises Problem: not_enrolled."""
    row = await _clear(db, by.person_id)
    if row is None:
        raise Problem(ProblemCode.NOT_ENROLLED)
    audit.record(db, by.who, "api:enrolment:delete", audit.Subject("enrolment", row.id))
