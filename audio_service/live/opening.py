"""The rows a conversation begins with, and what is read back when it goes on in another process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from audio_service.errors import AccessError, ErrorCode
from audio_service.hearing import Enrolment
from audio_service.live.admission import Admitted
from audio_service.live.ear import Ear
from audio_service.live.finished import Finished
from audio_service.live.identity import Identity, Past
from audio_service.live.plan import keep, plan_of
from audio_service.messages import Hello, Speaker
from audio_service.transcription.results import Alternative, Character, Dropped, Rescored, Transcription
from models import audit
from models.base import is_id, new_id, utc_now
from models.consents import Consent, withdrawn_among
from models.engine import reading, transaction
from models.enrolments import EMBEDDING_SIZE, VoiceEnrolment
from models.prompts import PromptFeedback, PromptShown
from models.sessions import Session
from models.sites import SiteDetection
from models.utterances import Utterance

PIPELINE_VERSION = "1"


async def open_session(ear: Ear, identity: Identity, hello: Hello, admitted: Admitted, notice: str) -> None:
    """Consent, session and audit record in one transaction. The evidence of consent is there before the first sample is."""
    assert hello.consent is not None
    consent = Consent(
        id=new_id(),
        recording=hello.consent.recording,
        notice_version=hello.consent.notice_version,
        notice_text=notice,
        method=hello.consent.method,
        informed_by=hello.consent.informed_by or admitted.display_name,
        given_at=utc_now(),
    )
    session = Session(
        id=identity.session_id,
        site_id=identity.site_id,
        staff_id=identity.staff_id,
        case_id=identity.case_id,
        consent_id=consent.id,
        recording=identity.recording,
        codec=hello.codec,
        sample_rate=hello.sample_rate,
        client=hello.client or "",
        detection=dict(identity.thresholds) or None,
        mic=hello.mic.model_dump(exclude_none=True) if hello.mic else None,
        pipeline_version=PIPELINE_VERSION,
    )
    async with transaction(ear.factory) as db:
        db.add(consent)
        await db.flush()
        db.add(session)
        await db.flush()
        keep(db, identity.plan)
        audit.record(
            db,
            audit.Actor(admitted.display_name, admitted.person_id),
            "stream:session:begin",
            audit.Subject("session", identity.session_id, identity.site_id),
            after={"recording": identity.recording, "consent": consent.id, "case": identity.case_id},
        )


async def thresholds_of_site(db: AsyncSession, site_id: str) -> Mapping[str, Any]:
    """What the site has set otherwise than the service."""
    row = await db.get(SiteDetection, site_id)
    return dict(row.changes) if row is not None else {}


async def read_past(ear: Ear, session_id: str, admitted: Admitted | None) -> tuple[Identity, Past]:
    """A conversation of an earlier process. `admitted` None is the service itself, which ends what nobody came back to.

    Raises AccessError: session_unknown (also for somebody else's), consent_withdrawn, session_ended.
    """
    if not is_id(session_id):
        raise AccessError(ErrorCode.SESSION_UNKNOWN)
    async with reading(ear.factory) as db:
        row = await db.get(Session, session_id)
        if row is None or (admitted is not None and row.staff_id != admitted.person_id):
            raise AccessError(ErrorCode.SESSION_UNKNOWN, session_id)
        if await withdrawn_among(db, [session_id]):
            raise AccessError(ErrorCode.CONSENT_WITHDRAWN, session_id)
        if row.status == "ended":
            raise AccessError(ErrorCode.SESSION_ENDED, session_id)
        utterances = (await db.scalars(select(Utterance).where(Utterance.session_id == session_id))).all()
        verdicts = await db.execute(
            select(PromptShown.prompt_key, PromptFeedback.verdict)
            .join(PromptFeedback, PromptFeedback.prompt_id == PromptShown.id)
            .where(PromptShown.session_id == session_id)
            .order_by(PromptFeedback.created_at)
        )
        feedback = {row.prompt_key: row.verdict for row in verdicts}
        plan = await plan_of(db, session_id)
    identity = Identity(row.id, row.site_id, row.staff_id, row.case_id, row.recording, plan, row.detection or {})
    finished = {utterance.ordinal: finished_of(utterance) for utterance in utterances}
    return identity, Past(finished, max((done.end for done in finished.values()), default=0.0), feedback)


async def load_enrolment(ear: Ear, person_id: str) -> Enrolment | None:
    """The staff member's voice, if they enrolled it."""
    query = select(VoiceEnrolment).where(VoiceEnrolment.person_id == person_id, VoiceEnrolment.deleted_at.is_(None))
    async with reading(ear.factory) as db:
        row = await db.scalar(query)
    if row is None or row.embedding is None:
        return None
    return Enrolment(np.frombuffer(row.embedding, "<f4").reshape(-1, EMBEDDING_SIZE).astype(np.float32))


def finished_of(row: Utterance) -> Finished:
    """An utterance as it was stored."""
    quality = row.quality
    dropped = quality.get("dropped")
    transcription = Transcription(
        text=row.text,
        alternatives=tuple(Alternative(*alternative) for alternative in row.alternatives),
        characters=tuple(Character(*character) for character in row.characters),
        avg_logprob=quality.get("avg_logprob", 0.0),
        no_speech_prob=quality.get("no_speech", 0.0),
        compression_ratio=quality.get("compression", 0.0),
        dropped=Dropped(dropped) if dropped else None,
        rescored=tuple(Rescored(*reading) for reading in quality.get("rescored", ())),
        twice=quality.get("twice", False),
    )
    return Finished(
        row.ordinal,
        row.start,
        row.end,
        Speaker(row.speaker),
        row.confidence,
        transcription,
        known=True,
        late=quality.get("late"),
        again=quality.get("again"),
    )
