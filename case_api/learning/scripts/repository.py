"""Queries on prompts and what followed them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.learning.scope import Scope
from models.consents import Consent
from models.learning import LearningRun, PromptWithheld, RankingVersion, SiteLearning
from models.people import Person
from models.prompts import PromptFeedback, PromptShown
from models.prosody import ProsodyTrack
from models.sessions import Session


async def sessions_with_prompts(db: AsyncSession, scope: Scope, most: int) -> Sequence[Any]:
    """(id, staff_id) of ended conversations in which a prompt was called for, the newest first."""
    called = or_(
        exists().where(PromptShown.session_id == Session.id),
        exists().where(PromptWithheld.session_id == Session.id),
    )
    query = select(Session.id, Session.staff_id).join(Consent, Consent.id == Session.consent_id)
    query = query.where(*scope.conditions(), Session.status == "ended", called)
    return (await db.execute(query.order_by(Session.started_at.desc(), Session.id).limit(most))).all()


async def called_for(db: AsyncSession, ids: Sequence[str]) -> list[tuple[str, float, str, str, int, bool]]:
    """(session, at, script, situation, lot, shown) of every prompt of these conversations, withheld ones included."""
    found: list[tuple[str, float, str, str, int, bool]] = []
    for table, shown in ((PromptShown, True), (PromptWithheld, False)):
        lot = func.coalesce(table.evidence["lot"].as_integer(), 0)
        query = select(table.session_id, table.at, table.script_id, table.situation, lot).where(table.session_id.in_(ids))
        found += [(*row, shown) for row in await db.execute(query)]
    return found


async def tracks(db: AsyncSession, ids: Sequence[str]) -> Sequence[ProsodyTrack]:
    """The chunks of these conversations, each's in order."""
    query = select(ProsodyTrack).where(ProsodyTrack.session_id.in_(ids)).order_by(ProsodyTrack.session_id, ProsodyTrack.start)
    return (await db.scalars(query)).all()


async def uses(db: AsyncSession, scope: Scope) -> Sequence[Any]:
    """(script, person, verdict or None, prompts): how often each script was shown to whom, by the newest tap on its card."""
    newest = (
        select(PromptFeedback.verdict)
        .where(PromptFeedback.prompt_id == PromptShown.id)
        .order_by(PromptFeedback.created_at.desc(), PromptFeedback.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(PromptShown.script_id, Session.staff_id, newest.label("verdict")).join(Session, Session.id == PromptShown.session_id)
    shown = query.join(Consent, Consent.id == Session.consent_id).where(*scope.conditions()).subquery()
    counted = select(shown.c.script_id, shown.c.staff_id, shown.c.verdict, func.count().label("times"))
    return (await db.execute(counted.group_by(shown.c.script_id, shown.c.staff_id, shown.c.verdict))).all()


async def agreement(db: AsyncSession, site_id: str, *, lock: bool = False) -> SiteLearning | None:
    """What the site agreed to."""
    return await db.get(SiteLearning, site_id, with_for_update=lock or None, populate_existing=lock)


async def learning_sites(db: AsyncSession) -> Sequence[str]:
    """Sites whose ranking learns."""
    return (await db.scalars(select(SiteLearning.site_id).where(SiteLearning.ranking == "learning").order_by(SiteLearning.site_id))).all()


async def newest_ranking(db: AsyncSession) -> RankingVersion | None:
    """The newest beliefs."""
    query = select(RankingVersion).order_by(RankingVersion.made_at.desc(), RankingVersion.id.desc()).limit(1)
    return (await db.scalars(query)).one_or_none()


async def ranking_before(db: AsyncSession, version: RankingVersion) -> RankingVersion | None:
    """The beliefs that this version took the place of."""
    place = tuple_(RankingVersion.made_at, RankingVersion.id)
    earlier = place < tuple_(version.made_at, version.id, types=(RankingVersion.made_at.type, RankingVersion.id.type))
    query = select(RankingVersion).where(earlier).order_by(RankingVersion.made_at.desc(), RankingVersion.id.desc()).limit(1)
    return (await db.scalars(query)).one_or_none()


async def running(db: AsyncSession) -> LearningRun | None:
    """The run that goes on."""
    return (await db.scalars(select(LearningRun).where(LearningRun.status == "running"))).one_or_none()


async def newest_run(db: AsyncSession) -> LearningRun | None:
    """The run that began last of those that came to an end."""
    query = select(LearningRun).where(LearningRun.status == "done")
    return (await db.scalars(query.order_by(LearningRun.started_at.desc(), LearningRun.id.desc()).limit(1))).one_or_none()


async def move_run(db: AsyncSession, run_id: str, values: dict[str, Any]) -> None:
    """Say how far a run is."""
    await db.execute(update(LearningRun).where(LearningRun.id == run_id, LearningRun.status == "running").values(**values))


async def still_running(db: AsyncSession, run_id: str) -> LearningRun | None:
    """The run, locked, if nobody has ended it meanwhile."""
    return (
        await db.scalars(select(LearningRun).where(LearningRun.id == run_id, LearningRun.status == "running").with_for_update())
    ).one_or_none()


def runs_query() -> Any:
    """Every run."""
    return select(LearningRun, Person.display_name).outerjoin(Person, Person.id == LearningRun.started_by)


def rankings_query() -> Any:
    """Every version of the beliefs."""
    return select(RankingVersion)
