"""Record what a competitor is said to offer, verify it, compare it with ours."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.commands import By, guard
from case_api.competitors import repository, rules
from case_api.competitors.schemas import (
    ComparedItem,
    ComparisonIn,
    CompetitorOfferIn,
    CompetitorOfferOut,
    DeliveryItem,
    JudgedItem,
    PriceItem,
    Verification,
)
from case_api.evidence.service import AT_WORK
from case_api.intake.identity import redacted
from case_api.money import yuan
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_seen, named_site
from models import audit, outbox
from models.competitors import CompetitorOffer
from models.people import Person


async def record(db: AsyncSession, by: By, body: CompetitorOfferIn) -> CompetitorOffer:
    """An offer as it was heard.

    Raises Problem: forbidden, not_found, site_unknown, case_unknown, case_state, invalid_request, person_unknown, session_unknown.
    """
    by.principal.demand(Permission.COMPETITOR_RECORD, body.site_id)
    await named_site(db, body.site_id)
    if body.case_id is not None:
        case = await flow.case_for(db, by.principal, Permission.COMPETITOR_RECORD, body.case_id)
        if case.site_id != body.site_id:
            raise Problem(ProblemCode.CASE_UNKNOWN, "body.case_id")
        flow.demand_step(case, *AT_WORK)
    if body.heard_at > by.now:
        raise Problem(ProblemCode.INVALID_REQUEST, "body.heard_at: 不能晚于现在 / still to come")
    heard_by = body.heard_by or by.person_id
    person = await db.get(Person, heard_by)
    if person is None or not any(role.site_id in (None, body.site_id) for role in person.roles):
        raise Problem(ProblemCode.PERSON_UNKNOWN, "body.heard_by")
    await _demand_evidence(db, body.case_id, body.evidence_id)
    if body.session_id is not None and await repository.session_at(db, body.site_id, body.case_id, body.session_id) is None:
        raise Problem(ProblemCode.SESSION_UNKNOWN, "body.session_id")
    row = CompetitorOffer(**body.model_dump(exclude={"heard_by"}), heard_by=heard_by, created_by=by.person_id, created_at=by.now)
    row.comparison = []
    db.add(row)
    await _done(db, by, row, "recorded", {"competitor": row.competitor, "offered": redacted(row.offered)})
    return row


async def _demand_evidence(db: AsyncSession, case_id: str | None, evidence_id: str | None) -> None:
    if evidence_id is not None and (case_id is None or await repository.evidence_of(db, case_id, evidence_id) is None):
        raise Problem(ProblemCode.NOT_FOUND, "body.evidence_id")


async def find(db: AsyncSession, principal: Principal, offer_id: str, *, lock: bool = False) -> CompetitorOffer:
    """The offer. Raises Problem: not_found, also where the person may not see it."""
    return await find_seen(db, principal, Permission.CASE_READ, CompetitorOffer, offer_id, lock=lock)


async def _to_judge(db: AsyncSession, by: By, offer_id: str, expected: int) -> CompetitorOffer:
    """The case first, then its offer: every command locks in this order. What is archived stays as it was."""
    row = await find(db, by.principal, offer_id)
    by.principal.demand(Permission.COMPETITOR_VERIFY, row.site_id)
    if row.case_id is not None:
        flow.demand_step(await flow.case_for(db, by.principal, Permission.CASE_READ, row.case_id), *AT_WORK)
    row = await find(db, by.principal, offer_id, lock=True)
    guard(row, expected)
    return row


async def verify(db: AsyncSession, by: By, offer_id: str, expected: int, body: Verification) -> CompetitorOffer:
    """Whether the offer is as it was told. Said again, the newer holds; the audit record has both.

    Raises Problem: not_found, forbidden, case_state, version_conflict.
    """
    row = await _to_judge(db, by, offer_id, expected)
    await _demand_evidence(db, row.case_id, body.evidence_id)
    row.outcome, row.proof, row.proof_evidence_id = body.outcome, body.proof, body.evidence_id
    row.verified_by, row.verified_at = by.person_id, by.now
    await _done(db, by, row, "verified", {"outcome": body.outcome, "proof": redacted(body.proof)})
    return row


async def compare(db: AsyncSession, by: By, offer_id: str, expected: int, body: ComparisonIn) -> CompetitorOffer:
    """Item by item with ours, and whether it can be matched. Raises Problem: as `verify`."""
    row = await _to_judge(db, by, offer_id, expected)
    row.comparison = [side_by_side(item).model_dump() for item in body.items]
    row.matchable, row.judgement = body.matchable, body.judgement
    row.compared_by, row.compared_at = by.person_id, by.now
    await _done(db, by, row, "compared", {"matchable": body.matchable, "balance": rules.balance(row.comparison)})
    return row


def side_by_side(item: PriceItem | DeliveryItem | JudgedItem) -> ComparedItem:
    """An item as it is kept and shown, what can be reckoned reckoned."""
    if isinstance(item, PriceItem):
        better, difference = rules.by_price(item.theirs_fen, item.ours_fen)
        theirs, ours = yuan(item.theirs_fen), yuan(item.ours_fen)
    elif isinstance(item, DeliveryItem):
        better, difference = rules.by_date(item.theirs_on, item.ours_on)
        theirs, ours = item.theirs_on.isoformat(), item.ours_on.isoformat()
    else:
        better, difference, theirs, ours = item.better, "", item.theirs, item.ours
    return ComparedItem(item=item.item, theirs=theirs, ours=ours, better=better, difference=difference, note=item.note)


async def _done(db: AsyncSession, by: By, row: CompetitorOffer, what: str, told: dict[str, Any]) -> None:
    await db.flush()
    subject = audit.Subject("competitor_offer", row.id, row.site_id)
    if row.case_id is not None:
        subject = audit.Subject("case", row.case_id, row.site_id)
    audit.record(db, by.who, f"api:competitor_offer:{what}", subject, after={"competitor_offer_id": row.id} | told, at=by.now)
    about = {"competitor_offer_id": row.id, "case_id": row.case_id, "site_id": row.site_id, "at": by.now.isoformat()}
    await outbox.publish(db, f"competitor_offer.{what}", about | told, site_id=row.site_id)


def shown(row: CompetitorOffer) -> CompetitorOfferOut:
    """The offer, with in how many items whose is better."""
    names = CompetitorOfferOut.model_fields.keys() - {"balance"}
    return CompetitorOfferOut(balance=rules.balance(row.comparison), **{name: getattr(row, name) for name in names})
