"""The refund instruction (「财务端一键生成退款指令」): made once from the approved figures, confirmed payee by payee.

Every function runs in the command's transaction with the case's row locked: of two who click at once the second finds the first's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.approvals import repository as approvals
from case_api.approvals.content import accepted, refunds
from case_api.cases import flow
from case_api.commands import By, guard
from case_api.problems import Problem, ProblemCode
from case_api.refunds import execution, repository, rules
from case_api.refunds.schemas import FailureIn, PaymentIn
from case_api.security import Permission
from case_api.solutions.service import AcceptedPath
from models.approvals import ApprovalRound, ApprovalStep
from models.cases import WithdrawalCase
from models.refunds import RefundAccount, RefundInstruction, RefundPayment
from models.sites import Site

_DEBTOR = ("holder", "account", "bank", "bank_code")
ROLE_NAMES: Final = {"site_manager": "案场经理", "city_gm": "城市公司总经理", "hq_risk": "总部风控", "legal": "法务", "finance": "财务"}


async def instruct(db: AsyncSession, by: By, case_id: str, version: int) -> tuple[RefundInstruction, bool]:
    """The instruction of the approval that holds, and whether this made it. `version` is the case's; it counts only if one is made.

    Raises Problem: not_found, forbidden, four_eyes, case_state, version_conflict, approval_content_changed, refund_not_due,
    refund_account_missing.
    """
    case = await flow.case_for(db, by.principal, Permission.REFUND_PAY, case_id)
    round_ = await _approved(db, by, case)
    existing = await repository.instruction_of(db, round_.id)
    if existing is not None:
        return existing, False
    guard(case, version)
    flow.demand_step(case, "executing")
    content = await accepted(db, case.id)
    if content.content_hash != round_.content_hash:
        raise Problem(ProblemCode.APPROVAL_CONTENT)
    confirmed = await repository.confirmation_of(db, round_.id) is not None
    if not rules.refund_due(content.kind, refunds=refunds(content), confirmed=confirmed):
        raise Problem(ProblemCode.REFUND_NOT_DUE, content.kind)
    return await _make(db, by, case, round_, content), True


async def _approved(db: AsyncSession, by: By, case: WithdrawalCase) -> ApprovalRound:
    """The round whose approval holds, for somebody who may pay it."""
    round_ = await approvals.live_round(db, case.id)
    if round_ is None or round_.status != "approved":
        raise Problem(ProblemCode.CASE_STATE, case.status)
    if (await approvals.acted(db, round_.id)).get(by.person_id, "payer") != "payer":
        raise Problem(ProblemCode.FOUR_EYES)
    return round_


async def _make(db: AsyncSession, by: By, case: WithdrawalCase, round_: ApprovalRound, content: AcceptedPath) -> RefundInstruction:
    account = await db.get(RefundAccount, case.site_id)
    if account is None:
        raise Problem(ProblemCode.REFUND_ACCOUNT_MISSING)
    site = await db.get_one(Site, case.site_id, with_for_update=True)  # its instructions are numbered one after the other
    prefix = rules.instruction_prefix(site.code, rules.local_day(by.now, site.timezone))
    number = f"{prefix}{await repository.instructions_with_prefix(db, prefix) + 1:03d}"
    instruction = RefundInstruction(
        case_id=case.id,
        site_id=case.site_id,
        round_id=round_.id,
        content_hash=round_.content_hash,
        number=number,
        case_code=case.code,
        timezone=site.timezone,
        path_kind=content.kind,
        total_fen=sum(payee.amount_fen for payee in content.payees),
        debtor={name: getattr(account, name) for name in _DEBTOR},
        approvals=await _approvals(db, round_.id, site.timezone),
        created_by=by.person_id,
        created_at=by.now,
    )
    db.add(instruction)
    await db.flush()
    db.add_all(_payments(instruction, content))
    for task in await flow.open_tasks(db, case.id, "refund_payment"):
        task.subject_id = task.subject_key = instruction.id
    await flow.touch(db, case)
    told = {"instruction_id": instruction.id, "number": number, "total_fen": instruction.total_fen, "payees": len(content.payees)}
    flow.note(db, by, case, "instruct_refund", after=told | {"content_hash": round_.content_hash})
    await flow.tell(db, by, case, "refund_instructed", told)
    return instruction


async def _approvals(db: AsyncSession, round_id: str, timezone: str) -> list[list[str]]:
    """Role, name and local time of each step, as they are printed."""
    steps = await approvals.steps_of(db, round_id)
    names = await approvals.people(db, [person for step in steps for person in (step.decided_by, step.on_behalf_of)])
    return [[ROLE_NAMES[step.role], _signed(step, names), f"{_local(step, timezone):%Y-%m-%d %H:%M}"] for step in steps]


def _signed(step: ApprovalStep, names: Mapping[str, str]) -> str:
    assert step.decided_by is not None  # the round is approved
    return names[step.decided_by] + (f"（代 {names[step.on_behalf_of]}）" if step.on_behalf_of is not None else "")


def _local(step: ApprovalStep, timezone: str) -> datetime:
    assert step.decided_at is not None
    return step.decided_at.astimezone(ZoneInfo(timezone))


def _payments(instruction: RefundInstruction, content: AcceptedPath) -> list[RefundPayment]:
    return [
        RefundPayment(
            instruction_id=instruction.id,
            round_id=instruction.round_id,
            ordinal=ordinal,
            name=payee.name,
            bank=payee.bank,
            account=payee.account,
            amount_fen=payee.amount_fen,
            end_to_end_id=f"{instruction.number}-{ordinal:02d}",
            remittance=f"退房退款 {instruction.case_code}",
        )
        for ordinal, payee in enumerate(content.payees, 1)
    ]


async def confirm(db: AsyncSession, by: By, case_id: str, body: PaymentIn, version: int) -> RefundInstruction:
    """Payees were paid. `version` is the case's. Once all are, the execution may be complete.

    Raises Problem: those of `_handled`, payment_date.
    """
    case, instruction, payments = await _handled(db, by, case_id, body.payment_ids, version)
    since, today = (rules.local_day(at, instruction.timezone) for at in (instruction.created_at, by.now))
    if not rules.sensible_day(body.paid_on, since=since, today=today):
        raise Problem(ProblemCode.PAYMENT_DATE, "body.paid_on")
    for payment in payments:
        payment.status, payment.paid_on, payment.bank_reference = "paid", body.paid_on, body.bank_reference
        payment.handled_by, payment.handled_at = by.person_id, by.now
    told = {"paid_on": body.paid_on.isoformat(), "bank_reference": body.bank_reference}
    await _tell(db, by, case, instruction, payments, "confirm_refund", "refund_paid", told)
    if all(payment.status == "paid" for payment in await repository.payments_of(db, instruction.id)):
        instruction.status = "paid"
        await db.flush()
        for task in await flow.open_tasks(db, case.id, "refund_payment"):
            await flow.finish_task(db, by, task, {"instruction_id": instruction.id, "number": instruction.number} | told)
        await execution.complete_if_done(db, by, case, await accepted(db, case.id), instruction.round_id)
    return instruction


async def fail(db: AsyncSession, by: By, case_id: str, body: FailureIn, version: int) -> RefundInstruction:
    """Payments did not go through. They can be confirmed later, once the bank has tried again. Raises Problem: those of `_handled`."""
    case, instruction, payments = await _handled(db, by, case_id, body.payment_ids, version)
    for payment in payments:
        payment.status, payment.failed_reason = "failed", body.reason
        payment.handled_by, payment.handled_at = by.person_id, by.now
    await _tell(db, by, case, instruction, payments, "fail_refund", "refund_failed", {"reason": body.reason})
    return instruction


async def _handled(
    db: AsyncSession, by: By, case_id: str, payment_ids: Sequence[str] | None, version: int
) -> tuple[WithdrawalCase, RefundInstruction, list[RefundPayment]]:
    """The payments that a payer speaks of: those named, or all that are not paid.

    Raises Problem: not_found, forbidden, four_eyes, case_state, version_conflict, refund_state, payee_unknown.
    """
    case = await flow.case_for(db, by.principal, Permission.REFUND_PAY, case_id)
    round_ = await _approved(db, by, case)
    instruction = await repository.instruction_of(db, round_.id)
    if instruction is None:
        raise Problem(ProblemCode.NOT_FOUND)
    if instruction.status != "issued":
        raise Problem(ProblemCode.REFUND_STATE, instruction.status)
    guard(case, version)
    flow.demand_step(case, "executing")
    payments = await repository.payments_of(db, instruction.id)
    named = [payment for payment in payments if (payment.status != "paid" if payment_ids is None else payment.id in payment_ids)]
    if payment_ids is not None and len(named) != len(set(payment_ids)):
        raise Problem(ProblemCode.PAYEE_UNKNOWN, "body.payment_ids")
    if any(payment.status == "paid" for payment in named):
        raise Problem(ProblemCode.REFUND_STATE, "已付款 / paid")
    return case, instruction, named


async def _tell(
    db: AsyncSession,
    by: By,
    case: WithdrawalCase,
    instruction: RefundInstruction,
    payments: Sequence[RefundPayment],
    action: str,
    topic: str,
    what: dict[str, Any],
) -> None:
    await flow.touch(db, case)
    told = {"instruction_id": instruction.id, "number": instruction.number, "payments": [payment.end_to_end_id for payment in payments]}
    flow.note(db, by, case, action, after=told | what)
    await flow.tell(db, by, case, topic, told | what)
