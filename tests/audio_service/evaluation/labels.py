"""Labels small enough to be worked out by hand."""

from __future__ import annotations

from typing import Any

from audio_service.evaluation.corpus import Conversation

Label = dict[str, Any]
RATE = 16_000


def turn(role: str, start: float, end: float, text: str = "", *keywords: str) -> Label:
    return {"role": role, "start": start, "end": end, "text": text, "keywords": list(keywords)}


def label(**changes: Any) -> Label:
    """Forty seconds: the customer is agitated from 20 to 26 s."""
    turns = [
        turn("customer", 1, 5, "我要退定金", "定金"),
        turn("staff", 6, 9, "您先坐下"),
        turn("customer", 20, 26, "我要投诉你们", "投诉"),
    ]
    whole = {"id": "c0", "kind": "escalate", "seconds": 40.0, "onset": 20.0, "offset": 26.0, "staff_voice": "lan", "turns": turns}
    return whole | changes


def conversation(**changes: Any) -> Conversation:
    return Conversation.model_validate(label(**changes))
