"""Thresholds of the ear at one site: what it set otherwise than the service, checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, put_row
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_site
from case_api.sites.schemas import Threshold, Thresholds, ThresholdsChange
from models import audit
from models.outbox import publish
from models.settings_detection import DetectionSettings, changed_by_site
from models.sites import SiteDetection


async def thresholds(db: AsyncSession, principal: Principal, site_id: str, service: DetectionSettings) -> Thresholds:
    """What holds for conversations that begin now. Raises Problem: not_found."""
    await find_site(db, principal, Permission.THRESHOLD_READ, site_id)
    return _told(site_id, await db.get(SiteDetection, site_id), service)


async def set_thresholds(
    db: AsyncSession, by: By, site_id: str, expected: int, body: ThresholdsChange, service: DetectionSettings
) -> Thresholds:
    """Set what a site has otherwise than the service; it holds for conversations that begin from now on.

    Raises Problem: not_found, forbidden, version_conflict, thresholds_invalid.
    """
    await find_site(db, by.principal, Permission.THRESHOLD_READ, site_id, lock=True)
    by.principal.demand(Permission.SITE_MANAGE, site_id)
    changes = _checked(service, body.changes)
    kept = await db.get(SiteDetection, site_id, with_for_update=True, populate_existing=True)
    before = dict(kept.changes) if kept is not None else {}
    values = {"changes": changes, "reason": body.reason, "changed_by": by.person_id, "changed_at": by.now}
    kept = await put_row(db, kept, expected, SiteDetection(site_id=site_id), values)
    after = {"changes": changes, "reason": body.reason}
    subject = audit.Subject("site", site_id, site_id)
    audit.record(db, by.who, "api:site:thresholds", subject, before={"changes": before}, after=after, at=by.now)
    await publish(db, "site.thresholds", {"site_id": site_id, "version": kept.version, **after}, site_id=site_id)
    return _told(site_id, kept, service)


def _checked(service: DetectionSettings, changes: Mapping[str, float]) -> dict[str, Any]:
    """The changes that are ones, if with them the whole still makes sense."""
    usual = service.model_dump()
    try:
        whole = changed_by_site(service, changes).model_dump()
    except ValidationError as error:
        faults = [f"{'.'.join(str(part) for part in one['loc']) or 'together'}: {one['msg']}" for one in error.errors()]
        raise Problem(ProblemCode.THRESHOLDS_INVALID, "; ".join(faults)) from None
    return {name: whole[name] for name in changes if whole[name] != usual[name]}


def _told(site_id: str, kept: SiteDetection | None, service: DetectionSettings) -> Thresholds:
    changes = dict(kept.changes) if kept is not None else {}
    usual = service.model_dump()
    shape = DetectionSettings.model_json_schema()["properties"]
    items = [
        Threshold(
            name=name,
            value=changes.get(name, usual[name]),
            usual=usual[name],
            least=field.get("minimum", field.get("exclusiveMinimum")),
            most=field.get("maximum", field.get("exclusiveMaximum")),
            en=field["description"],
        )
        for name, field in shape.items()
    ]
    if kept is None:
        return Thresholds(site_id=site_id, version=0, changes={}, reason="", changed_by=None, changed_at=None, items=items)
    return Thresholds(
        site_id=site_id,
        version=kept.version,
        changes=changes,
        reason=kept.reason,
        changed_by=kept.changed_by,
        changed_at=kept.changed_at,
        items=items,
    )
