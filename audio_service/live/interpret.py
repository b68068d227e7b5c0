"""What the ear's events and the finished utterances mean: messages for the phone, rows for the database, signals for the desk."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from pydantic import ValidationError

from audio_service.hearing import (
    Calmed,
    Enrolment,
    Escalation,
    Hearing,
    HearingEvent,
    Interrupted,
    LongSilence,
    Pause,
    SignalWarning,
    SpeakerUpdate,
    StaffHurried,
    StateReport,
    Tick,
    VoiceEnd,
    VoiceStart,
    Words,
)
from audio_service.intake.codecs import as_float
from audio_service.live.ear import Ear
from audio_service.live.finished import AGAIN_AFTER, Finished
from audio_service.live.identity import Identity, Past
from audio_service.live.prompting import PromptDesk, Raised
from audio_service.live.ring import AudioRing
from audio_service.live.rows import SessionRows
from audio_service.live.tally import Tally
from audio_service.live.utterances import Utterances
from audio_service.live.warnings import nudge, warning
from audio_service.live.words import Found, HeardWords, anger_of, find, propose, read
from audio_service.messages import Correction, Moment, MomentKind, ServerMessage, Speaker, State, Summary, Transcript, WarningCode
from models.settings_detection import DetectionSettings, changed_by_site
from scripts_library.ranking import Verdict

logger = structlog.get_logger()

HEARD_AGAIN = 15.0
"""Seconds before a crash whose messages are sent once more: the client may not have got them, and knows repeats by their ids."""
UPDATE_SECONDS = 10.0
HALF_TICK = 0.05
"""Seconds: a moment between two ticks, at which nothing is decided."""


class Interpreter:
    """One conversation. `hear` and `hear_end` may run in a thread; everything else belongs to the event loop."""

    def __init__(self, ear: Ear, identity: Identity, ring: AudioRing, enrolment: Enrolment | None, past: Past) -> None:
        self.identity = identity
        self.enrolled = enrolment is not None
        self.nudges = False
        """Whether the staff member asked to be told when they hurry."""
        self.thresholds = _thresholds(ear, identity)
        self.rows = SessionRows(ear.ledger, identity)
        self._hearing = Hearing(ear.models, self.thresholds, enrolment)
        self._utterances = Utterances(
            identity.session_id,
            ring,
            ear.scheduler,
            self._tell,
            self._finished,
            self._added,
            lambda text: ear.run(find, ear.shelf.tools, text),
            lambda text: propose(ear.shelf.tools, text),
            partial_interval=ear.settings.asr.partial_interval,
            known=past.utterances,
        )
        self._prompts = PromptDesk(ear.shelf, ear.settings, past.feedback, identity.plan)
        self._past_feedback = past.feedback
        self._tally = Tally()
        self._send: Callable[[ServerMessage], None] = lambda message: None
        self._silent_until = past.told_until - HEARD_AGAIN
        self._words: deque[Words] = deque()
        # how far (s) the ear is once it has heard the block it was given; words that come then count after that
        self._reach = 0.0
        self._saying = Lock()
        self._spoken: tuple[Speaker, float] = (Speaker.UNSURE, 0.0)
        self._updated = 0.0

    def connect(self, send: Callable[[ServerMessage], None]) -> None:
        """Where messages go."""
        self._send = send

    def hear(self, block: NDArray[np.int16]) -> list[HearingEvent]:
        """(n,) int16 samples → events; slow, so it runs outside the event loop."""
        with self._saying:
            self._reach = self._hearing.reach(block.size)
            while self._words:
                self._hearing.say(self._words.popleft())
        return self._hearing.hear(as_float(block))

    def hear_end(self) -> list[HearingEvent]:
        """What the end of the audio reveals."""
        return self._hearing.finish()

    def take(self, events: Sequence[HearingEvent]) -> None:
        """Act on what was heard, in order."""
        for event in events:
            self._act(event)
        self._utterances.progress(self._tally.seconds, *self._spoken)
        if self._tally.seconds - self._updated >= UPDATE_SECONDS:
            self._updated = self._tally.seconds
            self.rows.session(**self._tally.row())

    async def settled(self, until: float) -> None:
        """Returns once all words that count at `until` (s) are known."""
        await self._utterances.settled(until)

    async def finish(self) -> Summary:
        """All audio was heard: wait for the last texts and sum up."""
        await self._utterances.drain()
        self.rows.close()
        return self._tally.summary(self.identity)

    def abandon(self) -> None:
        """Drop unfinished work; the audio will be heard again."""
        self._utterances.abandon()

    def totals(self, summary: Summary) -> dict[str, Any]:
        """The session row's last values; without recording no word of what was said."""
        return self._tally.row() | {"summary": self.rows.kept(summary)}

    def feedback(self, prompt_id: str, verdict: Verdict, person_id: str) -> bool:
        """The staff member's answer to a prompt; False if there is no such prompt."""
        if not self._prompts.feedback(prompt_id, verdict):
            return False
        self.rows.feedback(prompt_id, verdict, self._tally.seconds, person_id)
        self._tally.feedback(verdict)
        return True

    def mark(self, at: float, note: str, person_id: str) -> None:
        """A moment the staff member wants to find again."""
        self.rows.mark(at, note, person_id)

    def warn(self, code: WarningCode) -> None:
        """Tell the client that something is off."""
        message = warning(code, self._tally.seconds)
        self.rows.warning(message)
        self._tell(message)

    def _act(self, event: HearingEvent) -> None:
        match event:
            case Tick():
                self._tally.seconds = event.at
                if event.speaker is not None:
                    self._spoken = (event.speaker, event.confidence)
                self.rows.tick(event)
            case StateReport():
                self._state(event)
            case VoiceStart():
                self._utterances.start(event)
            case Pause():
                self._utterances.pause(event)
            case VoiceEnd():
                self._tally.spoken(event)
                self._utterances.end(event)
            case SpeakerUpdate():
                self._corrected(event)
            case Escalation():
                self._escalated(event)
            case Calmed():
                self._moment(Moment(kind=MomentKind.CALMED, at=round(event.at, 2)))
            case Interrupted():
                self._moment(Moment(kind=MomentKind.INTERRUPTION, at=round(event.at, 2), by=event.by))
            case LongSilence():
                seconds = round(event.at - event.start, 1)
                self._moment(Moment(kind=MomentKind.SILENCE, at=round(event.at, 2), seconds=seconds))
            case StaffHurried():
                self._hurried(event)
            case SignalWarning():
                self.warn(event.code)

    def _moment(self, moment: Moment) -> None:
        self._tally.moment(moment)
        self._tell(moment)

    def _hurried(self, event: StaffHurried) -> None:
        """Theirs alone: no row, no count."""
        if self.nudges:
            self._tell(nudge(event))

    def _state(self, report: StateReport) -> None:
        self._tally.level(report.level)
        self._prompts.level_is(report.at, report.level)
        self.rows.state(report)
        self._tell(
            State(
                at=round(report.at, 2),
                speaker=report.speaker,
                confidence=round(report.confidence, 3),
                level=report.level,
                score=round(report.score, 2),
                measures=report.measures,
                customer_share=None if report.customer_share is None else round(report.customer_share, 2),
            )
        )

    def _corrected(self, event: SpeakerUpdate) -> None:
        corrected = self._utterances.update(event)
        if corrected is not None:
            self.rows.speaker(event.utterance, corrected)
            at = round(event.at, 2)
            self._tell(Correction(utterance=corrected.utterance, at=at, speaker=corrected.speaker, confidence=corrected.confidence))

    def _escalated(self, event: Escalation) -> None:
        self.rows.signal("escalation", event.at, {"level": event.level, "strength": round(event.strength, 2)})
        self._raise(self._prompts.for_voice(event))

    def _finished(self, done: Finished, found: Found) -> Finished:
        if done.skipped:
            self.warn(WarningCode.TEXT_SKIPPED)
        heard = read(done, found)
        counts = self._say(done.ordinal, done.visible, heard.anger, known=done.known)
        if counts != done.visible:  # heard again, it has to count from there, too
            done = replace(done, late=counts)
        self.rows.utterance(done)
        self._note(done, heard)
        for cause, weight in heard.causes.items():
            told = {"cause": cause, "weight": round(weight, 2), "utterance": done.name, "speaker": done.speaker}
            self.rows.signal("cause", done.start, told, about=cause)
        self._raise(self._prompts.for_words(done, heard))
        return done

    def _added(self, done: Finished, before: Found, found: Found) -> None:
        """What only a second listening holds: less sure than a text, so it stands behind a raised voice but asks for no words itself."""
        heard = read(done, Found(tuple(hit for hit in found.hits if hit not in before.hits)))
        planned = round(done.end + AGAIN_AFTER, 2) if done.again is None else done.again
        anger = anger_of(found) if heard.anger else 0.0
        done = replace(done, again=self._say(done.ordinal, planned, anger, known=done.again is not None))
        self.rows.again(done)
        self._note(done, heard, again=True)
        self._prompts.added(done, heard)

    def _note(self, done: Finished, heard: HeardWords, *, again: bool = False) -> None:
        """Log and tell the keywords, and tell the desk what it has to know."""
        for keyword in heard.keywords:
            self._tally.keyword(keyword.term)
            self.rows.keyword(keyword, again=again)
            self._tell(keyword)
        for signal in heard.signals:
            self.rows.signal(signal.kind, signal.at, {"term": signal.term, "utterance": done.name, "speaker": done.speaker})

    def _say(self, ordinal: int, at: float, anger: float, *, known: bool) -> float:
        """Tell the ear how angry words are that count from `at` (s); returns from when they do, which is later if the ear is past that.

        `known`: it is settled from when they count, because they did so when the audio was first heard.
        """
        with self._saying:
            if not known and at <= self._reach:
                at = round(self._reach + HALF_TICK, 2)
            if anger:
                self._words.append(Words(ordinal, at, anger))
        return at

    def _raise(self, raised: Raised | None) -> None:
        if raised is None:
            return
        if raised.withheld_at is not None:
            self.rows.withheld(raised.prompt, raised.withheld_at, raised.evidence)
            return
        self._tally.prompt(raised.prompt.kind)
        if raised.prompt.id in self._past_feedback:
            self._tally.feedback(self._past_feedback[raised.prompt.id])
        self.rows.prompt(raised.prompt, raised.evidence)
        self._tell(raised.prompt)

    def _tell(self, message: ServerMessage) -> None:
        """Send, unless it is an old moment of a conversation that is heard again."""
        if position_of(message) >= self._silent_until:
            self._send(message)


def _thresholds(ear: Ear, identity: Identity) -> DetectionSettings:
    """The site's; the service's if what the site set no longer makes sense beside the service's settings of today."""
    try:
        return changed_by_site(ear.settings.detection, identity.thresholds)
    except ValidationError:
        logger.exception("thresholds.refused", session=identity.session_id, site=identity.site_id)
        return ear.settings.detection


def position_of(message: ServerMessage) -> float:
    """Audio time a message is about, in seconds; the newest there is for those about none."""
    if isinstance(message, Transcript):
        return message.end
    return float(getattr(message, "at", float("inf")))
