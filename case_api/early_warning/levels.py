"""From indicators to a warning: level, score, and what a person has settled already. Pure.

「黄色：单一指标触发；橙色：两项以上叠加；红色：涉及诉讼风险」.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from case_api.deadlines.rules import Moment, plan
from case_api.early_warning.indicators import Indicator
from case_api.early_warning.rule_sets.rules import Clock
from models.early_warnings import WarningLevel

LEVELS: Final[tuple[WarningLevel, ...]] = get_args(WarningLevel)
SCORE_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Alarm:
    """What the board shows of one customer."""

    level: WarningLevel
    score: int
    indicators: tuple[Indicator, ...]

    @property
    def reasons(self) -> list[dict[str, Any]]:
        """The indicators as they are stored and told."""
        return [asdict(one) | {"causes": list(one.causes)} for one in self.indicators]


def alarm_of(indicators: Sequence[Indicator], settled: Collection[str] = ()) -> Alarm | None:
    """The alarm, or None. An indicator that rests on nothing but `settled` causes does not count."""
    live = tuple(one for one in indicators if not set(one.causes) <= set(settled))
    if not live:
        return None
    level: WarningLevel = "yellow" if len(live) == 1 else "orange"
    if any(one.code == "litigation" for one in live):
        level = "red"
    return Alarm(level, min(SCORE_MAX, sum(one.points for one in live)), live)


def rises(before: str, after: str) -> bool:
    """Whether `after` is the graver level."""
    names: Sequence[str] = LEVELS
    return names.index(after) > names.index(before)


def due_at(level: str, clock: Clock, now: datetime) -> datetime:
    """When somebody has to have answered; at once for red."""
    return now + timedelta(minutes=clock.minutes(level))


def moments(level: str, clock: Clock) -> tuple[Moment, ...]:
    """Who is told on the way; nobody further where headquarters know already."""
    if level == "red":
        return ()
    return plan(clock.remind_at_bp, "site_manager", [(step.at_bp, step.role) for step in clock.escalations])
