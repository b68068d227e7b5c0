"""Accounts: create, change, disable, reset; used by the API and the command line alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.accounts.passwords import hash_password, one_time_password
from case_api.accounts.repository import revoke_tokens
from case_api.accounts.service import set_password
from case_api.commands import flush_unique
from case_api.people import repository
from case_api.people.rules import Grant, admins_are_everywhere, leaves_an_admin
from case_api.problems import Problem, ProblemCode
from models import audit
from models.base import utc_now
from models.people import Person, PersonRole


@dataclass(frozen=True, slots=True)
class By:
    """Who administers, and through what (`api`, `cli`): the source in the audit record."""

    actor: audit.Actor
    source: str = "api"

    def record(self, db: AsyncSession, verb: str, person: Person, before: object = None, after: object = None) -> None:
        """One audit record on a person; `before` and `after` are dictionaries."""
        subject = audit.Subject("person", person.id)
        audit.record(db, self.actor, f"{self.source}:person:{verb}", subject, before=_mapping(before), after=_mapping(after))


def _mapping(value: object) -> dict[str, object] | None:
    return dict(value) if isinstance(value, dict) else None


def grants_of(person: Person) -> list[Grant]:
    """The person's roles as (role, site id)."""
    return [(role.role, role.site_id) for role in person.roles]


def _as_json(grants: Sequence[Grant]) -> dict[str, object]:
    return {"roles": [list(grant) for grant in grants]}


async def _check_grants(db: AsyncSession, grants: Sequence[Grant]) -> None:
    if not admins_are_everywhere(grants):
        raise Problem(ProblemCode.ROLE_SCOPE)
    if missing := await repository.missing_sites(db, (site for _, site in grants)):
        raise Problem(ProblemCode.SITE_UNKNOWN, sorted(missing)[0])


async def get_person(db: AsyncSession, person_id: str) -> Person:
    """The account, or `not_found`."""
    person = await repository.person_by_id(db, person_id)
    if person is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return person


@dataclass(frozen=True, slots=True)
class OneTime:
    """A one-time password, hashed before the database is locked for it."""

    password: str
    hashed: str


async def new_password() -> OneTime:
    """Slow: the hash is meant to be."""
    password = one_time_password()
    return OneTime(password, await hash_password(password))


async def create_person(db: AsyncSession, by: By, password: OneTime, username: str, display_name: str, grants: Sequence[Grant]) -> Person:
    """A new account with its one-time password. `username` is folded already.

    Raises Problem: username_taken, site_unknown, role_scope.
    """
    grants = sorted(set(grants), key=str)
    if await repository.username_taken(db, username):
        raise Problem(ProblemCode.USERNAME_TAKEN)
    await _check_grants(db, grants)
    roles = [PersonRole(role=role, site_id=site) for role, site in grants]
    person = Person(username=username, display_name=display_name, password_hash=password.hashed, roles=roles)
    db.add(person)
    await flush_unique(db, ProblemCode.USERNAME_TAKEN)  # another process may have taken it between the question and the insert
    by.record(db, "create", person, after={"username": username, "display_name": display_name, **_as_json(grants)})
    return person


async def change_person(db: AsyncSession, by: By, person_id: str, *, display_name: str | None, disabled: bool | None) -> Person:
    """Rename, disable (every token ends at once) or enable. Raises Problem: not_found, last_admin."""
    person = await get_person(db, person_id)
    if display_name is not None and display_name != person.display_name:
        by.record(db, "rename", person, {"display_name": person.display_name}, {"display_name": display_name})
        person.display_name = display_name
    if disabled is True and person.disabled_at is None:
        await _keep_an_admin(db, person, grants_of(person), disabled=True)
        person.disabled_at = utc_now()
        await revoke_tokens(db, person.id, person.disabled_at)
        by.record(db, "disable", person)
    elif disabled is False and person.disabled_at is not None:
        person.disabled_at, person.failed_logins, person.locked_until = None, 0, None
        by.record(db, "enable", person)
    return person


async def replace_roles(db: AsyncSession, by: By, person_id: str, grants: Sequence[Grant]) -> Person:
    """Give a person exactly these roles. Raises Problem: not_found, site_unknown, role_scope, last_admin."""
    person = await get_person(db, person_id)
    wanted, held = set(grants), grants_of(person)
    await _check_grants(db, sorted(wanted, key=str))
    await _keep_an_admin(db, person, sorted(wanted, key=str), disabled=person.disabled_at is not None)
    stay = [role for role in person.roles if (role.role, role.site_id) in wanted]
    new = [PersonRole(role=role, site_id=site) for role, site in wanted - set(held)]
    person.roles = sorted([*stay, *new], key=lambda role: (role.role, role.site_id or ""))
    by.record(db, "set_roles", person, _as_json(held), _as_json(sorted(wanted, key=str)))
    await db.flush()
    return person


async def _keep_an_admin(db: AsyncSession, person: Person, grants: Sequence[Grant], *, disabled: bool) -> None:
    was_admin = person.disabled_at is None and ("admin", None) in grants_of(person)
    if was_admin and not leaves_an_admin(await repository.other_admins(db, person.id), grants, disabled=disabled):
        raise Problem(ProblemCode.LAST_ADMIN)


async def reset_password(db: AsyncSession, by: By, password: OneTime, person_id: str) -> Person:
    """Another one-time password; every token ends. Raises Problem: not_found."""
    person = await get_person(db, person_id)
    await set_password(db, person, password.hashed, must_change=True)
    by.record(db, "reset_password", person)
    return person
