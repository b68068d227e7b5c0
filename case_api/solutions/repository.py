"""Queries on solutions, offers and answers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.cases import WithdrawalCase
from models.consents import Consent, standing
from models.evidence import Evidence
from models.registrations import Registration
from models.sessions import Session
from models.solutions import Offer, OfferAnswer, Payee, Solution
from models.tasks import CaseTask


async def solutions_of(db: AsyncSession, case_id: str) -> Sequence[Solution]:
    """The case's paths that were not withdrawn, oldest first."""
    query = select(Solution).where(Solution.case_id == case_id, Solution.withdrawn_at.is_(None))
    return (await db.scalars(query.order_by(Solution.created_at, Solution.id))).all()


def offers_query(case_id: str) -> Select[Offer]:
    """Every offer of a case."""
    return select(Offer).where(Offer.case_id == case_id)


async def newest_offer(db: AsyncSession, case_id: str) -> Offer | None:
    """The last offer made, whatever became of it."""
    return (await db.scalars(offers_query(case_id).order_by(Offer.number.desc()).limit(1))).one_or_none()


async def live_offer(db: AsyncSession, case_id: str) -> Offer | None:
    """The offer that is open or accepted, if any; as it is in the database now."""
    query = offers_query(case_id).where(Offer.status.in_(("open", "accepted")))
    return (await db.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def offers_made(db: AsyncSession, case_id: str) -> int:
    """How many offers the case had: the last number given."""
    return (await db.execute(select(func.count()).select_from(Offer).where(Offer.case_id == case_id))).scalar_one()


async def deferral_granted(db: AsyncSession, case: WithdrawalCase) -> str | None:
    """The code of the case in which this customer's days of grace began to run, whatever came of them; None where they never did.

    「首次提出延期付款」 is the customer's first time, not the case's: who took a request back and comes again has had it. It is the same
    customer whose case was registered at this site under the same ID or phone number. An approval that was refused began none.
    """
    began = exists().where(CaseTask.case_id == WithdrawalCase.id, CaseTask.kind == "deferral_due")
    query = select(WithdrawalCase.code).where(began, or_(WithdrawalCase.id == case.id, await _same_customer(db, case)))
    return (await db.scalars(query.order_by(WithdrawalCase.received_at).limit(1))).one_or_none()


async def _same_customer(db: AsyncSession, case: WithdrawalCase) -> ColumnElement[bool]:
    """Cases of the site whose form names this case's customer."""
    own = await db.get(Registration, case.id)
    known = [Registration.phone == own.phone] if own is not None and own.phone else []
    if own is not None and own.id_number:
        known.append(and_(Registration.id_number == own.id_number, Registration.id_type == own.id_type))
    if not known:
        return false()
    return and_(WithdrawalCase.site_id == case.site_id, exists().where(Registration.case_id == WithdrawalCase.id, or_(*known)))


async def answer_to(db: AsyncSession, offer_id: str) -> OfferAnswer | None:
    """The answer to an offer."""
    return (await db.scalars(select(OfferAnswer).where(OfferAnswer.offer_id == offer_id))).one_or_none()


async def payees_of(db: AsyncSession, answer_id: str) -> Sequence[Payee]:
    """Who is paid under an accepted path, in order; as it is in the database now."""
    query = select(Payee).where(Payee.answer_id == answer_id).order_by(Payee.ordinal)
    return (await db.scalars(query.execution_options(populate_existing=True))).all()


async def was_recorded(db: AsyncSession, case_id: str, session_id: str, at: float) -> bool:
    """Whether the case has this session, with a recording that may be used and reaches `at` seconds; one that goes on has no end yet."""
    query = select(Session).join(Consent, Consent.id == Session.consent_id)
    session = await db.scalar(query.where(Session.id == session_id, Session.case_id == case_id, standing()))
    if session is None:
        return False
    return session.status != "ended" or at <= session.seconds


async def has_evidence(db: AsyncSession, case_id: str, evidence_id: str) -> bool:
    """Whether the case has this evidence, and it still counts."""
    query = select(Evidence.id).where(Evidence.id == evidence_id, Evidence.case_id == case_id, Evidence.withdrawn_at.is_(None))
    return (await db.scalars(query)).one_or_none() is not None
