"""Figures as tables, for a spreadsheet and for paper. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from case_api.documents.excel import Cell, Sheet
from case_api.documents.pdf import Document
from case_api.figures.schemas import FiguresOut
from case_api.intake.causes import CAUSES
from case_api.money import yuan

DASH: Final = "—"


def sheets(found: FiguresOut) -> list[Sheet]:
    """Every figure, a table a subject."""
    return [
        Sheet("概览", ("指标", "数值"), overview(found)),
        Sheet("动因", ("动因", "案件数", "占比"), [(row.zh, row.cases, row.share) for row in found.causes], frozenset({2})),
        _months(found),
        Sheet(
            "签约前未充分沟通",
            ("关键问题", "案件数", "占已判定案件"),
            [(row.zh, row.cases, row.share) for row in found.undiscussed.questions],
            frozenset({2}),
        ),
        Sheet(
            "各节点用时",
            ("节点", "任务数", "平均（小时）", "中位", "90 分位", "超时数", "超时率"),
            [(row.zh, row.tasks, row.mean, row.median, row.p90, row.late, row.late_share) for row in found.nodes],
            frozenset({6}),
        ),
        Sheet(
            "路径与挽留",
            ("提供的路径", "已结束", "客户选择", "留下", "挽留率"),
            [(row.zh, row.ended, row.taken, row.kept, row.retention) for row in found.paths],
            frozenset({4}),
        ),
        Sheet(
            "退款",
            ("履约阶段", "笔数", "合计（元）", "平均（元）"),
            [(row.zh, row.refunds, row.total_fen / 100, row.mean_fen / 100) for row in found.refunds],
        ),
        Sheet("满意度", ("评分", "人数"), [(score, n) for score, n in sorted(found.satisfaction.scores.items(), reverse=True)]),
    ]


def _months(found: FiguresOut) -> Sheet:
    header = ("月份", "案件数", *(meaning.zh for meaning in CAUSES.values()))
    return Sheet("逐月", header, [(row.month, row.cases, *(row.causes.get(code, 0) for code in CAUSES)) for row in found.months])


def overview(found: FiguresOut) -> list[tuple[Cell, ...]]:
    """The few figures that are looked at first."""
    days, spoken = found.days, found.complaints
    rows: list[tuple[Cell, ...]] = [
        ("期间", days_of(found)),
        ("案件数", found.cases),
        ("已结束", found.ended),
        ("挽留率", percent(found.retention)),
        ("平均处理天数", f"{_number(days.mean)}（目标 {days.goal}，上线前 {days.before}）"),
        ("处理天数中位 / 90 分位", f"{_number(days.median)} / {_number(days.p90)}"),
        ("达标率", percent(days.within_goal)),
        ("任务超时率", percent(found.overdue)),
        ("源于签约前未充分沟通", f"{percent(found.undiscussed.share)}（已判定 {found.undiscussed.judged} 件）"),
        (
            "资金原因占比",
            f"12–1 月 {percent(found.season.winter)}，其他月份 {percent(found.season.rest)}（{signed(found.season.change)}）",
        ),
        ("每百次沟通投诉", f"{_number(spoken.after.per_100)}（{spoken.after.sessions} 次）"),
    ]
    if spoken.before is not None:
        before = f"{_number(spoken.before.per_100)}（{spoken.before.sessions} 次，{spoken.go_live} 上线后变化 {signed(spoken.change)}）"
        rows.append(("上线前每百次沟通投诉", before))
    return [*rows, ("满意度", f"{_number(found.satisfaction.mean)}（{found.satisfaction.answers} 人）")]


def days_of(found: FiguresOut) -> str:
    """The first and the last day, as people say a period."""
    return f"{found.first:%Y-%m-%d} 至 {found.before - timedelta(days=1):%Y-%m-%d}"


def percent(part: float | None) -> str:
    """`68.0%`."""
    return DASH if part is None else f"{part * 100:.1f}%"


def signed(part: float | None) -> str:
    """`+41.1%`."""
    return DASH if part is None else f"{part * 100:+.1f}%"


def _number(value: float | None) -> str:
    return DASH if value is None else f"{value:g}"


def document(found: FiguresOut, where: str, created_at: datetime) -> Document:
    """The figures on paper, with simple charts."""
    paper = Document("退房案件数据简报", f"{where} · {days_of(found)}", created_at)
    paper.facts([(str(label), str(value)) for label, value in overview(found)])
    paper.heading("退房动因")
    paper.bars([(row.zh, row.cases, f"{row.cases}（{percent(row.share)}）") for row in found.causes])
    paper.heading("逐月案件数")
    paper.bars([(row.month, row.cases, str(row.cases)) for row in found.months])
    for sheet in sheets(found)[3:6]:
        paper.heading(sheet.title)
        _table(paper, sheet)
    if found.refunds:
        paper.heading("退款")
        rows = [(row.zh, str(row.refunds), yuan(row.total_fen), yuan(row.mean_fen)) for row in found.refunds]
        paper.table(["履约阶段", "笔数", "合计", "平均"], rows, columns=["text", "number", "number", "number"], widths=[4, 2, 3, 3])
    paper.heading("满意度")
    paper.bars([(f"{score} 分", n, str(n)) for score, n in sorted(found.satisfaction.scores.items(), reverse=True)])
    return paper


def _table(paper: Document, sheet: Sheet) -> None:
    if not sheet.rows:
        paper.paragraph("本期无数据。", small=True)
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
