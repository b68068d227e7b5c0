"""Finals begun at short silences: kept for when the speaker changed there, and never taken for another span's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Mapping

import numpy as np
import pytest

from audio_service.hearing.events import Pause, SpeakerUpdate, VoiceEnd, VoiceStart
from audio_service.live.finished import AGAIN_AFTER, Finished
from audio_service.live.ring import AudioRing
from audio_service.live.utterances import Utterances
from audio_service.live.words import Found
from audio_service.messages import SAMPLE_RATE, Speaker, Transcript
from audio_service.transcription.results import Alternative, Propose, Samples, Transcription
from audio_service.transcription.scheduler import TranscriptionQueue
from scripts_library.matcher import Hit
from scripts_library.records import Signal


class Talk:
    """Ten seconds of audio before a decoder whose text is how many seconds it was given, and what was told of them."""

    def __init__(self, known: Mapping[int, Finished] | None = None) -> None:
        self.decoded: list[str] = []
        self.finals: list[Transcript] = []
        self.searched: asyncio.Queue[str] = asyncio.Queue()
        self.queue = TranscriptionQueue(self)
        ring = AudioRing(10)
        ring.extend(np.zeros(10 * SAMPLE_RATE, np.int16))
        self.doubtful, self.twice = False, False
        self.added: list[tuple[Finished, tuple[Hit, ...]]] = []
        self.utterances = Utterances(
            "one",
            ring,
            self.queue,
            self._tell,
            lambda done, found: done,
            lambda done, before, found: self.added.append((done, tuple(hit for hit in found.hits if hit not in before.hits))),
            self._search,
            lambda text: [],
            partial_interval=1.0,
            known=known or {},
        )

    def final(self, samples: Samples, propose: Propose | None = None) -> Transcription:
        self.decoded.append(f"{len(samples) / SAMPLE_RATE:.1f}")
        return Transcription(text=self.decoded[-1], twice=self.twice)

    def partial(self, samples: Samples) -> Transcription:
        raise AssertionError("nobody asked for a partial")

    def doubts(self, heard: Transcription) -> bool:
        return self.doubtful

    def again(self, samples: Samples) -> Generator[None, None, Transcription]:
        self.decoded.append(f"again {len(samples) / SAMPLE_RATE:.1f}")
        yield
        return Transcription(text="律师", alternatives=(Alternative("律师", -0.5),))

    def _tell(self, message: Transcript) -> None:
        self.finals.append(message)

    @property
    def told(self) -> list[str]:
        return [message.text for message in self.finals]

    async def _search(self, text: Transcription) -> Found:
        """A term for what was heard first, another for what the second listening holds."""
        self.searched.put_nowait(text.text)
        return Found(tuple(map(hit, ["投诉", *(other.text for other in text.alternatives if other.other)])))

    async def pause(self, utterance: int, at: float) -> None:
        """A short silence, and time for its guess to be decoded."""
        self.utterances.pause(Pause(utterance, at))
        await self.searched.get()
        await asyncio.sleep(0)

    def end(self, utterance: int, start: float, end: float, speaker: Speaker = Speaker.CUSTOMER) -> None:
        self.utterances.end(VoiceEnd(utterance, start, end, speaker, 1.0, 3.0, 1.0, split=False))


def hit(term: str) -> Hit:
    return Hit(term, "threat", "phonetic", 0, 1, term, 0.7, 3, Signal.NONE, None, None, negated=False)


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


async def test_what_was_hardly_understood_is_listened_to_again_after_its_text_and_terms_are_added(talk: Talk) -> None:
    talk.doubtful = True
    talk.end(0, 0.0, 2.0)
    talk.end(1, 2.0, 3.0, Speaker.STAFF)
    talk.end(2, 3.0, 4.5, Speaker.UNSURE)
    talk.utterances.update(SpeakerUpdate(4.6, 1, Speaker.CUSTOMER, 0.9))
    await talk.utterances.settled(2.0 + AGAIN_AFTER)
    assert [done.ordinal for done, _ in talk.added] == [0], "not waited for before it counts"
    await talk.utterances.drain()
    assert talk.told == ["2.0", "1.0", "1.5"]
    assert talk.decoded == ["2.0", "1.0", "1.5", "again 2.0", "again 1.5"], (
        "whom the ear took for staff is not, whatever is found out later"
    )
    assert [(done.ordinal, done.again) for done, _ in talk.added] == [(0, None), (2, None)]
    for done, found in talk.added:
        assert done.transcription.alternatives == (Alternative("律师", -0.5, other=True),)
        assert found == (hit("律师"),)


async def test_after_a_restart_what_a_second_listening_added_counts_from_when_it_did_and_is_not_decoded_again() -> None:
    alternatives = (Alternative("要投诉", -0.6), Alternative("律师", -0.5, other=True))
    heard = Transcription(text="要投诉", alternatives=alternatives, avg_logprob=-0.6)
    known = {
        ordinal: Finished(ordinal, ordinal * 2.0, ordinal * 2.0 + 2.0, Speaker.CUSTOMER, 1.0, text, known=True, again=again)
        for ordinal, text, again in ((0, heard, 7.25), (1, heard.alone, None), (2, heard.alone, 9.5))
    }
    talk = Talk(known)
    talk.doubtful = True
    async with talk.queue:
        for ordinal in known:
            talk.end(ordinal, ordinal * 2.0, ordinal * 2.0 + 2.0)
        await talk.utterances.drain()
    assert talk.decoded == ["again 2.0"], "only what the process before did not get to"
    assert [(done.ordinal, done.again, found) for done, found in talk.added] == [
        (0, 7.25, (hit("律师"),)),
        (1, None, (hit("律师"),)),
        (2, 9.5, ()),
    ]


async def test_what_was_listened_to_twice_before_its_text_was_told_is_not_listened_to_a_third_time(talk: Talk) -> None:
    """A loop has nothing to tell, so the second listening does not wait; what it came to may be as doubtful, but no other way is left."""
    talk.doubtful = talk.twice = True
    talk.end(0, 0.0, 2.0)
    await talk.utterances.drain()
    assert (talk.decoded, talk.added) == (["2.0"], [])
    known = Finished(0, 0.0, 2.0, Speaker.CUSTOMER, 1.0, Transcription(text="要投诉", avg_logprob=-0.6, twice=True), known=True)
    after = Talk({0: known})
    after.doubtful = True
    async with after.queue:
        after.end(0, 0.0, 2.0)
        await after.utterances.drain()
    assert (after.told, after.decoded, after.added) == (["要投诉"], [], [])


async def test_a_conversation_that_goes_away_leaves_its_second_listenings_to_the_next_process(talk: Talk) -> None:
    talk.doubtful = True
    talk.end(0, 0.0, 2.0)
    await talk.utterances.settled(2.0 + 1.5)
    talk.utterances.abandon()
    await asyncio.sleep(0)
    assert talk.added == []
    await talk.utterances.drain()
