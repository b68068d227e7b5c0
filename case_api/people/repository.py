"""Queries on people."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.people import Person, PersonRole
from models.sites import Site


def people_query(q: str | None) -> Select[Person]:
    """People whose name holds `q`."""
    query = select(Person)
    if q:
        query = query.where(or_(Person.username.icontains(q, autoescape=True), Person.display_name.icontains(q, autoescape=True)))
    return query


def colleagues_query(site_id: str, roles: Collection[str], q: str | None) -> Select[Person]:
    """People who hold one of these roles at the site or everywhere, closed accounts among them."""
    held = and_(PersonRole.role.in_(roles), or_(PersonRole.site_id.is_(None), PersonRole.site_id == site_id))
    return people_query(q).where(Person.roles.any(held))


async def person_by_id(db: AsyncSession, person_id: str) -> Person | None:
    """The person, kept for this transaction."""
    return (await db.scalars(select(Person).where(Person.id == person_id).with_for_update())).one_or_none()


async def name_of(db: AsyncSession, person_id: str) -> str:
    """How somebody is called; empty for nobody."""
    person = await db.get(Person, person_id)
    return person.display_name if person is not None else ""


async def username_taken(db: AsyncSession, folded: str) -> bool:
    """Whether an account has this name."""
    return (await db.scalar(select(Person.id).where(Person.username == folded))) is not None


async def missing_sites(db: AsyncSession, ids: Iterable[str | None]) -> set[str]:
    """Those of the site ids that no site has."""
    wanted = {site for site in ids if site is not None}
    return wanted - set((await db.scalars(select(Site.id).where(Site.id.in_(wanted)))).all())


async def other_admins(db: AsyncSession, person_id: str) -> int:
    """Enabled administrators besides this person, their rows kept so that two cannot remove each other at once."""
    query = (
        select(Person.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role == "admin", Person.disabled_at.is_(None))
        .order_by(Person.id)
        .with_for_update()
    )
    return sum(found != person_id for found in (await db.scalars(query)).all())


async def count_people(db: AsyncSession) -> int:
    """How many accounts there are."""
    return (await db.execute(select(func.count()).select_from(Person))).scalar_one()
