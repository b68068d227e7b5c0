"""What people do about a warning: take it, give it to somebody, contact the customer, close it, take that back."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, guard
from case_api.early_warning.board import repository
from case_api.early_warning.board.alarms import rearm
from case_api.early_warning.board.schemas import EventOut, Resolution, StepOut, WarningDetail, WarningOut
from case_api.early_warning.board.trace import note
from case_api.early_warning.events.repository import add_events, touch
from case_api.problems import Problem, ProblemCode
from case_api.security import GRANTS, Permission, Principal
from models.cases import WithdrawalCase
from models.early_warnings import EarlyWarning, StepKind
from models.people import Person

EVENTS_SHOWN = 50
SETTLED_KEPT = 200
"""Causes that are remembered as dealt with; what is older than so many shows no more."""


def may_see(principal: Principal, warning: EarlyWarning) -> bool:
    """Whoever sees the site's board, and headquarters what was ever red."""
    if principal.may(Permission.WARNING_READ, warning.site_id):
        return True
    return warning.reported_at is not None and principal.may(Permission.WARNING_READ_RED, warning.site_id)


async def find(db: AsyncSession, principal: Principal, warning_id: str) -> Any:
    """The row of `warnings_query`. Raises Problem: not_found, also where the person may not see it."""
    found = await repository.one(db, warning_id)
    if found is None or not may_see(principal, found.EarlyWarning):
        raise Problem(ProblemCode.NOT_FOUND)
    return found


async def detail(db: AsyncSession, principal: Principal, warning_id: str) -> WarningDetail:
    """One warning with everything that was done about it and what happened to its customer last. Raises Problem: not_found."""
    found = await find(db, principal, warning_id)
    steps = [
        StepOut(**{name: getattr(row.WarningStep, name) for name in StepOut.model_fields if name != "person"}, person=row.display_name)
        for row in await repository.steps(db, warning_id)
    ]
    events = await repository.newest_events(db, found.EarlyWarning.customer_id, EVENTS_SHOWN)
    return WarningDetail(**shown(found).model_dump(), steps=steps, events=[EventOut.model_validate(event) for event in events])


def shown(found: Any) -> WarningOut:
    """A row of `warnings_query` as it is told."""
    warning, customer = found.EarlyWarning, found.CrmCustomer
    return WarningOut(
        customer_label=customer.label,
        customer_reference=customer.reference,
        unit_reference=customer.unit_reference,
        assignee=found.display_name,
        **{name: getattr(warning, name) for name in WarningOut.model_fields if hasattr(warning, name)},
    )


async def acknowledge(db: AsyncSession, by: By, warning_id: str, expected: int) -> Any:
    """Take care of it; whoever does is the one it is given to, unless somebody is named already.

    Raises Problem: not_found, forbidden, version_conflict, warning_closed, warning_state (acknowledged before).
    """
    warning = await _to_answer(db, by, warning_id, expected)
    if warning.status != "open":
        raise Problem(ProblemCode.WARNING_STATE, warning.status)
    warning.status = "acknowledged"
    warning.assignee_id = warning.assignee_id or by.person_id
    return await _done(db, by, warning, "acknowledged")


async def assign(db: AsyncSession, by: By, warning_id: str, expected: int, assignee_id: str) -> Any:
    """Give it to somebody who may answer it. Raises Problem: not_found, forbidden, version_conflict, warning_closed, assignee_unfit."""
    warning = await _live(db, by, warning_id, expected, Permission.WARNING_ASSIGN)
    person = await db.get(Person, assignee_id)
    if person is None or person.disabled_at is not None or not _answers_at(person, warning.site_id):
        raise Problem(ProblemCode.ASSIGNEE_UNFIT, "body.assignee_id")
    warning.assignee_id = person.id
    return await _done(db, by, warning, "assigned")


def _answers_at(person: Person, site_id: str) -> bool:
    return any(Permission.WARNING_ANSWER in GRANTS[role.role] and role.site_id in (None, site_id) for role in person.roles)


async def contact(db: AsyncSession, by: By, warning_id: str, expected: int, told: str) -> Any:
    """The customer was contacted: the clock is met. Said again it is one more contact.

    Raises Problem: not_found, forbidden, version_conflict, warning_closed.
    """
    warning = await _to_answer(db, by, warning_id, expected)
    warning.status, warning.next_at = "contacted", None
    warning.contacted_at = warning.contacted_at or by.now
    warning.assignee_id = warning.assignee_id or by.person_id
    return await _done(db, by, warning, "contacted", told)


async def resolve(db: AsyncSession, by: By, warning_id: str, expected: int, body: Resolution) -> Any:
    """Close it. What it rested on is settled: only something new raises a warning about this customer again.

    Raises Problem: not_found, forbidden, version_conflict, warning_closed, case_unknown.
    """
    customer = await repository.lock_customer(db, warning_id)
    warning = await _to_answer(db, by, warning_id, expected)
    assert customer is not None
    if body.case_id is not None:
        await _name_case(db, by, warning, body.case_id)
    causes = [cause for reason in warning.reasons for cause in reason["causes"]]
    customer.settled = list(dict.fromkeys([*customer.settled, *causes]))[-SETTLED_KEPT:]
    customer.revision += 1  # whoever is looking at the customer just now knows nothing of it yet
    warning.status, warning.next_at, warning.resolved_at, warning.resolved_by = "resolved", None, by.now, by.person_id
    warning.outcome, warning.case_id = body.outcome, body.case_id
    return await _done(db, by, warning, "resolved", body.note)


async def reopen(db: AsyncSession, by: By, warning_id: str, expected: int, reason: str) -> Any:
    """Take back that somebody closed it: it is raised again as it was, with the clock that it had, and what it rested on counts again.

    Raises Problem: not_found, forbidden, version_conflict, warning_not_closed (open, closed by itself, or the customer has another by now).
    """
    customer = await repository.lock_customer(db, warning_id)
    warning = await _seen(db, by, warning_id, expected, Permission.WARNING_ANSWER)
    assert customer is not None
    if warning.resolved_by is None or await repository.open_of(db, [customer.id]):
        raise Problem(ProblemCode.WARNING_NOT_CLOSED)
    causes = {cause for reason_ in warning.reasons for cause in reason_["causes"]}
    customer.settled = [cause for cause in customer.settled if cause not in causes]
    if warning.case_id is not None:  # named by mistake; a case that is the customer's by number or unit is found again
        await repository.unname_case(db, customer.id, warning.case_id)
    warning.status = "acknowledged" if warning.contacted_at is None else "contacted"
    warning.assignee_id = warning.assignee_id or by.person_id
    warning.resolved_at = warning.resolved_by = warning.outcome = warning.case_id = None
    if warning.contacted_at is None:
        rearm(warning)
    await _done(db, by, warning, "raised", reason)
    await touch(db, [customer.id], by.now)
    return await repository.one(db, warning.id)


async def _name_case(db: AsyncSession, by: By, warning: EarlyWarning, case_id: str) -> None:
    """The case that came of it, as an event of the customer: what came before is the case's matter, and backtests know of it."""
    case = await db.get(WithdrawalCase, case_id)
    if case is None or case.site_id != warning.site_id or not by.principal.may(Permission.CASE_READ, case.site_id):
        raise Problem(ProblemCode.CASE_UNKNOWN, "body.case_id")
    event: dict[str, Any] = {"source": "case", "external_id": f"{case.id}:{warning.customer_id}", "customer_id": warning.customer_id}
    event |= {"kind": "withdrawal_request", "at": case.received_at, "case_id": case.id, "reference": "", "taken_at": by.now}
    await add_events(db, [event])
    await touch(db, [warning.customer_id], by.now)


async def _seen(db: AsyncSession, by: By, warning_id: str, expected: int, permission: Permission) -> EarlyWarning:
    warning = await repository.locked(db, warning_id)
    if warning is None or not may_see(by.principal, warning):
        raise Problem(ProblemCode.NOT_FOUND)
    by.principal.demand(permission, warning.site_id)
    guard(warning, expected)
    return warning


async def _live(db: AsyncSession, by: By, warning_id: str, expected: int, permission: Permission) -> EarlyWarning:
    warning = await _seen(db, by, warning_id, expected, permission)
    if warning.status == "resolved":
        raise Problem(ProblemCode.WARNING_CLOSED)
    return warning


async def _to_answer(db: AsyncSession, by: By, warning_id: str, expected: int) -> EarlyWarning:
    return await _live(db, by, warning_id, expected, Permission.WARNING_ANSWER)


async def _done(db: AsyncSession, by: By, warning: EarlyWarning, what: StepKind, told: str = "") -> Any:
    await note(db, warning, what, by.now, who=by.who, told=told)
    return await repository.one(db, warning.id)


async def counts(db: AsyncSession, principal: Principal) -> dict[str, int]:
    """How many live warnings of each level the person sees."""
    sight = repository.seen_by(principal.sites_for(Permission.WARNING_READ), principal.sites_for(Permission.WARNING_READ_RED))
    return await repository.counts(db, sight)
