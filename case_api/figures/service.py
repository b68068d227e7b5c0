"""Put the figures together: counts of the database, shares and times of the rules."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.figures import repository, rules
from case_api.figures.repository import Counts, Scope
from case_api.figures.schemas import (
    ComplaintsOut,
    Counted,
    DaysOut,
    FiguresOut,
    MonthOut,
    NodeOut,
    PathOut,
    RefundOut,
    SatisfactionOut,
    SeasonOut,
    SpokenOut,
    UndiscussedOut,
)
from case_api.intake.causes import CAUSES
from case_api.notifications.texts import TASKS
from case_api.policies.rules import STAGE_NAMES
from case_api.problems import Problem, ProblemCode
from case_api.security import Permission, Principal
from case_api.solutions.terms import NAMES
from models.settings_figures import FigureSettings
from models.sites import CHINA, Site

"""Whose days are meant where no site is named."""
SEASONAL: Final = "cash_flow"
STAGES: Final[dict[str, tuple[str, str]]] = {**STAGE_NAMES, "none": ("非阶梯退款", "Outside the steps")}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What figures are asked for; None narrows nothing, a period that is left out is the last twelve months."""

    first: date | None = None
    before: date | None = None
    site_id: str | None = None
    cause: str | None = None
    go_live: date | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """Days, whose they are, and the cases of them."""

    first: date
    before: date
    timezone: str
    scope: Scope


async def period_of(db: AsyncSession, principal: Principal, wanted: Wanted, now: datetime) -> Period:
    """What this person may count of what is wanted. Raises Problem: forbidden, site_unknown, figures_period."""
    sites, timezone = principal.sites_for(Permission.FIGURES_READ), CHINA.key
    if wanted.site_id is not None:
        principal.demand(Permission.FIGURES_READ, wanted.site_id)
        site = await db.get(Site, wanted.site_id)
        if site is None:
            raise Problem(ProblemCode.SITE_UNKNOWN, "query.site_id")
        sites, timezone = frozenset({site.id}), site.timezone
    return period(wanted, sites, timezone, now)


def period(wanted: Wanted, sites: frozenset[str] | None, timezone: str, now: datetime) -> Period:
    """The days that are wanted at these sites. Raises Problem: figures_period."""
    default = rules.year_to(now.astimezone(ZoneInfo(timezone)).date())
    first, before = wanted.first or default[0], wanted.before or default[1]
    if not rules.period_valid(first, before):
        raise Problem(ProblemCode.FIGURES_PERIOD, "query.first")
    scope = Scope(sites, rules.start_of(first, timezone), rules.start_of(before, timezone), wanted.cause)
    return Period(first, before, timezone, scope)


async def figures(db: AsyncSession, asked: Period, wanted: Wanted, settings: FigureSettings, now: datetime) -> FiguresOut:
    """All of them."""
    scope = asked.scope
    months = rules.months_of(asked.first, asked.before)
    ends = [*(rules.start_of(month, asked.timezone) for month in months[1:]), scope.end]
    counted = await repository.by_month(db, scope, ends)
    cases, kept = sum(row[3] for row in counted), sum(row[3] for row in counted if row.outcome == "kept")
    ended = sum(row[3] for row in counted if row.outcome is not None)
    by_month = _months(counted, len(months))
    nodes = _nodes(await repository.nodes(db, scope, now))
    tasks = sum(node.tasks for node in nodes)
    return FiguresOut(
        first=asked.first,
        before=asked.before,
        site_id=wanted.site_id,
        cause=wanted.cause,
        timezone=asked.timezone,
        cases=cases,
        ended=ended,
        kept=kept,
        retention=rules.share(kept, ended),
        causes=_causes(by_month, cases),
        months=[
            MonthOut(month=f"{month:%Y-%m}", cases=total, causes=dict(causes))
            for month, (total, causes) in zip(months, by_month, strict=True)
        ],
        season=_season(months, by_month),
        undiscussed=_undiscussed(await repository.undiscussed(db, scope)),
        days=_days(await repository.whole(db, scope), settings),
        nodes=nodes,
        overdue=rules.share(sum(node.late for node in nodes), tasks),
        paths=_paths(await repository.paths(db, scope)),
        refunds=_refunds(await repository.refunds(db, scope)),
        complaints=await _complaints(db, asked, wanted.go_live or await repository.gone_live(db, scope.sites) or settings.go_live),
        satisfaction=_satisfaction(await repository.satisfaction(db, scope)),
    )


def _months(counted: Counts, n: int) -> list[tuple[int, Counter[str]]]:
    """(cases, cases by cause) of each month."""
    totals, causes = [0] * n, [Counter[str]() for _ in range(n)]
    for number, found, _, cases in counted:
        totals[number] += cases
        for cause in json.loads(found):
            causes[number][cause] += cases
    return list(zip(totals, causes, strict=True))


def _causes(by_month: list[tuple[int, Counter[str]]], cases: int) -> list[Counted]:
    total = sum((causes for _, causes in by_month), Counter[str]())
    rows = [
        Counted(code=code, zh=meaning.zh, en=meaning.en, cases=total[code], share=rules.share(total[code], cases))
        for code, meaning in CAUSES.items()
    ]
    return sorted(rows, key=lambda row: -row.cases)


def _season(months: list[date], by_month: list[tuple[int, Counter[str]]]) -> SeasonOut:
    found = rules.season({month: (causes[SEASONAL], total) for month, (total, causes) in zip(months, by_month, strict=True)})
    return SeasonOut(cause=SEASONAL, winter=found.winter, rest=found.rest, change=found.change)


def _undiscussed(counted: Counts) -> UndiscussedOut:
    judged, cases, questions = 0, 0, Counter[str]()
    for found, n in counted:
        names = json.loads(found)
        judged += n
        cases += n if names else 0
        for name in names:
            questions[name] += n
    rows = [
        Counted(code=code, zh=zh, en=en, cases=questions[code], share=rules.share(questions[code], judged))
        for code, (zh, en) in rules.KEY_QUESTIONS.items()
    ]
    return UndiscussedOut(judged=judged, cases=cases, share=rules.share(cases, judged), questions=sorted(rows, key=lambda row: -row.cases))


def _in(minutes: float | None, unit: int) -> float | None:
    return None if minutes is None else round(minutes / unit, 2)


def _days(counted: Counts, settings: FigureSettings) -> DaysOut:
    found = rules.spread((minutes, n) for minutes, n in counted)
    within = sum(n for minutes, n in counted if minutes <= settings.goal_days * rules.DAY)
    return DaysOut(
        ended=found.n,
        mean=_in(found.mean, rules.DAY),
        median=_in(found.median, rules.DAY),
        p90=_in(found.p90, rules.DAY),
        goal=settings.goal_days,
        before=settings.before_days,
        within_goal=rules.share(within, found.n),
    )


def _nodes(counted: Counts) -> list[NodeOut]:
    by_kind: dict[str, list[tuple[int | None, int, int]]] = defaultdict(list)
    for kind, minutes, late, n in counted:
        by_kind[kind].append((minutes, late, n))
    return [_node(kind, by_kind[kind]) for kind in TASKS if kind in by_kind]


def _node(kind: str, rows: list[tuple[int | None, int, int]]) -> NodeOut:
    found = rules.spread((minutes, n) for minutes, _, n in rows if minutes is not None)
    tasks, late = sum(n for _, _, n in rows), sum(n for _, was_late, n in rows if was_late)
    times = {name: _in(getattr(found, name), rules.HOUR) for name in ("mean", "median", "p90")}
    return NodeOut(kind=kind, zh=TASKS[kind].zh, en=TASKS[kind].en, tasks=tasks, late=late, late_share=rules.share(late, tasks), **times)


def _paths(counted: Counts) -> list[PathOut]:
    ended, taken, kept = Counter[str](), Counter[str](), Counter[str]()
    for path, was_taken, outcome, n in counted:
        ended[path or "none"] += n
        taken[path or "none"] += n if was_taken else 0
        kept[path or "none"] += n if outcome == "kept" else 0
    names = [*NAMES.items(), ("none", ("无需方案", "no path was needed"))]
    return [
        PathOut(path=path, zh=zh, en=en, ended=n, taken=taken[path], kept=kept[path], retention=rules.share(kept[path], n))
        for path, (zh, en) in names
        if (n := ended[path])
    ]


def _refunds(counted: Counts) -> list[RefundOut]:
    rows = sorted((list(STAGES).index(stage or "none"), stage or "none", n, int(fen)) for stage, n, fen in counted)
    return [
        RefundOut(stage=stage, zh=STAGES[stage][0], en=STAGES[stage][1], refunds=n, total_fen=fen, mean_fen=round(fen / n))
        for _, stage, n, fen in rows
    ]


async def _complaints(db: AsyncSession, asked: Period, go_live: date | None) -> ComplaintsOut:
    scope = asked.scope
    if go_live is None or not asked.first < go_live < asked.before:
        return ComplaintsOut(go_live=None, before=None, after=await _spoken(db, scope, scope.start, scope.end), change=None)
    turn = rules.start_of(go_live, asked.timezone)
    before, after = await _spoken(db, scope, scope.start, turn), await _spoken(db, scope, turn, scope.end)
    return ComplaintsOut(go_live=go_live, before=before, after=after, change=rules.change(after.per_100, before.per_100))


async def _spoken(db: AsyncSession, scope: Scope, start: datetime, end: datetime) -> SpokenOut:
    held, complained = await repository.sessions(db, scope.sites, start, end)
    return SpokenOut(sessions=held, complaints=complained, per_100=round(100 * complained / held, 2) if held else None)


def _satisfaction(counted: Counts) -> SatisfactionOut:
    scores = dict.fromkeys(range(1, 6), 0) | dict(counted)
    answers = sum(scores.values())
    mean = round(sum(score * n for score, n in scores.items()) / answers, 2) if answers else None
    return SatisfactionOut(answers=answers, mean=mean, scores=scores)
