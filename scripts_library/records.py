"""What the files say, as immutable records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

LEVELS = ("provisional", "calm", "rising", "agitated")
SPEAKERS = ("staff", "customer", "unsure")


class Kind(StrEnum):
    """Why a script is shown: the customer's voice or words rose, a topic came up, or staff wording needs a better one."""

    CALMING = "calming"
    GUIDANCE = "guidance"
    WORDING = "wording"


class Moment(StrEnum):
    """What is happening in the conversation."""

    OPENING = "opening"
    FIRST_OUTBURST = "first_outburst"
    REPEATED_OUTBURST = "repeated_outburst"
    THREAT_LAWYER = "threat_lawyer"
    THREAT_GROUP = "threat_group"
    THREAT_MEDIA = "threat_media"
    THREAT_COMPLAINT = "threat_complaint"
    DEMAND_SUPERIOR = "demand_superior"
    LEAVING = "leaving"
    DEPOSIT_QUESTION = "deposit_question"
    WITHDRAWAL_REQUEST = "withdrawal_request"
    CAUSE_HEARD = "cause_heard"
    SILENCE = "silence"
    DE_ESCALATING = "de_escalating"
    STAFF_WORDING = "staff_wording"


class Cause(StrEnum):
    """Why the customer wants out (「三大常见动因」, and what else is heard on site)."""

    ANY = "any"
    FAMILY = "family"
    CASH_FLOW = "cash_flow"
    COMPETITOR = "competitor"
    QUALITY = "quality"
    DELAY = "delay"
    OTHER = "other"


class Tone(StrEnum):
    WARM = "warm"
    STEADY = "steady"
    FORMAL = "formal"
    BRIEF = "brief"


class Signal(StrEnum):
    """What the case side is told when a term is heard."""

    NONE = "none"
    LITIGATION = "litigation"
    MEDIA = "media"
    WITHDRAWAL_INTENT = "withdrawal_intent"
    GROUP = "group"
    REGULATOR = "regulator"


class ReviewStatus(StrEnum):
    APPROVED = "approved"
    PENDING = "pending"
    REJECTED = "rejected"


class Listen(StrEnum):
    """How far from its sound a term may be heard: `near` for rare or confusable terms, `far` for what every visit is about."""

    EXACT = "exact"
    NEAR = "near"
    NORMAL = "normal"
    FAR = "far"


@dataclass(frozen=True, slots=True)
class Review:
    status: ReviewStatus
    by: str
    on: date | None
    note: str


@dataclass(frozen=True, slots=True)
class Script:
    """Words to say. Only `review.status == approved` may be shown."""

    id: str
    kind: Kind
    situation: Moment
    cause: Cause
    tone: Tone
    levels: frozenset[str]
    zh: str
    en: str
    review: Review

    @property
    def approved(self) -> bool:
        return self.review.status is ReviewStatus.APPROVED


@dataclass(frozen=True, slots=True)
class Category:
    id: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to listen for. `misheard` are texts that recognition typically makes of it; they count only beside a `near` word.

    `not_if` are longer words in which a match is something else (「往前走」 is never 网签).
    """

    name: str
    category: str
    aliases: tuple[str, ...]
    misheard: tuple[str, ...]
    near: tuple[str, ...]
    not_if: tuple[str, ...]
    severity: int
    signal: Signal
    cause: Cause | None
    moment: Moment | None
    listen: Listen


@dataclass(frozen=True, slots=True)
class WordingRule:
    """Staff wording that escalates, and what to say instead: scripts by id, or a text of its own."""

    id: str
    phrases: tuple[str, ...]
    unless: tuple[str, ...]
    scripts: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Cue:
    """A phrase that speaks for something: a cause of withdrawal, or (holdback) that a raised voice is not anger."""

    phrase: str
    group: str
    weight: float
