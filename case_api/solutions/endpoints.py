"""`/v1/cases/{case_id}/solutions`, `…/offer`, `…/settle`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from case_api.cases import flow
from case_api.commands import STEP_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch
from case_api.database import FactoryDep, ReadDb, SettingsDep
from case_api.documents.pool import Renderer, get_renderer
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from case_api.solutions import answers, offers, printing, repository, service
from case_api.solutions.rules import Limits
from case_api.solutions.schemas import (
    AnswerIn,
    AnswerOut,
    OfferIn,
    OfferOut,
    PayeesIn,
    PricedOut,
    SettledOut,
    SettleIn,
    SolutionIn,
    SolutionOut,
    SolutionsOut,
)
from models.engine import reading
from models.solutions import Offer

router = APIRouter(prefix="/cases/{case_id}", tags=["solutions"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.CASE_READ))]
Manager = Annotated[Principal, Depends(require(Permission.CASE_MANAGE))]
_WRITES = (*STEP_PROBLEMS, *VERSION_PROBLEMS)
_PRICING = (
    ProblemCode.FACTS_MISSING,
    ProblemCode.NOTHING_PAID,
    ProblemCode.REFUND_OUT_OF_BOUNDS,
    ProblemCode.JUDICIAL_ONLY,
    ProblemCode.COURT_NOT_APPLICABLE,
    ProblemCode.COURT_EVIDENCE,
    ProblemCode.BENEFIT_UNKNOWN,
    ProblemCode.DEFERRAL_TERMS,
    ProblemCode.DEFERRAL_USED,
    ProblemCode.REFUND_POLICY_UNUSABLE,
)


async def get_limits(settings: SettingsDep) -> Limits:
    """What may be agreed without another rule, as this installation is set."""
    return Limits(**settings.solutions.model_dump(exclude={"lapse_hours"}))


LimitsDep = Annotated[Limits, Depends(get_limits)]


def _tag(response: Response, case_version: int) -> None:
    """Every row here counts in the version of its case: that is what `If-Match` is compared with."""
    response.headers["ETag"] = f'"{case_version}"'


@router.get("/solutions", operation_id="listSolutions", responses=responses(ProblemCode.NOT_FOUND))
async def list_solutions(response: Response, case_id: Reference, by: ByDep, _: Reader, db: ReadDb, limits: LimitsDep) -> SolutionsOut:
    """The case's paths side by side, with what can be priced now."""
    found = await service.side_by_side(db, by, case_id, limits)
    _tag(response, found.case_version)
    return found


@router.post(
    "/solutions/preview",
    operation_id="previewSolution",
    responses=responses(ProblemCode.NOT_FOUND, ProblemCode.CASE_STATE, *_PRICING),
)
async def preview_solution(case_id: Reference, body: SolutionIn, by: ByDep, _: Manager, db: ReadDb, limits: LimitsDep) -> PricedOut:
    """What terms come to, with the arithmetic. Nothing is stored."""
    return await service.preview(db, by, case_id, body, limits)


@router.post("/solutions", operation_id="createSolution", status_code=status.HTTP_201_CREATED, responses=responses(*_WRITES, *_PRICING))
async def create_solution(
    response: Response,
    case_id: Reference,
    body: SolutionIn,
    by: ByDep,
    _: Manager,
    expected: IfMatch,
    db: CommandDb,
    limits: LimitsDep,
) -> SolutionOut:
    """Add a path. `If-Match`: the case's version, as for every change here."""
    case, found = await service.draft(db, by, case_id, expected, body, limits)
    _tag(response, case.version)
    return found


@router.put("/solutions/{solution_id}", operation_id="changeSolution", responses=responses(*_WRITES, *_PRICING))
async def change_solution(
    response: Response,
    case_id: Reference,
    solution_id: Reference,
    body: SolutionIn,
    by: ByDep,
    _: Manager,
    expected: IfMatch,
    db: CommandDb,
    limits: LimitsDep,
) -> SolutionOut:
    """Other terms; or the same ones, priced again after facts or rules have changed."""
    case, found = await service.change(db, by, case_id, solution_id, expected, body, limits)
    _tag(response, case.version)
    return found


@router.delete(
    "/solutions/{solution_id}",
    operation_id="withdrawSolution",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(*_WRITES),
)
async def withdraw_solution(case_id: Reference, solution_id: Reference, by: ByDep, _: Manager, expected: IfMatch, db: CommandDb) -> None:
    """Take a path back. What was offered before stays on its offer."""
    await service.withdraw(db, by, case_id, solution_id, expected)


@router.post(
    "/offer",
    operation_id="makeOffer",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        *_WRITES,
        ProblemCode.SOLUTION_UNKNOWN,
        ProblemCode.TOO_FEW_PATHS,
        ProblemCode.DEFERRAL_USED,
        ProblemCode.SOLUTION_STALE,
        ProblemCode.POOL_MISSING,
        ProblemCode.POOL_INSUFFICIENT,
    ),
)
async def make_offer(
    response: Response,
    case_id: Reference,
    body: OfferIn,
    by: ByDep,
    _: Manager,
    expected: IfMatch,
    db: CommandDb,
    limits: LimitsDep,
) -> OfferOut:
    """Put at least two paths of different kinds before the customer. Valid until the answer is due."""
    offer = await offers.make(db, by, case_id, expected, body, limits)
    _tag(response, offer.case_version)
    return offer


@router.get("/offers", operation_id="listOffers", responses=responses(ProblemCode.NOT_FOUND))
async def list_offers(case_id: Reference, principal: Reader, db: ReadDb, limit: Limit = 20, cursor: Cursor = None) -> Page[OfferOut]:
    """Every offer of the case, newest first."""
    case = await flow.case_for(db, principal, Permission.CASE_READ, case_id, lock=False)
    return await newest_first(
        db,
        repository.offers_query(case.id),
        Offer.offered_at,
        Offer.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: offers.shown(row.Offer, case),
    )


@router.get(
    "/offer.pdf",
    operation_id="printOffer",
    response_class=Response,
    responses=responses(ProblemCode.NOT_FOUND) | {200: {"content": {"application/pdf": {}}, "description": "The offer, to sign"}},
)
async def print_offer(
    case_id: Reference,
    principal: Reader,
    factory: FactoryDep,
    renderer: Annotated[Renderer, Depends(get_renderer)],
    number: Annotated[int | None, Query(ge=1, le=1_000_000, description="Which offer; the newest without")] = None,
) -> Response:
    """The offer on paper, in Chinese, with its arithmetic. The same offer gives the same file."""
    async with reading(factory) as db:
        _, offer = await offers.find(db, principal, case_id, number)
    data = await renderer.render(printing.document(offer.snapshot, offer.sha256))
    name = f'inline; filename="{offer.snapshot["case"]["code"]}-{offer.number}.pdf"'
    return Response(data, media_type="application/pdf", headers={"Content-Disposition": name})


@router.post(
    "/offer/answer",
    operation_id="answerOffer",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        *_WRITES,
        ProblemCode.ANSWER_EVIDENCE,
        ProblemCode.OFFER_EXPIRED,
        ProblemCode.PATH_NOT_OFFERED,
        ProblemCode.DEFERRAL_USED,
        ProblemCode.PAYEES_WRONG,
        ProblemCode.POOL_MISSING,
        ProblemCode.POOL_INSUFFICIENT,
        ProblemCode.APPROVAL_TIER,
    ),
)
async def answer_offer(
    response: Response, case_id: Reference, body: AnswerIn, by: ByDep, _: Manager, expected: IfMatch, db: CommandDb
) -> AnswerOut:
    """Record what the customer chose. An accepted path goes to its approvers; path A's benefits are held back for it."""
    answer = await answers.record(db, by, case_id, expected, body)
    _tag(response, answer.case_version)
    return answer


@router.get("/offer/answer", operation_id="getOfferAnswer", responses=responses(ProblemCode.NOT_FOUND))
async def get_answer(response: Response, case_id: Reference, principal: Reader, db: ReadDb) -> AnswerOut:
    """The answer to the newest offer. Account numbers are whole for those who may see them only."""
    answer = await answers.read(db, principal, case_id)
    _tag(response, answer.case_version)
    return answer


@router.put(
    "/offer/answer/payees",
    operation_id="changePayees",
    responses=responses(*_WRITES, ProblemCode.PAYEES_WRONG, ProblemCode.REFUND_PARTLY_PAID),
)
async def change_payees(
    response: Response, case_id: Reference, body: PayeesIn, by: ByDep, _: Manager, expected: IfMatch, db: CommandDb
) -> AnswerOut:
    """Correct who is paid. Whatever approval there is holds no longer: the case goes back to its solutions."""
    answer = await answers.change_payees(db, by, case_id, expected, body)
    _tag(response, answer.case_version)
    return answer


@router.post("/settle", operation_id="settleCase", responses=responses(*_WRITES, ProblemCode.ANSWER_EVIDENCE))
async def settle_case(
    response: Response, case_id: Reference, body: SettleIn, by: ByDep, _: Manager, expected: IfMatch, db: CommandDb
) -> SettledOut:
    """The customer stays without any measure: the case ends as kept."""
    settled = await answers.settle(db, by, case_id, expected, body)
    _tag(response, settled.case_version)
    return settled
