"""What a signal of the ear means for the desk. Pure; it suggests, a person decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast, get_args

from models.signals import SignalKind

KINDS: Final = get_args(SignalKind)
ASKS_FOR_A_CASE: Final = {"withdrawal_intent", "litigation"}
"""Heard in a conversation without a case, these ask a person whether there should be one."""
CAUSE_WORTH_TICKING: Final = 2.0
"""Evidence (one clear phrase weighs 1) from which a cause is put forward as ticked."""
TERM_LENGTH: Final = 64


class Unreadable(ValueError):
    """A message that is no signal as the ear writes them."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One signal: `at` in seconds of audio, `detail` what its kind carries."""

    kind: SignalKind
    at: float
    utterance_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def read(payload: Mapping[str, Any]) -> Heard:
    """A `session.signal` message. Raises Unreadable."""
    kind, at = payload.get("kind"), payload.get("at")
    utterance = payload.get("utterance")
    if kind not in KINDS:
        raise Unreadable(f"unknown kind {str(kind)[:40]!r}")
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < float("inf"):
        raise Unreadable("no position in the audio")
    if utterance is not None and not (isinstance(utterance, str) and 0 < len(utterance) <= 32):
        raise Unreadable("no such utterance name")
    detail = {name: payload[name] for name in ("level", "speaker", "cause") if isinstance(payload.get(name), str)}
    detail |= {name: payload[name] for name in ("strength", "weight") if isinstance(payload.get(name), int | float)}
    if isinstance(payload.get("term"), str):
        detail["term"] = payload["term"][:TERM_LENGTH]
    if kind == "cause" and not {"cause", "weight"} <= detail.keys():
        raise Unreadable("a cause without its name or weight")
    return Heard(cast(SignalKind, kind), float(at), utterance, detail)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was heard, to listen again."""

    session_id: str
    at: float
    utterance_id: str | None


@dataclass(slots=True)
class CauseHeard:
    """One cause with the sum of its evidence; `suggested`: enough to put it forward as ticked."""

    cause: str
    weight: float = 0.0
    places: list[Place] = field(default_factory=list)

    @property
    def suggested(self) -> bool:
        """Whether it was heard clearly enough."""
        return self.weight >= CAUSE_WORTH_TICKING


@dataclass(slots=True)
class RiskHeard:
    """One kind of risk and where it was heard."""

    kind: str
    places: list[Place] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Pre-filled for a person, causes with the most evidence first."""

    causes: tuple[CauseHeard, ...]
    risks: tuple[RiskHeard, ...]


def suggest(signals: Iterable[tuple[str, Heard]]) -> Suggestions:
    """Sum up (session id, signal) pairs of a case, whatever their order."""
    causes: dict[str, CauseHeard] = {}
    risks: dict[str, RiskHeard] = {}
    for session_id, heard in sorted(signals, key=lambda pair: (pair[0], pair[1].at, pair[1].kind)):
        place = Place(session_id, heard.at, heard.utterance_id)
        if heard.kind == "cause":
            cause = causes.setdefault(heard.detail["cause"], CauseHeard(heard.detail["cause"]))
            cause.weight += heard.detail["weight"]
            cause.places.append(place)
            continue
        risk = risks.setdefault(heard.kind, RiskHeard(heard.kind))
        risk.places.append(place)
        term = heard.detail.get("term")
        if term and term not in risk.terms:
            risk.terms.append(term)
    ranked = sorted(causes.values(), key=lambda one: (-one.weight, one.cause))
    return Suggestions(tuple(ranked), tuple(sorted(risks.values(), key=lambda one: KINDS.index(one.kind))))
