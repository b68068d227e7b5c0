"""The level of the made-up customers: what the ear's own rules make of their voices, turn by turn. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np

from audio_service.hearing import pitch
from audio_service.hearing.cues import Cues, Passage
from audio_service.hearing.escalation import EscalationDetector
from case_api.demo_data.voice import STEP, Floats
from models.settings_detection import DetectionSettings
from scripts_library.records import LEVELS

HEARD: Final = timedelta(days=14)
"""How far back the ear's rules are asked, 0.04 s of one core a conversation; before that a sketch of what was made up has to do."""
SKETCHED: Final = {"rising": 1.0, "agitated": 1.7}
"""Standard deviations above calm that a sketch calls so."""
SHORTEST: Final = 3
"""Steps of a turn that are enough to judge it by."""


def states(columns: Mapping[str, Floats]) -> Iterator[dict[str, Any]]:
    """Rows of `state_event` without their conversation, one after each of the customer's turns, from the columns of a whole track."""
    detector = EscalationDetector(DetectionSettings())
    yield {"at": 0.0, "level": str(detector.level), "score": 0.0, "measures": {}}
    for first, last in _turns(columns["customer"]):
        passage = _passage(columns, first, last)
        detector.wait(first * STEP)
        detector.listen(last * STEP, passage)
        detector.finish(last * STEP, passage)
        evidence = detector.evidence
        score = 0.0 if evidence is None else round(evidence.score, 3)
        yield {"at": last * STEP, "level": str(detector.level), "score": score, "measures": _measures(detector, passage)}


def sketch(columns: Mapping[str, Floats], reached: str) -> Iterator[dict[str, Any]]:
    """The same without the ear: how the made-up state went, where it changed, up to the level that was `reached` and once at the least."""
    turns, score = list[tuple[float, float]](), 0.0
    for first, last in _turns(columns["customer"]):
        score = (score + float(np.mean(columns["score"][first:last]))) / 2  # nobody changes with every sentence
        turns.append((last * STEP, score))
    highest = max((score for _, score in turns), default=0.0)
    allowed = LEVELS[: LEVELS.index(reached) + 1]
    at, level = 0.0, str(LEVELS[0])
    yield {"at": at, "level": level, "score": 0.0, "measures": {}}
    for at, score in turns:
        found = reached if score == highest else max((one for one in allowed if score >= SKETCHED.get(one, -math.inf)), key=LEVELS.index)
        if found != level:
            level = found
            yield {"at": at, "level": level, "score": round(score, 3), "measures": {}}


def peak(found: Sequence[Mapping[str, Any]]) -> str:
    """The highest level of these states."""
    return str(max((state["level"] for state in found), key=LEVELS.index))


def _turns(customer: Floats) -> Iterator[tuple[int, int]]:
    """(first, last + 1) steps of each of the customer's turns."""
    edges = np.flatnonzero(np.diff((customer > 0.5).astype(np.int8), prepend=0, append=0))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if last - first >= SHORTEST:
            yield int(first), int(last)


def _passage(columns: Mapping[str, Floats], first: int, last: int) -> Passage:
    rate, loud, high = (columns[name][first:last] for name in ("rate", "loudness_short_term", "pitch"))
    seconds, syllables = (last - first) * STEP, max(float(np.mean(rate)), 1.0)
    cues = Cues(math.log(syllables), _high(loud), 12 * math.log2(_high(high) / 100), 0.0)
    return Passage(cues, seconds, syllables * seconds)


def _high(values: Floats) -> float:
    """The value that three quarters lie under."""
    return float(np.sort(values)[len(values) * 3 // 4])


def _measures(detector: EscalationDetector, passage: Passage) -> dict[str, Any]:
    """As the ear writes them: value, and what is usual."""
    centre = detector.baseline.centre
    units = {"rate": math.exp, "loudness": float, "pitch": pitch.to_hz}
    return {
        name: {"value": round(to(passage.cues[place]), 2)} | ({} if centre is None else {"baseline": round(to(float(centre[place])), 2)})
        for place, (name, to) in enumerate(units.items())
    }
