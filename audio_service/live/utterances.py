"""From voice boundaries to text: partials while somebody speaks, one final each utterance, handed on in the order they were spoken.

A final is begun at each short silence, before it is known that the utterance is over; if speech goes on it is kept, for when the speaker
turns out to have changed there. The span is the same either way, so the text does not depend on how early the guess was made.

What was hardly understood is listened to again once its text was handed on, unless staff said it. The text stays; terms are added.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from audio_service.hearing.events import Pause, SpeakerUpdate, VoiceEnd, VoiceStart
from audio_service.live.finished import AGAIN_AFTER, VISIBLE_AFTER, Finished, name_of
from audio_service.live.ring import AudioRing
from audio_service.live.words import Found
from audio_service.messages import Speaker, Transcript
from audio_service.transcription.agreement import Agreement
from audio_service.transcription.results import Propose, Transcription, may_be_misheard
from audio_service.transcription.scheduler import FallingBehind, QueueClosed, TranscriptionQueue

logger = structlog.get_logger()

Text = tuple[Transcription, Found]
Search = Callable[[Transcription], Awaitable[Found]]

FIRST_PARTIAL = 0.7
"""Seconds of an utterance before a partial is worth its decoding."""
REVIEWED = 200
"""Finals whose speaker may still be corrected."""


@dataclass(slots=True)
class _Open:
    """The utterance being spoken. `guesses` are finals of [start, a short silence]: it may turn out to have ended there."""

    ordinal: int
    start: float
    agreement: Agreement = field(default_factory=Agreement)
    partial: asyncio.Task[None] | None = None
    asked: float = 0.0
    guesses: dict[float, asyncio.Task[Text]] = field(default_factory=dict)

    @property
    def guessing(self) -> bool:
        return any(not guess.done() for guess in self.guesses.values())

    def drop_unfinished(self) -> None:
        """At most one guess is worked on; what is known already costs nothing to keep."""
        for end in [end for end, guess in self.guesses.items() if not guess.done()]:
            self.guesses.pop(end).cancel()


@dataclass(slots=True)
class _Ended:
    """An utterance whose final is outstanding. `event` carries the speaker known by now, `by_staff` is what the ear said at its end."""

    task: asyncio.Task[Text]
    event: VoiceEnd
    by_staff: bool


@dataclass(slots=True)
class _Retold:
    """An utterance that was told and is listened to again. `found` is what was found before."""

    task: asyncio.Task[Text]
    done: Finished
    found: Found


Pending = TypeVar("Pending", _Ended, _Retold)


class Utterances:
    """One conversation's utterances. `emit` takes partial and final messages.

    `finished` takes each utterance in order of speech, and returns it as it was stored; `added`, later and in the same order, those that
    were listened to again, with what was found before and what is found now. `search` finds the library's words in a text, outside the
    event loop; `propose` says which other readings are worth rescoring.
    """

    def __init__(
        self,
        session_id: str,
        ring: AudioRing,
        scheduler: TranscriptionQueue,
        emit: Callable[[Transcript], None],
        finished: Callable[[Finished, Found], Finished],
        added: Callable[[Finished, Found, Found], None],
        search: Search,
        propose: Propose,
        *,
        partial_interval: float,
        known: Mapping[int, Finished],
    ) -> None:
        self._session_id = session_id
        self._ring = ring
        self._scheduler = scheduler
        self._emit = emit
        self._finished = finished
        self._added = added
        self._search = search
        self._propose = propose
        self._interval = partial_interval
        self._known = dict(known)
        self._open: _Open | None = None
        self._waiting: dict[int, _Ended] = {}
        self._again: dict[int, _Retold] = {}
        self._done: dict[int, Transcript] = {}
        self._progressed = asyncio.Event()

    def start(self, event: VoiceStart) -> None:
        self._open = _Open(event.utterance, event.at, asked=event.at + FIRST_PARTIAL - self._interval)

    def pause(self, event: Pause) -> None:
        """Begin the final on a guess that the utterance is over."""
        spoken = self._open
        if spoken is None or spoken.ordinal != event.utterance or event.utterance in self._known:
            return
        spoken.drop_unfinished()
        spoken.guesses[event.at] = guess = self._decode(spoken.ordinal, spoken.start, event.at)
        guess.add_done_callback(_seen)

    def end(self, event: VoiceEnd) -> None:
        """The utterance is over: its final follows, from the guess if that had the same span."""
        spoken, self._open = self._open, None
        guess: asyncio.Task[Text] | None = None
        if spoken is not None and spoken.ordinal == event.utterance:
            if spoken.partial is not None:
                spoken.partial.cancel()
            guess = spoken.guesses.pop(event.end, None) if spoken.start == event.start else None
            if guess is not None and guess.done() and (guess.cancelled() or guess.exception() is not None):
                guess = None
            spoken.drop_unfinished()
        known = self._known.get(event.utterance)
        task = asyncio.create_task(self._recalled(known)) if known else guess or self._decode(event.utterance, event.start, event.end)
        self._waiting[event.utterance] = _Ended(task, event, event.speaker is Speaker.STAFF)
        task.add_done_callback(lambda _: self._hand_on(self._waiting, self._deliver))

    def update(self, event: SpeakerUpdate) -> Transcript | None:
        """The final under the speaker known now; None if it has not been sent yet (it will carry the new one)."""
        waiting = self._waiting.get(event.utterance)
        if waiting is not None:
            waiting.event = replace(waiting.event, speaker=event.speaker, confidence=event.confidence)
            return None
        sent = self._done.get(event.utterance)
        if sent is None:
            return None
        again = sent.model_copy(update={"speaker": event.speaker, "confidence": round(event.confidence, 3)})
        self._done[event.utterance] = again
        return again

    def progress(self, now: float, speaker: Speaker, confidence: float) -> None:
        """Ask for the next partial when it is due; one at a time, so that a slow decoder is asked less often."""
        spoken = self._open
        if spoken is None or spoken.ordinal in self._known or spoken.guessing:
            return
        if (spoken.partial is not None and not spoken.partial.done()) or now - spoken.asked < self._interval:
            return
        spoken.asked = now
        spoken.partial = asyncio.create_task(self._partial(spoken, now, speaker, confidence))

    async def settled(self, until: float) -> None:
        """Returns when every utterance whose words count at `until` has been handed on."""
        while self._awaited(until):
            self._progressed.clear()
            await self._progressed.wait()

    def _awaited(self, until: float) -> bool:
        first = any(ended.event.end + VISIBLE_AFTER <= until for ended in self._waiting.values())
        return first or any(retold.done.end + AGAIN_AFTER <= until for retold in self._again.values())

    async def drain(self) -> None:
        """Returns when no final and no second listening is outstanding."""
        await self.settled(float("inf"))

    def abandon(self) -> None:
        """Drop all work: the conversation is gone from this process (the audio is not)."""
        tasks = [ended.task for ended in self._waiting.values()] + [retold.task for retold in self._again.values()]
        if self._open is not None:
            self._open.drop_unfinished()
            if self._open.partial is not None:
                self._open.partial.cancel()
        for task in tasks:
            task.cancel()

    def _decode(self, ordinal: int, start: float, end: float) -> asyncio.Task[Text]:
        return asyncio.create_task(self._text(ordinal, self._ring.between(start, end)))

    async def _text(self, ordinal: int, samples: NDArray[np.float32]) -> Text:
        transcription = await self._scheduler.final(self._session_id, name_of(ordinal), samples, self._propose)
        return transcription, await self._search(transcription)

    async def _recalled(self, known: Finished) -> Text:
        first = known.transcription if known.again is None else known.transcription.alone
        return first, await self._search(first)

    async def _text_again(self, done: Finished, known: Finished | None) -> Text:
        """The utterance's transcription with the other listening's hypotheses beside it."""
        if known is not None and known.again is not None:
            both = known.transcription
        else:
            other = await self._scheduler.again(self._session_id, done.name, self._ring.between(done.start, done.end))
            both = done.transcription if other is None else done.transcription.beside(other)
        return both, await self._search(both)

    async def _partial(self, spoken: _Open, now: float, speaker: Speaker, confidence: float) -> None:
        result = await self._scheduler.partial(self._session_id, name_of(spoken.ordinal), self._ring.between(spoken.start, now))
        if result is None or result.dropped is not None or self._open is not spoken:
            return
        text, settled = spoken.agreement.hear(result.text)
        if text:
            self._emit(
                Transcript(
                    utterance=name_of(spoken.ordinal),
                    final=False,
                    speaker=speaker,
                    confidence=round(confidence, 3),
                    start=spoken.start,
                    end=now,
                    text=text,
                    settled=settled,
                )
            )

    def _hand_on(self, waiting: dict[int, Pending], deliver: Callable[[Pending], None]) -> None:
        """Everything that is over and has nothing before it."""
        for ordinal in sorted(waiting):
            pending = waiting[ordinal]
            if not pending.task.done():
                break
            del waiting[ordinal]
            if pending.task.cancelled() or isinstance(pending.task.exception(), QueueClosed):
                continue  # the next process hears this utterance again
            try:
                deliver(pending)
            except Exception:  # one utterance that cannot be told may not hold up the end of the conversation
                logger.exception("utterance.untold", session=self._session_id, utterance=ordinal)
        self._progressed.set()

    def _deliver(self, ended: _Ended) -> None:
        event, error = ended.event, ended.task.exception()
        if error is not None and not isinstance(error, FallingBehind):
            logger.error("utterance.failed", session=self._session_id, utterance=event.utterance, exc_info=error)
        transcription, found = (Transcription(), Found()) if error is not None else ended.task.result()
        known = self._known.get(event.utterance)
        done = Finished(
            event.utterance,
            event.start,
            event.end,
            event.speaker,
            event.confidence,
            transcription,
            known=known is not None,
            skipped=error is not None,
            late=known.late if known else None,
            again=known.again if known else None,
        )
        message = Transcript(
            utterance=done.name,
            final=True,
            speaker=done.speaker,
            confidence=round(done.confidence, 3),
            start=done.start,
            end=done.end,
            text=transcription.text,
            settled=len(transcription.text),
            syllables=round(event.syllables, 1),
            speech_seconds=round(event.voiced_seconds, 2),
            doubtful=may_be_misheard(transcription.avg_logprob),
        )
        self._done[event.utterance] = message
        self._done.pop(event.utterance - REVIEWED, None)
        self._known.pop(event.utterance, None)
        self._emit(message)
        done = self._finished(done, found)
        heard_again = known is not None and known.again is not None
        if heard_again or (not ended.by_staff and self._is_worth_another(transcription)):
            again = asyncio.create_task(self._text_again(done, known))
            self._again[done.ordinal] = _Retold(again, done, found)
            again.add_done_callback(lambda _: self._hand_on(self._again, self._add))

    def _add(self, retold: _Retold) -> None:
        both, found = retold.task.result()
        self._added(replace(retold.done, transcription=both), retold.found, found)

    def _is_worth_another(self, heard: Transcription) -> bool:
        return not heard.twice and self._scheduler.doubts(heard)


def _seen(guess: asyncio.Task[Text]) -> None:
    """A guess that nobody came to need may fail in silence."""
    if not guess.cancelled():
        guess.exception()
