from __future__ import annotations

from typing import Any

from audio_service.client.figures import latencies


def transcript(
    utterance: str, received_at: float, *, final: bool = True, text: str = "好", start: float = 0.0, end: float = 2.0
) -> dict[str, Any]:
    return {
        "type": "transcript",
        "utterance": utterance,
        "final": final,
        "text": text,
        "start": start,
        "end": end,
        "received_at": received_at,
    }


def test_each_utterance_of_each_conversation_counts_once_at_its_first_coming() -> None:
    one = [transcript("u0", 1.0, final=False), transcript("u0", 2.5), transcript("u0", 9.0), transcript("u1", 5.0, start=3.0, end=4.0)]
    other = [transcript("u0", 1.5, final=False, text=""), transcript("u0", 3.0)]
    found = latencies([one, other])
    assert found["final_after_end_s"] == {"count": 3, "median": 1.0, "p95": 1.0}
    assert found["first_text_after_start_s"] == {"count": 3, "median": 2.0, "p95": 3.0}


def test_only_calming_prompts_are_timed() -> None:
    prompts = [
        {"type": "prompt", "id": f"v{at}", "kind": kind, "at": at, "received_at": at + 0.25}
        for at, kind in ((1, "calming"), (2, "guidance"))
    ]
    assert latencies([prompts])["calming_prompt_after_evidence_s"] == {"count": 1, "median": 0.25, "p95": 0.25}
    assert latencies([])["calming_prompt_after_evidence_s"] == {"count": 0, "median": None, "p95": None}
