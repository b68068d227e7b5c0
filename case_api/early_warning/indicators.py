"""What the events of one customer show at a moment, and when that may change by itself. Pure.

An indicator's causes say what it rests on: a person who has dealt with them is not told of the same ones again. `next_at` is the earliest
moment after `now` at which the indicators can differ without a new event, so that nobody has to be looked at in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from case_api.early_warning.rule_sets.rules import (
    CoResident,
    IndicatorCode,
    Litigation,
    LoanPapers,
    Payment,
    PolicyQueries,
    RuleSet,
    Speech,
    Visits,
)
from case_api.early_warning.working_days import after_working_days, end_of, is_published
from case_api.money import WHOLE_BP
from models.crm import EventKind

ENDS: Final[frozenset[EventKind]] = frozenset({"withdrawal_request", "case_ended", "deal_closed"})
"""What came before these is settled: the case deals with it, or the deal is done."""
_SPEECH: Final = {
    "withdrawal_intent": ("退房意向", "a wish to withdraw"),
    "media": ("曝光威胁", "the press"),
    "group": ("群体诉求", "a group"),
    "regulator": ("投诉监管", "the regulator"),
    "escalation": ("情绪升级", "anger"),
}


@dataclass(frozen=True, slots=True)
class Happened:
    """One event, as the rules see it."""

    kind: EventKind
    at: datetime
    due_at: datetime | None = None
    reference: str = ""
    signal: str | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One reason for a warning: what it weighs, what it rests on, and how it is told."""

    code: IndicatorCode
    points: int
    causes: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Everything that shows. `ended_by`: what settled everything before it, if the newest such event is all there is."""

    indicators: tuple[Indicator, ...]
    next_at: datetime | None
    ended_by: EventKind | None = None


Answer = tuple[Indicator | None, Iterable[datetime]]
"""An indicator, if it shows, and moments at which that may change (past ones do not count)."""


def examine(events: Iterable[Happened], now: datetime, rules: RuleSet, zone: ZoneInfo) -> Finding:
    """What shows at `now` in the events up to then, whatever their order. Days are days of `zone`."""
    known = sorted((event for event in events if event.at <= now), key=_order)
    end = next((event for event in reversed(known) if event.kind in ENDS), None)
    counted = [event for event in known if end is None or event.at > end.at]
    indicators: list[Indicator] = []
    moments: list[datetime] = []
    for indicator, changes in _answers(counted, now, rules, zone):
        moments += [moment for moment in changes if moment > now]
        if indicator is not None:
            indicators.append(indicator)
    return Finding(tuple(indicators), min(moments, default=None), end.kind if end is not None and not counted else None)


def _order(event: Happened) -> tuple[datetime, str, str, datetime, str]:
    """One order of whatever happened at one moment: of two dates under one reference the later holds."""
    return event.at, event.kind, event.reference, event.due_at or event.at, event.signal or ""


def _answers(events: Sequence[Happened], now: datetime, rules: RuleSet, zone: ZoneInfo) -> Iterator[Answer]:
    """Every rule's answer, the gravest first."""
    yield _litigation(events, now, rules.litigation)
    if rules.speech is not None:
        yield _speech(events, now, rules.speech)
    if rules.loan_papers is not None:
        yield _loan_papers(events, now, rules.loan_papers, zone)
    if rules.payment is not None:
        yield _payment(events, now, rules.payment, zone)
    if rules.policy_queries is not None:
        yield _policy_queries(events, now, rules.policy_queries)
    if rules.visits is not None:
        yield _visits(events, now, rules.visits)
    if rules.co_resident is not None:
        yield _co_resident(events, now, rules.co_resident, zone)


def _litigation(events: Sequence[Happened], now: datetime, rule: Litigation) -> Answer:
    lasts = timedelta(days=rule.days)
    heard = [one for one in events if (one.kind == "litigation_notice" or one.signal == "litigation") and now < one.at + lasts]
    if not heard:
        return None, ()
    last = heard[-1]
    zh, en = ("收到律师函或诉讼通知", "A lawyer's letter or a notice of litigation came")
    if last.kind == "speech_signal":
        zh, en = ("会话中提到起诉", "Litigation was threatened in a conversation")
    return Indicator("litigation", rule.points, (_cause("litigation", last.at),), zh, en), [last.at + lasts]


def _speech(events: Sequence[Happened], now: datetime, rule: Speech) -> Answer:
    lasts = timedelta(days=rule.days)
    heard = [one for one in events if one.kind == "speech_signal" and one.signal in rule.kinds and now < one.at + lasts]
    if not heard:
        return None, ()
    kinds = list(dict.fromkeys(one.signal for one in heard if one.signal is not None))
    zh = f"近 {rule.days} 天会话信号：{'、'.join(_SPEECH[kind][0] for kind in kinds)}"
    en = f"Heard in conversations of the last {rule.days} days: {', '.join(_SPEECH[kind][1] for kind in kinds)}"
    causes = (_cause("speech", heard[-1].at),)
    return Indicator("speech", rule.points, causes, zh, en), [one.at + lasts for one in heard]


def _policy_queries(events: Sequence[Happened], now: datetime, rule: PolicyQueries) -> Answer:
    lasts = timedelta(days=rule.days)
    asked = [one.at for one in events if one.kind == "policy_query" and now < one.at + lasts]
    if len(asked) < rule.count:
        return None, ()
    zh = f"近 {rule.days} 天 {len(asked)} 次咨询退房政策"
    en = f"Asked about the withdrawal policy {len(asked)} times in {rule.days} days"
    return Indicator("policy_queries", rule.points, (_cause("policy_queries", asked[-1]),), zh, en), [at + lasts for at in asked]


def _visits(events: Sequence[Happened], now: datetime, rule: Visits) -> Answer:
    period = timedelta(days=rule.days)
    visits = [one.at for one in events if one.kind == "visit" and now < one.at + 2 * period]
    ahead = [one.due_at for one in events if one.kind == "visit_booked" and one.due_at is not None and one.due_at > now]
    changes = [at + period for at in visits] + [at + 2 * period for at in visits] + ahead
    recent = [at for at in visits if now < at + period]
    before = len(visits) - len(recent)
    if ahead or before < rule.before_min or len(recent) * WHOLE_BP > before * (WHOLE_BP - rule.drop_bp):
        return None, changes
    zh = f"近 {rule.days} 天到访 {len(recent)} 次，前 {rule.days} 天 {before} 次，且未预约下次到访"
    visited = f"{len(recent)} visit{'' if len(recent) == 1 else 's'}"
    en = f"{visited} in {rule.days} days after {before} in the {rule.days} before, and no next one booked"
    return Indicator("visits", rule.points, (_cause("visits", visits[-1]),), zh, en), changes


def _loan_papers(events: Sequence[Happened], now: datetime, rule: LoanPapers, zone: ZoneInfo) -> Answer:
    late: list[tuple[date, date]] = []
    causes: list[str] = []
    changes: list[datetime] = []
    for due in _outstanding(events, "loan_papers_due", "loan_papers_received"):
        day = _day(due, zone)
        last = after_working_days(day, rule.working_days)
        changes.append(end_of(last, zone))
        if changes[-1] <= now:
            late.append((day, last))
            causes.append(f"loan_papers:{due.reference}:{day.isoformat()}")
    if not late:
        return None, changes
    day, last = min(late)
    guess_zh, guess_en = _guessed(day, last)
    zh = f"贷款资料应于 {day} 提交，已逾期超过 {rule.working_days} 个工作日{guess_zh}"
    en = f"Loan papers were due {day} and are more than {rule.working_days} working days late{guess_en}"
    return Indicator("loan_papers", rule.points, tuple(sorted(causes)), zh, en), changes


def _guessed(first: date, last: date) -> tuple[str, str]:
    unknown = [year for year in range(first.year, last.year + 1) if not is_published(year)]
    if not unknown:
        return "", ""
    return (
        f"（{unknown[0]} 年调休安排未知，按法定节假日推算）",
        f" (make-up days of {unknown[0]} unknown: statutory holidays only)",
    )


def _payment(events: Sequence[Happened], now: datetime, rule: Payment, zone: ZoneInfo) -> Answer:
    late: list[date] = []
    causes: list[str] = []
    changes: list[datetime] = []
    for due in _outstanding(events, "payment_due", "payment_received"):
        day = _day(due, zone)
        changes.append(end_of(day + timedelta(days=rule.days), zone))
        if changes[-1] <= now:
            late.append(day)
            causes.append(f"payment:{due.reference}:{day.isoformat()}")
    if not late:
        return None, changes
    zh = f"款项应于 {min(late)} 支付，已逾期超过 {rule.days} 天（共 {len(late)} 笔）"
    en = f"A payment was due {min(late)} and is more than {rule.days} days late ({len(late)} in all)"
    return Indicator("payment", rule.points, tuple(sorted(causes)), zh, en), changes


def _outstanding(events: Sequence[Happened], due_kind: EventKind, received_kind: EventKind) -> list[Happened]:
    """What is due and has not come. Under one reference the newest date holds; what comes without one settles the earliest due."""
    newest = {one.reference: one for one in events if one.kind == due_kind and one.reference}
    open_ = [one for one in events if one.kind == due_kind and not one.reference] + list(newest.values())
    received = [one.reference for one in events if one.kind == received_kind]
    named = set(received) - {""}
    left = sorted((one for one in open_ if not one.reference or one.reference not in named), key=lambda one: (one.due_at or one.at, one.at))
    return left[received.count("") :]


def _co_resident(events: Sequence[Happened], now: datetime, rule: CoResident, zone: ZoneInfo) -> Answer:
    subscribed = [one for one in events if one.kind == "subscription"]
    if not subscribed or any(one.kind == "co_resident_ack" for one in events):
        return None, ()
    day = subscribed[-1].at.astimezone(zone).date()
    until = end_of(day + timedelta(days=rule.days), zone)
    if now < until:
        return None, [until]
    zh = f"{day} 认购后 {rule.days} 天内未签《共居人知情确认书》"
    en = f"No acknowledgement of the co-residents within {rule.days} days of the subscription on {day}"
    return Indicator("co_resident", rule.points, (f"co_resident:{day.isoformat()}",), zh, en), ()


def _day(due: Happened, zone: ZoneInfo) -> date:
    return (due.due_at or due.at).astimezone(zone).date()


def _cause(code: IndicatorCode, at: datetime) -> str:
    return f"{code}:{at.isoformat()}"
