"""Figures as tables, for a spreadsheet and for paper. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from case_api.documents.excel import Cell, Sheet
from case_api.documents.pdf import Document, Language
from case_api.documents.texts import capital, filled
from case_api.figures.schemas import FiguresOut
from case_api.intake.causes import CAUSES
from case_api.money import yuan

DASH: Final = "—"
TEXTS: Final[dict[str, tuple[str, str]]] = {
    "title": ("退房案件数据简报", "Figures of the withdrawal cases"),
    "everywhere": ("全部案场", "Every site"),
    "overview": ("概览", "Overview"),
    "figure": ("指标", "Figure"),
    "value": ("数值", "Value"),
    "causes": ("动因", "Causes"),
    "cause": ("动因", "Cause"),
    "cases": ("案件数", "Cases"),
    "share": ("占比", "Share"),
    "months": ("逐月", "Month by month"),
    "month": ("月份", "Month"),
    "undiscussed": ("签约前未充分沟通", "Not talked through"),
    "question": ("关键问题", "Key question"),
    "of_judged": ("占已判定案件", "Share of those judged"),
    "nodes": ("各节点用时", "Time of each step"),
    "node": ("节点", "Step"),
    "tasks": ("任务数", "Tasks"),
    "mean_hours": ("平均（小时）", "Mean (hours)"),
    "median": ("中位", "Median"),
    "p90": ("90 分位", "90th percentile"),
    "late": ("超时数", "Late"),
    "late_share": ("超时率", "Late share"),
    "paths": ("路径与挽留", "Retention by path"),
    "path": ("提供的路径", "Path offered"),
    "ended": ("已结束", "Ended"),
    "taken": ("客户选择", "Taken"),
    "kept": ("留下", "Kept"),
    "retention": ("挽留率", "Retention"),
    "refunds": ("退款", "Refunds"),
    "stage": ("履约阶段", "Contract's stage"),
    "number": ("笔数", "Number"),
    "total_yuan": ("合计（元）", "Total (yuan)"),
    "mean_yuan": ("平均（元）", "Mean (yuan)"),
    "total": ("合计", "Total"),
    "mean": ("平均", "Mean"),
    "satisfaction": ("满意度", "Satisfaction"),
    "score": ("评分", "Score"),
    "answers": ("人数", "Answers"),
    "stars": ("{score} 分", "{score} of 5"),
    "period": ("期间", "Period"),
    "days": ("{first} 至 {last}", "{first} to {last}"),
    "mean_days": ("平均处理天数", "Mean days to the end"),
    "against": ("{mean}（目标 {goal}，上线前 {before}）", "{mean} (goal {goal}, before going live {before})"),
    "spread_days": ("处理天数中位 / 90 分位", "Days, median / 90th percentile"),
    "within": ("达标率", "Ended within the goal"),
    "overdue": ("任务超时率", "Late work"),
    "from_undiscussed": ("源于签约前未充分沟通", "For want of a talk before signing"),
    "judged": ("{share}（已判定 {judged} 件）", "{share} (of {judged} judged)"),
    "season": ("资金原因占比", "Want of money"),
    "seasons": ("12–1 月 {winter}，其他月份 {rest}（{change}）", "December, January {winter}; other months {rest} ({change})"),
    "complaints": ("每百次沟通投诉", "Complaints per 100 conversations"),
    "of_talks": ("{per_100}（{sessions} 次）", "{per_100} (of {sessions})"),
    "complaints_before": ("上线前每百次沟通投诉", "Complaints per 100 before going live"),
    "talks_before": (
        "{per_100}（{sessions} 次，{go_live} 上线后变化 {change}）",
        "{per_100} (of {sessions}; {change} since going live on {go_live})",
    ),
    "of_people": ("{mean}（{answers} 人）", "{mean} ({answers} answers)"),
    "of_cases": ("{cases}（{share}）", "{cases} ({share})"),
    "by_month": ("逐月案件数", "Cases month by month"),
    "nothing": ("本期无数据。", "Nothing in this period."),
}

say = partial(filled, TEXTS)
"""One of them, filled in: `say(language, key, ...)`."""


def named(row: Any, language: Language) -> str:
    """A row by its name, which is written as it stands within a sentence."""
    return capital(getattr(row, language))


def sheets(found: FiguresOut, language: Language = "zh") -> list[Sheet]:
    """Every figure, a table a subject."""

    def made(title: str, heads: tuple[str, ...], rows: list[tuple[Cell, ...]], *shares: int) -> Sheet:
        return Sheet(say(language, title), tuple(say(language, head) for head in heads), rows, frozenset(shares))

    nodes = ("node", "tasks", "mean_hours", "median", "p90", "late", "late_share")
    scores = sorted(found.satisfaction.scores.items(), reverse=True)
    return [
        made("overview", ("figure", "value"), overview(found, language)),
        made("causes", ("cause", "cases", "share"), [(named(row, language), row.cases, row.share) for row in found.causes], 2),
        _months(found, language),
        made(
            "undiscussed",
            ("question", "cases", "of_judged"),
            [(named(row, language), row.cases, row.share) for row in found.undiscussed.questions],
            2,
        ),
        made(
            "nodes",
            nodes,
            [(named(row, language), row.tasks, row.mean, row.median, row.p90, row.late, row.late_share) for row in found.nodes],
            6,
        ),
        made(
            "paths",
            ("path", "ended", "taken", "kept", "retention"),
            [(named(row, language), row.ended, row.taken, row.kept, row.retention) for row in found.paths],
            4,
        ),
        made(
            "refunds",
            ("stage", "number", "total_yuan", "mean_yuan"),
            [(named(row, language), row.refunds, row.total_fen / 100, row.mean_fen / 100) for row in found.refunds],
        ),
        made("satisfaction", ("score", "answers"), [(score, n) for score, n in scores]),
    ]


def _months(found: FiguresOut, language: Language) -> Sheet:
    causes = [named(meaning, language) for meaning in CAUSES.values()]
    header = (say(language, "month"), say(language, "cases"), *causes)
    return Sheet(
        say(language, "months"), header, [(row.month, row.cases, *(row.causes.get(code, 0) for code in CAUSES)) for row in found.months]
    )


def overview(found: FiguresOut, language: Language = "zh") -> list[tuple[Cell, ...]]:
    """The few figures that are looked at first."""
    days, spoken, season, judged = found.days, found.complaints, found.season, found.undiscussed
    t = partial(say, language)
    rows: list[tuple[Cell, ...]] = [
        (t("period"), days_of(found, language)),
        (t("cases"), found.cases),
        (t("ended"), found.ended),
        (t("retention"), percent(found.retention)),
        (t("mean_days"), t("against", mean=_number(days.mean), goal=days.goal, before=days.before)),
        (t("spread_days"), f"{_number(days.median)} / {_number(days.p90)}"),
        (t("within"), percent(days.within_goal)),
        (t("overdue"), percent(found.overdue)),
        (t("from_undiscussed"), t("judged", share=percent(judged.share), judged=judged.judged)),
        (t("season"), t("seasons", winter=percent(season.winter), rest=percent(season.rest), change=signed(season.change))),
        (t("complaints"), t("of_talks", per_100=_number(spoken.after.per_100), sessions=spoken.after.sessions)),
    ]
    if spoken.before is not None:
        earlier = {"per_100": _number(spoken.before.per_100), "sessions": spoken.before.sessions}
        told = t("talks_before", **earlier, go_live=spoken.go_live, change=signed(spoken.change))
        rows.append((t("complaints_before"), told))
    mean, answers = _number(found.satisfaction.mean), found.satisfaction.answers
    return [*rows, (t("satisfaction"), t("of_people", mean=mean, answers=answers))]


def days_of(found: FiguresOut, language: Language = "zh") -> str:
    """The first and the last day, as people say a period."""
    last = found.before - timedelta(days=1)
    return say(language, "days", first=f"{found.first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}")


def percent(part: float | None) -> str:
    """`68.0%`."""
    return DASH if part is None else f"{part * 100:.1f}%"


def signed(part: float | None) -> str:
    """`+41.1%`."""
    return DASH if part is None else f"{part * 100:+.1f}%"


def _number(value: float | None) -> str:
    return DASH if value is None else f"{value:g}"


def document(found: FiguresOut, where: str, created_at: datetime, language: Language = "zh") -> Document:
    """The figures on paper, with simple charts."""
    t = partial(say, language)
    paper = Document(t("title"), f"{where} · {days_of(found, language)}", created_at, language=language)
    paper.facts([(str(label), str(value)) for label, value in overview(found, language)])
    paper.heading(t("causes"))
    shares = [t("of_cases", cases=row.cases, share=percent(row.share)) for row in found.causes]
    paper.bars([(named(row, language), row.cases, shown) for row, shown in zip(found.causes, shares, strict=True)])
    paper.heading(t("by_month"))
    paper.bars([(row.month, row.cases, str(row.cases)) for row in found.months])
    for sheet in sheets(found, language)[3:6]:
        paper.heading(sheet.title)
        _table(paper, sheet, t("nothing"))
    if found.refunds:
        paper.heading(t("refunds"))
        rows = [(named(row, language), str(row.refunds), yuan(row.total_fen), yuan(row.mean_fen)) for row in found.refunds]
        heads = [t(head) for head in ("stage", "number", "total", "mean")]
        paper.table(heads, rows, columns=["text", "number", "number", "number"], widths=[4, 2, 3, 3])
    paper.heading(t("satisfaction"))
    paper.bars([(t("stars", score=score), n, str(n)) for score, n in sorted(found.satisfaction.scores.items(), reverse=True)])
    return paper


def _table(paper: Document, sheet: Sheet, nothing: str) -> None:
    if not sheet.rows:
        paper.paragraph(nothing, small=True)
        return
    rows = [[_shown(value, number in sheet.shares) for number, value in enumerate(row)] for row in sheet.rows]
    rest = len(sheet.header) - 1
    paper.table(sheet.header, rows, columns=["text", *(["number"] * rest)], widths=[5, *([2] * rest)])  # type: ignore[list-item]


def _shown(value: Cell, part: bool) -> str:
    if value is None:
        return DASH
    if isinstance(value, str):
        return value
    return percent(value) if part else f"{value:g}"
