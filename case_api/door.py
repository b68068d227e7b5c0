"""The audio service's door: the same tokens, roles and sites as the REST API, in the stream's own errors."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from audio_service.errors import AccessError, ErrorCode
from audio_service.live.admission import Admitted
from case_api.cases.machine import OVER
from case_api.cases.service import get_case
from case_api.notices import find_notice
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal, authenticate_token
from models.base import is_id
from models.engine import Factory, reading
from models.sites import Site

_CODES = {
    ProblemCode.TOKEN_EXPIRED: ErrorCode.TOKEN_EXPIRED,
    ProblemCode.PASSWORD_CHANGE_REQUIRED: ErrorCode.ROLE_FORBIDDEN,
    ProblemCode.NOT_FOUND: ErrorCode.CASE_FORBIDDEN,
}


class FrontDoor:
    """Answers for `audio_service.live.admission.Door`."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory

    async def admit(self, token: str, case_id: str | None, site_id: str | None) -> Admitted:
        """Raises AccessError: token_invalid, token_expired, role_forbidden, case_forbidden."""
        if case_id is not None and not is_id(case_id):
            raise AccessError(ErrorCode.CASE_FORBIDDEN)
        if site_id is not None and not is_id(site_id):
            raise AccessError(ErrorCode.ROLE_FORBIDDEN)
        try:
            async with reading(self._factory) as db:
                principal = await authenticate_token(db, token)
                case = await get_case(db, principal, case_id) if case_id is not None else None
                site = case.site_id if case is not None else await _own_site(db, principal, site_id)
        except Problem as problem:
            raise AccessError(_CODES.get(problem.code, ErrorCode.TOKEN_INVALID)) from problem
        if not principal.may(Permission.SESSION_RUN, site):
            raise AccessError(ErrorCode.CASE_FORBIDDEN if case is not None else ErrorCode.ROLE_FORBIDDEN)
        over = case is not None and case.status in OVER
        return Admitted(principal.person_id, principal.display_name, site, case_id, case_over=over)

    def notice(self, version: str) -> str:
        """The recording notice of this version, both languages. Raises AccessError(consent_required)."""
        notice = find_notice("recording", version)
        if notice is None:
            raise AccessError(ErrorCode.CONSENT_REQUIRED, "notice_version")
        return notice.text


async def _own_site(db: AsyncSession, principal: Principal, wanted: str | None) -> str:
    """Where a conversation without a case takes place: the site asked for, or the oldest at which the person may run one."""
    query = select(Site.id).order_by(Site.created_at, Site.id).limit(1)
    scope = principal.sites_for(Permission.SESSION_RUN)
    if scope is not None:
        query = query.where(Site.id.in_(scope))
    if wanted is not None:
        query = query.where(Site.id == wanted)
    site = await db.scalar(query)
    if site is None:
        raise AccessError(ErrorCode.ROLE_FORBIDDEN, wanted or "no site")
    return site
