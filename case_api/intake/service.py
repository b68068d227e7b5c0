"""The registration form: fill it in, see what is missing, submit it (「四步法·第一步」)."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.cases.rules import labels
from case_api.cases.service import index
from case_api.commands import By, guard
from case_api.intake import repository
from case_api.intake.erp.rules import RECORD, SalesRecord, to_json
from case_api.intake.identity import id_number_valid, id_spelling, masked, phone_spelling, redacted
from case_api.intake.receipts import FLAGS, receipt_effect
from case_api.intake.rules import ErpState, Form, Missing, missing
from case_api.intake.schemas import FlagOut, ReceiptOut, RegistrationChange, RegistrationOut
from case_api.problems import FieldError, Problem, ProblemCode
from case_api.security import Permission, Principal
from models.cases import WithdrawalCase
from models.registrations import Registration
from models.sites import Site
from models.verifications import ErpCheck

# The form is the receptionist's until it goes in; a slip found while the departments assess it is the site manager's to correct.
CORRECTABLE = ("assessing", "solving")
_MASKED = {"id_number", "phone"}
_NULLABLE = {column.key for column in Registration.__table__.columns if column.nullable}


async def intake_case(
    db: AsyncSession, by: By, case_id: str, expected: int, *, steps: Sequence[str] = ("draft", *CORRECTABLE), lock: bool = True
) -> WithdrawalCase:
    """The case, for whoever does its intake: the receptionist or the site manager, never the consultant whose sale it is about.

    Raises Problem: not_found, forbidden, case_state, version_conflict, intake_by_responsible, receptionist_missing, not_receptionist.
    """
    case = await flow.case_for(db, by.principal, Permission.CASE_INTAKE, case_id, lock=lock)
    flow.demand_step(case, *steps)
    guard(case, expected)
    if by.person_id == case.responsible_id:
        raise Problem(ProblemCode.INTAKE_BY_RESPONSIBLE)
    if by.principal.may(Permission.CASE_MANAGE, case.site_id):
        return case
    if case.status != "draft":
        raise Problem(ProblemCode.FORBIDDEN, Permission.CASE_MANAGE)
    if case.receptionist_id is None:
        raise Problem(ProblemCode.RECEPTIONIST_MISSING)
    if case.receptionist_id != by.person_id:
        raise Problem(ProblemCode.NOT_RECEPTIONIST)
    return case


async def change(db: AsyncSession, by: By, case_id: str, expected: int, body: RegistrationChange, *, erp_on: bool) -> WithdrawalCase:
    """Fill in or correct the form; what `body` leaves out stays. A form that was submitted stays complete.

    Raises Problem: those of `intake_case`, id_number_invalid, phone_invalid, id_scan_unknown, acceptance_moment, registration_incomplete.
    """
    case = await intake_case(db, by, case_id, expected)
    today = await _today(db, by, case)
    form = await repository.form_of(db, case.id)
    if form is None:
        form = blank(case.id)
        db.add(form)
    before = _values(case, form)
    _apply(case, form, body)
    _check_numbers(form, body.model_fields_set, today)
    form.changed_by, form.changed_at = by.person_id, by.now
    if form.phone != before["phone"]:
        form.phone_verified_at = None
    with db.no_autoflush:  # a reference that leads nowhere is refused here, not by the table
        await _check_references(db, case, form, body.model_fields_set)
    index(case, form)
    await flow.touch(db, case)
    if case.status != "draft":
        _refuse_gaps([gap for gap in await gaps(db, case, form, erp_on=erp_on) if gap.kind == "field"])
    after = _values(case, form)
    changed = [name for name in after if after[name] != before[name]]
    told = {name: _told(name, before[name]) for name in changed}, {name: _told(name, after[name]) for name in changed}
    flow.note(db, by, case, "change_registration", before=told[0], after=told[1])
    await flow.tell(db, by, case, "registration_changed", {"fields": changed})
    return case


def blank(case_id: str) -> Registration:
    """A form with nothing filled in. Defaults are stated: the row is read before it is flushed."""
    columns = Registration.__table__.columns
    texts = {column.key: "" for column in columns if not column.nullable and not column.foreign_keys and column.type.python_type is str}
    return Registration(**(texts | {"case_id": case_id, "id_type": "resident_id"}))


def _apply(case: WithdrawalCase, form: Registration, body: RegistrationChange) -> None:
    for name in body.model_fields_set:
        value = getattr(body, name)
        if name == "causes":
            case.causes = list(dict.fromkeys(value or []))
        elif name == "id_type":
            form.id_type = value or "resident_id"
        elif name in _NULLABLE:
            setattr(form, name, value if value != "" else None)
        else:
            setattr(form, name, value or "")


def _check_numbers(form: Registration, told: Set[str], today: date) -> None:
    if {"id_number", "id_type"} & told and form.id_number is not None:
        form.id_number = id_spelling(form.id_number)
        if not id_number_valid(form.id_type, form.id_number, today):  # type: ignore[arg-type]
            raise Problem(ProblemCode.ID_NUMBER_INVALID, "body.id_number")
    if "phone" in told and form.phone is not None:
        form.phone = phone_spelling(form.phone)
        if form.phone is None:
            raise Problem(ProblemCode.PHONE_INVALID, "body.phone")


async def _check_references(db: AsyncSession, case: WithdrawalCase, form: Registration, told: Set[str]) -> None:
    scan = form.id_scan_evidence_id if "id_scan_evidence_id" in told else None
    if scan is not None and not await repository.has_id_scan(db, case.id, scan):
        raise Problem(ProblemCode.ID_SCAN_UNKNOWN, "body.id_scan_evidence_id")
    if {"alternative_session_id", "alternative_at"} & told:
        await _check_moment(db, case, form)


async def _today(db: AsyncSession, by: By, case: WithdrawalCase) -> date:
    site = await db.get_one(Site, case.site_id)
    return by.now.astimezone(ZoneInfo(site.timezone)).date()


async def _check_moment(db: AsyncSession, case: WithdrawalCase, form: Registration) -> None:
    """「口头确认并录音备案」: session and position belong together, and the audio has to be there."""
    if form.alternative_session_id is None and form.alternative_at is None:
        return
    if form.alternative_session_id is None or form.alternative_at is None:
        raise Problem(ProblemCode.ACCEPTANCE_MOMENT, "body.alternative_at")
    session = await repository.recorded_session(db, case.id, form.alternative_session_id)
    if session is None:
        raise Problem(ProblemCode.ACCEPTANCE_MOMENT, "body.alternative_session_id")
    if session.status == "ended" and form.alternative_at > session.seconds:  # a session that goes on has no end yet
        raise Problem(ProblemCode.ACCEPTANCE_MOMENT, "body.alternative_at")


def _values(case: WithdrawalCase, form: Registration) -> dict[str, Any]:
    """The form by field name, as it may be changed."""
    return {name: case.causes if name == "causes" else getattr(form, name) for name in RegistrationChange.model_fields}


def _told(name: str, value: Any) -> Any:
    """A value as the audit record may hold it."""
    if name in _MASKED:
        return masked(value)
    if isinstance(value, date):
        return value.isoformat()
    return redacted(value) if isinstance(value, str) else value


async def gaps(db: AsyncSession, case: WithdrawalCase, form: Registration | None, *, erp_on: bool) -> list[Missing]:
    """What is still missing."""
    form = form or blank(case.id)
    scan = form.id_scan_evidence_id
    if scan is not None and not await repository.has_id_scan(db, case.id, scan):
        scan = None  # withdrawn since the form named it
    check = await repository.newest_check(db, case.id)
    erp = erp_state(form, check) if erp_on or check is not None else None
    return missing(
        Form(
            customer_name=form.customer_name,
            id_number=form.id_number,
            id_scan=scan,
            id_scan_missing_reason=form.id_scan_missing_reason,
            phone=form.phone,
            phone_verified=form.phone_verified_at is not None,
            phone_unverified_reason=form.phone_unverified_reason,
            subscription_date=form.subscription_date,
            building=form.building,
            unit=form.unit,
            unit_type=form.unit_type,
            price_fen=form.price_fen,
            receipt_wording=form.receipt_wording,
            receipt_kind=form.receipt_kind,  # type: ignore[arg-type]
            receipt_amount_fen=form.receipt_amount_fen,
            causes=case.causes,
            cause_text=form.cause_text,
            alternative=form.alternative,  # type: ignore[arg-type]
            alternative_recorded=form.alternative_session_id is not None and form.alternative_at is not None,
            alternative_unrecorded_reason=form.alternative_unrecorded_reason,
            responsible_id=case.responsible_id,
            receptionist_id=case.receptionist_id,
            erp=erp,
        )
    )


def sales_record(form: Registration) -> SalesRecord:
    """The form's side of a comparison with the ERP."""
    return SalesRecord(
        customer_name=form.customer_name or None,
        phone=form.phone,
        subscription_code=form.subscription_code or None,
        subscription_date=form.subscription_date,
        building=form.building or None,
        unit=form.unit or None,
        unit_type=form.unit_type or None,
        price_fen=form.price_fen,
        receipt_amount_fen=form.receipt_amount_fen,
    )


def erp_state(form: Registration, check: ErpCheck | None) -> ErpState:
    """Where the comparison stands for the form as it is now."""
    if check is None:
        return ErpState(False, False, [])
    differing = [item["field"] for item in check.differences] if check.outcome == "matched" else [RECORD]
    unexplained = [name for name in differing if name not in check.overrides]
    return ErpState(True, to_json(sales_record(form)) != check.compared, unexplained)


def _refuse_gaps(found: list[Missing]) -> None:
    if found:
        errors = [FieldError(field=gap.field, message=f"{gap.zh} / {gap.en}") for gap in found]
        raise Problem(ProblemCode.REGISTRATION_INCOMPLETE, ", ".join(gap.field for gap in found), errors=errors)


async def submit(db: AsyncSession, by: By, case_id: str, expected: int, *, erp_on: bool) -> WithdrawalCase:
    """Hand the form in: the assessment begins. Raises Problem: those of `intake_case`, registration_incomplete."""
    case = await intake_case(db, by, case_id, expected, steps=("draft",))
    form = await repository.form_of(db, case.id)
    _refuse_gaps(await gaps(db, case, form, erp_on=erp_on))
    assert form is not None  # an empty form has gaps
    form.submitted_at = by.now
    case.customer_label, case.unit_label = labels(case.customer_label, case.unit_label, form.customer_name, form.building, form.unit)
    index(case, form)
    effect = receipt_effect(form.receipt_kind, form.receipt_amount_fen, form.price_fen, form.receipt_wording)  # type: ignore[arg-type]
    told = {
        "causes": case.causes,
        "alternative": form.alternative,
        "receipt_kind": form.receipt_kind,
        "receipt_amount_fen": form.receipt_amount_fen,
        "flags": list(effect.flags),
    }
    await flow.advance(db, by, case, "submit", detail=told)
    return case


def shown(principal: Principal | None, case: WithdrawalCase, form: Registration | None) -> RegistrationOut:
    """The form as this person may see it; masked for nobody in particular: answers of commands are stored for their repetition."""
    form = form or blank(case.id)
    whole = principal is not None and principal.may(Permission.CASE_PERSONAL, case.site_id)
    values = {name: getattr(form, name) for name in RegistrationOut.model_fields if hasattr(form, name)}
    if not whole:
        values |= {name: masked(values[name]) for name in _MASKED}
    effect = receipt_effect(form.receipt_kind, form.receipt_amount_fen, form.price_fen, form.receipt_wording)  # type: ignore[arg-type]
    flags = [FlagOut(code=flag, zh=FLAGS[flag][0], en=FLAGS[flag][1]) for flag in effect.flags]
    receipt = ReceiptOut(earnest_fen=effect.earnest_fen, beyond_fen=effect.beyond_fen, flags=flags)
    return RegistrationOut(**(values | {"receipt": receipt, "causes": case.causes, "masked": not whole, "version": case.version}))
