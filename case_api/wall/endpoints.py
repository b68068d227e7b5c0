"""`/v1/wall`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from case_api.database import ReadDb
from case_api.security import Permission, Principal, require
from case_api.wall import service
from case_api.wall.schemas import Wall

router = APIRouter(prefix="/wall", tags=["sessions"])


@router.get("", operation_id="getWall")
async def get_wall(principal: Annotated[Principal, Depends(require(Permission.SESSION_READ_SITE))], db: ReadDb) -> Wall:
    """The conversations that go on at the sites one oversees, each with its newest: what a wall asks for every few seconds."""
    return await service.wall(db, principal)
