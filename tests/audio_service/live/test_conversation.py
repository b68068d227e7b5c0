"""A real conversation through the real service: what the phone receives, what the database and the disk keep."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray
from sqlalchemy import select

from audio_service.evaluation.scoring import corrected_transcripts
from audio_service.messages import SAMPLE_RATE
from models.consents import Consent
from models.keywords import KeywordHit
from models.outbox import OutboxMessage
from models.prompts import PromptFeedback, PromptShown
from models.prosody import ProsodyTrack
from models.recordings import RecordingSegment
from models.sessions import Session, SessionMark
from models.states import StateEvent
from models.utterances import Utterance

pytestmark = pytest.mark.in_turn

SPEED = 30.0
ONSET = 33.1
"""Where the customer's outburst begins in `shortened`."""


@pytest.fixture
def shortened(negotiation: NDArray[np.int16]) -> NDArray[np.int16]:
    """49 s: half a minute of calm talk, then the outburst."""
    return np.concatenate([negotiation[: 32 * SAMPLE_RATE], negotiation[int(53.5 * SAMPLE_RATE) : int(70.5 * SAMPLE_RATE)]])


async def test_the_outburst_raises_a_calming_prompt_and_everything_is_kept(
    start: Callable[..., Any], rows: Any, shortened: NDArray[np.int16], recordings: Path
) -> None:
    async with start() as service:
        phone = service.phone()
        await phone.play(shortened, SPEED)
        session = await rows.one(select(Session).where(Session.id == phone.session))
        summary = service.of("summary")[-1]

        calming = [prompt for prompt in service.of("prompt") if prompt["kind"] == "calming"]
        assert calming
        assert ONSET < calming[0]["at"] < ONSET + 15
        assert calming[0]["reasons"]
        assert calming[0]["text"]

        finals = {message["utterance"]: message for message in corrected_transcripts(service.messages)}
        assert len(finals) >= 8
        assert {message["speaker"] for message in finals.values()} >= {"staff", "customer"}
        assert any("定金" in message["text"] or "退" in message["text"] for message in finals.values())

        assert service.of("ack")[-1]["seq"] == len(range(0, shortened.size, 1600)) - 1
        np.testing.assert_array_equal(sf.read(recordings / phone.session / "recording.flac", dtype="int16")[0], shortened)

    assert session.status == "ended"
    assert session.recording_sha256
    assert session.seconds == summary["seconds"] == 49.0
    assert summary["recording"] == f"/v1/sessions/{phone.session}/audio"
    segment = await rows.one(select(RecordingSegment).where(RecordingSegment.session_id == phone.session))
    assert (segment.state, segment.samples, segment.path) == ("final", shortened.size, session.recording_path)
    consent = await rows.one(select(Consent).where(Consent.id == session.consent_id))
    assert consent.recording
    assert "录音" in consent.notice_text
    utterances = await rows.scalars(select(Utterance).where(Utterance.session_id == phone.session).order_by(Utterance.ordinal))
    assert [row.id for row in utterances] == sorted(finals, key=lambda name: int(name[1:]))
    assert [row.text for row in utterances] == [finals[row.id]["text"] for row in utterances]
    assert [row.speaker for row in utterances] == [finals[row.id]["speaker"] for row in utterances]
    prompts = await rows.scalars(select(PromptShown).where(PromptShown.session_id == phone.session))
    assert {row.prompt_key for row in prompts} == {prompt["id"] for prompt in service.of("prompt")}
    hits = await rows.scalars(select(KeywordHit).where(KeywordHit.session_id == phone.session))
    assert len(hits) == len(service.of("keyword")) == sum(summary["keywords"].values())
    states = await rows.scalars(select(StateEvent).where(StateEvent.session_id == phone.session))
    assert len(states) == len(service.of("state"))
    tracks = await rows.scalars(select(ProsodyTrack).where(ProsodyTrack.session_id == phone.session))
    assert sum(len(row.data) // 4 // len(row.columns) for row in tracks) == 490
    topics = await rows.scalars(select(OutboxMessage).where(OutboxMessage.session_id == phone.session))
    assert {"session.ended", "session.signal"} <= {row.topic for row in topics}
    assert "escalation" in {row.payload.get("kind") for row in topics}


async def test_without_recording_prompts_work_and_only_counts_are_kept(
    start: Callable[..., Any], rows: Any, shortened: NDArray[np.int16], recordings: Path
) -> None:
    async with start() as service:
        phone = service.phone(consent={"recording": False, "notice_version": "rec-2026-11"})
        await phone.play(shortened, SPEED)
        summary = service.of("summary")[-1]
    assert any(prompt["kind"] == "calming" for prompt in service.of("prompt"))
    assert service.of("transcript")
    assert "recording" not in summary
    assert not (recordings / phone.session).exists()
    for table in (Utterance, PromptShown, KeywordHit, StateEvent, ProsodyTrack):
        assert await rows.scalars(select(table).where(table.session_id == phone.session)) == []
    assert await rows.scalars(select(OutboxMessage).where(OutboxMessage.topic == "session.signal")) == []
    session = await rows.one(select(Session).where(Session.id == phone.session))
    assert session.counts["utterances"] == summary["utterances"] > 0
    assert session.counts["prompts"]["calming"] >= 1


async def test_feedback_and_marks_are_kept_and_an_unknown_prompt_is_told(
    start: Callable[..., Any], rows: Any, negotiation: NDArray[np.int16]
) -> None:
    async with start() as service:
        phone = service.phone(
            extra=[{"type": "mark", "note": "客户要走", "at": 1.5}, {"type": "feedback", "prompt_id": "x9", "verdict": "used"}]
        )
        phone.answer = "helpful"
        await phone.play(negotiation[50 * SAMPLE_RATE : 72 * SAMPLE_RATE], SPEED)
    assert [error["code"] for error in service.of("error")] == ["unknown_prompt"]
    row = await rows.one(select(SessionMark).where(SessionMark.session_id == phone.session))
    assert (row.note, row.at, row.person_id) == ("客户要走", 1.5, service.person.id)
    feedback = await rows.scalars(select(PromptFeedback))
    assert len(feedback) == len(service.of("prompt"))
    assert {row.verdict for row in feedback} <= {"helpful"}
