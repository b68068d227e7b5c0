"""Deleting a case or a conversation with everything that belongs to it, by the foreign keys that the tables declare.

A new table that refers to a case goes with it without being named here: by the database where the key says CASCADE (some tables may only
go that way, after what they belong to), by this module where it does not. What refers with SET NULL stays and forgets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.tables import Base


@dataclass(frozen=True, slots=True)
class Link:
    """A column that holds the `id` of a row of `above`; `cascades`: the database deletes along it."""

    column: Column[Any]
    above: Table
    cascades: bool


def links_to(root: Table) -> dict[Table, list[Link]]:
    """The tables that depend on rows of `root`, directly or not, and by what; each after the tables it depends on."""
    found: dict[Table, list[Link]] = {root: []}
    for table in Base.metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            for element in constraint.elements:
                above = element.column.table
                if above in found and above is not table and element.column.name == "id" and constraint.ondelete != "SET NULL":
                    found.setdefault(table, []).append(Link(element.parent, above, constraint.ondelete == "CASCADE"))
    return found


async def erase(db: AsyncSession, root: Table, *root_ids: str) -> dict[str, int]:
    """Delete these rows and all that depends on them: how many rows of which table."""
    links = links_to(root)
    above = {link.above for found in links.values() for link in found}
    ids, counts = {root: list(root_ids)}, {root.name: len(root_ids)}
    for table in list(links)[1:]:
        where = _below(links[table], ids)
        if table in above:
            ids[table] = list((await db.scalars(select(table.c.id).where(where))).all())
        counts[table.name] = await db.scalar(select(func.count()).select_from(table).where(where)) or 0
    for table in reversed(list(links)[1:]):
        # Of a table that nothing may be deleted from PostgreSQL refuses the statement, also where it would find nothing.
        if counts[table.name] and not all(link.cascades for link in links[table]):
            await db.execute(delete(table).where(_below(links[table], ids)))
    await db.execute(delete(root).where(root.c.id.in_(root_ids)))
    return {name: count for name, count in counts.items() if count}


def _below(links: list[Link], ids: Mapping[Table, list[str]]) -> Any:
    return or_(*(link.column.in_(ids[link.above]) for link in links))
