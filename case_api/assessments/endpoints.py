"""`/v1/cases/{case_id}/assessment`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.assessments import repository, service
from case_api.assessments.forms import Department, FinanceForm, Form, LegalForm, MarketingForm
from case_api.assessments.schemas import AssessmentOut, ConcludedOut, ConcludeIn, PartOut, ReworkIn
from case_api.assessments.service import Parts
from case_api.cases import flow
from case_api.commands import STEP_PROBLEMS, VERSION_PROBLEMS, By, ByDep, CommandDb, CommandRoute, IfMatch, Now, tag
from case_api.database import ReadDb
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from models.cases import WithdrawalCase

router = APIRouter(prefix="/cases/{case_id}/assessment", tags=["assessment"], route_class=CommandRoute)

HAND_IN = responses(*STEP_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.TASK_CLOSED, ProblemCode.POLICY_MISSING)


def _head(case: WithdrawalCase) -> dict[str, Any]:
    return {"case_id": case.id, "case_status": case.status, "case_version": case.version}


def _part(parts: Parts, department: Department) -> PartOut:
    task, earlier = parts.tasks[department], parts.previous.get(department)
    shown = {name: getattr(task, name) for name in ("status", "version", "due_at", "done_at", "done_by")}
    form = task.result if task.status == "done" else None
    return PartOut(task_id=task.id, **shown, form=form, previous=earlier.result if earlier else None)


def _concluded(response: Response, case: WithdrawalCase) -> ConcludedOut:
    tag(response, case)
    return ConcludedOut.model_validate(_head(case) | {"tier": case.tier})


@router.get("", operation_id="getAssessment", responses=responses(ProblemCode.NOT_FOUND, ProblemCode.POLICY_MISSING))
async def get_assessment(
    case_id: Reference, principal: Annotated[Principal, Depends(require(Permission.CASE_READ))], db: ReadDb, now: Now, response: Response
) -> AssessmentOut:
    """What each department handed in, what is missing, and what it comes to so far."""
    case = await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    parts, joint = await service.standing(db, case, now)
    tag(response, case)
    heard = await repository.heard_risks(db, case.id)
    shown = {department: _part(parts, department) for department in parts.tasks}
    return AssessmentOut.model_validate(_head(case) | {"parts": shown, "joint": joint, "heard": heard})


async def _hand_in(
    db: AsyncSession, by: By, response: Response, case_id: str, department: Department, expected: int, form: Form
) -> PartOut:
    task = await service.hand_in(db, by, case_id, department, expected, form)
    tag(response, task)
    return _part(await service.parts(db, case_id), department)


@router.put("/finance", operation_id="assessFinance", responses=HAND_IN)
async def assess_finance(case_id: Reference, body: FinanceForm, db: CommandDb, by: ByDep, expected: IfMatch, response: Response) -> PartOut:
    """Finance's form: deposit, what was paid, losses item by item. `If-Match` is the version of the task, also to amend it."""
    return await _hand_in(db, by, response, case_id, "finance", expected, body)


@router.put("/legal", operation_id="assessLegal", responses=HAND_IN)
async def assess_legal(case_id: Reference, body: LegalForm, db: CommandDb, by: ByDep, expected: IfMatch, response: Response) -> PartOut:
    """Legal's form: stage of the contract, loan, breach. A risk of litigation is reported to headquarters at once."""
    return await _hand_in(db, by, response, case_id, "legal", expected, body)


@router.put("/marketing", operation_id="assessMarketing", responses=HAND_IN)
async def assess_marketing(
    case_id: Reference, body: MarketingForm, db: CommandDb, by: ByDep, expected: IfMatch, response: Response
) -> PartOut:
    """Marketing's form: spreading, press, group."""
    return await _hand_in(db, by, response, case_id, "marketing", expected, body)


@router.post(
    "/conclude",
    operation_id="concludeAssessment",
    responses=responses(*STEP_PROBLEMS, *VERSION_PROBLEMS, ProblemCode.ASSESSMENT_INCOMPLETE, ProblemCode.POLICY_MISSING),
)
async def conclude(case_id: Reference, body: ConcludeIn, db: CommandDb, by: ByDep, expected: IfMatch, response: Response) -> ConcludedOut:
    """Decide the tier from the three forms and go on to the solutions. `If-Match` is the version of the case."""
    return _concluded(response, await service.conclude(db, by, case_id, expected, body.summary))


@router.post("/rework", operation_id="reworkAssessment", responses=responses(*STEP_PROBLEMS, *VERSION_PROBLEMS))
async def rework(case_id: Reference, body: ReworkIn, db: CommandDb, by: ByDep, expected: IfMatch, response: Response) -> ConcludedOut:
    """Back to the assessment: the departments' work opens again, each with its whole limit from now."""
    return _concluded(response, await service.rework(db, by, case_id, expected, body.reason))
