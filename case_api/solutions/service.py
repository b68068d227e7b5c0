"""Draft paths, price them, show them side by side; and the one that the customer accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.benefits import repository as benefits
from case_api.benefits.service import available_fen
from case_api.cases import flow
from case_api.commands import By, guard
from case_api.policies.rules import RefundTable
from case_api.policies.service import usable_refund_policy
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission
from case_api.solutions import facts, repository
from case_api.solutions.rules import (
    Basis,
    BenefitItem,
    Facts,
    Limits,
    Price,
    PricingRefused,
    compare,
    content_hash,
    payee_value,
    price,
    refund_rule_applies,
)
from case_api.solutions.schemas import ComparedOut, PricedOut, SolutionIn, SolutionOut, SolutionsOut
from case_api.solutions.terms import NAMES, Deferral, KeepWithBenefits, PathKind, Rescission, Terms
from models.cases import WithdrawalCase
from models.solutions import Payee, Solution

_TERMS: TypeAdapter[Terms] = TypeAdapter(Terms)


async def priced(db: AsyncSession, by: By, case: WithdrawalCase, terms: Terms, limits: Limits) -> PricedOut:
    """What these terms come to for this case, now.

    Raises Problem: facts_missing, refund_policy_unusable, and every code of `rules.PricingCode`.
    """
    known = await facts.gather(db, case)
    court = terms.court if isinstance(terms, Rescission) else None
    if court is not None and not await repository.has_evidence(db, case.id, court.evidence_id):
        raise Problem(ProblemCode.COURT_EVIDENCE, "body.terms.court.evidence_id")
    policy_id, table = await _refund_rule(db, by, case, terms, known)
    try:
        found = price(terms, Basis(known, table, await _items(db, case, terms), limits, await _deferred(db, case, terms)))
    except PricingRefused as refused:
        raise Problem(ProblemCode(refused.code), refused.detail) from refused
    return PricedOut(price=found, facts=known, refund_policy_id=policy_id)


async def _refund_rule(db: AsyncSession, by: By, case: WithdrawalCase, terms: Terms, known: Facts) -> tuple[str | None, RefundTable | None]:
    if known.effective_stage == "loan_released" or not refund_rule_applies(terms, known):
        return None, None
    version, table = await usable_refund_policy(db, case.site_id, by.now)
    return version.id, table


async def _deferred(db: AsyncSession, case: WithdrawalCase, terms: Terms) -> bool:
    return isinstance(terms, Deferral) and await repository.deferral_granted(db, case) is not None


async def _items(db: AsyncSession, case: WithdrawalCase, terms: Terms) -> dict[str, BenefitItem]:
    if not isinstance(terms, KeepWithBenefits):
        return {}
    found = await benefits.items_by_id(db, case.site_id, [choice.item_id for choice in terms.items])
    return {item.id: BenefitItem(item.id, item.name_zh, item.name_en, item.cost_fen) for item in found.values()}


async def preview(db: AsyncSession, by: By, case_id: str, body: SolutionIn, limits: Limits) -> PricedOut:
    """Price without storing. Raises Problem: as `priced`, and not_found, forbidden, case_state."""
    case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id, lock=False)
    flow.demand_step(case, "solving")
    return await priced(db, by, case, body.terms, limits)


async def draft(
    db: AsyncSession, by: By, case_id: str, expected: int, body: SolutionIn, limits: Limits
) -> tuple[WithdrawalCase, SolutionOut]:
    """Add a path. Raises Problem: as `priced`, and not_found, forbidden, case_state, version_conflict."""
    case = await _solving(db, by, case_id, expected)
    found = await priced(db, by, case, body.terms, limits)
    row = Solution(case_id=case.id, created_by=by.person_id, created_at=by.now)
    _write(row, by, body, found)
    db.add(row)
    await flow.touch(db, case)
    flow.note(db, by, case, "draft_solution", after=_told(row))
    return case, shown(row, stale=False)


async def change(
    db: AsyncSession, by: By, case_id: str, solution_id: str, expected: int, body: SolutionIn, limits: Limits
) -> tuple[WithdrawalCase, SolutionOut]:
    """Other terms, or the same ones priced again. Raises Problem: as `draft`."""
    case = await _solving(db, by, case_id, expected)
    row = await _own(db, case, solution_id)
    before = _told(row)
    _write(row, by, body, await priced(db, by, case, body.terms, limits))
    await flow.touch(db, case)
    flow.note(db, by, case, "change_solution", before=before, after=_told(row))
    return case, shown(row, stale=False)


async def withdraw(db: AsyncSession, by: By, case_id: str, solution_id: str, expected: int) -> None:
    """Take a path back. Offers that held it keep it. Raises Problem: not_found, forbidden, case_state, version_conflict."""
    case = await _solving(db, by, case_id, expected)
    row = await _own(db, case, solution_id)
    row.withdrawn_at = by.now
    await flow.touch(db, case)
    flow.note(db, by, case, "withdraw_solution", before=_told(row))


async def _solving(db: AsyncSession, by: By, case_id: str, expected: int) -> WithdrawalCase:
    case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id)
    flow.demand_step(case, "solving")
    guard(case, expected)
    return case


async def _own(db: AsyncSession, case: WithdrawalCase, solution_id: str) -> Solution:
    row = await db.get(Solution, solution_id)
    if row is None or row.case_id != case.id or row.withdrawn_at is not None:
        raise Problem(ProblemCode.NOT_FOUND)
    return row


def _write(row: Solution, by: By, body: SolutionIn, found: PricedOut) -> None:
    row.kind, row.terms, row.note = body.terms.kind, body.terms.model_dump(mode="json"), body.note
    row.price, row.total_fen = found.price.model_dump(mode="json"), found.price.total_fen
    row.facts, row.refund_policy_id, row.changed_at = found.facts.model_dump(mode="json"), found.refund_policy_id, by.now


def _told(row: Solution) -> dict[str, object]:
    return {"solution_id": row.id, "kind": row.kind, "terms": row.terms, "total_fen": row.total_fen}


def terms_of(row: Solution) -> Terms:
    """A stored path's terms."""
    return _TERMS.validate_python(row.terms)


async def is_stale(db: AsyncSession, by: By, case: WithdrawalCase, row: Solution, limits: Limits) -> bool:
    """Whether the path, priced again, would come to something else, or to nothing."""
    try:
        found = await priced(db, by, case, terms_of(row), limits)
    except Problem:
        return True
    return found.price.model_dump(mode="json") != row.price or found.refund_policy_id != row.refund_policy_id


async def side_by_side(db: AsyncSession, by: By, case_id: str, limits: Limits) -> SolutionsOut:
    """The case's paths with their comparison, and what can be priced now. Raises Problem: not_found."""
    case = await flow.case_for(db, by.principal, Permission.CASE_READ, case_id, lock=False)
    rows = await repository.solutions_of(db, case.id)
    solving = case.status == "solving"
    granted = await repository.deferral_granted(db, case)
    items = [shown(row, stale=solving and await is_stale(db, by, case, row, limits)) for row in rows]
    known, missing = await _known(db, case)
    return SolutionsOut(
        items=items,
        comparison=[_compared(item) for item in items],
        facts=known,
        missing=missing,
        refund_rule_usable=await _rule_usable(db, by, case),
        benefit_available_fen=await available_fen(db, case.site_id),
        deferral_granted=granted is not None,
        deferral_case=granted,
        case_version=case.version,
    )


def shown(row: Solution, *, stale: bool) -> SolutionOut:
    """A stored path."""
    names = ("id", "kind", "terms", "note", "price", "facts", "refund_policy_id", "created_by", "created_at", "changed_at")
    return SolutionOut.model_validate({name: getattr(row, name) for name in names} | {"stale": stale})


def _compared(item: SolutionOut) -> ComparedOut:
    zh, en = NAMES[item.kind]
    return ComparedOut.model_validate({"solution_id": item.id, "name_zh": zh, "name_en": en} | compare(item.kind, item.price))


async def _known(db: AsyncSession, case: WithdrawalCase) -> tuple[Facts | None, str | None]:
    try:
        return await facts.gather(db, case), None
    except Problem as problem:
        return None, problem.detail


async def _rule_usable(db: AsyncSession, by: By, case: WithdrawalCase) -> bool:
    try:
        await usable_refund_policy(db, case.site_id, by.now)
    except Problem:
        return False
    return True


@dataclass(frozen=True, slots=True)
class AcceptedPath:
    """What the customer accepted and nobody took back. `content_hash` is computed from the rows as they are now."""

    answer_id: str
    kind: PathKind
    terms: Terms
    price: Price
    facts: Facts
    payees: Sequence[Payee]
    content_hash: str


async def accepted(db: AsyncSession, case_id: str) -> AcceptedPath | None:
    """The accepted path of a case; None if the customer accepted none, or it was taken back since."""
    offer = await repository.live_offer(db, case_id)
    answer = await repository.answer_to(db, offer.id) if offer is not None and offer.status == "accepted" else None
    if answer is None or answer.path is None:
        return None
    path, payees = answer.path, await repository.payees_of(db, answer.id)
    return AcceptedPath(
        answer_id=answer.id,
        kind=path["kind"],
        terms=_TERMS.validate_python(path["terms"]),
        price=Price.model_validate(path["price"]),
        facts=Facts.model_validate(path["facts"]),
        payees=payees,
        content_hash=content_hash(path, path["price"], [payee_value(payee) for payee in payees], answer.nonce),
    )
