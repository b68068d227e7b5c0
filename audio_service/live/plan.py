"""What a conversation takes from learning and gives to it: settled when it begins, and the same after a restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models.learning import RankingVersion, SessionPlan, SiteLearning
from scripts_library.learned import Plan, Worth


async def plan_for(db: AsyncSession, session_id: str, site_id: str, *, recording: bool) -> Plan:
    """What the site agreed to, with the newest beliefs about scripts or those it holds on to.

    Of a conversation without recording nothing is kept to learn from, so nothing is withheld from it.
    """
    agreed = await db.get(SiteLearning, site_id)
    if agreed is None:
        return Plan(session_id)
    version = None
    if agreed.ranking == "learning":
        version = await db.scalar(select(RankingVersion).order_by(RankingVersion.made_at.desc(), RankingVersion.id.desc()).limit(1))
    elif agreed.ranking_version_id is not None:
        version = await db.get(RankingVersion, agreed.ranking_version_id)
    return _plan(session_id, agreed.holdout_bp if recording else 0, version)


async def plan_of(db: AsyncSession, session_id: str) -> Plan:
    """What the conversation began with."""
    kept = await db.get(SessionPlan, session_id)
    if kept is None:
        return Plan(session_id)
    version = await db.get(RankingVersion, kept.ranking_version_id) if kept.ranking_version_id else None
    return _plan(session_id, kept.holdout_bp, version)


def keep(db: AsyncSession, plan: Plan) -> None:
    """Write it down after the session, which it refers to, if there is anything to it."""
    if plan.holdout_bp or plan.version:
        db.add(SessionPlan(session_id=plan.session_id, holdout_bp=plan.holdout_bp, ranking_version_id=plan.version))


def _plan(session_id: str, holdout_bp: int, version: RankingVersion | None) -> Plan:
    return Plan(session_id, holdout_bp, version.id if version else None, _worths(version.worths) if version else {})


def _worths(kept: Mapping[str, Any]) -> dict[str, Worth]:
    return {script: Worth(float(mean), float(sd), int(moments)) for script, (mean, sd, moments) in kept.items()}
