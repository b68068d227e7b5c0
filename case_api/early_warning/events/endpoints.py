"""`/v1/crm-events`: what a source tells, signed; `/v1/crm-customers`: which conversations were a customer's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, status

from case_api.commands import COMMAND_PROBLEMS, ByDep, CommandDb, CommandRoute, Now
from case_api.database import FactoryDep, WriteDb
from case_api.early_warning.events import service
from case_api.early_warning.events.rules import CLOCKS_DIFFER, NewEvent
from case_api.early_warning.events.schemas import Conversation, EventsIn, TakenOut
from case_api.early_warning.sources.service import authentic, sites_of
from case_api.problems import FieldError, Problem, ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from case_api.webhooks.signing import HEADER
from models.crm import CrmSource
from models.engine import reading

public = APIRouter(prefix="/crm-events", tags=["early warning"])
router = APIRouter(prefix="/crm-customers", tags=["early warning"], route_class=CommandRoute)


async def _source(
    request: Request,
    source_id: Reference,
    factory: FactoryDep,
    now: Now,
    signature: Annotated[str, Header(alias=HEADER, max_length=500, description="`t=<unix seconds>,v1=<hex>`: docs/early-warning.md")] = "",
) -> CrmSource:
    body = await request.body()
    async with reading(factory) as db:
        return await authentic(db, source_id, signature, body, now)


@public.post(
    "/{source_id}",
    operation_id="tellEvents",
    responses=responses(ProblemCode.SIGNATURE_INVALID, ProblemCode.INVALID_REQUEST),
)
async def tell_events(source: Annotated[CrmSource, Depends(_source)], body: EventsIn, db: WriteDb, now: Now) -> TakenOut:
    """Take events of a CRM or ERP, signed like our own webhooks, at most five minutes old. All of them or, where one is wrong, none.

    Each is taken once: the same `event_id` again is counted as known and changes nothing, so that whatever failed may be sent again.
    """
    sites = {site.code: site.id for site in await sites_of(db, source)}
    wrong = [
        FieldError(field=f"body.events.{place}.site", message="no site has this code, or the source does not tell of it")
        for place, event in enumerate(body.events)
        if (event.site not in sites if event.site is not None else source.site_id is None)
    ]
    late = now + CLOCKS_DIFFER
    wrong += [
        FieldError(field=f"body.events.{place}.at", message="still to come") for place, event in enumerate(body.events) if event.at > late
    ]
    if wrong:
        raise Problem(ProblemCode.INVALID_REQUEST, wrong[0].field, errors=wrong)
    events = [
        NewEvent(
            event.event_id,
            sites[event.site] if event.site is not None else source.site_id or "",
            **event.model_dump(exclude={"event_id", "site"}),
        )
        for event in body.events
    ]
    taken = await service.take(db, source.id, events, now)
    return TakenOut(taken=taken, known=len(events) - taken)


@router.put(
    "/{customer_id}/conversations",
    operation_id="nameConversation",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(*COMMAND_PROBLEMS, ProblemCode.SESSION_UNKNOWN),
)
async def name_conversation(
    customer_id: Reference,
    body: Conversation,
    by: ByDep,
    _: Annotated[Principal, Depends(require(Permission.WARNING_ANSWER))],
    db: CommandDb,
) -> None:
    """Say that a conversation was held with this customer, so that what the ear heard in it counts on the board."""
    await service.name_conversation(db, by, customer_id, body.session_id)
