"""What a rule set would have seen in the past, against the withdrawal requests that came. Pure."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from case_api.early_warning.indicators import Happened, examine
from case_api.early_warning.levels import alarm_of
from case_api.early_warning.rule_sets.rules import IndicatorCode, RuleSet


@dataclass(frozen=True, slots=True)
class Job:
    """Some customers' events, the rules, and the period. A request within `horizon` after an alarm makes it right."""

    customers: Sequence[Sequence[Happened]]
    rules: RuleSet
    zone: ZoneInfo
    since: datetime
    until: datetime
    horizon: timedelta


@dataclass(slots=True)
class Tally:
    """Sums that can be added up. `undecided` alarms have their horizon after the end of the period; `shown` counts the others."""

    customers: int = 0
    alarms: int = 0
    right: int = 0
    undecided: int = 0
    requests: int = 0
    foreseen: int = 0
    leads: list[float] = field(default_factory=list)
    shown: Counter[IndicatorCode] = field(default_factory=Counter)
    shown_right: Counter[IndicatorCode] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """The sums of both."""
        for name in ("customers", "alarms", "right", "undecided", "requests", "foreseen"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.leads += other.leads
        self.shown.update(other.shown)
        self.shown_right.update(other.shown_right)

    @property
    def precision(self) -> float | None:
        """Of the alarms that could be judged, the share after which a request came."""
        judged = self.alarms - self.undecided
        return self.right / judged if judged else None

    @property
    def recall(self) -> float | None:
        """Of the requests, the share that an alarm came before."""
        return self.foreseen / self.requests if self.requests else None

    @property
    def lead_hours(self) -> tuple[float, float, float] | None:
        """Quartiles of the time from the first alarm to the request."""
        if not self.leads:
            return None
        first, median, third = statistics.quantiles(self.leads, n=4, method="inclusive") if len(self.leads) > 1 else self.leads * 3
        return first, median, third


@dataclass(frozen=True, slots=True)
class Raised:
    """A warning that would have been raised, and the indicators it would have been raised by."""

    at: datetime
    codes: tuple[IndicatorCode, ...]


def replay(events: Sequence[Happened], rules: RuleSet, zone: ZoneInfo, until: datetime) -> Iterator[Raised]:
    """The warnings of one customer up to `until`, as the watch would have raised them with nobody answering any."""
    coming = sorted({event.at for event in events if event.at <= until}, reverse=True)
    alarmed, at = False, coming.pop() if coming else None
    while at is not None and at <= until:
        finding = examine(events, at, rules, zone)
        alarm = alarm_of(finding.indicators)
        if alarm is not None and not alarmed:
            yield Raised(at, tuple(one.code for one in alarm.indicators))
        alarmed = alarm is not None
        event_first = bool(coming) and (finding.next_at is None or coming[-1] <= finding.next_at)
        at = coming.pop() if event_first else finding.next_at


def measure(job: Job) -> Tally:
    """Alarms and requests of the period, and how they fit."""
    total = Tally()
    for events in job.customers:
        total.add(_customer(events, job))
    return total


def _customer(events: Sequence[Happened], job: Job) -> Tally:
    tally = Tally(customers=1)
    every = list(replay(events, job.rules, job.zone, job.until))
    asked = _requests(events, job.horizon)
    for request in (at for at in asked if job.since <= at <= job.until):
        before = [raised.at for raised in every if request - job.horizon <= raised.at < request]
        tally.requests += 1
        if before:
            tally.foreseen += 1
            tally.leads.append((request - before[0]).total_seconds() / 3600)
    for raised in every:
        if raised.at >= job.since:
            _judge(tally, raised, asked, job)
    return tally


def _requests(events: Sequence[Happened], horizon: timedelta) -> list[datetime]:
    """When the customer asked to withdraw; what several programs tell of one request is one."""
    found: list[datetime] = []
    for at in sorted(event.at for event in events if event.kind == "withdrawal_request"):
        if not found or at > found[-1] + horizon:
            found.append(at)
    return found


def _judge(tally: Tally, raised: Raised, asked: Iterable[datetime], job: Job) -> None:
    tally.alarms += 1
    if raised.at + job.horizon > job.until:  # nor where the request came already: those that it may still come after would be missing
        tally.undecided += 1
        return
    tally.shown.update(raised.codes)
    if any(raised.at < at <= raised.at + job.horizon for at in asked):
        tally.right += 1
        tally.shown_right.update(raised.codes)
