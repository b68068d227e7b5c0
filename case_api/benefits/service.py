"""Move money within a pool. Every movement is one transfer; the database keeps the balances and refuses to overdraw them."""

from __future__ import annotations

from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from case_api.benefits import repository
from case_api.benefits.schemas import ItemCreate, ItemTerms, PoolChange, PoolCreate, PoolOut, TopUp
from case_api.commands import By, flush_unique, guard
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_seen, named_site
from case_api.solutions.rules import share
from models import audit
from models.base import new_id
from models.benefits import ROUTES, BenefitItem, BenefitPool, BenefitReservation, BenefitTransfer, TransferKind
from models.cases import WithdrawalCase


async def create_pool(db: AsyncSession, by: By, body: PoolCreate) -> PoolOut:
    """A site's pool, filled with its quota. Raises Problem: forbidden, site_unknown, pool_exists."""
    by.principal.demand(Permission.BENEFIT_MANAGE, body.site_id)
    await named_site(db, body.site_id, lock=True)
    if await repository.pool_of(db, body.site_id) is not None:
        raise Problem(ProblemCode.POOL_EXISTS)
    pool = BenefitPool(**body.model_dump(), created_at=by.now)
    db.add(pool)
    await db.flush()
    audit.record(db, by.who, "api:benefit_pool:create", _subject(pool), after=body.model_dump(), at=by.now)
    if quota := share(pool.base_fen, pool.quota_bp):
        await _move(db, by, pool, "quota", quota, pool.base_note)
    return await shown(db, pool)


async def change_pool(db: AsyncSession, by: By, site_id: str, expected: int, body: PoolChange) -> PoolOut:
    """Another base or share; what the quota grew or shrank by is moved. Raises Problem: pool_insufficient if that much is not left."""
    pool = await _locked(db, by, site_id)
    guard(pool, expected)
    before = {"base_fen": pool.base_fen, "quota_bp": pool.quota_bp, "base_note": pool.base_note}
    grown = share(body.base_fen, body.quota_bp) - share(pool.base_fen, pool.quota_bp)
    terms = body.model_dump(exclude={"reason"})
    for name, value in terms.items():
        setattr(pool, name, value)
    await _count(db, pool)
    audit.record(db, by.who, "api:benefit_pool:change", _subject(pool), before=before, after=terms | {"reason": body.reason}, at=by.now)
    if grown:
        await _move(db, by, pool, "quota" if grown > 0 else "reduction", abs(grown), body.reason)
    return await shown(db, pool)


async def top_up(db: AsyncSession, by: By, site_id: str, expected: int, body: TopUp) -> PoolOut:
    """Put more into the pool than its quota, for a stated reason."""
    pool = await _locked(db, by, site_id)
    guard(pool, expected)
    await _count(db, pool)
    await _move(db, by, pool, "top_up", body.amount_fen, body.reason)
    return await shown(db, pool)


async def reserve(db: AsyncSession, by: By, case: WithdrawalCase, amount_fen: int) -> None:
    """Hold back what the case's accepted path A needs. Raises Problem: pool_missing, pool_insufficient."""
    pool = await repository.pool_of(db, case.site_id, lock=True)
    if pool is None:
        raise Problem(ProblemCode.POOL_MISSING)
    held = BenefitReservation(id=new_id(), pool_id=pool.id, case_id=case.id, amount_fen=amount_fen, status="reserved", reserved_at=by.now)
    await _move(db, by, pool, "reserve", amount_fen, case.code, case_id=case.id, reservation_id=held.id)
    db.add(held)
    await db.flush()


async def settle_reservation(db: AsyncSession, by: By, case: WithdrawalCase, how: Literal["draw", "release"]) -> None:
    """End what the case (locked) holds back: delivered, or come to nothing. Nothing happens if it holds nothing back."""
    held = await repository.reservation_of(db, case.id)
    if held is None:
        return
    pool = await repository.pool_of(db, case.site_id, lock=True)
    assert pool is not None
    held.status, held.ended_at = ("drawn" if how == "draw" else "released"), by.now
    await _move(db, by, pool, how, held.amount_fen, case.code, case_id=case.id, reservation_id=held.id)


async def available_fen(db: AsyncSession, site_id: str) -> int | None:
    """What the site may still promise; None without a pool."""
    pool = await repository.pool_of(db, site_id)
    return None if pool is None else (await repository.balances(db, pool.id))["available"]


async def shown(db: AsyncSession, pool: BenefitPool) -> PoolOut:
    """The pool with its balances."""
    found = await repository.balances(db, pool.id)
    return PoolOut(
        **{name: getattr(pool, name) for name in ("id", "site_id", "base_fen", "base_note", "quota_bp", "version")},
        quota_fen=share(pool.base_fen, pool.quota_bp),
        funded_fen=-found["funding"],
        available_fen=found["available"],
        reserved_fen=found["reserved"],
        spent_fen=found["spent"],
    )


async def readable_pool(db: AsyncSession, principal: Principal, site_id: str) -> BenefitPool:
    """The pool of a site where the person sees cases. Raises Problem: not_found."""
    pool = await repository.pool_of(db, site_id)
    if pool is None or not principal.may(Permission.CASE_READ, site_id):
        raise Problem(ProblemCode.NOT_FOUND)
    return pool


async def _locked(db: AsyncSession, by: By, site_id: str) -> BenefitPool:
    pool = await repository.pool_of(db, site_id, lock=True)
    if pool is None or not by.principal.may(Permission.CASE_READ, site_id):
        raise Problem(ProblemCode.NOT_FOUND)
    by.principal.demand(Permission.BENEFIT_MANAGE, site_id)
    return pool


async def _count(db: AsyncSession, pool: BenefitPool) -> None:
    """What people decide about the pool counts in its version; reservations of cases do not."""
    flag_modified(pool, "quota_bp")
    await db.flush()


async def _move(
    db: AsyncSession,
    by: By,
    pool: BenefitPool,
    kind: TransferKind,
    amount_fen: int,
    reason: str,
    *,
    case_id: str | None = None,
    reservation_id: str | None = None,
) -> None:
    """One transfer of a locked pool. The balance is looked at first for a clear refusal; the CHECK behind it is what holds."""
    from_account, to_account = ROUTES[kind]
    if from_account != "funding" and (await repository.balances(db, pool.id))[from_account] < amount_fen:
        raise Problem(ProblemCode.POOL_INSUFFICIENT)
    transfer = BenefitTransfer(
        pool_id=pool.id,
        kind=kind,
        from_account=from_account,
        to_account=to_account,
        amount_fen=amount_fen,
        reason=reason,
        case_id=case_id,
        reservation_id=reservation_id,
        made_by=by.author_id,
        at=by.now,
    )
    db.add(transfer)
    await db.flush()
    after = {"amount_fen": amount_fen, "reason": reason, "case_id": case_id}
    audit.record(db, by.who, f"api:benefit_pool:{kind}", _subject(pool), after=after, at=by.now)


def _subject(pool: BenefitPool) -> audit.Subject:
    return audit.Subject("benefit_pool", pool.id, pool.site_id)


# --- the catalogue ---


async def create_item(db: AsyncSession, by: By, body: ItemCreate) -> BenefitItem:
    """A new item. Raises Problem: forbidden, site_unknown, benefit_name_taken."""
    by.principal.demand(Permission.BENEFIT_MANAGE, body.site_id)
    await named_site(db, body.site_id)
    item = BenefitItem(**body.model_dump(), created_at=by.now)
    db.add(item)
    await flush_unique(db, ProblemCode.BENEFIT_NAME_TAKEN, "body.name_zh")
    _note(db, by, item, "create", after=body.model_dump())
    return item


async def change_item(db: AsyncSession, by: By, item_id: str, expected: int, body: ItemTerms) -> BenefitItem:
    """Rename or re-price an item. What was offered keeps its price. Raises Problem: not_found, benefit_retired, benefit_name_taken."""
    item = await _item(db, by, item_id)
    guard(item, expected)
    if item.retired_at is not None:
        raise Problem(ProblemCode.BENEFIT_RETIRED)
    before = {name: getattr(item, name) for name in ItemTerms.model_fields}
    for name, value in body.model_dump().items():
        setattr(item, name, value)
    await flush_unique(db, ProblemCode.BENEFIT_NAME_TAKEN, "body.name_zh")
    _note(db, by, item, "change", before=before, after=body.model_dump())
    return item


async def retire_item(db: AsyncSession, by: By, item_id: str, expected: int) -> None:
    """Take an item out of the catalogue. Raises Problem: not_found, benefit_retired."""
    item = await _item(db, by, item_id)
    guard(item, expected)
    if item.retired_at is not None:
        raise Problem(ProblemCode.BENEFIT_RETIRED)
    item.retired_at = by.now
    await db.flush()
    _note(db, by, item, "retire")


async def _item(db: AsyncSession, by: By, item_id: str) -> BenefitItem:
    item = await find_seen(db, by.principal, Permission.CASE_READ, BenefitItem, item_id, lock=True)
    by.principal.demand(Permission.BENEFIT_MANAGE, item.site_id)
    return item


def _note(db: AsyncSession, by: By, item: BenefitItem, verb: str, **values: dict[str, object]) -> None:
    subject = audit.Subject("benefit_item", item.id, item.site_id)
    audit.record(db, by.who, f"api:benefit_item:{verb}", subject, before=values.get("before"), after=values.get("after"), at=by.now)
