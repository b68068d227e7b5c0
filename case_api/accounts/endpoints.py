"""`/v1/tokens` and `/v1/me`."""

from __future__ import annotations

from fastapi import APIRouter, Request, status

from case_api.accounts import service
from case_api.accounts.schemas import Me, PasswordChange, RoleOut, SignIn, TokenOut
from case_api.commands import KEY_PROBLEMS, By, CommandRoute, KeyHeader, Now
from case_api.database import FactoryDep, SettingsDep, WriteDb
from case_api.limits import SIGN_IN, line_of
from case_api.once import once
from case_api.problems import ProblemCode, responses
from case_api.security import Pending, Permission, Principal, actor, client_ip, principal_of
from models.audit import Actor
from models.people import Person
from models.tokens import AccessToken

public = APIRouter(tags=["accounts"])
router = APIRouter(tags=["accounts"], route_class=CommandRoute)


def _me(principal: Principal) -> Me:
    return Me(
        id=principal.person_id,
        username=principal.username,
        display_name=principal.display_name,
        roles=[RoleOut(role=role, site_id=site) for role, site in principal.roles],
        permissions=[permission for permission in Permission if principal.holds(permission)],
        must_change_password=principal.must_change_password,
    )


def token_out(token: str, row: AccessToken, person: Person) -> TokenOut:
    """A sign-in as it is answered."""
    me = _me(principal_of(person, row))
    return TokenOut(token=token, expires_at=row.expires_at, must_change_password=person.must_change_password, person=me)


@public.post(
    "/tokens",
    operation_id="signIn",
    status_code=status.HTTP_201_CREATED,
    responses=responses(ProblemCode.CREDENTIALS_INVALID, ProblemCode.TOO_MANY_REQUESTS),
)
async def sign_in(request: Request, body: SignIn, factory: FactoryDep, settings: SettingsDep, now: Now) -> TokenOut:
    """Sign in. Five wrong passwords lock the account for a quarter of an hour (both settings); after sixty an address waits ten minutes."""
    who = Actor(body.username, None, client_ip(request), request.headers.get("user-agent", ""))
    limits, line = request.app.state.limits, line_of(who.ip)
    limits.demand(SIGN_IN, line, now)  # before the password is checked: many at once gain nothing
    token, row, person = await service.sign_in(factory, settings.auth, body.username, body.password, who)
    limits.take_back(SIGN_IN, line)
    return token_out(token, row, person)


@router.delete("/tokens/current", operation_id="signOut", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(request: Request, principal: Pending, db: WriteDb) -> None:
    """Sign out: the token is of no use any more."""
    await service.sign_out(db, principal, actor(request, principal))


@router.get("/me", operation_id="getMe")
async def me(principal: Pending) -> Me:
    """The person behind the token."""
    return _me(principal)


@router.post(
    "/me/password",
    operation_id="changePassword",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(ProblemCode.PASSWORD_WRONG, ProblemCode.PASSWORD_WEAK, *KEY_PROBLEMS),
)
async def change_password(
    request: Request,
    body: PasswordChange,
    principal: Pending,
    factory: FactoryDep,
    settings: SettingsDep,
    now: Now,
    key: KeyHeader = None,
) -> None:
    """Change one's password. Every token of the person ends; sign in again."""
    author = By(principal, actor(request, principal), now)
    # Nothing of the body: what is kept of it could be guessed at quicker than the passwords' own hashes.
    done = once(request, author, key, b"")
    await service.change_password(factory, settings.auth, author, body.old_password, body.new_password, done)
