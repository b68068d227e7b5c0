"""`/v1/audit`, and a case's timeline."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from case_api.cases import flow
from case_api.database import ReadDb
from case_api.paging import Limit, Page
from case_api.problems import ProblemCode, responses
from case_api.schemas import Moment as Time
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from case_api.trace import repository, service
from case_api.trace.repository import Filters
from case_api.trace.schemas import AuditOut, Moment, VerdictOut

router = APIRouter(tags=["trace"])


async def _filters(
    subject_type: Annotated[str | None, Query(max_length=40, pattern="^[a-z_]+$", description="`case`, `session`, `person` …")] = None,
    subject_id: Reference | None = None,
    actor_id: Reference | None = None,
    action: Annotated[
        str | None, Query(max_length=80, pattern="^[a-z_:]+$", description="How the action begins", examples=["api:case:"])
    ] = None,
    site_id: Reference | None = None,
    since: Annotated[Time | None, Query(alias="from", description="Then or later")] = None,
    until: Annotated[Time | None, Query(alias="to", description="Before")] = None,
) -> Filters:
    return Filters(subject_type, subject_id, actor_id, action, site_id, since, until)


@router.get("/audit", operation_id="listAudit")
async def list_audit(
    principal: Annotated[Principal, Depends(require(Permission.AUDIT_READ))],
    db: ReadDb,
    filters: Annotated[Filters, Depends(_filters)],
    limit: Limit = 20,
    cursor: Annotated[str | None, Query(max_length=15, pattern="^[0-9]+$", description="`next_cursor` of the page before")] = None,
) -> Page[AuditOut]:
    """The audit record of the person's sites, newest first; with the role held everywhere, also what belongs to no site."""
    before = min(int(cursor), 2**31 - 1) if cursor is not None else None
    query = repository.records(principal.sites_for(Permission.AUDIT_READ), filters, before, limit + 1)
    rows = (await db.scalars(query)).all()
    items = [AuditOut.model_validate(row) for row in rows[:limit]]
    return Page[AuditOut](items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


@router.get("/audit/verification", operation_id="verifyAudit")
async def verify_audit(_: Annotated[Principal, Depends(require(Permission.AUDIT_READ, everywhere=True))], db: ReadDb) -> VerdictOut:
    """Walk the chain of hashes: was a row changed, removed or put in? The whole record, so it needs the permission everywhere."""
    return VerdictOut(**asdict(await service.verify(db)))


@router.get("/cases/{case_id}/timeline", operation_id="getTimeline", responses=responses(ProblemCode.NOT_FOUND))
async def get_timeline(
    case_id: Reference, principal: Annotated[Principal, Depends(require(Permission.CASE_READ))], db: ReadDb
) -> list[Moment]:
    """Everything that happened to a case, oldest first: changes, tasks, signals of its conversations."""
    await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    return await service.timeline(db, case_id)
