"""Cases: create, and find one a person may use."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cases import repository
from case_api.cases.rules import day_prefix
from case_api.cases.schemas import CaseCreate
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from models import audit
from models.base import utc_now
from models.cases import WithdrawalCase


def _site_for(principal: Principal, wanted: str | None) -> str:
    if wanted is not None:
        principal.demand(Permission.CASE_CREATE, wanted)
        return wanted
    sites = principal.sites_for(Permission.CASE_CREATE)
    if sites is None or len(sites) != 1:
        raise Problem(ProblemCode.SITE_REQUIRED, "body.site_id")
    return next(iter(sites))


async def create_case(db: AsyncSession, principal: Principal, who: audit.Actor, body: CaseCreate) -> WithdrawalCase:
    """A draft with the next number of its site's day. Raises Problem: forbidden, site_required, site_unknown."""
    site = await repository.lock_site(db, _site_for(principal, body.site_id))
    if site is None:
        raise Problem(ProblemCode.SITE_UNKNOWN, "body.site_id")
    prefix = day_prefix(site.code, site.timezone, utc_now())
    number = await repository.cases_with_prefix(db, prefix) + 1
    labels = {"customer_label": body.customer_label, "unit_label": body.unit_label}
    case = WithdrawalCase(site_id=site.id, code=f"{prefix}{number:04d}", created_by=principal.person_id, **labels)
    db.add(case)
    await db.flush()
    audit.record(db, who, "api:case:create", audit.Subject("case", case.id, site.id), after={"code": case.code, **labels})
    return case


async def get_case(db: AsyncSession, principal: Principal, case_id: str) -> WithdrawalCase:
    """The case, or `not_found` also where the person may not see it."""
    case = await db.get(WithdrawalCase, case_id)
    if case is None or not principal.may(Permission.CASE_READ, case.site_id):
        raise Problem(ProblemCode.NOT_FOUND)
    return case
