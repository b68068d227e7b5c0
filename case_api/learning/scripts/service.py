"""What scripts achieve, and what ranking makes of it. No figure is anybody's but one's own."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, put_row
from case_api.learning.scope import Scope
from case_api.learning.scripts import repository
from case_api.learning.scripts.moments import MOST_SESSIONS, Tell, moments
from case_api.learning.scripts.moves import Move, moves, worths_of
from case_api.learning.scripts.schemas import (
    Agreement,
    AgreementOut,
    Belief,
    EffectOut,
    Effects,
    Horizon,
    MoveOut,
    RankingMoves,
    RankingOut,
    ScriptUses,
    SituationMoves,
    StaffSpread,
    SubjectEffects,
    Uses,
)
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.sight import find_row, find_site
from models import audit
from models.engine import Factory, reading
from models.learning import RankingVersion, SiteLearning
from models.outbox import publish
from scripts_library.library import Library
from scripts_library.mining.effects import FEWEST_STAFF, Effect, among_many, between, effect, worths
from scripts_library.mining.tracks import MEASURES, Moment

Learned = tuple[dict[str, Any], int]
"""Beliefs as they are stored, and how many prompts they rest on."""
FEWEST_PEOPLE = 5
"""People whose effects are told as a spread; with fewer, quartiles would point at them."""
_VERDICTS = {
    "works": ("有效：客户明显更平静", "works: the customer is calmer"),
    "harms": ("有反效果：客户更激动，建议停用或改写", "harms: the customer is more agitated; rewrite or withdraw it"),
    "chance": ("可能是碰巧：同时比较的话术很多", "may be chance: many were compared at once"),
    "no_difference": ("没有实际差别", "makes no difference that matters"),
    "unclear": ("还看不出差别", "no difference can be told"),
    "not_enough": ("数据还不够", "not enough yet"),
}


async def effects(db: AsyncSession, scope: Scope, library: Library, by: str, horizon: Horizon, *, own: bool = False) -> Effects:
    """Effects by script or situation, on each measure. Of fewer than three people's conversations only to oneself (`own`)."""
    sessions, found = await moments(db, scope)
    items = await asyncio.to_thread(_by_key, found, library, by, horizon, 1 if own else FEWEST_STAFF)
    return Effects(sessions=sessions, most_sessions=MOST_SESSIONS, items=items)


def _by_key(found: Sequence[Moment], library: Library, by: str, horizon: int, fewest_staff: int) -> list[SubjectEffects]:
    key = _KEYS[by]
    names = sorted({key(one) for one in found if one.script_id})
    lots = Counter((key(one), one.shown) for one in found if one.lot)
    by_measure = [among_many([_best(found, key, name, horizon, measure, fewest_staff) for name in names]) for measure in MEASURES]
    return [
        SubjectEffects(
            key=name,
            text=library.scripts[name].zh if name in library.scripts else "",
            text_en=library.scripts[name].en if name in library.scripts else "",
            effects=[_out(one) for one in told],
            lot_shown=lots[name, True],
            lot_withheld=lots[name, False],
        )
        for name, told in zip(names, zip(*by_measure, strict=True), strict=True)
    ]


_KEYS: dict[str, Callable[[Moment], str]] = {"script": lambda one: one.script_id, "situation": lambda one: one.situation}


def _best(found: Sequence[Moment], key: Callable[[Moment], str], name: str, horizon: int, measure: str, fewest_staff: int) -> Effect:
    """Against withheld prompts where there are enough of them, else against like moments."""
    shown = [one for one in found if one.script_id and one.shown and key(one) == name]
    withheld = [one for one in found if one.script_id and not one.shown and key(one) == name]
    by_lot = effect(shown, withheld, horizon, measure, "randomised", fewest_staff=fewest_staff)
    if by_lot.mean is not None:
        return by_lot
    return effect(shown, [one for one in found if not one.script_id], horizon, measure, "matched", fewest_staff=fewest_staff)


def _out(one: Effect) -> EffectOut:
    zh, en = _VERDICTS[one.verdict]
    return EffectOut(**{name: getattr(one, name) for name in one.__slots__}, zh=zh, en=en)


async def uses(db: AsyncSession, scope: Scope) -> Uses:
    """How often each script was on a phone. What was tapped is told of three people's conversations at least: it is held against nobody."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    people: defaultdict[str, set[str]] = defaultdict(set)
    for row in await repository.uses(db, scope):
        counts[row.script_id] += Counter({"shown": row.times} | ({row.verdict: row.times} if row.verdict else {}))
        people[row.script_id].add(row.staff_id)
    return Uses(items=[_uses(key, found, told=len(people[key]) >= FEWEST_STAFF) for key, found in sorted(counts.items())])


def _uses(key: str, found: Counter[str], *, told: bool) -> ScriptUses:
    taps = {name: found[name] if told else None for name in ("used", "helpful", "dismissed", "unhelpful")}
    return ScriptUses(script_id=key, shown=found["shown"], **taps)


async def spread(db: AsyncSession, scope: Scope, horizon: Horizon) -> StaffSpread:
    """How far effects differ between people, so that trainers know whether training differs in need; of nobody by name."""
    _, found = await moments(db, scope)
    return await asyncio.to_thread(_spread, found, horizon)


def _spread(found: Sequence[Moment], horizon: int) -> StaffSpread:
    quiet = [one for one in found if not one.script_id]
    people = sorted({one.staff_id for one in found if one.shown})
    of_each = ([one for one in found if one.shown and one.staff_id == person] for person in people)
    told = [effect(own, quiet, horizon, "score", "matched", fewest_staff=1) for own in of_each]
    told = [one for one in told if one.mean is not None]
    if len(told) < FEWEST_PEOPLE:
        return StaffSpread(people=len(told), low=None, median=None, high=None)
    low, median, high = between(told)
    return StaffSpread(people=len(told), low=low, median=median, high=high)


async def learn(factory: Factory, scope: Scope, tell: Tell | None = None) -> Learned:
    """Beliefs from every conversation of the scope: (worths as they are stored, prompts they rest on). Slow, so outside any transaction."""
    async with reading(factory) as db:
        _, found = await moments(db, scope, tell)
    return await asyncio.to_thread(_learned, found)


def _learned(found: Sequence[Moment]) -> Learned:
    key = _KEYS["script"]
    shown = [one for one in found if one.script_id and one.shown]
    known = {name: _best(found, key, name, 30, "score", FEWEST_STAFF) for name in sorted({one.script_id for one in shown})}
    return {name: [one.mean, one.sd, one.moments] for name, one in worths(known).items()}, len(shown)


async def keep_ranking(db: AsyncSession, who: audit.Actor, at: datetime, learned: Learned) -> RankingVersion:
    """A new version of the beliefs. Conversations that run keep what they began with."""
    version = RankingVersion(made_at=at, made_by=who.person_id, worths=learned[0], moments=learned[1])
    db.add(version)
    await db.flush()
    told = {"ranking_version_id": version.id, "scripts": len(version.worths), "moments": version.moments}
    audit.record(db, who, "api:ranking:learn", audit.Subject("ranking_version", version.id), after=told, at=at)
    await publish(db, "learning.ranking", told)
    return version


def ranking_out(version: RankingVersion) -> RankingOut:
    """The beliefs, the most useful script first, each with its reason."""
    scripts = [
        Belief(script_id=name, mean=mean, sd=sd, moments=count, zh=_reason(mean, sd, count))
        for name, (mean, sd, count) in sorted(version.worths.items(), key=lambda pair: (-pair[1][0], pair[0]))
    ]
    return RankingOut(id=version.id, made_at=version.made_at, moments=version.moments, scripts=scripts)


async def moved(db: AsyncSession, library: Library, version_id: str) -> RankingMoves:
    """What a version changed against the one before it. Raises Problem: not_found."""
    version = await find_row(db, RankingVersion, version_id)
    before = await repository.ranking_before(db, version)
    found = moves(library, worths_of(version.worths), worths_of(before.worths) if before is not None else None)
    situations = [
        SituationMoves(situation=moment, moved=sum(one.moved for one in scripts), scripts=[_move_out(one) for one in scripts])
        for moment, scripts in found.items()
    ]
    return RankingMoves(
        ranking_version_id=version.id,
        made_at=version.made_at,
        before_id=before.id if before is not None else None,
        before_at=before.made_at if before is not None else None,
        moments=version.moments,
        moved=sum(one.moved for one in situations),
        situations=sorted(situations, key=lambda one: -one.moved),
    )


def _move_out(one: Move) -> MoveOut:
    zh, en = one.words()
    mean, reach = (one.worth.mean, 1.96 * one.worth.sd) if one.worth is not None else (None, 0.0)
    return MoveOut(
        script_id=one.script.id,
        text=one.script.zh,
        text_en=one.script.en,
        cause=one.script.cause,
        place=one.place,
        place_before=one.place_before,
        points=one.points,
        points_before=one.points_before,
        mean=mean,
        low=round(mean - reach, 3) if mean is not None else None,
        high=round(mean + reach, 3) if mean is not None else None,
        moments=one.worth.moments if one.worth is not None else 0,
        why=one.why,
        zh=zh,
        en=en,
    )


def _reason(mean: float, sd: float, count: int) -> str:
    course = "更平静" if mean > 0 else "更激动"
    return f"据 {count} 次提示，30 秒后客户比可比时刻{course} {abs(mean):.2f} 个标准差（±{1.96 * sd:.2f}）"


async def agreement(db: AsyncSession, principal: Principal, site_id: str) -> AgreementOut:
    """What holds at a site. Raises Problem: not_found."""
    await find_site(db, principal, Permission.LEARNING_READ, site_id)
    kept = await repository.agreement(db, site_id)
    if kept is None:
        return AgreementOut(site_id=site_id, holdout_bp=0, ranking="off", ranking_version_id=None, go_live_on=None, version=0)
    return AgreementOut.model_validate(kept)


async def agree(db: AsyncSession, by: By, site_id: str, expected: int, body: Agreement) -> AgreementOut:
    """Change what a site agreed to; it holds for conversations that begin from now on.

    Raises Problem: not_found, forbidden, version_conflict, ranking_none.
    """
    await find_site(db, by.principal, Permission.LEARNING_READ, site_id, lock=True)
    by.principal.demand(Permission.LEARNING_MANAGE, site_id)
    kept = await repository.agreement(db, site_id, lock=True)
    before = AgreementOut.model_validate(kept).model_dump(mode="json") if kept is not None else None
    held = kept.ranking_version_id if kept is not None else None
    values = body.model_dump() | {"ranking_version_id": await _frozen(db, body, held), "changed_by": by.person_id, "changed_at": by.now}
    kept = await put_row(db, kept, expected, SiteLearning(site_id=site_id), values)
    after = AgreementOut.model_validate(kept)
    told = after.model_dump(mode="json")
    audit.record(db, by.who, "api:learning:agree", audit.Subject("site", site_id, site_id), before=before, after=told, at=by.now)
    await publish(db, "learning.settings", told, site_id=site_id)
    return after


async def _frozen(db: AsyncSession, body: Agreement, held: str | None) -> str | None:
    """The version to hold on to: the one named, the one that is held already, or the newest."""
    if body.ranking != "frozen":
        return None
    wanted = body.ranking_version_id or held
    version = await (repository.newest_ranking(db) if wanted is None else db.get(RankingVersion, wanted))
    if version is None:
        raise Problem(ProblemCode.RANKING_NONE)
    return version.id
