"""Terms that only a second listening holds: added after the text, the same after a restart. What it hears is given, the rest is real."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select

from audio_service.intake.packets import build_packet
from audio_service.live.rows import AGAIN
from audio_service.messages import SAMPLE_RATE
from audio_service.transcription.results import Alternative, Samples, Transcription
from models.keywords import KeywordHit
from models.utterances import Utterance
from tests.audio_service.live.test_bad_input import line

pytestmark = pytest.mark.in_turn

HEARD = Alternative("律师，我爱人昨天说", -0.3)


def given(samples: Samples) -> Generator[None, None, Transcription]:
    yield
    return Transcription(text=HEARD.text, alternatives=(HEARD,), avg_logprob=HEARD.score)


@pytest.fixture
def talk(negotiation: NDArray[np.int16], monkeypatch: pytest.MonkeyPatch, transcriber: Any) -> NDArray[np.int16]:
    monkeypatch.setattr(transcriber, "doubts", lambda heard: len(heard.text) > 4)
    monkeypatch.setattr(transcriber, "again", given)
    return negotiation[: 24 * SAMPLE_RATE]


async def test_terms_are_added_after_the_text_and_a_restart_changes_nothing(
    start: Callable[..., Any], rows: Any, talk: NDArray[np.int16]
) -> None:
    async def kept(session: str) -> tuple[list[Any], list[Any]]:
        utterances = await rows.scalars(select(Utterance).where(Utterance.session_id == session).order_by(Utterance.ordinal))
        keywords = await rows.scalars(select(KeywordHit).where(KeywordHit.session_id == session).order_by(KeywordHit.ordinal))
        return (
            [(row.id, row.speaker, row.text, row.alternatives, "again" in row.quality) for row in utterances],
            [(row.ordinal, row.utterance_id, row.term, row.at, row.speaker, row.match, row.heard) for row in keywords],
        )

    packets = [build_packet(seq, talk[at : at + 1600].tobytes()) for seq, at in enumerate(range(0, talk.size, 1600))]
    async with start() as service:
        quiet = service.phone()
        await quiet.play(talk, 6)
        told = service.messages[:]
        async with line(service) as client:
            session = (await client.hello())["session"]
            for packet in packets[:220]:
                await client.send(packet)
            while (await client.until("keyword"))["term"] != "律师":
                pass
    async with start() as service, line(service) as client:
        ready = await client.hello(resume=session)
        for packet in packets[ready["next_seq"] :]:
            await client.send(packet)
        await client.say(type="stop")
        summary = await client.until("summary")
        assert await client.closed() == 1000

    utterances, keywords = await kept(quiet.session)
    again = [(name, text) for name, _, text, _, listened in utterances if listened]
    assert len(again) >= 2
    assert all(speaker != "staff" for name, speaker, *_ in utterances if name in dict(again))
    for _, _, text, alternatives, listened in utterances:
        assert ([*HEARD[:2], True] in alternatives) is listened, text
    added = [row for row in keywords if row[0] >= AGAIN]
    assert len(added) >= 2
    assert {(row[2], row[5]) for row in added} == {("律师", "phonetic")}
    for _, name, _, _, _, _, heard in added:
        assert heard in dict(again)[name], "the place in the text that is shown"
    order = [(message["type"], message.get("utterance")) for message in told if message["type"] != "transcript" or message["final"]]
    for _, name, *_ in added:
        assert order.index(("transcript", name)) < max(place for place, one in enumerate(order) if one == ("keyword", name))
    assert summary["keywords"]["律师"] == len(added)
    assert await kept(session) == (utterances, keywords)
