"""Sources: programs that may tell of customers, and the secrets by which their words are known to be theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, flush_unique, guard
from case_api.early_warning.sources.schemas import SourceChange, SourceCreate
from case_api.problems import Problem, ProblemCode
from case_api.sight import find_row, named_site
from case_api.webhooks import signing
from models import audit
from models.crm import CrmSource
from models.sites import Site


def sources_query(sites: frozenset[str] | None) -> Select[CrmSource]:
    """Sources of every site, and of these (None: all)."""
    query = select(CrmSource)
    return query if sites is None else query.where(CrmSource.site_id.is_(None) | CrmSource.site_id.in_(sites))


async def sites_of(db: AsyncSession, source: CrmSource) -> Sequence[Site]:
    """The sites that a source tells of."""
    query = select(Site)
    return (await db.scalars(query if source.site_id is None else query.where(Site.id == source.site_id))).all()


async def create(db: AsyncSession, by: By, body: SourceCreate) -> CrmSource:
    """A new source with a secret of its own. Raises Problem: site_unknown, source_name_taken."""
    if body.site_id is not None:
        await named_site(db, body.site_id)
    row = CrmSource(name=body.name, site_id=body.site_id, secret=signing.new_secret(), created_by=by.person_id, created_at=by.now)
    db.add(row)
    await flush_unique(db, ProblemCode.SOURCE_NAME_TAKEN, "body.name")
    _note(db, by.who, row, "create", by.now)
    return row


async def named(db: AsyncSession, name: str, who: audit.Actor, now: datetime) -> CrmSource:
    """The source of this name, made where there is none: for whoever imports on the server."""
    row = (await db.scalars(select(CrmSource).where(CrmSource.name == name))).one_or_none()
    if row is None:
        row = CrmSource(name=name, secret=signing.new_secret(), created_at=now)
        db.add(row)
        await flush_unique(db, ProblemCode.SOURCE_NAME_TAKEN, "body.name")
        audit.record(db, who, "cli:crm_source:create", audit.Subject("crm_source", row.id), after={"name": name}, at=now)
    return row


async def source_for(db: AsyncSession, source_id: str, site_id: str) -> CrmSource:
    """A source in service that tells of this site. Raises Problem: source_unknown."""
    row = await db.get(CrmSource, source_id)
    if row is None or row.status != "active" or row.site_id not in (None, site_id):
        raise Problem(ProblemCode.SOURCE_UNKNOWN, "body.source_id")
    return row


async def authentic(db: AsyncSession, source_id: str, signature: str, body: bytes, now: datetime) -> CrmSource:
    """The source that signed this body just now. Raises Problem: signature_invalid, also for a source that is unknown or disabled."""
    row = await db.get(CrmSource, source_id)
    if row is None or row.status != "active" or not signing.is_signed(signature, signing.keys_of(row, now), now.timestamp(), body):
        raise Problem(ProblemCode.SIGNATURE_INVALID)
    return row


async def change(db: AsyncSession, by: By, source_id: str, expected: int, body: SourceChange) -> CrmSource:
    """Rename it, put it out of service or back. Raises Problem: not_found, version_conflict, source_name_taken."""
    row = await find_row(db, CrmSource, source_id, lock=True)
    guard(row, expected)
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    await flush_unique(db, ProblemCode.SOURCE_NAME_TAKEN, "body.name")
    _note(db, by.who, row, "change", by.now)
    return row


async def rotate(db: AsyncSession, by: By, source_id: str, expected: int, overlap: timedelta) -> CrmSource:
    """A new secret; the old one is taken too for a while. Raises Problem: not_found, version_conflict."""
    row = await find_row(db, CrmSource, source_id, lock=True)
    guard(row, expected)
    signing.rotate(row, by.now, overlap)
    await db.flush()
    _note(db, by.who, row, "rotate", by.now)
    return row


def _note(db: AsyncSession, who: audit.Actor, row: CrmSource, verb: str, now: datetime) -> None:
    after = {"name": row.name, "status": row.status, "site_id": row.site_id}
    audit.record(db, who, f"api:crm_source:{verb}", audit.Subject("crm_source", row.id, row.site_id), after=after, at=now)
