"""`/v1/sessions/{id}/comments`."""

from __future__ import annotations

from fastapi import APIRouter, status

from case_api.commands import COMMAND_PROBLEMS, ByDep, CommandDb, CommandRoute
from case_api.comments import service
from case_api.comments.schemas import CommentIn, CommentOut, Comments
from case_api.database import ReadDb
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import SignedIn

router = APIRouter(prefix="/sessions", tags=["comments"], route_class=CommandRoute)
WRITES = (*COMMAND_PROBLEMS, ProblemCode.NOT_RECORDED)


@router.get("/{session_id}/comments", operation_id="listComments", responses=responses(ProblemCode.NOT_FOUND, ProblemCode.NOT_RECORDED))
async def list_comments(session_id: Reference, principal: SignedIn, db: ReadDb) -> Comments:
    """What people said about moments of the conversation, to whoever may hear it."""
    return Comments(items=await service.read(db, principal, session_id))


@router.post(
    "/{session_id}/comments",
    operation_id="writeComment",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*WRITES, ProblemCode.COMMENT_OUTSIDE, ProblemCode.COMMENTS_FULL),
)
async def write_comment(session_id: Reference, body: CommentIn, by: ByDep, db: CommandDb) -> CommentOut:
    """Comment on a moment. Whoever may hear the conversation reads it, its staff member too."""
    return await service.write(db, by, session_id, body)


@router.delete(
    "/{session_id}/comments/{comment_id}",
    operation_id="withdrawComment",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(*WRITES),
)
async def withdraw_comment(session_id: Reference, comment_id: Reference, by: ByDep, db: CommandDb) -> None:
    """Withdraw one's own comment; its text is deleted."""
    await service.withdraw(db, by, session_id, comment_id)
