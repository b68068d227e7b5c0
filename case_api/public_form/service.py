"""The customer's side: show the form, verify the phone, take the application, tell how far it is, take the survey."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.cases.service import Opening, index, open_case
from case_api.commands import By
from case_api.evidence.schemas import UploadFields
from case_api.evidence.service import Checked, keep_file
from case_api.intake import repository as intake
from case_api.intake.causes import CAUSES
from case_api.intake.identity import id_number_valid, id_spelling, masked, phone_spelling, takes_messages
from case_api.intake.phone import service as phones
from case_api.intake.phone.gateways import CodeMessage, PhoneGateway
from case_api.intake.phone.rules import new_code
from case_api.intake.service import blank
from case_api.notices import current_notice
from case_api.problems import Problem, ProblemCode
from case_api.public_form import repository, rules
from case_api.public_form.access import Visitor
from case_api.public_form.schemas import (
    Application,
    CauseChoice,
    CodeOnItsWay,
    FormOut,
    PhoneVerified,
    ProgressOut,
    Received,
    StepOut,
    SurveyIn,
    SurveyOut,
)
from case_api.security import token_hash
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.public_forms import ProgressLink, PublicForm, SatisfactionAnswer
from models.registrations import Registration
from models.settings import Settings
from models.settings_intake import IntakeSettings
from models.sites import Site
from models.verifications import PhoneVerification

CODES_MAX: Final = 10
"""Codes that one link may ever send."""
UNUSED_KEPT: Final = timedelta(days=7)
_ID_SCAN: Final = UploadFields(kind="id_scan", note="客户扫码申请时上传")


async def find(db: AsyncSession, visitor: Visitor, *, lock: bool = False) -> PublicForm:
    """The visitor's link, in whatever state. Raises Problem: link_invalid, too_many_requests."""
    form = await repository.form_by_hash(db, visitor.hash, lock=lock)
    if form is None:
        raise visitor.refuse()
    return form


async def usable(db: AsyncSession, visitor: Visitor, *, lock: bool = False) -> PublicForm:
    """The visitor's link while the form may be handed in. Raises Problem: link_invalid, link_expired, link_used, too_many_requests."""
    form = await find(db, visitor, lock=lock)
    status = rules.link_status(submitted_at=form.submitted_at, revoked_at=form.revoked_at, expires_at=form.expires_at, now=visitor.now)
    if status == "submitted":
        raise Problem(ProblemCode.LINK_USED)
    if status != "open":
        raise Problem(ProblemCode.LINK_EXPIRED)
    return form


async def shown(db: AsyncSession, visitor: Visitor, settings: Settings) -> FormOut:
    """What the page needs. Raises Problem: as `usable`."""
    form = await usable(db, visitor)
    site, notice = await db.get_one(Site, form.site_id), current_notice("form")
    verified = await repository.verified_phone(db, form.id)
    return FormOut(
        site=site.name,
        site_en=site.name_en,
        expires_at=form.expires_at,
        causes=[CauseChoice(code=code, zh=meaning.zh, en=meaning.en) for code, meaning in CAUSES.items()],
        notice_version=notice.version,
        notice_zh=notice.zh,
        notice_en=notice.en,
        photo_bytes_max=settings.public.photo_bytes_max,
        phone_verified=verified.phone[-4:] if verified is not None else None,
    )


def _spelt(phone: str) -> str:
    spelt = phone_spelling(phone)
    if spelt is None:
        raise Problem(ProblemCode.PHONE_INVALID, "body.phone")
    if not takes_messages(spelt):
        raise Problem(ProblemCode.PHONE_NO_MESSAGES, "body.phone")
    return spelt


async def send_code(factory: Factory, gateway: PhoneGateway, settings: IntakeSettings, visitor: Visitor, phone: str) -> CodeOnItsWay:
    """Send a code to the number that the customer typed: so many an hour for the link and for the number, `CODES_MAX` for the link.

    Raises Problem: as `usable`, phone_invalid, phone_no_messages, code_too_soon, code_exhausted, code_not_sent.
    """
    spelt, code = _spelt(phone), new_code()
    async with transaction(factory) as db:
        form = await usable(db, visitor, lock=True)
        if len(await repository.codes_of(db, form.id)) >= CODES_MAX:
            raise Problem(ProblemCode.CODE_EXHAUSTED)
        by = visitor.of(form)
        row = await phones.new_verification(db, settings, by, spelt, code, form_id=form.id)
    await phones.hand_over(factory, gateway, by, row, CodeMessage(row.id, spelt, code, settings.code_minutes))
    return CodeOnItsWay(expires_at=row.expires_at, attempts_left=settings.code_attempts, wait_seconds=settings.code_interval_seconds)


async def confirm_code(factory: Factory, settings: IntakeSettings, visitor: Visitor, code: str) -> PhoneVerified:
    """Compare what the customer typed. Raises Problem: as `usable`, code_none, code_wrong, code_expired, code_exhausted."""
    async with transaction(factory) as db:
        form = await usable(db, visitor, lock=True)
        row = await intake.newest_code(db, form_id=form.id)
        if row is None:
            raise Problem(ProblemCode.CODE_NONE)
        verdict = phones.compare(row, code, settings, visitor.of(form))
    if (refusal := phones.refused(verdict, row, settings)) is not None:
        raise refusal
    return PhoneVerified(phone=masked(row.phone) or "")


async def received_before(db: AsyncSession, visitor: Visitor, progress_token: str) -> Received | None:
    """The answer to a request that comes again because its answer was lost; None if the form is still to be handed in.

    Raises Problem: link_invalid, link_expired, link_used, too_many_requests.
    """
    form = await find(db, visitor)
    if form.case_id is None:
        await usable(db, visitor)
        return None
    if await repository.progress_token_taken(db, token_hash(progress_token)) != form.case_id:
        raise Problem(ProblemCode.LINK_USED)
    return _received(await db.get_one(WithdrawalCase, form.case_id))


def _received(case: WithdrawalCase) -> Received:
    return Received(code=case.code, received_at=case.received_at)


async def submit(db: AsyncSession, visitor: Visitor, body: Application, photo: Checked | None) -> tuple[Received, bool]:
    """A draft with what the customer filled in, for a receptionist to go through: (answer, whether it refers to `photo.path`).

    Raises Problem: as `usable`, consent_outdated, id_number_invalid, phone_invalid, phone_no_messages.
    """
    form = await usable(db, visitor, lock=True)
    by, notice = visitor.of(form), current_notice("form")
    if body.notice_version != notice.version:
        raise Problem(ProblemCode.CONSENT_OUTDATED, "body.notice_version")
    if await repository.progress_token_taken(db, token_hash(body.progress_token)) is not None:
        raise Problem(ProblemCode.LINK_USED)
    filled = await _filled(db, by, form, body)
    label, unit = body.name, f"{body.building}{body.unit}"[:80]
    case = await open_case(db, by, form.site_id, Opening(customer_label=label, unit_label=unit, source="form"))
    filled.case_id, case.causes = case.id, list(dict.fromkeys(body.causes))
    db.add(filled)
    await db.flush()
    verified = await _take_over_codes(db, form, case, filled)
    first = await _keep_photo(db, by, case, filled, photo)
    form.case_id, form.submitted_at = case.id, by.now
    form.notice_version, form.notice_text = notice.version, notice.text
    db.add(ProgressLink(case_id=case.id, token_hash=token_hash(body.progress_token), created_by=None, created_at=by.now))
    index(case, filled)
    await flow.touch(db, case)
    told = {"form_id": form.id, "causes": case.causes, "phone_verified": verified, "photo": photo is not None}
    flow.note(db, by, case, "receive_form", after=told | {"notice_version": notice.version})
    await flow.tell(db, by, case, "form_received", told)
    return _received(case), first


async def _filled(db: AsyncSession, by: By, form: PublicForm, body: Application) -> Registration:
    """The registration form as far as the customer can know it."""
    site = await db.get_one(Site, form.site_id)
    made = blank("")
    made.customer_name, made.phone, made.id_type = body.name, _spelt(body.phone), body.id_type
    if body.id_number:
        made.id_number = id_spelling(body.id_number)
        today = by.now.astimezone(ZoneInfo(site.timezone)).date()
        if not id_number_valid(body.id_type, made.id_number, today):
            raise Problem(ProblemCode.ID_NUMBER_INVALID, "body.id_number")
    made.building, made.unit, made.subscription_date = body.building, body.unit, body.subscription_date
    made.cause_text, made.alternative = body.cause_text, body.alternative
    made.changed_by, made.changed_at = by.person_id, by.now
    return made


async def _take_over_codes(db: AsyncSession, form: PublicForm, case: WithdrawalCase, filled: Registration) -> bool:
    """The codes become the case's; a number that was changed after it was verified is not verified."""
    verified: PhoneVerification | None = await repository.verified_phone(db, form.id)
    if verified is not None and verified.phone == filled.phone:
        filled.phone_verified_at = verified.confirmed_at
    for row in await repository.codes_of(db, form.id):
        row.case_id = case.id
    await db.flush()
    return filled.phone_verified_at is not None


async def _keep_photo(db: AsyncSession, by: By, case: WithdrawalCase, filled: Registration, photo: Checked | None) -> bool:
    if photo is None:
        return True
    found, first = await keep_file(db, by, case, photo, _ID_SCAN)
    filled.id_scan_evidence_id = found.Evidence.id
    return first


async def progress(db: AsyncSession, visitor: Visitor) -> ProgressOut:
    """How far the case is. Raises Problem: link_invalid, link_expired, too_many_requests."""
    case, site, answer = await _followed(db, visitor)
    hint = rules.hint(case.status)
    return ProgressOut(
        code=case.code,
        site=site.name,
        site_en=site.name_en,
        received_at=case.received_at,
        steps=[StepOut(zh=step.zh, en=step.en, state=step.state) for step in rules.steps(case.status)],
        hint_zh=hint.zh,
        hint_en=hint.en,
        survey=rules.survey(case.outcome, case.ended_at, answer is not None, visitor.now),
    )


async def _followed(db: AsyncSession, visitor: Visitor) -> tuple[WithdrawalCase, Site, SatisfactionAnswer | None]:
    found = await repository.progress_by_hash(db, visitor.hash)
    if found is None:
        raise visitor.refuse()
    if not rules.readable(found.WithdrawalCase.ended_at, visitor.now):
        raise Problem(ProblemCode.LINK_EXPIRED)
    return found.WithdrawalCase, found.Site, found.SatisfactionAnswer


async def answer_survey(db: AsyncSession, visitor: Visitor, body: SurveyIn) -> SurveyOut:
    """One to five, once; the same answer sent again is taken for a lost reply.

    Raises Problem: link_invalid, link_expired, survey_closed, survey_answered, too_many_requests.
    """
    case, _, _ = await _followed(db, visitor)
    await db.get_one(WithdrawalCase, case.id, with_for_update=True, populate_existing=True)  # of two answers at once one waits here
    given = await db.get(SatisfactionAnswer, case.id, populate_existing=True)
    if given is not None:
        if (given.score, given.comment) != (body.score, body.comment):
            raise Problem(ProblemCode.SURVEY_ANSWERED)
        return SurveyOut.model_validate(given)
    if rules.survey(case.outcome, case.ended_at, False, visitor.now) != "open":
        raise Problem(ProblemCode.SURVEY_CLOSED)
    row = SatisfactionAnswer(case_id=case.id, site_id=case.site_id, score=body.score, comment=body.comment, answered_at=visitor.now)
    db.add(row)
    await db.flush()
    by = visitor.of(case)
    flow.note(db, by, case, "answer_survey", after={"score": body.score})
    await flow.tell(db, by, case, "survey_answered", {"score": body.score})
    return SurveyOut.model_validate(row)


async def forget_unused(factory: Factory, at: datetime) -> None:
    """Drop links that nobody used and the numbers that were typed there, `UNUSED_KEPT` after they expired."""
    async with transaction(factory) as db:
        await repository.forget_unused(db, at - UNUSED_KEPT)
