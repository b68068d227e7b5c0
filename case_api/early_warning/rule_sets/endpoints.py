"""`/v1/warning-rules`: when warnings are raised."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response, status

from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, Now, tag
from case_api.database import ReadDb
from case_api.early_warning.rule_sets import repository, service
from case_api.early_warning.rule_sets.schemas import EffectiveOut, RuleSetDraft, RuleSetOut
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.policies.lifecycle import demand_sight
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from models.early_warnings import RuleSetStatus, WarningRuleSet

router = APIRouter(prefix="/warning-rules", tags=["early warning"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.POLICY_READ))]
Author = Annotated[Principal, Depends(require(Permission.WARNING_RULES))]
_CHANGE = (*COMMAND_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.RULE_SET_STATE)


def _show(response: Response, row: WarningRuleSet) -> RuleSetOut:
    return RuleSetOut.model_validate(tag(response, row))


@router.get("", operation_id="listWarningRules")
async def list_rule_sets(
    principal: Reader,
    db: ReadDb,
    site_id: Reference | None = None,
    status: RuleSetStatus | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[RuleSetOut]:
    """Versions, the newest first: the general ones and those of the person's sites."""
    return await newest_first(
        db,
        repository.rule_sets_query(principal.sites_for(Permission.POLICY_READ), site_id=site_id, status=status),
        WarningRuleSet.drafted_at,
        WarningRuleSet.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: RuleSetOut.model_validate(row.WarningRuleSet),
    )


@router.get("/effective", operation_id="getEffectiveWarningRules", responses=responses(ProblemCode.NOT_FOUND))
async def get_effective(principal: Reader, db: ReadDb, now: Now, site_id: Reference | None = None) -> EffectiveOut:
    """The rules that hold at a site now (none named: at a site without its own)."""
    demand_sight(principal, site_id)
    held = (await service.rules_in_force(db, now)).at_site(site_id)
    return EffectiveOut(id=held.id, content=held.rules)


@router.get("/{rule_set_id}", operation_id="getWarningRules", responses=responses(ProblemCode.NOT_FOUND))
async def get_rule_set(rule_set_id: Reference, principal: Reader, db: ReadDb, response: Response) -> RuleSetOut:
    """One version."""
    return _show(response, await service.find(db, principal, rule_set_id))


@router.post(
    "",
    operation_id="draftWarningRules",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*COMMAND_PROBLEMS, ProblemCode.SITE_UNKNOWN),
)
async def draft_rule_set(body: RuleSetDraft, by: ByDep, _: Author, db: CommandDb, response: Response) -> RuleSetOut:
    """Draft a version; a backtest shows what it would have seen. A general one needs the permission everywhere."""
    return _show(response, await service.draft(db, by, content=body.content, site_id=body.site_id, note=body.note))


@router.post("/{rule_set_id}/publish", operation_id="publishWarningRules", responses=responses(*_CHANGE))
async def publish_rule_set(
    rule_set_id: Reference, by: ByDep, _: Author, db: CommandDb, expected: IfMatch, response: Response
) -> RuleSetOut:
    """Put a draft in force at once. Every customer is looked at again; warnings that are open keep their clocks."""
    return _show(response, await service.publish(db, by, rule_set_id, expected))


@router.post("/{rule_set_id}/retire", operation_id="retireWarningRules", responses=responses(*_CHANGE))
async def retire_rule_set(rule_set_id: Reference, by: ByDep, _: Author, db: CommandDb, expected: IfMatch, response: Response) -> RuleSetOut:
    """End a version: a site goes by the general rules again, those by the shipped ones."""
    return _show(response, await service.retire(db, by, rule_set_id, expected))
