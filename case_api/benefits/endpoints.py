"""`/v1/benefits`: a site's pool, its ledger, and its catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from case_api.benefits import repository, service
from case_api.benefits.schemas import EntryOut, ItemCreate, ItemOut, ItemTerms, PoolChange, PoolCreate, PoolOut, TopUp, TransferOut
from case_api.commands import KEY_PROBLEMS, VERSION_PROBLEMS, ByDep, CommandDb, CommandRoute, IfMatch, tag
from case_api.database import ReadDb
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from models.benefits import BenefitItem, BenefitTransfer, TransferKind

router = APIRouter(prefix="/benefits", tags=["benefits"], route_class=CommandRoute)

Reader = Annotated[Principal, Depends(require(Permission.CASE_READ))]
_WRITES = (ProblemCode.FORBIDDEN, *KEY_PROBLEMS)
_CHANGES = (ProblemCode.NOT_FOUND, *_WRITES, *VERSION_PROBLEMS)


@router.post(
    "/pools",
    operation_id="createBenefitPool",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*_WRITES, ProblemCode.SITE_UNKNOWN, ProblemCode.POOL_EXISTS),
)
async def create_pool(response: Response, body: PoolCreate, by: ByDep, db: CommandDb) -> PoolOut:
    """Set a site's pool up; it begins with its quota (5 % of the stated base, unless said otherwise)."""
    return tag(response, await service.create_pool(db, by, body))


@router.get("/pools/{site_id}", operation_id="getBenefitPool", responses=responses(ProblemCode.NOT_FOUND))
async def get_pool(response: Response, site_id: Reference, principal: Reader, db: ReadDb) -> PoolOut:
    """What the pool holds, has promised and has spent."""
    return tag(response, await service.shown(db, await service.readable_pool(db, principal, site_id)))


@router.put("/pools/{site_id}", operation_id="changeBenefitPool", responses=responses(*_CHANGES, ProblemCode.POOL_INSUFFICIENT))
async def change_pool(response: Response, site_id: Reference, body: PoolChange, by: ByDep, expected: IfMatch, db: CommandDb) -> PoolOut:
    """Change base or share. `If-Match`: the pool's version. What the quota loses has to be there still."""
    return tag(response, await service.change_pool(db, by, site_id, expected, body))


@router.post(
    "/pools/{site_id}/top-ups", operation_id="topUpBenefitPool", status_code=status.HTTP_201_CREATED, responses=responses(*_CHANGES)
)
async def top_up(response: Response, site_id: Reference, body: TopUp, by: ByDep, expected: IfMatch, db: CommandDb) -> PoolOut:
    """Put more in than the quota, with a reason. `If-Match`: the pool's version."""
    return tag(response, await service.top_up(db, by, site_id, expected, body))


@router.get("/pools/{site_id}/transfers", operation_id="listBenefitTransfers", responses=responses(ProblemCode.NOT_FOUND))
async def list_transfers(
    site_id: Reference,
    principal: Reader,
    db: ReadDb,
    kind: TransferKind | None = None,
    case_id: Reference | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[TransferOut]:
    """The ledger, newest first. The entries of each transfer add up to zero."""
    pool = await service.readable_pool(db, principal, site_id)
    return await newest_first(
        db,
        repository.transfers_query(pool.id, kind=kind, case_id=case_id),
        BenefitTransfer.at,
        BenefitTransfer.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: _transfer(row.BenefitTransfer),
    )


def _transfer(row: BenefitTransfer) -> TransferOut:
    entries = [
        EntryOut.model_validate({"account": row.from_account, "fen": -row.amount_fen}),
        EntryOut.model_validate({"account": row.to_account, "fen": row.amount_fen}),
    ]
    shown = {name: getattr(row, name) for name in ("id", "kind", "reason", "case_id", "made_by", "at")}
    return TransferOut(entries=entries, **shown)


@router.get("/items", operation_id="listBenefitItems")
async def list_items(
    principal: Reader,
    db: ReadDb,
    site_id: Reference | None = None,
    retired: Annotated[bool, Query(description="Also what is not in the catalogue any more")] = False,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[ItemOut]:
    """What can be given at the person's sites, newest first."""
    return await newest_first(
        db,
        repository.items_query(principal.sites_for(Permission.CASE_READ), site_id, retired=retired),
        BenefitItem.created_at,
        BenefitItem.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: ItemOut.model_validate(row.BenefitItem),
    )


@router.post(
    "/items",
    operation_id="createBenefitItem",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*_WRITES, ProblemCode.SITE_UNKNOWN, ProblemCode.BENEFIT_NAME_TAKEN),
)
async def create_item(response: Response, body: ItemCreate, by: ByDep, db: CommandDb) -> ItemOut:
    """Add to the catalogue."""
    return ItemOut.model_validate(tag(response, await service.create_item(db, by, body)))


@router.put(
    "/items/{item_id}",
    operation_id="changeBenefitItem",
    responses=responses(*_CHANGES, ProblemCode.BENEFIT_RETIRED, ProblemCode.BENEFIT_NAME_TAKEN),
)
async def change_item(response: Response, item_id: Reference, body: ItemTerms, by: ByDep, expected: IfMatch, db: CommandDb) -> ItemOut:
    """Rename or re-price. `If-Match`: the item's version. Offers that were made keep their prices."""
    return ItemOut.model_validate(tag(response, await service.change_item(db, by, item_id, expected, body)))


@router.delete(
    "/items/{item_id}",
    operation_id="retireBenefitItem",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(*_CHANGES, ProblemCode.BENEFIT_RETIRED),
)
async def retire_item(item_id: Reference, by: ByDep, expected: IfMatch, db: CommandDb) -> None:
    """Take out of the catalogue. `If-Match`: the item's version."""
    await service.retire_item(db, by, item_id, expected)
