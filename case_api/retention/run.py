"""One pass over everything whose time has come: `calmdesk retention run`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from case_api.co_residents import service as co_residents
from case_api.early_warning.events.own import forget_old
from case_api.evidence.store import BlobStore
from case_api.problems import Problem
from case_api.retention import service
from case_api.retention.schemas import DueOut
from models import audit
from models.engine import Factory, reading, transaction
from models.settings import Settings

WHO: Final = audit.Actor("calmdesk retention")
BATCH: Final = 100


@dataclass(slots=True)
class Passed:
    """What a pass did: records removed (or, in a dry run, due), what came in between, tombstones and orphans whose files went.

    `held`: past their time, and kept by a hold.
    `events`: what CRM and ERP told of customers and was old enough; customers of whom nothing is left go with it.
    `acknowledgements`: of co-residents, old enough and of no case that is kept.
    """

    removed: list[DueOut] = field(default_factory=list)
    kept: list[tuple[DueOut, str]] = field(default_factory=list)
    held: int = 0
    cleared: int = 0
    orphans: int = 0
    events: int = 0
    acknowledgements: int = 0


async def run(factory: Factory, settings: Settings, now: datetime, *, dry: bool = False) -> Passed:
    """Finish what an earlier pass left, remove what is due, and sweep the store. Each record is a transaction of its own."""
    passed, store = Passed(), BlobStore(settings)
    async with reading(factory) as db:
        passed.held = await service.held_past(db, settings, now)
    if dry:
        passed.removed = await _due(factory, settings, now)
        return passed
    passed.cleared = await service.clear_files(factory, store, settings.data_dir, now)
    while batch := [one for one in await _due(factory, settings, now) if one not in [kept for kept, _ in passed.kept]]:
        for one in batch:
            try:
                async with transaction(factory) as db:
                    await service.remove(db, WHO, one.kind, one.id, settings, now)
            except Problem as problem:  # somebody placed a hold, or was quicker
                passed.kept.append((one, problem.code))
                continue
            passed.removed.append(one)
        passed.cleared += await service.clear_files(factory, store, settings.data_dir, now)
    passed.acknowledgements = await co_residents.forget_old(factory, now, settings.records.retention_days)
    passed.orphans = await service.sweep(factory, store, now)
    passed.events = await forget_old(factory, now - timedelta(days=settings.records.retention_days))
    return passed


async def _due(factory: Factory, settings: Settings, now: datetime) -> list[DueOut]:
    async with reading(factory) as db:
        return await service.due(db, None, settings, now, BATCH)
