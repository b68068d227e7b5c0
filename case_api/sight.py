"""Rows by their id. What a person may not see is answered like what is not there, so that ids cannot be probed."""

from __future__ import annotations

from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from models.sites import Site


class Placed(Protocol):
    """A row of a site, or of all of them (None)."""

    @property
    def site_id(self) -> str | None:
        """The site's id."""


R = TypeVar("R")
P = TypeVar("P", bound=Placed)


async def find_row(db: AsyncSession, table: type[R], id_: str, *, lock: bool = False) -> R:
    """The row; `lock` keeps it for this transaction, as it is now. Raises Problem: not_found."""
    row = await db.get(table, id_, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return row


async def find_seen(db: AsyncSession, principal: Principal, permission: Permission, table: type[P], id_: str, *, lock: bool = False) -> P:
    """The same, of a site where the person holds `permission`. Raises Problem: not_found."""
    row = await find_row(db, table, id_, lock=lock)
    if not principal.may(permission, row.site_id):
        raise Problem(ProblemCode.NOT_FOUND)
    return row


async def find_site(db: AsyncSession, principal: Principal, permission: Permission, site_id: str, *, lock: bool = False) -> Site:
    """A site where the person holds `permission`. Raises Problem: not_found."""
    if not principal.may(permission, site_id):
        raise Problem(ProblemCode.NOT_FOUND)
    return await find_row(db, Site, site_id, lock=lock)


async def named_site(db: AsyncSession, site_id: str, *, lock: bool = False) -> Site:
    """The site that a request's body names. Raises Problem: site_unknown."""
    site = await db.get(Site, site_id, with_for_update=lock or None)
    if site is None:
        raise Problem(ProblemCode.SITE_UNKNOWN, "body.site_id")
    return site
