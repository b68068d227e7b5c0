"""Who may do what, where: the only place for roles, permissions and site scope. What is not granted here is refused."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, get_args

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.database import ReadDb
from case_api.problems import Problem, ProblemCode
from models.audit import Actor
from models.base import utc_now
from models.engine import DatabaseBusy, Factory, transaction
from models.people import Person, Role
from models.tokens import AccessToken

USED_RESOLUTION = timedelta(minutes=5)


class Permission(StrEnum):
    """`subject:action`. What the API asks for; roles are never asked for directly."""

    SESSION_RUN = "session:run"
    SESSION_READ_OWN = "session:read_own"
    SESSION_READ_SITE = "session:read_site"
    CASE_READ = "case:read"
    CASE_CREATE = "case:create"
    ENROLMENT_OWN = "enrolment:own"
    PERSON_MANAGE = "person:manage"
    SITE_MANAGE = "site:manage"
    METRICS_READ = "metrics:read"


MEANING: dict[Permission, str] = {
    Permission.SESSION_RUN: "hold a live session",
    Permission.SESSION_READ_OWN: "read, play and export one's own sessions",
    Permission.SESSION_READ_SITE: "read, play and export every session of the site",
    Permission.CASE_READ: "see the site's cases",
    Permission.CASE_CREATE: "open a case, link a session to it",
    Permission.ENROLMENT_OWN: "enrol and delete one's own voice",
    Permission.PERSON_MANAGE: "accounts, roles, passwords (no access to conversations)",
    Permission.SITE_MANAGE: "create and rename sites",
    Permission.METRICS_READ: "read the service's own measurements (Prometheus)",
}

_AT_THE_DESK = {
    Permission.SESSION_RUN,
    Permission.SESSION_READ_OWN,
    Permission.CASE_READ,
    Permission.CASE_CREATE,
    Permission.ENROLMENT_OWN,
}
_OVERSEES = {Permission.SESSION_READ_SITE, Permission.CASE_READ}

GRANTS: dict[str, set[Permission]] = {
    "staff": _AT_THE_DESK,
    "receptionist": _AT_THE_DESK,
    "site_manager": _AT_THE_DESK | _OVERSEES,
    "finance": {Permission.CASE_READ},
    "legal": _OVERSEES,
    "marketing": {Permission.CASE_READ},
    "city_gm": _OVERSEES,
    "hq_risk": _OVERSEES,
    "regional_ops": _OVERSEES,
    "trainer": {Permission.SESSION_READ_SITE},
    "admin": {Permission.PERSON_MANAGE, Permission.SITE_MANAGE, Permission.METRICS_READ},
}


@dataclass(frozen=True, slots=True)
class Principal:
    """The person behind a token. `roles` are (role, site id), site id None meaning every site."""

    person_id: str
    display_name: str
    username: str
    roles: tuple[tuple[str, str | None], ...]
    token_id: str
    must_change_password: bool
    token_used_at: datetime | None = None

    def may(self, permission: Permission, site_id: str | None) -> bool:
        """Whether some role grants it at this site; `site_id` None asks for every site."""
        return any(permission in GRANTS[role] and scope in (None, site_id) for role, scope in self.roles)

    def sites_for(self, permission: Permission) -> frozenset[str] | None:
        """The sites where it is granted; None means all of them."""
        scopes = [scope for role, scope in self.roles if permission in GRANTS[role]]
        return None if None in scopes else frozenset(scope for scope in scopes if scope is not None)

    def holds(self, permission: Permission) -> bool:
        """Whether it is granted anywhere."""
        return self.sites_for(permission) != frozenset()

    def demand(self, permission: Permission, site_id: str | None) -> None:
        """Raise `forbidden` unless it is granted at this site (None: at every site)."""
        if not self.may(permission, site_id):
            raise Problem(ProblemCode.FORBIDDEN, permission)


def token_hash(token: str) -> str:
    """What the table keeps of a token. Tokens are 256 random bits, so that a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


async def authenticate_token(db: AsyncSession, token: str, *, pending: bool = False) -> Principal:
    """The person behind a token, for REST and the WebSocket alike.

    Raises Problem: token_invalid (unknown, revoked, account disabled), token_expired, and, unless `pending`,
    password_change_required while a one-time password is in use.
    """
    row = (
        await db.execute(
            select(AccessToken, Person)
            .join(Person, Person.id == AccessToken.person_id)
            .where(AccessToken.token_hash == token_hash(token))
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None or row.AccessToken.revoked_at is not None or row.Person.disabled_at is not None:
        raise Problem(ProblemCode.TOKEN_INVALID)
    if row.AccessToken.expires_at <= utc_now():
        raise Problem(ProblemCode.TOKEN_EXPIRED)
    if row.Person.must_change_password and not pending:
        raise Problem(ProblemCode.PASSWORD_CHANGE_REQUIRED)
    return principal_of(row.Person, row.AccessToken)


def principal_of(person: Person, token: AccessToken) -> Principal:
    """A person as the rest of the program sees them."""
    roles = tuple((role.role, role.site_id) for role in person.roles)
    return Principal(person.id, person.display_name, person.username, roles, token.id, person.must_change_password, token.last_used_at)


_bearer = HTTPBearer(auto_error=False, description="The token of `POST /v1/tokens`")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def pending_principal(request: Request, db: ReadDb, bearer: Bearer) -> Principal:
    """Anyone signed in, one-time password or not: for what such a person still has to reach."""
    if bearer is None:
        raise Problem(ProblemCode.TOKEN_MISSING)
    principal = await authenticate_token(db, bearer.credentials, pending=True)
    await _note_use(request.app.state.factory, principal)
    return principal


async def current_principal(principal: Annotated[Principal, Depends(pending_principal)]) -> Principal:
    """Anyone signed in with a password of their own."""
    if principal.must_change_password:
        raise Problem(ProblemCode.PASSWORD_CHANGE_REQUIRED)
    return principal


async def _note_use(factory: Factory, principal: Principal) -> None:
    """When a token was last used, to a few minutes: a write for each request would queue every reader behind the write lock."""
    now = utc_now()
    if principal.token_used_at is not None and principal.token_used_at > now - USED_RESOLUTION:
        return
    with suppress(DatabaseBusy):  # not worth refusing a request for
        async with transaction(factory) as db:
            await db.execute(update(AccessToken).where(AccessToken.id == principal.token_id).values(last_used_at=now))


class require:
    """Dependency: the principal, who holds `permission` somewhere. Which rows they reach is asked again with the row's site."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, principal: Annotated[Principal, Depends(current_principal)]) -> Principal:
        if not principal.holds(self.permission):
            raise Problem(ProblemCode.FORBIDDEN, self.permission)
        return principal


def actor(request: Request, principal: Principal) -> Actor:
    """The principal as the audit record names them."""
    return Actor(principal.display_name, principal.person_id, client_ip(request), request.headers.get("user-agent", ""))


def client_ip(request: Request) -> str:
    """The peer's address; forwarded headers are the server's business (uvicorn's `--forwarded-allow-ips`), not ours."""
    return request.client.host if request.client else ""


Pending = Annotated[Principal, Depends(pending_principal)]
SignedIn = Annotated[Principal, Depends(current_principal)]


def roles_table() -> str:
    """`docs/roles.md`, whole: which role may do what."""
    roles = get_args(Role)
    lines = [
        "# Roles",
        "",
        "Generated by `calmdesk docs`. A person holds each role at one site or at all of them; `admin` is always held everywhere.",
        'What is not ticked is refused. Somebody else\'s session answers "not found", so that ids cannot be probed.',
        "",
        "| permission | meaning | " + " | ".join(roles) + " |",
        "|---|---|" + ":-:|" * len(roles),
    ]
    for permission in Permission:
        ticks = " | ".join("✓" if permission in GRANTS[role] else "" for role in roles)
        lines.append(f"| `{permission}` | {MEANING[permission]} | {ticks} |")
    return "\n".join(lines) + "\n"
