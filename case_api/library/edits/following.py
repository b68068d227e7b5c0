"""What was approved, in the desk's file of this process: written from the database, wherever it was approved."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.library.edits import repository
from case_api.library.edits.weighing import Standing, entry_in_force, fitting
from models.engine import Factory, reading
from models.files import write_whole
from scripts_library.entries import number_of
from scripts_library.library import Places

log = structlog.get_logger("calmdesk.library")


async def standing_of(db: AsyncSession) -> Standing:
    """What the desk has in force."""
    number = await repository.newest(db)
    return Standing(number, tuple(entry_in_force(row) for row in await repository.in_force(db)))


async def follow(factory: Factory, places: Places, *, anew: bool = False) -> None:
    """Write the desk's file where it is not what the database says: another process approved something, or the folder is new.

    `anew`: whatever its number is, so that a new version of the files cannot keep the service from starting; what these do not go with
    is left out and logged.
    """
    assert places.desk is not None
    path = places.desk
    async with reading(factory) as db:
        number = await repository.newest(db)
        held = await asyncio.to_thread(lambda: number_of(path.read_bytes()) if path.is_file() else 0)
        if held == number and not (anew and number):
            return
        standing = await standing_of(db)
    page, left_out = await asyncio.to_thread(fitting, places, standing)
    for one in left_out:
        log.error("library.desk_left_out", shelf=str(one.shelf), key=one.key)
    await asyncio.to_thread(write_whole, path, page)
