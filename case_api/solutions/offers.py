"""Put at least two paths before the customer (「提供不少于两种可选路径」), and take an offer back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.benefits.service import available_fen, settle_reservation
from case_api.canonical import sha256
from case_api.cases import flow
from case_api.commands import By, guard
from case_api.policies.service import deadline_policy
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.solutions import repository
from case_api.solutions.rules import Limits
from case_api.solutions.schemas import OfferIn, OfferOut
from case_api.solutions.service import is_stale
from case_api.solutions.terms import NAMES
from models.cases import WithdrawalCase
from models.sites import Site
from models.solutions import Offer, Solution

LEAST_KINDS = 2


async def make(db: AsyncSession, by: By, case_id: str, expected: int, body: OfferIn, limits: Limits) -> OfferOut:
    """Offer the case's paths, as they are priced now. What was offered is kept to the letter, with its hash.

    Raises Problem: not_found, forbidden, case_state, version_conflict, solution_unknown, too_few_paths, deferral_used, solution_stale,
    pool_missing, pool_insufficient.
    """
    case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id)
    flow.demand_step(case, "solving")
    guard(case, expected)
    rows = await _chosen(db, case, body.solution_ids)
    if len({row.kind for row in rows}) < LEAST_KINDS:
        raise Problem(ProblemCode.TOO_FEW_PATHS)
    if any(row.kind == "deferral" for row in rows) and await repository.deferral_granted(db, case):
        raise Problem(ProblemCode.DEFERRAL_USED)  # drafted before the first one ran out: to price it again would not help
    if stale := [row.id for row in rows if await is_stale(db, by, case, row, limits)]:
        raise Problem(ProblemCode.SOLUTION_STALE, ", ".join(stale))
    await _affordable(db, case, rows)
    offer = await _offer(db, by, case, rows)
    detail = {"offer_id": offer.id, "number": offer.number, "sha256": offer.sha256, "kinds": [row.kind for row in rows]}
    await flow.advance(db, by, case, "offer", detail=detail)
    return shown(offer, case)


async def _chosen(db: AsyncSession, case: WithdrawalCase, ids: Sequence[str] | None) -> list[Solution]:
    rows = await repository.solutions_of(db, case.id)
    if ids is None:
        return list(rows)
    known = {row.id: row for row in rows}
    if unknown := [one for one in ids if one not in known]:
        raise Problem(ProblemCode.SOLUTION_UNKNOWN, ", ".join(unknown))
    return [known[one] for one in dict.fromkeys(ids)]


async def _affordable(db: AsyncSession, case: WithdrawalCase, rows: Sequence[Solution]) -> None:
    """Nothing is reserved before the customer accepts, but what the pool does not hold is not offered."""
    wanted = max((row.total_fen for row in rows if row.kind == "keep_with_benefits"), default=0)
    if not wanted:
        return
    available = await available_fen(db, case.site_id)
    if available is None:
        raise Problem(ProblemCode.POOL_MISSING)
    if wanted > available:
        raise Problem(ProblemCode.POOL_INSUFFICIENT)


async def _offer(db: AsyncSession, by: By, case: WithdrawalCase, rows: Sequence[Solution]) -> Offer:
    policy = await deadline_policy(db, case.site_id, by.now)
    valid_until = policy.due_at("customer_answer", received_at=case.received_at, opened_at=by.now)
    site = await db.get_one(Site, case.site_id)
    number = await repository.offers_made(db, case.id) + 1
    snapshot = {
        "case": {"id": case.id, "code": case.code, "customer_label": case.customer_label, "unit_label": case.unit_label},
        "site": {"name": site.name, "timezone": site.timezone},
        "number": number,
        "offered_at": by.now.isoformat(),
        "valid_until": valid_until.isoformat(),
        "paths": [_path(row) for row in rows],
    }
    offer = Offer(
        case_id=case.id,
        number=number,
        snapshot=snapshot,
        sha256=sha256(snapshot),
        offered_by=by.person_id,
        offered_at=by.now,
        valid_until=valid_until,
    )
    db.add(offer)
    await db.flush()
    return offer


def _path(row: Solution) -> dict[str, Any]:
    zh, en = NAMES[row.kind]  # type: ignore[index]
    names = ("kind", "terms", "facts", "price", "refund_policy_id", "note")
    return {"solution_id": row.id, "name_zh": zh, "name_en": en} | {name: getattr(row, name) for name in names}


async def take_back(db: AsyncSession, by: By, case: WithdrawalCase) -> None:
    """What was offered or accepted holds no longer (the case, locked, leaves it): benefits that were promised are free again."""
    offer = await repository.live_offer(db, case.id)
    if offer is not None:
        offer.status = "void"
        await db.flush()
    await settle_reservation(db, by, case, "release")


async def find(db: AsyncSession, principal: Principal, case_id: str, number: int | None) -> tuple[WithdrawalCase, Offer]:
    """An offer of a case, the newest without a number. Raises Problem: not_found."""
    case = await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    if number is None:
        offer = await repository.newest_offer(db, case.id)
    else:
        offer = (await db.scalars(repository.offers_query(case.id).where(Offer.number == number))).one_or_none()
    if offer is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return case, offer


def shown(offer: Offer, case: WithdrawalCase) -> OfferOut:
    """An offer as it was made."""
    names = ("id", "number", "status", "sha256", "offered_by", "offered_at", "valid_until")
    told = {name: getattr(offer, name) for name in names}
    return OfferOut.model_validate(told | {"paths": [dict(path) for path in offer.snapshot["paths"]], "case_version": case.version})
