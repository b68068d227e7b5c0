"""How a conversation went, out of its states: stretches of one level, and what was usual. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

CUES: Final = ("loudness", "rate", "pitch")
RAISED: Final = ("rising", "agitated")


class State(Protocol):
    """What is asked of a state. The cues are what was usual at the time, or None."""

    @property
    def at(self) -> float: ...
    @property
    def speaker(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def loudness(self) -> float | None: ...
    @property
    def rate(self) -> float | None: ...
    @property
    def pitch(self) -> float | None: ...


class Band(NamedTuple):
    """A stretch of one level, in seconds."""

    level: str
    start: float
    end: float


def bands(states: Sequence[State], end: float) -> list[Band]:
    """The level over time, neighbours of one level joined; the last one lasts until `end`."""
    turns = [state for n, state in enumerate(states) if n == 0 or state.level != states[n - 1].level]
    ends = [state.at for state in turns[1:]] + [end]
    return [Band(state.level, state.at, until) for state, until in zip(turns, ends, strict=False)]


def usual(states: Sequence[State]) -> dict[str, list[tuple[float, float]]]:
    """What was usual for the customer, by cue: (s, value) whenever it changed."""
    found: dict[str, list[tuple[float, float]]] = {cue: [] for cue in CUES}
    for state in states:
        if state.speaker != "customer":
            continue
        for cue, steps in found.items():
            value = getattr(state, cue)
            if value is not None and (not steps or steps[-1][1] != round(value, 1)):
                steps.append((state.at, round(value, 1)))
    return found


def onset(found: Sequence[Band]) -> float | None:
    """When the customer was first heard to be more than calm."""
    return next((band.start for band in found if band.level in RAISED), None)


def clock(at: float) -> str:
    """Audio time, `m:ss` or `h:mm:ss`."""
    minutes, seconds = divmod(int(at), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}" if minutes >= 60 else f"{minutes}:{seconds:02d}"
