"""What a user feels, out of the messages a client received at real-time speed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value below which `share` of them lie (nearest rank); None of none."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else None


def latencies(events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Seconds: finals after their utterance's end, first partials after speech began, calming prompts after their evidence."""
    finals: dict[str, float] = {}
    first_text: dict[str, float] = {}
    prompts: dict[str, float] = {}
    for event in events:
        if event["type"] == "transcript":
            name = event["utterance"]
            if event["text"]:
                first_text.setdefault(name, event["received_at"] - event["start"])
            if event["final"]:
                finals.setdefault(name, event["received_at"] - event["end"])
        elif event["type"] == "prompt" and event["kind"] == "calming":
            prompts.setdefault(event["id"], event["received_at"] - event["at"])
    return {
        "final_after_end_s": _spread(list(finals.values())),
        "first_text_after_start_s": _spread(list(first_text.values())),
        "calming_prompt_after_evidence_s": _spread(list(prompts.values())),
    }


def _spread(values: list[float]) -> dict[str, Any]:
    return {"count": len(values), "median": round(median(values), 3) if values else None, "p95": quantile(values, 0.95)}
