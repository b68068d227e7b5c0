"""The service is killed in the middle of a conversation: nothing acknowledged is lost, and the outcome is that of a quiet day."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from audio_service.client.phone import Phone
from audio_service.intake.recording import iter_samples
from audio_service.messages import SAMPLE_RATE
from case_api import demo
from case_api.harness import Service, prepare
from models.settings import Settings

CONSENT = {"recording": True, "notice_version": "rec-2026-11"}
Event = dict[str, Any]


def played(
    service: Service, token: str, samples: NDArray[np.int16], speed: float, kill_after: list[float]
) -> tuple[list[Event], Phone, list[bool]]:
    """Messages of a conversation during which the service is killed after so many seconds; whether each time all acked audio was there."""
    events: list[Event] = []
    phone = Phone(service.url, token, CONSENT, events.append)
    kept: list[bool] = []

    def killer() -> None:
        for seconds in kill_after:
            time.sleep(seconds)
            service.kill()
            acked = max((event["seq"] + 1 for event in list(events) if event["type"] == "ack"), default=0)
            folder = service.data_dir / "recordings" / str(phone.session)
            stored = sum(block.size for block in iter_samples(folder))
            kept.append(stored >= min(acked * SAMPLE_RATE // 10, samples.size))
            service.start()

    thread = threading.Thread(target=killer)
    thread.start()
    asyncio.run(phone.play(samples, speed))
    thread.join()
    return events, phone, kept


def outcome(events: list[Event]) -> dict[str, Any]:
    """What a conversation came to: final texts, prompts, keywords and the summary, each once."""
    finals = {e["utterance"]: (e["speaker"], e["start"], e["end"], e["text"]) for e in events if e["type"] == "transcript" and e["final"]}
    prompts = {e["id"]: (e["kind"], e["at"], e["script_id"], tuple(e["reasons"])) for e in events if e["type"] == "prompt"}
    keywords = sorted({(e["utterance"], e["term"], e["at"]) for e in events if e["type"] == "keyword"})
    summary = {key: value for key, value in events[-1].items() if key not in ("session", "recording", "received_at")}
    return {"finals": finals, "prompts": prompts, "keywords": keywords, "summary": summary}


def test_kills_lose_no_acknowledged_audio_and_change_no_outcome(tmp_path: Path, negotiation: NDArray[np.int16]) -> None:
    samples = np.concatenate([negotiation[: 24 * SAMPLE_RATE], negotiation[int(53.5 * SAMPLE_RATE) : int(64 * SAMPLE_RATE)]])
    settings = Settings(data_dir=tmp_path)
    staff = asyncio.run(prepare(settings, "crash", demo.ENROLMENT))
    with Service(tmp_path, {"CALMDESK_DATABASE_URL": settings.database_url}) as service:
        quiet, _, _ = played(service, staff.token, samples, 6.0, [])
        rough, phone, kept = played(service, staff.token, samples, 3.0, [4.0, 3.0])
    assert kept == [True, True]
    assert phone.reconnects >= 2
    recorded, _ = sf.read(tmp_path / "recordings" / str(phone.session) / "recording.flac", dtype="int16")
    np.testing.assert_array_equal(recorded, samples)
    assert outcome(rough) == outcome(quiet)
