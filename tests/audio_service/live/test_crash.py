"""The service is killed in the middle of a conversation: nothing acknowledged is lost, and the outcome is that of a quiet day."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from audio_service.evaluation.scoring import corrected_transcripts
from audio_service.messages import SAMPLE_RATE
from case_api import demo
from case_api.harness import Service, own_settings, play_and_kill, prepare

Event = dict[str, Any]


def outcome(events: list[Event]) -> dict[str, Any]:
    """What a conversation came to: final texts, prompts, keywords and the summary, each once."""
    finals = {one["utterance"]: (one["speaker"], one["start"], one["end"], one["text"]) for one in corrected_transcripts(events)}
    prompts = {e["id"]: (e["kind"], e["at"], e["script_id"], tuple(e["reasons"])) for e in events if e["type"] == "prompt"}
    keywords = sorted({(e["utterance"], e["term"], e["at"]) for e in events if e["type"] == "keyword"})
    summary = {key: value for key, value in events[-1].items() if key not in ("session", "recording", "received_at")}
    return {"finals": finals, "prompts": prompts, "keywords": keywords, "summary": summary}


def test_kills_lose_no_acknowledged_audio_and_change_no_outcome(tmp_path: Path, negotiation: NDArray[np.int16]) -> None:
    samples = np.concatenate([negotiation[: 24 * SAMPLE_RATE], negotiation[int(53.5 * SAMPLE_RATE) : int(64 * SAMPLE_RATE)]])
    staff = asyncio.run(prepare(own_settings(tmp_path), "crash", demo.ENROLMENT))
    with Service(tmp_path) as service:
        quiet = play_and_kill(service, staff, samples, 6.0, [])
        rough = play_and_kill(service, staff, samples, 3.0, [4.0, 9.0])
    assert len(rough.at_kill) == 2
    assert rough.lost == 0
    assert rough.phone.reconnects >= 2
    recorded, _ = sf.read(tmp_path / "recordings" / str(rough.phone.session) / "recording.flac", dtype="int16")
    np.testing.assert_array_equal(recorded, samples)
    assert outcome(rough.events) == outcome(quiet.events)
