"""A version of a policy from draft to retirement. Drafting, authorising and publishing are three people's work or at least two's."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, guard
from case_api.policies import repository, service
from case_api.policies.defaults import AnyTable
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_row, named_site
from models import audit, outbox
from models.engine import one_at_a_time
from models.policies import PolicyPosting, PolicyStatus, PolicyVersion
from models.sites import Site

NEVER_MISSING: Final = {"tiers", "deadlines"}
"""Without a refund rule nothing is paid back by it; without tiers or deadlines no case could go on."""


async def version_for(db: AsyncSession, principal: Principal, policy_id: str) -> PolicyVersion:
    """The version, or `not_found` also where the person may not see it. General versions are everybody's who reads policies."""
    row = await find_row(db, PolicyVersion, policy_id)
    demand_sight(principal, row.site_id)
    return row


def demand_sight(principal: Principal, site_id: str | None) -> None:
    """Raise `not_found` unless the person may see this site's policies (None: the general ones)."""
    if not (principal.holds(Permission.POLICY_READ) if site_id is None else principal.may(Permission.POLICY_READ, site_id)):
        raise Problem(ProblemCode.NOT_FOUND)


async def _to_change(
    db: AsyncSession, by: By, policy_id: str, expected: int, permission: Permission, *statuses: PolicyStatus
) -> PolicyVersion:
    """The version as its reader saw it, with every other change of policies waiting; `statuses` are those that allow this change."""
    await one_at_a_time(db, PolicyVersion)
    row = await version_for(db, by.principal, policy_id)
    by.principal.demand(permission, row.site_id)
    guard(row, expected)
    if row.status not in statuses:
        raise Problem(ProblemCode.POLICY_STATE, row.status)
    return row


async def _changed(db: AsyncSession, by: By, row: PolicyVersion, verb: str, *, before: object = None, **after: object) -> PolicyVersion:
    """Written, audited and told, in this transaction."""
    await db.flush()
    told = {"kind": row.kind, "number": row.number, "status": row.status} | after
    earlier = {"content": before} if before is not None else None
    audit.record(db, by.who, f"api:policy:{verb}", audit.Subject("policy", row.id, row.site_id), before=earlier, after=told, at=by.now)
    await outbox.publish(db, f"policy.{verb}", {"policy_id": row.id, "at": by.now.isoformat()} | told, site_id=row.site_id)
    return row


async def draft(
    db: AsyncSession, by: By, *, content: AnyTable | None, copy_of: str | None, site_id: str | None, note: str
) -> PolicyVersion:
    """A new version: `content`, or what the version `copy_of` says. Raises Problem: not_found, site_unknown, forbidden."""
    by.principal.demand(Permission.POLICY_DRAFT, site_id)
    await one_at_a_time(db, PolicyVersion)
    if site_id is not None:
        await named_site(db, site_id)
    table = content or service.table_of(await version_for(db, by.principal, copy_of or ""))
    scope = site_id or ""
    row = PolicyVersion(
        kind=table.kind,
        site_id=site_id,
        scope=scope,
        number=await repository.last_number(db, table.kind, scope) + 1,
        content=table.model_dump(mode="json"),
        note=note,
        drafted_by=by.person_id,
        drafted_at=by.now,
    )
    db.add(row)
    return await _changed(db, by, row, "draft", content=row.content)


async def edit(db: AsyncSession, by: By, policy_id: str, expected: int, content: AnyTable, note: str | None) -> PolicyVersion:
    """Another content for one's own draft. Raises Problem: policy_drafter (somebody else's), policy_kind, and those of every change:
    not_found, forbidden, version_conflict, policy_state.
    """
    row = await _to_change(db, by, policy_id, expected, Permission.POLICY_DRAFT, "draft")
    if row.drafted_by != by.person_id:
        raise Problem(ProblemCode.POLICY_DRAFTER)
    if content.kind != row.kind:
        raise Problem(ProblemCode.POLICY_KIND, f"{row.kind}, not {content.kind}")
    before, row.content = row.content, content.model_dump(mode="json")
    row.note = row.note if note is None else note
    return await _changed(db, by, row, "edit", before=before, content=row.content)


async def _for_legal(db: AsyncSession, by: By, policy_id: str, expected: int, *statuses: PolicyStatus) -> PolicyVersion:
    """The refund rule is a matter for the group's legal department (「集团法务授权」), not for that of a site."""
    row = await _to_change(db, by, policy_id, expected, Permission.POLICY_AUTHORISE, *statuses)
    if row.kind == "refund":
        by.principal.demand(Permission.POLICY_AUTHORISE, None)
    return row


async def authorise(db: AsyncSession, by: By, policy_id: str, expected: int) -> PolicyVersion:
    """Legal's word. Raises Problem: policy_drafter (one's own draft), and those of every change."""
    row = await _for_legal(db, by, policy_id, expected, "draft")
    if row.drafted_by == by.person_id:
        raise Problem(ProblemCode.POLICY_DRAFTER)
    row.status, row.authorised_by, row.authorised_at, row.returned_reason = "authorised", by.person_id, by.now, ""
    return await _changed(db, by, row, "authorise")


async def send_back(db: AsyncSession, by: By, policy_id: str, expected: int, reason: str) -> PolicyVersion:
    """Back to its drafter; an authorisation that was given is taken back, unless customers can read the rule already.

    Raises Problem: policy_state (also for a version that is posted), and those of every change.
    """
    row = await _for_legal(db, by, policy_id, expected, "draft", "authorised")
    if await repository.posted(db, row.id, None, by.now):
        raise Problem(ProblemCode.POLICY_STATE, "已公示 / posted")
    row.status, row.authorised_by, row.authorised_at, row.returned_reason = "draft", None, None, reason
    return await _changed(db, by, row, "return", reason=reason)


async def publish(db: AsyncSession, by: By, policy_id: str, expected: int, effective_from: datetime | None) -> PolicyVersion:
    """In force from `effective_from` (None: from now).

    Raises Problem: policy_time, policy_unposted (a refund rule that is posted nowhere), and those of every change.
    """
    row = await _to_change(db, by, policy_id, expected, Permission.POLICY_PUBLISH, "authorised")
    begins = effective_from or by.now
    if begins < by.now or await repository.begins_at(db, row, begins):
        raise Problem(ProblemCode.POLICY_TIME, "body.effective_from")
    if row.kind == "refund" and not await repository.posted(db, row.id, row.site_id, by.now):
        raise Problem(ProblemCode.POLICY_UNPOSTED)
    row.status, row.published_by, row.published_at, row.effective_from = "published", by.person_id, by.now, begins
    return await _changed(db, by, row, "publish", effective_from=begins.isoformat())


async def post(db: AsyncSession, by: By, policy_id: str, site_id: str, proof: str) -> PolicyVersion:
    """Posted at a site for customers to read (「在销售现场公示」). A site posts general versions and its own.

    Raises Problem: not_found, forbidden, site_unknown, policy_kind (only refund rules are posted), policy_state (not authorised, or
    posted there already).
    """
    by.principal.demand(Permission.POLICY_PUBLISH, site_id)
    await one_at_a_time(db, PolicyVersion)
    row = await version_for(db, by.principal, policy_id)
    if await db.get(Site, site_id) is None or row.scope not in ("", site_id):
        raise Problem(ProblemCode.SITE_UNKNOWN, "body.site_id")
    if row.kind != "refund":
        raise Problem(ProblemCode.POLICY_KIND, row.kind)
    if row.status not in ("authorised", "published") or any(site_id == found.site_id for found in await repository.postings(db, row.id)):
        raise Problem(ProblemCode.POLICY_STATE, row.status)
    db.add(PolicyPosting(policy_id=row.id, site_id=site_id, proof=proof, posted_by=by.person_id, posted_at=by.now))
    return await _changed(db, by, row, "post", site_id=site_id, proof=proof)


async def retire(db: AsyncSession, by: By, policy_id: str, expected: int, reason: str) -> PolicyVersion:
    """Not in force any more, or never to be.

    Raises Problem: policy_missing (no tiers or no deadlines would be left), and those of every change.
    """
    row = await _to_change(db, by, policy_id, expected, Permission.POLICY_PUBLISH, "draft", "authorised", "published")
    held = await service.effective(db, row.kind, None, by.now)
    if held is not None and held.id == row.id and row.kind in NEVER_MISSING:
        raise Problem(ProblemCode.POLICY_MISSING, row.kind)
    row.status, row.retired_by, row.retired_at, row.retired_reason = "retired", by.person_id, by.now, reason
    return await _changed(db, by, row, "retire", reason=reason)
