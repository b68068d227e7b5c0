"""`/v1/demo`: the people of a demonstration, and coming in as one. Everywhere else there is no such thing."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, status
from pydantic import Field

from case_api.accounts.endpoints import token_out
from case_api.accounts.schemas import TokenOut
from case_api.database import ReadDb, SettingsDep, WriteDb
from case_api.demo_data import entry
from case_api.problems import Problem, ProblemCode, responses
from case_api.schemas import In, Out
from case_api.security import client_ip
from models.audit import Actor
from models.people import Role


async def _served_as_one(request: Request) -> None:
    if not request.app.state.demo:
        raise Problem(ProblemCode.NOT_FOUND)


public = APIRouter(prefix="/demo", tags=["accounts"], dependencies=[Depends(_served_as_one)], responses=responses(ProblemCode.NOT_FOUND))


class DemoPerson(Out):
    """Somebody made up, to come in as."""

    role: Role
    display_name: str


class DemoPeople(Out):
    """One of each role."""

    items: list[DemoPerson]


class DemoSignIn(In):
    """As whom."""

    role: Role = Field(examples=["site_manager"])


@public.get("/people", operation_id="listDemoPeople")
async def list_people(db: ReadDb) -> DemoPeople:
    """Whom one can come in as without a password; not found unless the server serves a demonstration (`calmdesk serve --demo`)."""
    return DemoPeople(items=[DemoPerson(role=role, display_name=person.display_name) for role, person in await entry.people(db)])  # type: ignore[arg-type]


@public.post("/tokens", operation_id="signInAsDemoPerson", status_code=status.HTTP_201_CREATED)
async def sign_in(request: Request, body: DemoSignIn, db: WriteDb, settings: SettingsDep) -> TokenOut:
    """Come in as the demonstration's person of this role."""
    who = Actor(body.role, None, client_ip(request), request.headers.get("user-agent", ""))
    return token_out(*await entry.enter(db, settings.auth, body.role, who))
