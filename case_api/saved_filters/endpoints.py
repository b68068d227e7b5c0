"""`/v1/me/filters/{list}`: each person's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, status

from case_api.commands import COMMAND_PROBLEMS, ByDep, CommandDb, CommandRoute
from case_api.database import ReadDb
from case_api.problems import ProblemCode, responses
from case_api.saved_filters import service
from case_api.saved_filters.schemas import FilterOut, Filters, FilterSave
from case_api.schemas import Reference
from case_api.security import SignedIn
from models.saved_filters import FilteredList

router = APIRouter(prefix="/me/filters", tags=["filters"], route_class=CommandRoute)

Of = Annotated[FilteredList, Path(alias="list", description="The list that is narrowed")]


@router.get("/{list}", operation_id="listMyFilters")
async def list_filters(of: Of, principal: SignedIn, db: ReadDb) -> Filters:
    """One's own filters of a list."""
    return Filters.model_validate({"items": await service.read(db, principal.person_id, of)})


@router.put("/{list}", operation_id="saveMyFilter", responses=responses(*COMMAND_PROBLEMS, ProblemCode.FILTERS_FULL))
async def save_filter(of: Of, body: FilterSave, by: ByDep, db: CommandDb) -> FilterOut:
    """Save filters under a name, in place of what was saved under it."""
    return FilterOut.model_validate(await service.save(db, by, of, body))


@router.delete(
    "/{list}/{filter_id}",
    operation_id="deleteMyFilter",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(*COMMAND_PROBLEMS),
)
async def delete_filter(of: Of, filter_id: Reference, by: ByDep, db: CommandDb) -> None:
    """Delete saved filters; the list itself loses nothing."""
    await service.remove(db, by, of, filter_id)
