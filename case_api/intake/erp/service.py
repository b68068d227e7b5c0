"""Compare the form with the ERP's records (「系统调取记录」 / 「ERP数据核对」)."""

from __future__ import annotations

from dataclasses import asdict

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow
from case_api.commands import By
from case_api.intake import repository
from case_api.intake.erp.connectors import ErpConnector, ErpError
from case_api.intake.erp.rules import RECORD, choose, differences, from_json, has_key, to_fill, to_json
from case_api.intake.identity import redacted
from case_api.intake.schemas import DifferenceOut, ErpCheckOut, ErpOverride
from case_api.intake.service import erp_state, intake_case, sales_record
from case_api.once import Once
from case_api.problems import Problem, ProblemCode
from models.cases import WithdrawalCase
from models.engine import Factory, reading, transaction
from models.registrations import Registration
from models.verifications import ErpCheck

log = structlog.get_logger("calmdesk.intake")


async def check(
    factory: Factory, connector: ErpConnector | None, by: By, case_id: str, expected: int, once: Once
) -> tuple[WithdrawalCase, ErpCheckOut]:
    """Look the purchase up and keep what was found beside what the form says. The ERP is asked while nothing is locked; if the form
    changes meanwhile, nothing is kept.

    Raises Problem: erp_off, those of `intake_case`, erp_no_key, erp_unavailable.
    """
    if connector is None:
        raise Problem(ProblemCode.ERP_OFF)
    async with reading(factory) as db:
        await once.look(db)
        case = await intake_case(db, by, case_id, expected, lock=False)
        form = await repository.form_of(db, case.id)
    mine = sales_record(form) if form is not None else None
    if mine is None or not has_key(mine):
        raise Problem(ProblemCode.ERP_NO_KEY)
    try:
        outcome, record = choose(mine, await connector.lookup(mine))
    except ErpError as error:
        log.warning("erp not asked", case=case_id, reason=str(error))
        raise Problem(ProblemCode.ERP_UNAVAILABLE) from None
    found = differences(mine, record) if record is not None else []
    async with transaction(factory) as db:
        await once.claim(db)
        case = await intake_case(db, by, case_id, expected)
        row = ErpCheck(
            case_id=case.id,
            checked_by=by.person_id,
            checked_at=by.now,
            outcome=outcome,
            compared=to_json(mine),
            snapshot=to_json(record) if record is not None else None,
            differences=[asdict(difference) for difference in found],
            overrides={},
        )
        db.add(row)
        await flow.touch(db, case)
        told = {"outcome": outcome, "differences": [difference.field for difference in found]}
        flow.note(db, by, case, "check_erp", after=told)
        await flow.tell(db, by, case, "erp_checked", told)
        answer = shown(case, form, row)
        once.keep(db, 201, answer, case)
    return case, answer


async def override(db: AsyncSession, by: By, case_id: str, expected: int, body: ErpOverride) -> tuple[WithdrawalCase, ErpCheck]:
    """Say why a difference stands. Raises Problem: those of `intake_case`, erp_not_checked, erp_no_difference."""
    case = await intake_case(db, by, case_id, expected)
    row = await repository.newest_check(db, case.id)
    if row is None:
        raise Problem(ProblemCode.ERP_NOT_CHECKED)
    differing = {item["field"] for item in row.differences} if row.outcome == "matched" else {RECORD}
    for name in body.fields:
        if name not in differing:
            raise Problem(ProblemCode.ERP_NO_DIFFERENCE, name)
    reason = {"reason": body.reason, "by": by.person_id, "at": by.now.isoformat()}
    row.overrides = row.overrides | dict.fromkeys(body.fields, reason)
    await flow.touch(db, case)
    told = {"fields": body.fields, "reason": redacted(body.reason)}
    flow.note(db, by, case, "override_erp", after=told)
    await flow.tell(db, by, case, "erp_overridden", {"fields": body.fields})
    return case, row


def shown(case: WithdrawalCase, form: Registration | None, row: ErpCheck) -> ErpCheckOut:
    """A comparison, and what its record could fill in on the form as it is now."""
    reasons = {name: given["reason"] for name, given in row.overrides.items()}
    mine = sales_record(form) if form is not None else from_json(row.compared)
    return ErpCheckOut(
        id=row.id,
        checked_by=row.checked_by,
        checked_at=row.checked_at,
        outcome=row.outcome,  # type: ignore[arg-type]
        differences=[DifferenceOut(**item, overridden_reason=reasons.get(item["field"])) for item in row.differences],
        overridden_reason=reasons.get(RECORD),
        to_fill=to_fill(mine, from_json(row.snapshot)) if row.snapshot is not None else {},
        stale=form is not None and erp_state(form, row).stale,
        version=case.version,
    )
