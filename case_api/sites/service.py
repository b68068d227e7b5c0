"""Sites: create and rename."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.problems import Problem, ProblemCode
from case_api.sight import find_row
from case_api.sites import repository
from case_api.sites.schemas import SiteChange, SiteCreate
from models import audit
from models.sites import Site


async def create_site(db: AsyncSession, who: audit.Actor, body: SiteCreate) -> Site:
    """A new site. Raises Problem: site_code_taken."""
    if await repository.site_by_code(db, body.code) is not None:
        raise Problem(ProblemCode.SITE_CODE_TAKEN)
    site = Site(**body.model_dump())
    db.add(site)
    await db.flush()
    audit.record(db, who, "api:site:create", audit.Subject("site", site.id, site.id), after=body.model_dump())
    return site


async def change_site(db: AsyncSession, who: audit.Actor, site_id: str, body: SiteChange) -> Site:
    """Rename a site. Raises Problem: not_found."""
    site = await find_row(db, Site, site_id, lock=True)
    changes = body.model_dump(exclude_none=True)
    before = {name: getattr(site, name) for name in changes}
    for name, value in changes.items():
        setattr(site, name, value)
    audit.record(db, who, "api:site:rename", audit.Subject("site", site.id, site.id), before=before, after=changes)
    return site
