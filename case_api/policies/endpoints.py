"""`/v1/policies`: rules in versions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from case_api.commands import COMMAND_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, Now, tag
from case_api.database import ReadDb
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.policies import lifecycle, repository, service, trying
from case_api.policies.schemas import (
    DifferenceOut,
    DiffOut,
    PolicyDetail,
    PolicyDraft,
    PolicyEdit,
    PolicyOut,
    PolicyPublish,
    PolicyReason,
    PolicyTry,
    PostingIn,
    PostingOut,
    TryOut,
)
from case_api.policies.versions import differences
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Moment, Reference
from case_api.security import Permission, Principal, require
from models.policies import PolicyKind, PolicyStatus, PolicyVersion

router = APIRouter(prefix="/policies", tags=["policies"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.POLICY_READ))]
COMMAND = (*COMMAND_PROBLEMS, ProblemCode.POLICY_STATE)
CHANGE = (*COMMAND, *VERSION_PROBLEMS)


def _show(response: Response, row: PolicyVersion) -> PolicyOut:
    return PolicyOut.model_validate(tag(response, row))


@router.get("", operation_id="listPolicies")
async def list_policies(
    principal: Reader,
    db: ReadDb,
    kind: PolicyKind | None = None,
    site_id: Reference | None = None,
    status: PolicyStatus | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[PolicyOut]:
    """Versions, the newest first: the general ones and those of the person's sites."""
    return await newest_first(
        db,
        repository.versions_query(principal.sites_for(Permission.POLICY_READ), kind=kind, site_id=site_id, status=status),
        PolicyVersion.drafted_at,
        PolicyVersion.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: PolicyOut.model_validate(row.PolicyVersion),
    )


@router.get("/effective", operation_id="getEffectivePolicy", responses=responses(ProblemCode.NOT_FOUND))
async def get_effective(
    principal: Reader,
    db: ReadDb,
    now: Now,
    kind: PolicyKind,
    site_id: Reference | None = None,
    at: Annotated[Moment | None, Query(description="Now, if it is left out")] = None,
) -> PolicyOut:
    """The version that holds at a site (none named: where there is no version of its own) at a moment."""
    lifecycle.demand_sight(principal, site_id)
    row = await service.effective(db, kind, site_id, at or now)
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return PolicyOut.model_validate(row)


@router.post(
    "/try", operation_id="tryPolicy", responses=responses(ProblemCode.NOT_FOUND, ProblemCode.POLICY_KIND, ProblemCode.POLICY_MISSING)
)
async def try_policy(body: PolicyTry, principal: Reader, db: ReadDb, now: Now) -> TryOut:
    """What a table would decide. Nothing is stored."""
    return await trying.answer(db, principal, body, now)


@router.get("/{policy_id}", operation_id="getPolicy", responses=responses(ProblemCode.NOT_FOUND))
async def get_policy(policy_id: Reference, principal: Reader, db: ReadDb, response: Response) -> PolicyDetail:
    """One version, and where it is posted."""
    row = await lifecycle.version_for(db, principal, policy_id)
    seen = [posting for posting in await repository.postings(db, row.id) if principal.may(Permission.POLICY_READ, posting.site_id)]
    shown = _show(response, row).model_dump()
    return PolicyDetail(**shown, postings=[PostingOut.model_validate(posting) for posting in seen])


@router.get("/{policy_id}/diff", operation_id="diffPolicies", responses=responses(ProblemCode.NOT_FOUND, ProblemCode.POLICY_KIND))
async def diff_policies(policy_id: Reference, against: Reference, principal: Reader, db: ReadDb) -> DiffOut:
    """What this version changes against another one of its kind."""
    after, before = [await lifecycle.version_for(db, principal, found) for found in (policy_id, against)]
    if after.kind != before.kind:
        raise Problem(ProblemCode.POLICY_KIND, f"{before.kind}, {after.kind}")
    found = [DifferenceOut.model_validate(place) for place in differences(before.content, after.content)]
    return DiffOut(before_id=before.id, after_id=after.id, differences=found)


@router.post(
    "",
    operation_id="draftPolicy",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*COMMAND, ProblemCode.SITE_UNKNOWN),
)
async def draft_policy(body: PolicyDraft, db: CommandDb, by: ByDep, response: Response) -> PolicyOut:
    """Draft a version. A general one needs the permission everywhere."""
    row = await lifecycle.draft(db, by, content=body.content, copy_of=body.copy_of, site_id=body.site_id, note=body.note)
    return _show(response, row)


@router.patch("/{policy_id}", operation_id="editPolicy", responses=responses(*CHANGE, ProblemCode.POLICY_DRAFTER, ProblemCode.POLICY_KIND))
async def edit_policy(policy_id: Reference, body: PolicyEdit, db: CommandDb, by: ByDep, expected: IfMatch, response: Response) -> PolicyOut:
    """Change one's own draft. `If-Match` is the version of the policy."""
    return _show(response, await lifecycle.edit(db, by, policy_id, expected, body.content, body.note))


@router.post("/{policy_id}/authorise", operation_id="authorisePolicy", responses=responses(*CHANGE, ProblemCode.POLICY_DRAFTER))
async def authorise_policy(policy_id: Reference, db: CommandDb, by: ByDep, expected: IfMatch, response: Response) -> PolicyOut:
    """Legal's word for a draft of somebody else; the refund rule needs the group's legal department."""
    return _show(response, await lifecycle.authorise(db, by, policy_id, expected))


@router.post("/{policy_id}/return", operation_id="returnPolicy", responses=responses(*CHANGE))
async def return_policy(
    policy_id: Reference, body: PolicyReason, db: CommandDb, by: ByDep, expected: IfMatch, response: Response
) -> PolicyOut:
    """Legal sends a draft back, or takes back an authorisation before it is published."""
    return _show(response, await lifecycle.send_back(db, by, policy_id, expected, body.reason))


@router.post(
    "/{policy_id}/postings",
    operation_id="postPolicy",
    responses=responses(*COMMAND, ProblemCode.POLICY_KIND, ProblemCode.SITE_UNKNOWN),
)
async def post_policy(policy_id: Reference, body: PostingIn, db: CommandDb, by: ByDep, response: Response) -> PolicyOut:
    """Record that an authorised refund rule is posted at a site. It can be used at that site only then."""
    return _show(response, await lifecycle.post(db, by, policy_id, body.site_id, body.proof))


@router.post(
    "/{policy_id}/publish",
    operation_id="publishPolicy",
    responses=responses(*CHANGE, ProblemCode.POLICY_TIME, ProblemCode.POLICY_UNPOSTED),
)
async def publish_policy(
    policy_id: Reference, body: PolicyPublish, db: CommandDb, by: ByDep, expected: IfMatch, response: Response
) -> PolicyOut:
    """Put an authorised version in force, now or later. The one before holds until then."""
    return _show(response, await lifecycle.publish(db, by, policy_id, expected, body.effective_from))


@router.post("/{policy_id}/retire", operation_id="retirePolicy", responses=responses(*CHANGE, ProblemCode.POLICY_MISSING))
async def retire_policy(
    policy_id: Reference, body: PolicyReason, db: CommandDb, by: ByDep, expected: IfMatch, response: Response
) -> PolicyOut:
    """End a version at once. A site falls back to the general one; the last tiers and deadlines cannot be retired."""
    return _show(response, await lifecycle.retire(db, by, policy_id, expected, body.reason))
