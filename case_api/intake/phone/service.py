"""Verify the customer's phone number (「身份证扫描+手机号验证」)."""

from __future__ import annotations

import math
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.commands import By
from case_api.intake import repository
from case_api.intake.identity import masked, takes_messages
from case_api.intake.phone.gateways import CodeMessage, GatewayError, PhoneGateway
from case_api.intake.phone.rules import HOUR, Verdict, hash_code, judge, new_code, wait_before_next
from case_api.intake.schemas import CodeSent, RegistrationOut
from case_api.intake.service import intake_case, shown
from case_api.once import Once
from case_api.problems import Problem, ProblemCode
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.registrations import Registration
from models.settings_intake import IntakeSettings
from models.verifications import PhoneVerification

log = structlog.get_logger("calmdesk.intake")

_REFUSED: dict[Verdict, ProblemCode] = {
    "wrong": ProblemCode.CODE_WRONG,
    "expired": ProblemCode.CODE_EXPIRED,
    "exhausted": ProblemCode.CODE_EXHAUSTED,
}


async def send_code(
    factory: Factory, gateway: PhoneGateway, settings: IntakeSettings, by: By, case_id: str, expected: int, once: Once
) -> tuple[WithdrawalCase, CodeSent]:
    """Send a code to the number on the form. It is written down before it is sent, and the gateway is asked while nothing is locked. The
    answer is kept with the code: a repetition sends no second one, unless the gateway did not take the first.

    Raises Problem: those of `intake_case`, phone_missing, phone_verified, phone_no_messages, code_too_soon, code_not_sent.
    """
    code = new_code()
    async with transaction(factory) as db:
        await once.claim(db)
        case = await intake_case(db, by, case_id, expected)
        form = await repository.form_of(db, case.id)
        row = await new_verification(db, settings, by, _to_verify(form), code, case_id=case.id)
        await flow.touch(db, case)
        flow.note(db, by, case, "send_phone_code", after={"phone": masked(row.phone), "expires_at": row.expires_at.isoformat()})
        sent = CodeSent(
            phone=masked(row.phone) or "", expires_at=row.expires_at, attempts_left=settings.code_attempts, version=case.version
        )
        once.keep(db, 201, sent, case)
    await hand_over(factory, gateway, by, row, CodeMessage(row.id, row.phone, code, settings.code_minutes), once)
    return case, sent


async def new_verification(
    db: AsyncSession, settings: IntakeSettings, by: By, phone: str, code: str, *, case_id: str | None = None, form_id: str | None = None
) -> PhoneVerification:
    """A code that is about to be sent, for a case or for a customer's own form. Raises Problem: code_too_soon."""
    sent = await repository.codes_since(db, phone, by.now - HOUR, case_id=case_id, form_id=form_id)
    interval = timedelta(seconds=settings.code_interval_seconds)
    wait = wait_before_next(sent, by.now, interval=interval, per_hour=settings.code_per_hour)
    if wait > timedelta(0):
        raise Problem(ProblemCode.CODE_TOO_SOON, headers={"Retry-After": str(math.ceil(wait.total_seconds()))})
    row = PhoneVerification(
        case_id=case_id,
        form_id=form_id,
        phone=phone,
        code_hash=hash_code(code),
        requested_by=by.person_id,
        requested_at=by.now,
        expires_at=by.now + timedelta(minutes=settings.code_minutes),
        attempts=0,
    )
    db.add(row)
    await db.flush()
    return row


def _to_verify(form: Registration | None) -> str:
    if form is None or form.phone is None:
        raise Problem(ProblemCode.PHONE_MISSING)
    if form.phone_verified_at is not None:
        raise Problem(ProblemCode.PHONE_VERIFIED)
    if not takes_messages(form.phone):
        raise Problem(ProblemCode.PHONE_NO_MESSAGES)
    return form.phone


async def hand_over(
    factory: Factory, gateway: PhoneGateway, by: By, row: PhoneVerification, message: CodeMessage, once: Once | None = None
) -> None:
    """Give the code to the gateway while nothing is locked. Raises Problem: code_not_sent."""
    try:
        await gateway.send(message)
    except GatewayError as error:
        log.warning("code not sent", verification=row.id, reason=str(error))
        async with transaction(factory) as db:
            await repository.mark_code(db, row.id, failed_at=by.now)
            if once is not None:
                await once.forget(db)
        raise Problem(ProblemCode.CODE_NOT_SENT) from None
    async with transaction(factory) as db:
        await repository.mark_code(db, row.id, sent_at=by.now)


async def confirm_code(
    factory: Factory, settings: IntakeSettings, by: By, case_id: str, expected: int, code: str, once: Once
) -> tuple[WithdrawalCase, RegistrationOut]:
    """Compare what the customer read out. A wrong code is counted although it is refused.

    Raises Problem: those of `intake_case`, phone_missing, phone_verified, code_none, code_wrong, code_expired, code_exhausted.
    """
    async with transaction(factory) as db:
        await once.claim(db)
        case = await intake_case(db, by, case_id, expected)
        form = await repository.form_of(db, case.id)
        phone = _to_verify(form)
        row = await repository.newest_code(db, case_id=case.id)
        if form is None or row is None or row.phone != phone:
            raise Problem(ProblemCode.CODE_NONE)
        verdict = compare(row, code, settings, by)
        refusal = refused(verdict, row, settings)
        if refusal is not None:
            once.keep_refusal(db, refusal)
        else:
            form.phone_verified_at = by.now
            await flow.touch(db, case)
            flow.note(db, by, case, "verify_phone", after={"phone": masked(phone)})
            await flow.tell(db, by, case, "phone_verified", {})
            found = shown(None, case, form)
            once.keep(db, 200, found, case)
    if refusal is not None:
        raise refusal  # after the commit: the attempt stays counted
    return case, found


def compare(row: PhoneVerification, code: str, settings: IntakeSettings, by: By) -> Verdict:
    """Judge what somebody typed, and write it down. Raises Problem: code_none (that code was used)."""
    if row.code_hash is None:
        raise Problem(ProblemCode.CODE_NONE)
    limits = {"expires_at": row.expires_at, "attempts": row.attempts, "attempts_max": settings.code_attempts}
    verdict = judge(code, row.code_hash, now=by.now, **limits)  # type: ignore[arg-type]
    if verdict == "right":
        row.code_hash, row.confirmed_at = None, by.now
    elif verdict == "wrong":
        row.attempts += 1
    return verdict


def refused(verdict: Verdict, row: PhoneVerification, settings: IntakeSettings) -> Problem | None:
    """What is to be raised unless the code was right: code_wrong, code_expired, code_exhausted."""
    if verdict == "right":
        return None
    left = max(0, settings.code_attempts - row.attempts)
    return Problem(_REFUSED[verdict], f"还可输入 {left} 次 / {left} left")
