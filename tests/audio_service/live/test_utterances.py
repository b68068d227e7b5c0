"""Finals begun at short silences: kept for when the speaker changed there, and never taken for another span's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from audio_service.hearing.events import Pause, SpeakerUpdate, VoiceEnd, VoiceStart
from audio_service.live.ring import AudioRing
from audio_service.live.utterances import Utterances
from audio_service.live.words import Found
from audio_service.messages import SAMPLE_RATE, Speaker, Transcript
from audio_service.transcription.results import Propose, Samples, Transcription
from audio_service.transcription.scheduler import TranscriptionQueue


class Talk:
    """Ten seconds of audio before a decoder whose text is how many seconds it was given, and what was told of them."""

    def __init__(self) -> None:
        self.decoded: list[str] = []
        self.finals: list[Transcript] = []
        self.searched: asyncio.Queue[str] = asyncio.Queue()
        self.queue = TranscriptionQueue(self)
        ring = AudioRing(10)
        ring.extend(np.zeros(10 * SAMPLE_RATE, np.int16))
        self.utterances = Utterances(
            "one", ring, self.queue, self._tell, lambda done, found: None, self._search, lambda text: [], partial_interval=1.0, known={}
        )

    def final(self, samples: Samples, propose: Propose | None = None) -> Transcription:
        self.decoded.append(f"{len(samples) / SAMPLE_RATE:.1f}")
        return Transcription(text=self.decoded[-1])

    def partial(self, samples: Samples) -> Transcription:
        raise AssertionError("nobody asked for a partial")

    def _tell(self, message: Transcript) -> None:
        self.finals.append(message)

    @property
    def told(self) -> list[str]:
        return [message.text for message in self.finals]

    async def _search(self, text: Transcription) -> Found:
        self.searched.put_nowait(text.text)
        return Found()

    async def pause(self, utterance: int, at: float) -> None:
        """A short silence, and time for its guess to be decoded."""
        self.utterances.pause(Pause(utterance, at))
        await self.searched.get()
        await asyncio.sleep(0)

    def end(self, utterance: int, start: float, end: float) -> None:
        self.utterances.end(VoiceEnd(utterance, start, end, Speaker.CUSTOMER, 1.0, 3.0, 1.0, split=False))


@pytest.fixture
async def talk() -> AsyncIterator[Talk]:
    made = Talk()
    async with made.queue:
        yield made


async def test_the_text_up_to_an_earlier_silence_is_there_when_the_speaker_changed_in_it(talk: Talk) -> None:
    talk.utterances.start(VoiceStart(0, 0.0))
    await talk.pause(0, 2.0)
    await talk.pause(0, 3.5)
    talk.end(0, 0.0, 2.0)
    talk.utterances.start(VoiceStart(1, 2.0))
    await talk.utterances.drain()
    assert talk.told == ["2.0"]
    talk.end(1, 2.0, 3.5)
    await talk.utterances.drain()
    assert talk.told == ["2.0", "1.5"]  # not the text of 0 to 3.5 s
    assert talk.decoded == ["2.0", "3.5", "1.5"]


async def test_a_guess_that_was_wrong_is_not_told(talk: Talk) -> None:
    talk.utterances.start(VoiceStart(0, 0.0))
    await talk.pause(0, 2.0)
    talk.end(0, 0.0, 4.0)
    await talk.utterances.drain()
    assert talk.told == ["4.0"]


async def test_a_speaker_known_before_the_final_is_sent_goes_with_it_and_one_known_later_is_a_correction(talk: Talk) -> None:
    talk.utterances.start(VoiceStart(0, 0.0))
    talk.end(0, 0.0, 2.0)
    assert talk.utterances.update(SpeakerUpdate(2.5, 0, Speaker.STAFF, 0.9)) is None
    await talk.utterances.drain()
    assert [message.speaker for message in talk.finals] == [Speaker.STAFF]
    corrected = talk.utterances.update(SpeakerUpdate(9.0, 0, Speaker.CUSTOMER, 0.81234))
    assert corrected == talk.finals[0].model_copy(update={"speaker": Speaker.CUSTOMER, "confidence": 0.812})
    assert len(talk.finals) == 1
    assert talk.utterances.update(SpeakerUpdate(9.0, 7, Speaker.CUSTOMER, 0.8)) is None, "never heard of"
