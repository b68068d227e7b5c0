"""Coming in as a demonstration person without a password: only where the server was told to serve a demonstration, and only while the
database is one. Both are asked each time; either alone opens nothing."""

from __future__ import annotations

from typing import get_args

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.accounts.service import issue_token
from case_api.demo_data import PREFIX, SITES
from case_api.problems import Problem, ProblemCode
from models import audit
from models.cases import WithdrawalCase
from models.people import Person, PersonRole, Role
from models.sessions import Session
from models.settings import AuthSettings
from models.sites import Site
from models.tokens import AccessToken


async def demand_demonstration(db: AsyncSession) -> None:
    """Raise `not_found` unless this is a demonstration's database: its sites are there, and nothing happened at any other."""
    marked = select(Site.id).where(Site.code.in_(SITES))
    real = [exists().where(table.site_id.not_in(marked)) for table in (WithdrawalCase, Session)]
    if len((await db.scalars(marked)).all()) != len(SITES) or await db.scalar(select(real[0] | real[1])):
        raise Problem(ProblemCode.NOT_FOUND)


async def people(db: AsyncSession) -> list[tuple[str, Person]]:
    """(role, person): the first demonstration person of each role who has none anywhere else."""
    await demand_demonstration(db)
    marked = select(Site.id).where(Site.code.in_(SITES))
    elsewhere = exists().where(PersonRole.person_id == Person.id, PersonRole.site_id.is_(None) | PersonRole.site_id.not_in(marked))
    mine = Person.username.startswith(PREFIX, autoescape=True) & Person.disabled_at.is_(None) & ~elsewhere
    found: dict[str, Person] = {}
    for person in (await db.scalars(select(Person).where(mine).order_by(Person.username))).all():
        for role in person.roles:
            found.setdefault(role.role, person)
    return [(role, found[role]) for role in get_args(Role) if role in found]


async def enter(db: AsyncSession, auth: AuthSettings, role: str, who: audit.Actor) -> tuple[str, AccessToken, Person]:
    """A token of the demonstration person of this role. Raises Problem: not_found."""
    person = dict(await people(db)).get(role)
    if person is None:
        raise Problem(ProblemCode.NOT_FOUND)
    token, row = issue_token(db, person, auth, who.user_agent)
    await db.flush()
    actor = audit.Actor(person.display_name, person.id, who.ip, who.user_agent)
    audit.record(db, actor, "api:token:create", audit.Subject("token", row.id), after={"demonstration": True})
    return token, row, person
