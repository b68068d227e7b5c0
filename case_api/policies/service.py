"""Which policy holds, for everybody who decides by one; and the first versions of an installation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.policies import repository
from case_api.policies.defaults import CONTENT, AnyTable, default_content
from case_api.policies.rules import DeadlinePolicy, RefundTable, TierTable
from case_api.policies.versions import Span, in_force
from case_api.problems import Problem, ProblemCode
from models import audit
from models.engine import one_at_a_time
from models.policies import PolicyKind, PolicyVersion

SINCE_EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Shipped tables hold for cases that were received before the installation too."""


def table_of(version: PolicyVersion) -> AnyTable:
    """What the version says."""
    return CONTENT.validate_python(version.content)


async def effective(db: AsyncSession, kind: str, site_id: str | None, at: datetime) -> PolicyVersion | None:
    """The version that holds at this site (None: at a site without its own) at this moment."""
    rows = {row.id: row for row in await repository.begun(db, kind, site_id, at)}
    spans = [Span(row.id, row.site_id, row.effective_from, row.retired_at) for row in rows.values() if row.effective_from is not None]
    held = in_force(spans, site_id, at)
    return rows[held.id] if held is not None else None


async def deadline_policy(db: AsyncSession, site_id: str | None, at: datetime) -> DeadlinePolicy:
    """The limits that hold; the shipped ones where no version is stored: a case is never without deadlines."""
    version = await effective(db, "deadlines", site_id, at)
    table = default_content("deadlines") if version is None else table_of(version)
    assert isinstance(table, DeadlinePolicy)
    return table


async def tier_policy(db: AsyncSession, site_id: str | None, at: datetime) -> tuple[PolicyVersion, TierTable]:
    """The tiers that hold, with their version. Raises Problem: policy_missing."""
    version = await effective(db, "tiers", site_id, at)
    if version is None:
        raise Problem(ProblemCode.POLICY_MISSING, "tiers")
    table = table_of(version)
    assert isinstance(table, TierTable)
    return version, table


async def usable_refund_policy(db: AsyncSession, site_id: str, at: datetime) -> tuple[PolicyVersion, RefundTable]:
    """The refund steps that hold (「此规则需提前获得集团法务授权，并在销售现场公示」), with their version.

    The database lets no refund version hold that legal has not authorised; here it has to be posted at this very site besides.
    Raises Problem: refund_policy_unusable.
    """
    version = await effective(db, "refund", site_id, at)
    if version is None or not await repository.posted(db, version.id, site_id, at):
        raise Problem(ProblemCode.REFUND_POLICY_UNUSABLE)
    table = table_of(version)
    assert isinstance(table, RefundTable)
    return version, table


async def install_defaults(db: AsyncSession, at: datetime) -> None:
    """Version 1 of each kind that has none: tiers and deadlines hold at once, the refund steps wait for legal and for being posted."""
    await one_at_a_time(db, PolicyVersion)
    for kind in get_args(PolicyKind):
        if await repository.last_number(db, kind, ""):
            continue
        row = PolicyVersion(kind=kind, number=1, content=default_content(kind).model_dump(mode="json"), note="出厂默认", drafted_at=at)
        if kind != "refund":
            row.status, row.published_at, row.effective_from = "published", at, SINCE_EVER
        db.add(row)
        await db.flush()
        after = {"kind": kind, "number": 1, "status": row.status}
        audit.record(db, audit.Actor("calmdesk"), "bootstrap:policy:install", audit.Subject("policy", row.id), after=after, at=at)
