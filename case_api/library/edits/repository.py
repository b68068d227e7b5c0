"""Queries on edits of the library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from models.library_edits import LibraryEdit
from models.people import Person

DRAFTER, DECIDER = aliased(Person), aliased(Person)


def edits_query(**wanted: str | None) -> Select[LibraryEdit, str, str]:
    """(edit, drafter, decider) of every edit, narrowed by values of its fields; None is no wish."""
    query = (
        select(LibraryEdit, DRAFTER.display_name.label("drafted_by_name"), DECIDER.display_name.label("decided_by_name"))
        .join(DRAFTER, DRAFTER.id == LibraryEdit.drafted_by)
        .outerjoin(DECIDER, DECIDER.id == LibraryEdit.decided_by)
    )
    return query.where(*(getattr(LibraryEdit, name) == value for name, value in wanted.items() if value is not None))


async def named(db: AsyncSession, edit_id: str) -> Any | None:
    """(edit, drafter, decider) of one edit."""
    return (await db.execute(edits_query(id=edit_id))).one_or_none()


async def newest(db: AsyncSession) -> int:
    """How many edits were approved."""
    return await db.scalar(select(func.max(LibraryEdit.number))) or 0


async def in_force(db: AsyncSession) -> Sequence[Row[LibraryEdit, str, str]]:
    """(edit, drafter, decider) of what the desk has in force, in the order of approval."""
    last = select(func.max(LibraryEdit.number)).group_by(LibraryEdit.shelf, LibraryEdit.key)
    query = edits_query(status="approved").where(LibraryEdit.number.in_(last), LibraryEdit.action != "reset")
    return (await db.execute(query.order_by(LibraryEdit.number))).all()


async def open_edit(db: AsyncSession, shelf: str, key: str) -> Any | None:
    """(edit, drafter, decider) of what is being done about an entry."""
    query = edits_query(shelf=shelf, key=key).where(LibraryEdit.status.in_(("draft", "submitted")))
    return (await db.execute(query)).one_or_none()


async def open_keys(db: AsyncSession) -> dict[tuple[str, str], str]:
    """Status of what is being done, by shelf and key."""
    query = select(LibraryEdit.shelf, LibraryEdit.key, LibraryEdit.status).where(LibraryEdit.status.in_(("draft", "submitted")))
    return {(row.shelf, row.key): row.status for row in await db.execute(query)}
