"""Sessions as the ear leaves them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from models.consents import Consent
from models.engine import Factory, transaction
from models.keywords import KeywordHit
from models.people import Person
from models.prompts import PromptFeedback, PromptShown
from models.prosody import ProsodyTrack, pack
from models.sessions import Session, SessionMark, SessionWarning
from models.states import StateEvent
from models.utterances import Utterance

MakeSession = Callable[..., Awaitable[Session]]
LINES = [("staff", 0.0, 1.5, "您请先坐下喝杯茶"), ("customer", 2.0, 4.25, "我要退房，不然就找媒体曝光"), ("unsure", 5.0, 6.0, "")]


@pytest.fixture
def make_session(factory: Factory) -> MakeSession:
    """`await make_session(person, site_id, …)`: three utterances, a prompt with two taps, a keyword, a mark, a warning, 70 s of track."""

    async def make(staff: Person, site_id: str, *, lines: list[tuple[str, float, float, str]] = LINES, **values: Any) -> Session:
        recording = values.pop("recording", True)
        consent = Consent(recording=recording, notice_version="rec-2026-11", notice_text="告知", method="spoken", informed_by="李静")
        async with transaction(factory) as db:
            db.add(consent)
            await db.flush()
            settled = {"status": "ended", "codec": "pcm_s16le", "sample_rate": 16000, "seconds": 70.0} | values
            session = Session(site_id=site_id, staff_id=staff.id, consent_id=consent.id, recording=recording, **settled)
            db.add(session)
            await db.flush()
            prompt = PromptShown(
                session_id=session.id,
                prompt_key="p1",
                kind="calming",
                at=4.3,
                script_id="calm-01",
                text="我完全理解您的心情",
                reasons=["语速加快"],
            )
            db.add(prompt)
            await db.flush()
            db.add_all(
                [
                    *(
                        Utterance(
                            session_id=session.id, ordinal=n, id=f"u{n}", speaker=who, confidence=0.9, start=start, end=end, text=text
                        )
                        for n, (who, start, end, text) in enumerate(lines)
                    ),
                    *(PromptFeedback(prompt_id=prompt.id, verdict=verdict, person_id=staff.id) for verdict in ("used", "helpful")),
                    KeywordHit(
                        session_id=session.id,
                        ordinal=0,
                        utterance_id="u1",
                        term="曝光",
                        category="媒体",
                        at=3.8,
                        end=4.2,
                        speaker="customer",
                        heard="报光",
                        match="phonetic",
                        score=0.9,
                    ),
                    SessionMark(session_id=session.id, at=3.0, note="提到媒体", person_id=staff.id),
                    SessionWarning(session_id=session.id, code="clipping", at=1.0),
                    StateEvent(session_id=session.id, ordinal=0, at=4.0, speaker="customer", confidence=0.8, level="rising", score=2.1),
                    *track(session.id, 70.0),
                ]
            )
        return session

    return make


def track(session_id: str, seconds: float) -> list[ProsodyTrack]:
    """Chunks of 30 s whose `clock` column is each step's own time, and whose `rate` is known in every other second only."""
    clock = np.arange(round(seconds * 10), dtype=np.float32) / 10
    rate = np.where(clock.astype(int) % 2 == 0, 5.0, np.nan)
    chunks = []
    for ordinal, first in enumerate(range(0, len(clock), 300)):
        columns, data = pack({"clock": clock[first : first + 300], "rate": rate[first : first + 300]})
        chunks.append(ProsodyTrack(session_id=session_id, ordinal=ordinal, start=first / 10, step=0.1, columns=columns, data=data))
    return chunks
