"""`/v1/people`: administrators only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, status

from case_api.database import FactoryDep, ReadDb, WriteDb
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.people import repository, service
from case_api.people.schemas import PersonChange, PersonCreate, PersonOut, PersonWithPassword, RolesChange
from case_api.people.service import By
from case_api.problems import ProblemCode, responses
from case_api.schemas import Line, Reference
from case_api.security import Permission, Principal, actor, require
from models.people import Person

router = APIRouter(prefix="/people", tags=["people"])

Administrator = Annotated[Principal, Depends(require(Permission.PERSON_MANAGE))]


def _by(request: Request, principal: Administrator) -> By:
    principal.demand(Permission.PERSON_MANAGE, None)
    return By(actor(request, principal))


ByAdmin = Annotated[By, Depends(_by)]


def _with_password(created: tuple[Person, str]) -> PersonWithPassword:
    person, password = created
    return PersonWithPassword(**PersonOut.model_validate(person).model_dump(), one_time_password=password)


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
        key=lambda row: (row.Person.created_at, row.Person.id),
    )


@router.post(
    "",
    operation_id="createPerson",
    status_code=status.HTTP_201_CREATED,
    responses=responses(ProblemCode.USERNAME_TAKEN, ProblemCode.SITE_UNKNOWN, ProblemCode.ROLE_SCOPE),
)
async def create_person(body: PersonCreate, factory: FactoryDep, by: ByAdmin) -> PersonWithPassword:
    """A new account with a one-time password that has to be changed at the first sign-in."""
    grants = [(role.role, role.site_id) for role in body.roles]
    return _with_password(await service.create_person(factory, by, body.username, body.display_name, grants))


@router.get("/{person_id}", operation_id="getPerson", responses=responses(ProblemCode.NOT_FOUND))
async def get_person(person_id: Reference, db: ReadDb, _: ByAdmin) -> PersonOut:
    """One account."""
    return PersonOut.model_validate(await service.get_person(db, person_id))


@router.patch("/{person_id}", operation_id="changePerson", responses=responses(ProblemCode.NOT_FOUND, ProblemCode.LAST_ADMIN))
async def change_person(person_id: Reference, body: PersonChange, db: WriteDb, by: ByAdmin) -> PersonOut:
    """Rename, disable or enable an account. Disabling ends every sign-in at once."""
    person = await service.change_person(db, by, person_id, display_name=body.display_name, disabled=body.disabled)
    return PersonOut.model_validate(person)


@router.put(
    "/{person_id}/roles",
    operation_id="setRoles",
    responses=responses(ProblemCode.NOT_FOUND, ProblemCode.LAST_ADMIN, ProblemCode.SITE_UNKNOWN, ProblemCode.ROLE_SCOPE),
)
async def set_roles(person_id: Reference, body: RolesChange, db: WriteDb, by: ByAdmin) -> PersonOut:
    """Give a person exactly these roles; it holds from their next request."""
    grants = [(role.role, role.site_id) for role in body.roles]
    return PersonOut.model_validate(await service.replace_roles(db, by, person_id, grants))


@router.post("/{person_id}/password", operation_id="resetPassword", responses=responses(ProblemCode.NOT_FOUND))
async def reset_password(person_id: Reference, factory: FactoryDep, by: ByAdmin) -> PersonWithPassword:
    """A new one-time password. The person is signed out everywhere."""
    return _with_password(await service.reset_password(factory, by, person_id))
