"""What a user feels, out of the messages a client received at real-time speed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value below which `share` of them lie (nearest rank); None of none."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else None


def latencies(streams: Sequence[Sequence[dict[str, Any]]]) -> dict[str, Any]:
    """Seconds over all conversations: finals after their utterance's end, first partials after speech began, calming prompts after their
    evidence. What came again after a lost line counts once, at its first coming."""
    finals: list[float] = []
    first_text: list[float] = []
    prompts: list[float] = []
    for events in streams:
        said = [event for event in events if event["type"] == "transcript"]
        finals += _first([event for event in said if event["final"]], "utterance", "end")
        first_text += _first([event for event in said if event["text"]], "utterance", "start")
        prompts += _first([event for event in events if event["type"] == "prompt" and event["kind"] == "calming"], "id", "at")
    return {
        "final_after_end_s": _spread(finals),
        "first_text_after_start_s": _spread(first_text),
        "calming_prompt_after_evidence_s": _spread(prompts),
    }


def _first(events: Sequence[dict[str, Any]], key: str, since: str) -> list[float]:
    seconds: dict[str, float] = {}
    for event in events:
        seconds.setdefault(event[key], event["received_at"] - event[since])
    return list(seconds.values())


def _spread(values: list[float]) -> dict[str, Any]:
    return {"count": len(values), "median": round(median(values), 3) if values else None, "p95": quantile(values, 0.95)}
