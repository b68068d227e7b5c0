"""Rule sets: which holds where, and their way from a draft into force. Nobody has to authorise them: they decide about no customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, guard
from case_api.early_warning.rule_sets import repository
from case_api.early_warning.rule_sets.rules import RuleSet
from case_api.policies.lifecycle import demand_sight
from case_api.policies.versions import Span, in_force
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_row, named_site
from models import audit
from models.early_warnings import RuleSetStatus, WarningRuleSet
from models.engine import one_at_a_time


@dataclass(frozen=True, slots=True)
class Held:
    """A rule set with the version it is; `id` None: the shipped one."""

    id: str | None
    rules: RuleSet


SHIPPED = Held(None, RuleSet())


@dataclass(frozen=True, slots=True)
class InForce:
    """The rule sets of a moment."""

    at: datetime
    spans: tuple[Span, ...]
    content: Mapping[str, dict[str, Any]]
    _read: dict[str, Held] = field(default_factory=dict)

    def at_site(self, site_id: str | None) -> Held:
        """What holds there; the shipped one where nobody has published any."""
        span = in_force(self.spans, site_id, self.at)
        if span is None:
            return SHIPPED
        if span.id not in self._read:
            self._read[span.id] = Held(span.id, RuleSet.model_validate(self.content[span.id]))
        return self._read[span.id]


async def rules_in_force(db: AsyncSession, at: datetime) -> InForce:
    """The rule sets that hold at this moment."""
    rows = [row for row in await repository.published(db) if row.published_at is not None and row.published_at <= at]
    spans = tuple(Span(row.id, row.site_id, row.published_at, row.retired_at) for row in rows if row.published_at is not None)
    return InForce(at, spans, {row.id: row.content for row in rows})


async def draft(db: AsyncSession, by: By, *, content: RuleSet, site_id: str | None, note: str) -> WarningRuleSet:
    """A new version, not in force yet. Raises Problem: forbidden, site_unknown."""
    by.principal.demand(Permission.WARNING_RULES, site_id)
    await one_at_a_time(db, WarningRuleSet)
    if site_id is not None:
        await named_site(db, site_id)
    scope = site_id or ""
    row = WarningRuleSet(
        site_id=site_id,
        scope=scope,
        number=await repository.last_number(db, scope) + 1,
        content=content.model_dump(mode="json"),
        note=note,
        drafted_by=by.person_id,
        drafted_at=by.now,
    )
    db.add(row)
    return await _written(db, by, row, "draft", content=row.content)


async def publish(db: AsyncSession, by: By, rule_set_id: str, expected: int) -> WarningRuleSet:
    """In force from now; the watch looks at every customer again.

    Raises Problem: not_found, forbidden, version_conflict, rule_set_state.
    """
    row = await _to_change(db, by, rule_set_id, expected, "draft")
    row.status, row.published_by, row.published_at, row.again_after = "published", by.person_id, by.now, ""
    return await _written(db, by, row, "publish")


async def retire(db: AsyncSession, by: By, rule_set_id: str, expected: int) -> WarningRuleSet:
    """Out of force: a site goes by the general rules again, those by the shipped ones. Raises Problem as `publish` does."""
    row = await _to_change(db, by, rule_set_id, expected, "published")
    row.status, row.retired_at, row.again_after = "retired", by.now, ""
    return await _written(db, by, row, "retire")


async def find(db: AsyncSession, principal: Principal, rule_set_id: str) -> WarningRuleSet:
    """The version, or `not_found` also where the person may not see it."""
    row = await find_row(db, WarningRuleSet, rule_set_id)
    demand_sight(principal, row.site_id)
    return row


async def _to_change(db: AsyncSession, by: By, rule_set_id: str, expected: int, status: RuleSetStatus) -> WarningRuleSet:
    await one_at_a_time(db, WarningRuleSet)
    row = await find(db, by.principal, rule_set_id)
    by.principal.demand(Permission.WARNING_RULES, row.site_id)
    guard(row, expected)
    if row.status != status:
        raise Problem(ProblemCode.RULE_SET_STATE, row.status)
    return row


async def _written(db: AsyncSession, by: By, row: WarningRuleSet, verb: str, **after: object) -> WarningRuleSet:
    await db.flush()
    told = {"number": row.number, "status": row.status} | after
    audit.record(db, by.who, f"api:warning_rules:{verb}", audit.Subject("warning_rules", row.id, row.site_id), after=told, at=by.now)
    return row
