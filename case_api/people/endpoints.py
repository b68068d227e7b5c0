"""`/v1/people`: administrators only; `/v1/sites/{id}/people`: who works with whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, status

from case_api.commands import KEY_PROBLEMS, ByDep, CommandDb, CommandRoute, KeyHeader, begin_command
from case_api.database import ReadDb
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.people import repository, service
from case_api.people.schemas import ColleagueOut, PersonChange, PersonCreate, PersonOut, PersonWithPassword, RolesChange
from case_api.people.service import By
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import Line, Reference
from case_api.security import GRANTS, Permission, Principal, actor, require
from models.people import Person, Role

router = APIRouter(prefix="/people", tags=["people"], route_class=CommandRoute)
colleagues_router = APIRouter(prefix="/sites", tags=["people"])

ON_CASES = frozenset(role for role, grants in GRANTS.items() if Permission.CASE_READ in grants)

Administrator = Annotated[Principal, Depends(require(Permission.PERSON_MANAGE, everywhere=True))]


async def _by(request: Request, principal: Administrator) -> By:
    return By(actor(request, principal))


ByAdmin = Annotated[By, Depends(_by)]


def _with_password(person: Person, password: service.OneTime) -> PersonWithPassword:
    return PersonWithPassword(**PersonOut.model_validate(person).model_dump(), one_time_password=password.password)


@router.get("", operation_id="listPeople")
async def list_people(
    db: ReadDb, _: ByAdmin, q: Annotated[Line | None, Query()] = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[PersonOut]:
    """Accounts, newest first; `q` searches both names."""
    return await newest_first(
        db,
        repository.people_query(q),
        Person.created_at,
        Person.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: PersonOut.model_validate(row.Person),
    )


@router.post(
    "",
    operation_id="createPerson",
    status_code=status.HTTP_201_CREATED,
    responses=responses(ProblemCode.USERNAME_TAKEN, ProblemCode.SITE_UNKNOWN, ProblemCode.ROLE_SCOPE, *KEY_PROBLEMS),
)
async def create_person(request: Request, body: PersonCreate, author: ByDep, by: ByAdmin, key: KeyHeader = None) -> PersonWithPassword:
    """A new account with a one-time password that has to be changed at the first sign-in. A repetition's answer is without it."""
    grants = [(role.role, role.site_id) for role in body.roles]
    password = await service.new_password()
    db = await begin_command(request, author, key, await request.body())
    return _with_password(await service.create_person(db, by, password, body.username, body.display_name, grants), password)


@router.get("/{person_id}", operation_id="getPerson", responses=responses(ProblemCode.NOT_FOUND))
async def get_person(person_id: Reference, db: ReadDb, _: ByAdmin) -> PersonOut:
    """One account."""
    return PersonOut.model_validate(await service.get_person(db, person_id))


@router.patch(
    "/{person_id}", operation_id="changePerson", responses=responses(ProblemCode.NOT_FOUND, ProblemCode.LAST_ADMIN, *KEY_PROBLEMS)
)
async def change_person(person_id: Reference, body: PersonChange, db: CommandDb, by: ByAdmin) -> PersonOut:
    """Rename, disable or enable an account. Disabling ends every sign-in at once."""
    person = await service.change_person(db, by, person_id, display_name=body.display_name, disabled=body.disabled)
    return PersonOut.model_validate(person)


@router.put(
    "/{person_id}/roles",
    operation_id="setRoles",
    responses=responses(ProblemCode.NOT_FOUND, ProblemCode.LAST_ADMIN, ProblemCode.SITE_UNKNOWN, ProblemCode.ROLE_SCOPE, *KEY_PROBLEMS),
)
async def set_roles(person_id: Reference, body: RolesChange, db: CommandDb, by: ByAdmin) -> PersonOut:
    """Give a person exactly these roles; it holds from their next request."""
    grants = [(role.role, role.site_id) for role in body.roles]
    return PersonOut.model_validate(await service.replace_roles(db, by, person_id, grants))


@router.post("/{person_id}/password", operation_id="resetPassword", responses=responses(ProblemCode.NOT_FOUND, *KEY_PROBLEMS))
async def reset_password(request: Request, person_id: Reference, author: ByDep, by: ByAdmin, key: KeyHeader = None) -> PersonWithPassword:
    """A new one-time password. The person is signed out everywhere. A repetition's answer is without it."""
    password = await service.new_password()
    db = await begin_command(request, author, key, await request.body())
    return _with_password(await service.reset_password(db, by, password, person_id), password)


@colleagues_router.get("/{site_id}/people", operation_id="listColleagues", responses=responses(ProblemCode.NOT_FOUND))
async def list_colleagues(
    site_id: Reference,
    db: ReadDb,
    principal: Annotated[Principal, Depends(require(Permission.CASE_READ))],
    role: Annotated[Role | None, Query(description="Only who holds this role here")] = None,
    q: Annotated[Line | None, Query(description="Part of the name")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ColleagueOut]:
    """Who works on the site's cases: to be assigned, delegated to, and recognised by the ids in cases and tasks; newest first."""
    if not principal.may(Permission.CASE_READ, site_id):
        raise Problem(ProblemCode.NOT_FOUND)
    return await newest_first(
        db,
        repository.colleagues_query(site_id, ON_CASES if role is None else ON_CASES & {role}, q),
        Person.created_at,
        Person.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: _colleague(row.Person, site_id),
    )


def _colleague(person: Person, site_id: str) -> ColleagueOut:
    held = {role.role for role in person.roles if role.role in ON_CASES and role.site_id in (None, site_id)}
    return ColleagueOut.model_validate(
        {"id": person.id, "display_name": person.display_name, "roles": sorted(held), "disabled": person.disabled_at is not None}
    )
