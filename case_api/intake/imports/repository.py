"""Queries of imports."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.people import Person, PersonRole


async def people_at(db: AsyncSession, site_id: str, usernames: Collection[str]) -> dict[str, str]:
    """Ids of the people with these user names who hold a role at this site."""
    here = or_(PersonRole.site_id.is_(None), PersonRole.site_id == site_id)
    query = select(Person.username, Person.id).join(PersonRole, PersonRole.person_id == Person.id)
    rows = (await db.execute(query.where(Person.username.in_(usernames), here))).all()
    return {row.username: row.id for row in rows}
