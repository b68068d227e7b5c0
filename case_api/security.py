"""Who may do what, where: the only place for roles, permissions and site scope. What is not granted here is refused."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from case_api.problems import Problem, ProblemCode
from models.audit import Actor
from models.base import utc_now
from models.engine import DatabaseBusy, Factory, asking, transaction
from models.people import Person, PersonRole
from models.tokens import AccessToken

USED_RESOLUTION = timedelta(minutes=5)


class Permission(StrEnum):
    """`subject:action`. What the API asks for; roles are never asked for directly."""

    SESSION_RUN = "session:run"
    SESSION_READ_OWN = "session:read_own"
    SESSION_READ_SITE = "session:read_site"
    SESSION_ACCOMPANY = "session:accompany"
    SESSION_LABEL = "session:label"
    SESSION_CLIP = "session:clip"
    SESSION_CORRECT = "session:correct"
    CONSENT_WITHDRAW = "consent:withdraw"
    CASE_READ = "case:read"
    CASE_CREATE = "case:create"
    ENROLMENT_OWN = "enrolment:own"
    PERSON_MANAGE = "person:manage"
    SITE_MANAGE = "site:manage"
    THRESHOLD_READ = "threshold:read"
    METRICS_READ = "metrics:read"
    CASE_INTAKE = "case:intake"
    CASE_MANAGE = "case:manage"
    CASE_PERSONAL = "case:personal"
    CASE_ASSESS_FINANCE = "case:assess_finance"
    CASE_ASSESS_LEGAL = "case:assess_legal"
    CASE_ASSESS_MARKETING = "case:assess_marketing"
    CASE_APPROVE = "case:approve"
    CASE_CLOSE = "case:close"
    CASE_IMPORT = "case:import"
    BRIEF_RECEIVE = "brief:receive"
    REFUND_PAY = "refund:pay"
    POLICY_READ = "policy:read"
    POLICY_DRAFT = "policy:draft"
    POLICY_AUTHORISE = "policy:authorise"
    POLICY_PUBLISH = "policy:publish"
    EVIDENCE_ADD = "evidence:add"
    HOLD_MANAGE = "hold:manage"
    AUDIT_READ = "audit:read"
    WEBHOOK_MANAGE = "webhook:manage"
    BENEFIT_MANAGE = "benefit:manage"
    KNOWLEDGE_READ = "knowledge:read"
    LIBRARY_READ = "library:read"
    LIBRARY_EDIT = "library:edit"
    LIBRARY_DESK = "library:desk"
    LIBRARY_APPROVE = "library:approve"
    LEARNING_READ = "learning:read"
    LEARNING_MANAGE = "learning:manage"
    LEARNING_EXPORT = "learning:export"
    WARNING_READ = "warning:read"
    WARNING_READ_RED = "warning:read_red"
    WARNING_ANSWER = "warning:answer"
    WARNING_ASSIGN = "warning:assign"
    WARNING_RULES = "warning:rules"
    CRM_IMPORT = "crm:import"
    CRM_SOURCE_READ = "crm:source_read"
    CRM_SOURCE = "crm:source"
    FIGURES_READ = "figures:read"
    ACK_READ = "acknowledgement:read"
    ACK_RECORD = "acknowledgement:record"
    COMPETITOR_RECORD = "competitor:record"
    COMPETITOR_VERIFY = "competitor:verify"


_ON_A_CASE = {Permission.CASE_READ, Permission.POLICY_READ, Permission.EVIDENCE_ADD, Permission.KNOWLEDGE_READ, Permission.ACK_READ}
_BOARD = {Permission.WARNING_READ, Permission.WARNING_READ_RED}
_AT_THE_DESK = (
    _ON_A_CASE
    | {
        Permission.SESSION_RUN,
        Permission.SESSION_READ_OWN,
        Permission.CONSENT_WITHDRAW,
        Permission.CASE_CREATE,
        Permission.CASE_INTAKE,
        Permission.ENROLMENT_OWN,
        Permission.LIBRARY_READ,
        Permission.WARNING_ANSWER,
        Permission.ACK_RECORD,
        Permission.COMPETITOR_RECORD,
    }
    | _BOARD
)
_OVERSEES = _ON_A_CASE | {
    Permission.SESSION_READ_SITE,
    Permission.SESSION_ACCOMPANY,
    Permission.THRESHOLD_READ,
    Permission.LIBRARY_READ,
    Permission.LEARNING_READ,
    Permission.FIGURES_READ,
}
_LEARNS = {
    Permission.SESSION_LABEL,
    Permission.SESSION_CLIP,
    Permission.SESSION_CORRECT,
    Permission.LEARNING_READ,
    Permission.LEARNING_MANAGE,
    Permission.LEARNING_EXPORT,
}
_APPROVES = {Permission.CASE_APPROVE}
_RULES = {Permission.POLICY_DRAFT, Permission.POLICY_PUBLISH, Permission.WARNING_RULES}

GRANTS: dict[str, set[Permission]] = {
    "staff": _AT_THE_DESK,
    "receptionist": _AT_THE_DESK | {Permission.CASE_PERSONAL},
    "site_manager": _AT_THE_DESK
    | _OVERSEES
    | _APPROVES
    | _RULES
    | _LEARNS
    | {
        Permission.CASE_MANAGE,
        Permission.CASE_PERSONAL,
        Permission.CASE_CLOSE,
        Permission.CASE_IMPORT,
        Permission.COMPETITOR_VERIFY,
        Permission.BENEFIT_MANAGE,
        Permission.WARNING_ASSIGN,
        Permission.CRM_IMPORT,
        Permission.CRM_SOURCE_READ,
    },
    "finance": _ON_A_CASE
    | _APPROVES
    | {Permission.CASE_ASSESS_FINANCE, Permission.REFUND_PAY, Permission.CASE_PERSONAL, Permission.FIGURES_READ},
    "legal": _OVERSEES
    | _APPROVES
    | {
        Permission.CASE_ASSESS_LEGAL,
        Permission.CASE_PERSONAL,
        Permission.CONSENT_WITHDRAW,
        Permission.LIBRARY_DESK,
        Permission.LIBRARY_APPROVE,
        Permission.POLICY_DRAFT,
        Permission.POLICY_AUTHORISE,
        Permission.HOLD_MANAGE,
        Permission.AUDIT_READ,
        Permission.WARNING_READ_RED,
    },
    "marketing": _ON_A_CASE
    | {
        Permission.CASE_ASSESS_MARKETING,
        Permission.BENEFIT_MANAGE,
        Permission.FIGURES_READ,
        Permission.COMPETITOR_RECORD,
        Permission.COMPETITOR_VERIFY,
    },
    "city_gm": _OVERSEES | _APPROVES | _RULES | _BOARD | {Permission.WARNING_ASSIGN},
    "hq_risk": _OVERSEES
    | _APPROVES
    | {
        Permission.HOLD_MANAGE,
        Permission.AUDIT_READ,
        Permission.LIBRARY_DESK,
        Permission.LIBRARY_APPROVE,
        Permission.LEARNING_EXPORT,
        Permission.WARNING_READ_RED,
        Permission.WARNING_ANSWER,
        Permission.WARNING_ASSIGN,
        Permission.WARNING_RULES,
    },
    "regional_ops": _OVERSEES | _BOARD | {Permission.BRIEF_RECEIVE},
    "trainer": {
        Permission.SESSION_READ_SITE,
        Permission.THRESHOLD_READ,
        Permission.KNOWLEDGE_READ,
        Permission.LIBRARY_READ,
        Permission.LIBRARY_EDIT,
        Permission.LIBRARY_DESK,
    }
    | _LEARNS,
    "admin": {
        Permission.PERSON_MANAGE,
        Permission.SITE_MANAGE,
        Permission.THRESHOLD_READ,
        Permission.METRICS_READ,
        Permission.WEBHOOK_MANAGE,
        Permission.CRM_SOURCE_READ,
        Permission.CRM_SOURCE,
    },
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


_KNOWN = (
    select(
        AccessToken.id,
        AccessToken.expires_at,
        AccessToken.revoked_at,
        AccessToken.last_used_at,
        Person.id.label("person_id"),
        Person.display_name,
        Person.username,
        Person.disabled_at,
        Person.must_change_password,
        PersonRole.role,
        PersonRole.site_id,
    )
    .join(Person, Person.id == AccessToken.person_id)
    .outerjoin(PersonRole, PersonRole.person_id == Person.id)
    .where(AccessToken.token_hash == bindparam("hash"))
    .order_by(PersonRole.role, PersonRole.site_id)
)
"""A row a role (one without a role for somebody who has none). Columns, asked for once a request: nothing of it is kept, so that what
is revoked or taken away is refused at once."""


async def authenticate_token(db: AsyncSession | AsyncConnection, token: str, *, pending: bool = False) -> Principal:
    """The person behind a token, for REST and the WebSocket alike.

    Raises Problem: token_invalid (unknown, revoked, account disabled), token_expired, and, unless `pending`,
    password_change_required while a one-time password is in use.
    """
    rows = (await db.execute(_KNOWN, {"hash": token_hash(token)})).all()
    if not rows or rows[0].revoked_at is not None or rows[0].disabled_at is not None:
        raise Problem(ProblemCode.TOKEN_INVALID)
    found = rows[0]
    if found.expires_at <= utc_now():
        raise Problem(ProblemCode.TOKEN_EXPIRED)
    if found.must_change_password and not pending:
        raise Problem(ProblemCode.PASSWORD_CHANGE_REQUIRED)
    roles = tuple((row.role, row.site_id) for row in rows if row.role is not None)
    return Principal(found.person_id, found.display_name, found.username, roles, found.id, found.must_change_password, found.last_used_at)


def principal_of(person: Person, token: AccessToken) -> Principal:
    """A person as the rest of the program sees them."""
    roles = tuple((role.role, role.site_id) for role in person.roles)
    return Principal(person.id, person.display_name, person.username, roles, token.id, person.must_change_password, token.last_used_at)


_bearer = HTTPBearer(auto_error=False, description="The token of `POST /v1/tokens`")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def pending_principal(request: Request, bearer: Bearer) -> Principal:
    """Anyone signed in, one-time password or not: for what such a person still has to reach."""
    if bearer is None:
        raise Problem(ProblemCode.TOKEN_MISSING)
    factory: Factory = request.app.state.factory
    # The connection goes back before a command asks for one of its own: enough requests that each held one would wait for each other,
    # and a slow upload would keep one for as long as it takes.
    async with asking(factory) as connection:
        principal = await authenticate_token(connection, bearer.credentials, pending=True)
    await _note_use(factory, principal)
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
    """Dependency: the principal, who holds `permission` somewhere. Which rows they reach is asked again with the row's site.

    `everywhere`: they hold it at every site, for what belongs to none.
    """

    def __init__(self, permission: Permission, *, everywhere: bool = False) -> None:
        self.permission = permission
        self.everywhere = everywhere

    async def __call__(self, principal: Annotated[Principal, Depends(current_principal)]) -> Principal:
        if not (principal.may(self.permission, None) if self.everywhere else principal.holds(self.permission)):
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
