"""Saving, finding and deleting one's own filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.problems import Problem, ProblemCode
from case_api.saved_filters.schemas import FilterSave
from models.people import Person
from models.saved_filters import FilteredList, SavedFilter

MOST: Final = 20
"""Filters of one person and list: more would have to be searched themselves."""


async def read(db: AsyncSession, person_id: str, of: FilteredList) -> Sequence[SavedFilter]:
    """By name."""
    query = select(SavedFilter).where(SavedFilter.person_id == person_id, SavedFilter.list == of)
    return (await db.scalars(query.order_by(SavedFilter.name, SavedFilter.id))).all()


async def save(db: AsyncSession, by: By, of: FilteredList, given: FilterSave) -> SavedFilter:
    """Under a name that is there already they take its place. Raises Problem: filters_full."""
    await db.get_one(Person, by.person_id, with_for_update=True)  # two at once are counted one after the other
    mine = {one.name: one for one in await read(db, by.person_id, of)}
    row = mine.get(given.name)
    if row is None:
        if len(mine) >= MOST:
            raise Problem(ProblemCode.FILTERS_FULL, f"最多 {MOST} 个 / {MOST} at most")
        row = SavedFilter(person_id=by.person_id, list=of, name=given.name, created_at=by.now)
        db.add(row)
    row.wanted, row.changed_at = given.wanted, by.now
    await db.flush()
    return row


async def remove(db: AsyncSession, by: By, of: FilteredList, filter_id: str) -> None:
    """Raises Problem: not_found, also for somebody else's."""
    row = await db.get(SavedFilter, filter_id)
    if row is None or (row.person_id, row.list) != (by.person_id, of):
        raise Problem(ProblemCode.NOT_FOUND)
    await db.delete(row)
