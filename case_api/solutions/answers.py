"""The customer's answer to an offer: a path accepted, with who is paid; declined; or the customer stays without any measure."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.approvals.service import open_round
from case_api.approvals.voiding import void_if_changed
from case_api.benefits.service import reserve
from case_api.cases import flow
from case_api.commands import By, guard
from case_api.intake.identity import masked
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.solutions import repository
from case_api.solutions.offers import find, take_back
from case_api.solutions.rules import Price, dues_met
from case_api.solutions.schemas import AcceptIn, AnswerIn, AnswerOut, DeclineIn, PayeeIn, PayeeOut, PayeesIn, SettledOut, SettleIn, Support
from case_api.solutions.service import accepted
from models.cases import WithdrawalCase
from models.solutions import Offer, OfferAnswer, Payee

_ROLES: Final = {"buyer": "买方", "bank": "银行"}


async def record(db: AsyncSession, by: By, case_id: str, expected: int, body: AnswerIn) -> AnswerOut:
    """Record the answer to the open offer; an accepted path goes to its approvers at once.

    Raises Problem: not_found, forbidden, case_state, version_conflict, answer_evidence, offer_expired, path_not_offered, deferral_used,
    payees_wrong, pool_missing, pool_insufficient, and what opening the round of approvals refuses.
    """
    case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id)
    flow.demand_step(case, "offered")
    guard(case, expected)
    offer = await repository.live_offer(db, case.id)
    assert offer is not None  # a case that is offered has one
    await _supported(db, case, body.support)
    answer = await (_accept(db, by, case, offer, body) if isinstance(body, AcceptIn) else _decline(db, by, case, offer, body))
    return await _shown(db, case, offer, answer, clear=False)


async def _accept(db: AsyncSession, by: By, case: WithdrawalCase, offer: Offer, body: AcceptIn) -> OfferAnswer:
    if by.now > offer.valid_until:
        raise Problem(ProblemCode.OFFER_EXPIRED, offer.valid_until.isoformat())
    path = next((path for path in offer.snapshot["paths"] if path["solution_id"] == body.solution_id), None)
    if path is None:
        raise Problem(ProblemCode.PATH_NOT_OFFERED, "body.solution_id")
    if path["kind"] == "deferral" and await repository.deferral_granted(db, case):
        raise Problem(ProblemCode.DEFERRAL_USED)  # given in the customer's other case since this was offered
    price = Price.model_validate(path["price"])
    _add_up(price, body.payees)
    if price.direction == "benefit":
        await reserve(db, by, case, price.total_fen)
    offer.status = "accepted"
    answer = _answer(by, offer, body.support, answer="accept", path=path, note=body.note)
    db.add(answer)
    await db.flush()
    _pay(db, answer, body.payees)
    await db.flush()
    detail = {"offer_id": offer.id, "kind": path["kind"], "total_fen": price.total_fen} | _where(body.support)
    await flow.advance(db, by, case, "accept", detail=detail)
    await open_round(db, by, case)
    return answer


async def _decline(db: AsyncSession, by: By, case: WithdrawalCase, offer: Offer, body: DeclineIn) -> OfferAnswer:
    offer.status = "declined"
    answer = _answer(by, offer, body.support, answer="decline", path=None, note=body.reason)
    db.add(answer)
    await db.flush()
    await flow.advance(db, by, case, "decline", detail={"offer_id": offer.id, "reason": body.reason} | _where(body.support))
    return answer


def _answer(by: By, offer: Offer, support: Support | None, *, answer: str, path: dict[str, Any] | None, note: str) -> OfferAnswer:
    return OfferAnswer(
        offer_id=offer.id,
        case_id=offer.case_id,
        answer=answer,
        path=path,
        nonce=secrets.token_hex(16),
        note=note,
        answered_by=by.person_id,
        answered_at=by.now,
        **_where(support),
    )


def _where(support: Support | None) -> dict[str, Any]:
    return {} if support is None else support.model_dump()


async def _supported(db: AsyncSession, case: WithdrawalCase, support: Support | None) -> None:
    if support is None:
        return
    if support.evidence_id is not None:
        found = await repository.has_evidence(db, case.id, support.evidence_id)
    else:
        found = await repository.was_recorded(db, case.id, support.session_id or "", support.said_at or 0.0)
    if not found:
        raise Problem(ProblemCode.ANSWER_EVIDENCE, "body.support")


def _add_up(price: Price, payees: Sequence[PayeeIn]) -> None:
    if not dues_met(price.dues, [(payee.role, payee.amount_fen) for payee in payees]):
        zh = "、".join(f"{_ROLES[due.role]} {due.fen}" for due in price.dues) or "0"
        en = ", ".join(f"{due.role} {due.fen}" for due in price.dues) or "0"
        raise Problem(ProblemCode.PAYEES_WRONG, f"body.payees: {zh} / {en}")


def _pay(db: AsyncSession, answer: OfferAnswer, payees: Sequence[PayeeIn]) -> None:
    db.add_all(Payee(answer_id=answer.id, ordinal=ordinal, **payee.model_dump()) for ordinal, payee in enumerate(payees, 1))


async def change_payees(db: AsyncSession, by: By, case_id: str, expected: int, body: PayeesIn) -> AnswerOut:
    """Correct who is paid. What was approved, or is being approved, holds no longer: the case goes back to its solutions.

    Raises Problem: not_found, forbidden, case_state, version_conflict, payees_wrong, and refund_partly_paid once money went out.
    """
    case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id)
    flow.demand_step(case, "approving", "executing")
    guard(case, expected)
    offer = await repository.live_offer(db, case.id)
    path = await accepted(db, case.id)
    assert offer is not None and path is not None  # a case that is approving or executing has both  # noqa: PT018
    _add_up(path.price, body.payees)
    answer = await db.get_one(OfferAnswer, path.answer_id)
    await db.execute(delete(Payee).where(Payee.answer_id == answer.id))
    _pay(db, answer, body.payees)
    await flow.touch(db, case)
    flow.note(db, by, case, "change_payees", after={"payees": len(body.payees)})
    await void_if_changed(db, by, case)
    return await _shown(db, case, offer, answer, clear=False)


async def read(db: AsyncSession, principal: Principal, case_id: str) -> AnswerOut:
    """The answer to the newest offer that has one. Raises Problem: not_found."""
    case, offer = await find(db, principal, case_id, None)
    answer = await repository.answer_to(db, offer.id)
    if answer is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return await _shown(db, case, offer, answer, clear=principal.may(Permission.CASE_PERSONAL, case.site_id))


async def _shown(db: AsyncSession, case: WithdrawalCase, offer: Offer, answer: OfferAnswer, *, clear: bool) -> AnswerOut:
    """Answers of commands are stored for their repetition, so whole account numbers are in answers to questions only (`clear`)."""
    path = await accepted(db, case.id)
    names = ("offer_id", "answer", "path", "note", "session_id", "said_at", "evidence_id", "answered_by", "answered_at")
    return AnswerOut(
        **{name: getattr(answer, name) for name in names},
        offer_status=offer.status,  # type: ignore[arg-type]
        payees=[_payee(payee, clear) for payee in await repository.payees_of(db, answer.id)],
        content_hash=path.content_hash if path is not None and path.answer_id == answer.id else None,
        case_version=case.version,
    )


def _payee(payee: Payee, clear: bool) -> PayeeOut:
    shown = PayeeOut.model_validate(payee)
    return shown if clear else shown.model_copy(update={"account": masked(payee.account)})


async def settle(db: AsyncSession, by: By, case_id: str, expected: int, body: SettleIn) -> SettledOut:
    """The customer stays without any measure. Raises Problem: not_found, forbidden, case_state, version_conflict, answer_evidence."""
    case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id)
    flow.demand_step(case, "assessing", "solving", "offered")
    guard(case, expected)
    await _supported(db, case, body.support)
    await take_back(db, by, case)
    await flow.advance(db, by, case, "settle", detail={"reason": body.reason} | _where(body.support))
    return SettledOut(case_id=case.id, status=case.status, outcome=case.outcome, case_version=case.version)
