"""What figures are made of counts: shares, times, seasons, periods. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from models.figures import BriefPeriod

KeyQuestion = Literal["decision_makers", "funding", "price_policy", "unit", "delivery", "contract", "other"]
KEY_QUESTIONS: Final[dict[KeyQuestion, tuple[str, str]]] = {
    "decision_makers": ("共同决策人未到场或未知情", "who decides with the buyer"),
    "funding": ("首付、贷款资质与资金来源", "down payment, loan and funds"),
    "price_policy": ("价格与优惠政策", "price and discounts"),
    "unit": ("户型、朝向、楼层等房源情况", "the unit itself"),
    "delivery": ("交付时间与标准", "delivery: when and how"),
    "contract": ("认购书与合同条款、定金性质", "contract terms, earnest money"),
    "other": ("其他关键问题", "another key question"),
}
WINTER: Final = (12, 1)
"""「12 月至次年 1 月期间」"""
YEARS_MAX: Final = 5
HOUR, DAY = 60, 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in minutes; None where nothing was measured."""

    n: int
    mean: float | None
    median: int | None
    p90: int | None


def spread(counted: Iterable[tuple[int, int]]) -> Spread:
    """Of (minutes, how often). A quantile is the least value that so many are not above."""
    rows = sorted(counted)
    n = sum(often for _, often in rows)
    if not n:
        return Spread(0, None, None, None)
    return Spread(n, sum(minutes * often for minutes, often in rows) / n, _quantile(rows, n, 50), _quantile(rows, n, 90))


def _quantile(rows: list[tuple[int, int]], n: int, percent: int) -> int:
    wanted, seen = -(-n * percent // 100), 0
    for minutes, often in rows:
        seen += often
        if seen >= wanted:
            return minutes
    raise AssertionError("quantiles above 100 are not asked for")


def share(part: float, whole: float) -> float | None:
    """To a ten-thousandth; None of nothing."""
    return round(part / whole, 4) if whole else None


def change(after: float | None, before: float | None) -> float | None:
    """By how much `after` is above `before` (0.41: 41 % more); None where that cannot be said."""
    return round(after / before - 1, 4) if after is not None and before else None


@dataclass(frozen=True, slots=True)
class Season:
    """The share of a cause among the requests of December and January, and of the other months."""

    winter: float | None
    rest: float | None
    change: float | None


def season(months: Mapping[date, tuple[int, int]]) -> Season:
    """Of month → (requests with the cause, all requests). 「12 月至次年 1 月……申请退房的比例较平日上升 41%」"""

    def of(winter: bool) -> float | None:
        rows = [counts for month, counts in months.items() if (month.month in WINTER) == winter]
        whole = sum(total for _, total in rows)
        return sum(found for found, _ in rows) / whole if whole else None

    winter, rest = of(True), of(False)
    return Season(_rounded(winter), _rounded(rest), change(winter, rest))


def _rounded(part: float | None) -> float | None:
    return None if part is None else round(part, 4)


def months_of(first: date, before: date) -> list[date]:
    """The first day of each month that the period touches."""
    found, month = [], first.replace(day=1)
    while month < before:
        found.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return found


def start_of(day: date, timezone: str) -> datetime:
    """When the day begins at the site."""
    return datetime.combine(day, time(), ZoneInfo(timezone))


def period_valid(first: date, before: date) -> bool:
    """In order, of this century, and not longer than `YEARS_MAX`."""
    return first.year >= 2000 and before.year < 2100 and first < before <= first + timedelta(days=366 * YEARS_MAX)


def year_to(today: date) -> tuple[date, date]:
    """The twelve months that end with today: (first day, the day after)."""
    before = today + timedelta(days=1)
    day = 28 if (before.month, before.day) == (2, 29) else before.day
    return before.replace(year=before.year - 1, day=day), before


def periods_since(period: BriefPeriod, newest: date | None, today: date, most: int) -> list[tuple[date, date]]:
    """The whole periods before today that come after the one that began at `newest`, oldest first, the last `most` of them.

    Without a newest one only the last: what was before the first brief is nobody's to catch up with.
    """
    found = [period_before(period, today)]
    while newest is not None and len(found) < most and found[0][0] > newest:
        found.insert(0, period_before(period, found[0][0]))
    return [one for one in found if newest is None or one[0] > newest]


def period_before(period: BriefPeriod, today: date) -> tuple[date, date]:
    """The last whole week (from Monday) or month before today: (first day, the day after the last)."""
    if period == "weekly":
        before = today - timedelta(days=today.weekday())
        return before - timedelta(days=7), before
    before = today.replace(day=1)
    return (before - timedelta(days=1)).replace(day=1), before
