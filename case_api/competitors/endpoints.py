"""`/v1/competitor-offers`: what competitors are said to offer, of a case and of a site."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from case_api.commands import STEP_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.competitors import repository, service
from case_api.competitors.schemas import ComparisonIn, CompetitorOfferIn, CompetitorOfferOut, Verification
from case_api.database import ReadDb
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Line, Reference
from case_api.security import Permission, Principal, require
from models.competitors import CompetitorOffer, CompetitorOutcome

router = APIRouter(prefix="/competitor-offers", tags=["competitors"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.CASE_READ))]
Recorder = Annotated[Principal, Depends(require(Permission.COMPETITOR_RECORD))]
Verifier = Annotated[Principal, Depends(require(Permission.COMPETITOR_VERIFY))]


@router.get("", operation_id="listCompetitorOffers")
async def list_competitor_offers(
    principal: Reader,
    db: ReadDb,
    site_id: Reference | None = None,
    case_id: Reference | None = None,
    outcome: CompetitorOutcome | None = None,
    verified: Annotated[bool | None, Query(description="Only those that were verified, or only those that were not")] = None,
    q: Annotated[Line | None, Query(description="Part of the project's name or of what is offered")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[CompetitorOfferOut]:
    """Competitors' offers of a case, or of the person's sites, newest first."""
    return await newest_first(
        db,
        repository.offers_query(
            principal.sites_for(Permission.CASE_READ), site_id=site_id, case_id=case_id, outcome=outcome, verified=verified, q=q
        ),
        CompetitorOffer.created_at,
        CompetitorOffer.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: service.shown(row.CompetitorOffer),
    )


@router.post(
    "",
    operation_id="recordCompetitorOffer",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        *STEP_PROBLEMS, ProblemCode.SITE_UNKNOWN, ProblemCode.CASE_UNKNOWN, ProblemCode.PERSON_UNKNOWN, ProblemCode.SESSION_UNKNOWN
    ),
)
async def record_competitor_offer(response: Response, body: CompetitorOfferIn, by: ByDep, _: Recorder, db: CommandDb) -> CompetitorOfferOut:
    """Write down what a competitor is said to offer, who heard it, and what shows it."""
    return _show(response, await service.record(db, by, body))


@router.get("/{offer_id}", operation_id="getCompetitorOffer", responses=responses(ProblemCode.NOT_FOUND))
async def get_competitor_offer(response: Response, offer_id: Reference, principal: Reader, db: ReadDb) -> CompetitorOfferOut:
    """One offer of a competitor."""
    return _show(response, await service.find(db, principal, offer_id))


@router.post("/{offer_id}/verification", operation_id="verifyCompetitorOffer", responses=responses(*STEP_PROBLEMS, *VERSION_PROBLEMS))
async def verify_competitor_offer(
    response: Response, offer_id: Reference, body: Verification, by: ByDep, _: Verifier, expected: IfMatch, db: CommandDb
) -> CompetitorOfferOut:
    """Say whether the offer is as it was told, and what shows it. Marketing and the site manager do."""
    return _show(response, await service.verify(db, by, offer_id, expected, body))


@router.put("/{offer_id}/comparison", operation_id="compareCompetitorOffer", responses=responses(*STEP_PROBLEMS, *VERSION_PROBLEMS))
async def compare_competitor_offer(
    response: Response, offer_id: Reference, body: ComparisonIn, by: ByDep, _: Verifier, expected: IfMatch, db: CommandDb
) -> CompetitorOfferOut:
    """Put it beside ours item by item: prices and dates are reckoned, the rest is judged; and say whether it can be matched."""
    return _show(response, await service.compare(db, by, offer_id, expected, body))


def _show(response: Response, row: CompetitorOffer) -> CompetitorOfferOut:
    return service.shown(tag(response, row))
