"""`/v1/cases/{id}/closing`, `/v1/knowledge`, `/v1/briefs`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from case_api.cases import flow
from case_api.closing import repository, service
from case_api.closing.schemas import BriefIn, BriefOut, ClosingOut, KnowledgeIn, KnowledgeOut, ReviewIn, TagIn, TagOut
from case_api.commands import COMMAND_PROBLEMS, STEP_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import ReadDb
from case_api.intake.causes import Cause
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Line, Reference
from case_api.security import Permission, Principal, require
from models.cases import Outcome
from models.closing import KnowledgeEntry, RegionalBrief

router = APIRouter(tags=["closing"], route_class=CommandRoute)

Closer = Annotated[Principal, Depends(require(Permission.CASE_CLOSE))]
CaseReader = Annotated[Principal, Depends(require(Permission.CASE_READ))]
KnowledgeReader = Annotated[Principal, Depends(require(Permission.KNOWLEDGE_READ))]
BriefReceiver = Annotated[Principal, Depends(require(Permission.BRIEF_RECEIVE))]
ACTION: dict[str, Any] = {"responses": responses(*STEP_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.TASK_CLOSED)}


@router.get("/cases/{case_id}/closing", operation_id="getClosing", responses=responses(ProblemCode.NOT_FOUND, ProblemCode.CASE_STATE))
async def get_closing(case_id: Reference, principal: CaseReader, db: ReadDb, response: Response) -> ClosingOut:
    """How far the four closing actions are."""
    return tag(response, await service.state(db, principal, case_id))


@router.post("/cases/{case_id}/closing/customer-tag", operation_id="tagCustomer", **ACTION)
async def tag_customer(
    case_id: Reference, body: TagIn, by: ByDep, _: Closer, expected: IfMatch, db: CommandDb, response: Response
) -> ClosingOut:
    """Mark the customer, 「敏感类型」 unless another mark is named. `If-Match`: the case's version, as for the other actions."""
    return tag(response, await service.tag_customer(db, by, case_id, expected, body))


@router.post("/cases/{case_id}/closing/knowledge-file", operation_id="fileKnowledge", **ACTION)
async def file_knowledge(
    case_id: Reference, body: KnowledgeIn, by: ByDep, _: Closer, expected: IfMatch, db: CommandDb, response: Response
) -> ClosingOut:
    """Put the case into the knowledge base, without names and numbers of people."""
    return tag(response, await service.file_knowledge(db, by, case_id, expected, body))


@router.post("/cases/{case_id}/closing/regional-brief", operation_id="sendBrief", **ACTION)
async def send_brief(
    case_id: Reference, body: BriefIn, by: ByDep, _: Closer, expected: IfMatch, db: CommandDb, response: Response
) -> ClosingOut:
    """Send the brief to the regional operations centre; its figures are the case's own."""
    return tag(response, await service.send_brief(db, by, case_id, expected, body))


@router.post("/cases/{case_id}/closing/team-review", operation_id="holdReview", **ACTION)
async def hold_review(
    case_id: Reference, body: ReviewIn, by: ByDep, _: Closer, expected: IfMatch, db: CommandDb, response: Response
) -> ClosingOut:
    """The minutes of the review meeting, with what changes in the SOP."""
    return tag(response, await service.hold_review(db, by, case_id, expected, body))


@router.post("/cases/{case_id}/archive", operation_id="archiveCase", responses=responses(*STEP_PROBLEMS, *VERSION_PROBLEMS))
async def archive_case(case_id: Reference, by: ByDep, _: Closer, expected: IfMatch, db: CommandDb, response: Response) -> ClosingOut:
    """Archive the case once all four actions are done."""
    return tag(response, await service.archive(db, by, case_id, expected))


@router.get("/cases/{case_id}/customer-tags", operation_id="listCustomerTags", responses=responses(ProblemCode.NOT_FOUND))
async def list_customer_tags(case_id: Reference, principal: CaseReader, db: ReadDb) -> list[TagOut]:
    """Marks that earlier cases of the same person left, newest first: same ID number or verified phone."""
    case = await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    return [TagOut.model_validate(row) for row in await repository.tags_of_same_customer(db, case.id, case.site_id)]


@router.get("/knowledge", operation_id="searchKnowledge")
async def search_knowledge(
    principal: KnowledgeReader,
    db: ReadDb,
    q: Annotated[Line | None, Query(description="Words that the entry holds, all of them")] = None,
    cause: Cause | None = None,
    outcome: Outcome | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[KnowledgeOut]:
    """Closed cases to learn from, newest first."""
    return await newest_first(
        db,
        repository.knowledge_query(principal.sites_for(Permission.KNOWLEDGE_READ), q=q, cause=cause, outcome=outcome),
        KnowledgeEntry.created_at,
        KnowledgeEntry.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: KnowledgeOut.model_validate(row.KnowledgeEntry),
    )


@router.get("/knowledge/{entry_id}", operation_id="getKnowledge", responses=responses(ProblemCode.NOT_FOUND))
async def get_knowledge(entry_id: Reference, principal: KnowledgeReader, db: ReadDb) -> KnowledgeOut:
    """One closed case."""
    return KnowledgeOut.model_validate(await service.knowledge_entry(db, principal, entry_id))


@router.get("/briefs", operation_id="listBriefs")
async def list_briefs(
    principal: BriefReceiver, db: ReadDb, received: bool | None = None, limit: Limit = 20, cursor: Cursor = None
) -> Page[BriefOut]:
    """Briefs to the regional operations centre, newest first."""
    return await newest_first(
        db,
        repository.briefs_query(principal.sites_for(Permission.BRIEF_RECEIVE), received=received),
        RegionalBrief.sent_at,
        RegionalBrief.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: BriefOut.model_validate(row.RegionalBrief),
    )


@router.post("/briefs/{brief_id}/receipt", operation_id="receiveBrief", responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS))
async def receive_brief(brief_id: Reference, by: ByDep, _: BriefReceiver, expected: IfMatch, db: CommandDb, response: Response) -> BriefOut:
    """Confirm that the brief has arrived. `If-Match` is the brief's own version."""
    return BriefOut.model_validate(tag(response, await service.receive_brief(db, by, brief_id, expected)))
