"""Cases: open, find, assign and cancel. How they move is `flow`'s."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import flow, repository
from case_api.cases.rules import code_of, day_of, may_receive, search_text
from case_api.cases.schemas import Assignment, CaseCreate
from case_api.commands import By, guard
from case_api.problems import Problem, ProblemCode
from case_api.security import GRANTS, Permission, Principal
from case_api.sight import named_site
from models.cases import CaseSource, WithdrawalCase
from models.people import Person
from models.registrations import Registration
from models.sites import Site


@dataclass(frozen=True, slots=True)
class Opening:
    """What is known when a case is opened. `received_at` None: now."""

    customer_label: str
    unit_label: str = ""
    source: CaseSource = "staff"
    responsible_id: str | None = None
    received_at: datetime | None = None
    external_reference: str | None = None


def site_for(principal: Principal, permission: Permission, wanted: str | None, field: str = "body.site_id") -> str:
    """The site that was named, or the only one at which the person may do this. Raises Problem: forbidden, site_required."""
    if wanted is not None:
        principal.demand(permission, wanted)
        return wanted
    sites = principal.sites_for(permission)
    if sites is None or len(sites) != 1:
        raise Problem(ProblemCode.SITE_REQUIRED, field)
    return next(iter(sites))


async def create_case(db: AsyncSession, by: By, body: CaseCreate) -> WithdrawalCase:
    """A draft. Raises Problem: forbidden, site_required, and what `open_case` raises."""
    site_id = site_for(by.principal, Permission.CASE_CREATE, body.site_id)
    return await open_case(db, by, site_id, Opening(**body.model_dump(exclude={"site_id"})))


async def open_case(db: AsyncSession, by: By, site_id: str, opening: Opening) -> WithdrawalCase:
    """A draft with the next number of its site's day, and its registration to be done.

    The caller has asked whether the person may do so. Raises Problem: site_unknown, received_later, person_unknown, reference_taken.
    """
    site = await named_site(db, site_id, lock=True)  # its cases are numbered one after the other
    received_at = (opening.received_at or by.now).astimezone(UTC)
    if received_at > by.now:
        raise Problem(ProblemCode.RECEIVED_LATER, "body.received_at")
    if opening.responsible_id is not None:
        await _person_at(db, opening.responsible_id, site_id, "body.responsible_id")
    reference = opening.external_reference
    if reference is not None and await repository.cases_by_reference(db, site_id, [reference]):
        raise Problem(ProblemCode.REFERENCE_TAKEN, "body.external_reference")
    case = WithdrawalCase(
        site_id=site_id,
        code=await _next_code(db, site, by.now),
        customer_label=opening.customer_label,
        unit_label=opening.unit_label,
        status="draft",
        source=opening.source,
        external_reference=reference,
        received_at=received_at,
        responsible_id=opening.responsible_id,
        created_by=by.person_id,
        created_at=by.now,
    )
    index(case, None)
    db.add(case)
    await db.flush()
    told = {"code": case.code, "customer_label": case.customer_label, "unit_label": case.unit_label, "source": case.source}
    times = {"received_at": received_at.isoformat(), "responsible_id": case.responsible_id, "external_reference": reference}
    flow.note(db, by, case, "create", after=told | times)
    await flow.begin(db, by, case)
    return case


async def _next_code(db: AsyncSession, site: Site, now: datetime) -> str:
    start, end = day_of(site.timezone, now)
    return code_of(site.code, start, await repository.cases_opened(db, site.id, start, end) + 1)


def index(case: WithdrawalCase, form: Registration | None) -> None:
    """Note what the case is found by: after every change of its labels or its form."""
    own = [case.code, case.customer_label, case.unit_label, case.external_reference]
    if form is not None:
        own += [form.customer_name, f"{form.building}{form.unit}", form.unit_type, form.subscription_code, form.cause_text]
    case.search_text = search_text(own)


async def _person_at(db: AsyncSession, person_id: str, site_id: str, field: str) -> Person:
    """Somebody with a role at this site. An account that was closed still names who sold the unit."""
    person = await db.get(Person, person_id)
    if person is None or not any(role.site_id in (None, site_id) for role in person.roles):
        raise Problem(ProblemCode.PERSON_UNKNOWN, field)
    return person


async def get_case(db: AsyncSession, principal: Principal, case_id: str) -> WithdrawalCase:
    """The case, or `not_found` also where the person may not see it."""
    return await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)


async def assign(db: AsyncSession, by: By, case_id: str, expected: int, body: Assignment) -> WithdrawalCase:
    """Name who receives the customer: somebody for oneself while nobody is named, the site manager in any case (「四步法·第一步」).

    Raises Problem: not_found, forbidden, case_state, version_conflict, person_unknown, receptionist_role, receptionist_responsible.
    """
    case = await flow.case_for(db, by.principal, Permission.CASE_INTAKE, case_id)
    flow.demand_step(case, "draft")
    guard(case, expected)
    responsible_id = body.responsible_id or case.responsible_id
    takes_it = body.receptionist_id == by.person_id and case.receptionist_id in (None, by.person_id)
    if not takes_it or case.responsible_id not in (None, responsible_id):
        by.principal.demand(Permission.CASE_MANAGE, case.site_id)
    if not may_receive(body.receptionist_id, responsible_id):
        raise Problem(ProblemCode.RECEPTIONIST_RESPONSIBLE, "body.receptionist_id")
    receptionist = await _person_at(db, body.receptionist_id, case.site_id, "body.receptionist_id")
    if receptionist.disabled_at is not None or not _holds(receptionist, Permission.CASE_INTAKE, case.site_id):
        raise Problem(ProblemCode.RECEPTIONIST_ROLE, "body.receptionist_id")
    if body.responsible_id is not None:
        await _person_at(db, body.responsible_id, case.site_id, "body.responsible_id")
    for task in await flow.open_tasks(db, case.id, "registration"):
        task.assignee_id = body.receptionist_id
    before = {"receptionist_id": case.receptionist_id, "responsible_id": case.responsible_id}
    case.receptionist_id, case.responsible_id = body.receptionist_id, responsible_id
    after = {"receptionist_id": case.receptionist_id, "responsible_id": case.responsible_id}
    await flow.touch(db, case)
    flow.note(db, by, case, "assign", before=before, after=after)
    await flow.tell(db, by, case, "assigned", after)
    return case


def _holds(person: Person, permission: Permission, site_id: str) -> bool:
    return any(permission in GRANTS[role.role] and role.site_id in (None, site_id) for role in person.roles)


async def cancel(db: AsyncSession, by: By, case_id: str, expected: int, reason: str) -> WithdrawalCase:
    """End a draft that is no case: whoever opened or receives it, or the site manager; never the consultant whose sale it is about.

    Raises Problem: not_found, forbidden, case_state, version_conflict, intake_by_responsible, not_receptionist.
    """
    case = await flow.case_for(db, by.principal, Permission.CASE_INTAKE, case_id)
    flow.demand_step(case, "draft")
    guard(case, expected)
    if by.person_id == case.responsible_id:
        raise Problem(ProblemCode.INTAKE_BY_RESPONSIBLE)
    involved = by.person_id in (case.created_by, case.receptionist_id)
    if not involved and not by.principal.may(Permission.CASE_MANAGE, case.site_id):
        raise Problem(ProblemCode.NOT_RECEPTIONIST)
    await flow.advance(db, by, case, "cancel", detail={"reason": reason})
    return case
