"""Learning on demand and every night, one at a time, with how far it is; the beliefs that come of it are one version for every site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import true
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, Clock
from case_api.learning.scope import DEFAULT_DAYS, Scope
from case_api.learning.scripts import repository, service
from case_api.learning.scripts.schemas import RankingOut, RunOut
from case_api.once import Once
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission
from models import audit
from models.audit import Actor
from models.engine import Factory, one_at_a_time, transaction
from models.learning import LearningRun, RankingVersion
from models.outbox import publish
from models.sessions import Session

DEAD_AFTER: Final = timedelta(minutes=3)
"""A run is seen every few seconds; one that was not for so long died with its process."""
Sites = Sequence[str] | None
log = structlog.get_logger("calmdesk.learning")


async def sites_to_learn_from(db: AsyncSession, by: By) -> Sites:
    """Those whose ranking learns, as every night. While there is none: those one manages learning for, to see what would come of it."""
    learning = await repository.learning_sites(db)
    if learning:
        return learning
    own = by.principal.sites_for(Permission.LEARNING_MANAGE)
    return None if own is None else sorted(own)


async def begin(db: AsyncSession, who: Actor, at: datetime, sites: Sites) -> LearningRun:
    """Take the one place that there is. Raises Problem: learning_running."""
    await one_at_a_time(db, LearningRun)
    before = await repository.running(db)
    if before is not None:
        if before.seen_at > at - DEAD_AFTER:
            raise Problem(ProblemCode.LEARNING_RUNNING)
        before.status, before.ended_at = "failed", at
        await _tell(db, who, before, "fail", at)
        await db.flush()
    run = LearningRun(started_by=who.person_id, started_at=at, seen_at=at, site_ids=None if sites is None else list(sites))
    db.add(run)
    await db.flush()
    await _tell(db, who, run, "start", at)
    return run


async def carry_out(factory: Factory, clock: Clock, run_id: str, who: Actor, at: datetime, sites: Sites) -> bool:
    """Learn from the last 90 days and keep the beliefs; whether any prompt was measured. A failure ends the run and is passed on."""
    allowed = true() if sites is None else Session.site_id.in_(sites)
    async with _failing(factory, clock, run_id, who):
        learned = await _learn(factory, clock, run_id, Scope(allowed, at - timedelta(days=DEFAULT_DAYS), at))
        async with transaction(factory) as db:
            run = await repository.still_running(db, run_id)
            if run is None:
                return False  # it was taken for dead, and another one was begun
            version = await service.keep_ranking(db, who, clock(), learned) if learned[1] else None
            await _end(db, who, run, version, clock())
    return version is not None


async def rank(factory: Factory, clock: Clock, run_id: str, who: Actor, scope: Scope, once: Once) -> RankingOut:
    """Learn from the scope and keep the beliefs, whatever they rest on. Raises Problem: learning_running (it was taken for dead)."""
    async with _failing(factory, clock, run_id, who):
        learned = await _learn(factory, clock, run_id, scope)
        async with transaction(factory) as db:
            await once.claim(db)
            run = await repository.still_running(db, run_id)
            if run is None:
                raise Problem(ProblemCode.LEARNING_RUNNING)
            version = await service.keep_ranking(db, who, clock(), learned)
            await _end(db, who, run, version, clock())
            answer = service.ranking_out(version)
            once.keep(db, 201, answer)
    return answer


@asynccontextmanager
async def _failing(factory: Factory, clock: Clock, run_id: str, who: Actor) -> AsyncIterator[None]:
    """What fails in here ends the run; cancelled, too: the next one need not wait until it is taken for dead."""
    try:
        yield
    except BaseException:
        await asyncio.shield(_fail(factory, clock(), run_id, who))
        raise


async def _learn(factory: Factory, clock: Clock, run_id: str, scope: Scope) -> service.Learned:
    """What conversations teach, while the run tells how far it is."""

    async def tell(done: int, of: int) -> None:
        async with transaction(factory) as db:
            await repository.move_run(db, run_id, {"sessions_done": done, "sessions": of, "seen_at": clock()})

    return await service.learn(factory, scope, tell)


async def _end(db: AsyncSession, who: Actor, run: LearningRun, version: RankingVersion | None, at: datetime) -> None:
    """The run is done, and the place free."""
    run.status, run.ended_at, run.seen_at, run.sessions_done = "done", at, at, run.sessions
    run.ranking_version_id = version.id if version else None
    await _tell(db, who, run, "end", at)


async def _fail(factory: Factory, at: datetime, run_id: str, who: Actor) -> None:
    async with transaction(factory) as db:
        run = await repository.still_running(db, run_id)
        if run is not None:
            run.status, run.ended_at = "failed", at
            await _tell(db, who, run, "fail", at)


async def _tell(db: AsyncSession, who: Actor, run: LearningRun, verb: str, at: datetime) -> None:
    told = {"learning_run_id": run.id, "status": run.status, "ranking_version_id": run.ranking_version_id}
    audit.record(db, who, f"api:learning:{verb}", audit.Subject("learning_run", run.id), after=told | {"site_ids": run.site_ids}, at=at)
    await publish(db, "learning.run", told)


def run_out(run: LearningRun, name: str | None, at: datetime) -> RunOut:
    """A run as it is told; one whose process died counts as failed before anybody begins the next one."""
    dead = run.status == "running" and run.seen_at <= at - DEAD_AFTER
    values = {column: getattr(run, column) for column in RunOut.model_fields if column not in ("status", "started_by_name")}
    return RunOut(**values, status="failed" if dead else run.status, started_by_name=name)  # type: ignore[arg-type]


@dataclass
class Learner:
    """Runs in the background of this process; whoever asked sees how far they are. They end with the application."""

    factory: Factory
    clock: Clock
    _tasks: set[asyncio.Task[bool]] = field(default_factory=set)

    async def start(self, run_id: str, who: Actor, at: datetime, sites: Sites) -> None:
        """Go on with a run that has begun, and return at once."""
        task = asyncio.create_task(carry_out(self.factory, self.clock, run_id, who, at, sites), name=f"learn-{run_id}")
        self._tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[bool]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("learning_failed", exc_info=error)

    async def settled(self) -> None:
        """Until nothing runs."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Break off what runs."""
        for task in self._tasks:
            task.cancel()
        await self.settled()
