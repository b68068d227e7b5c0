"""The ear of one conversation: samples in, events out. No clock, threads or files; any split of the audio gives the same events."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from audio_service.hearing import cues, pitch
from audio_service.hearing.balance import Balance
from audio_service.hearing.cues import Passage
from audio_service.hearing.embedding import MelFrames
from audio_service.hearing.endpointing import Boundary, Edge, Endpointer
from audio_service.hearing.enrolment import Enrolment
from audio_service.hearing.escalation import EscalationDetector
from audio_service.hearing.events import HearingEvent, Pause, SpeakerUpdate, StateReport, Tick, VoiceEnd, VoiceStart
from audio_service.hearing.floor import Floor, drop
from audio_service.hearing.loudness import Loudness, loudness_db
from audio_service.hearing.networks import HearingModels
from audio_service.hearing.pace import StaffPace
from audio_service.hearing.quality import SignalQuality
from audio_service.hearing.speaker import Heard, Voices
from audio_service.hearing.spectra import FRAMES_PER_TICK, TICK, Floats, Spectra
from audio_service.hearing.syllables import LOOKAHEAD, Syllables
from audio_service.hearing.track import COLUMNS, FRAME_RATE, Track
from audio_service.hearing.vad import VoiceActivity
from audio_service.hearing.windows import UtteranceWindows
from audio_service.hearing.wording import Words
from audio_service.messages import SAMPLE_RATE, Level, Measure, Measures, Speaker, WarningCode
from models.settings_detection import DetectionSettings

SILENCE = 0.2
"""Voice probability under which a tick shows the room alone."""
PASSAGE = 5.0
"""Longest stretch measured as one passage, seconds: longer utterances are judged by their newest part."""
REPORT_TICKS = 10
FLOOR_SECONDS = 1.0
"""Seconds on either side of a change of speakers in which the sound is compared."""
SPLIT_STEP = 5
"""Frames (50 ms) over which energy is smoothed when the weakest point of a speaker change is looked for."""
NEAR = 0.15
"""Seconds between a pause and the weakest point of a speaker change that are taken for the same place."""
REVIEWED = 40
"""Finished utterances whose attribution may still be corrected."""


@dataclass
class _Utterance:
    number: int
    start: float


@dataclass
class _Past:
    """An utterance that is over: whose it was taken for (`compared`: beside another voice), and what it may still teach the baseline."""

    number: int
    heard: Heard
    speaker: Speaker
    compared: bool
    passages: list[Passage]


class Hearing:
    """One conversation. `models` is shared by all conversations; everything else belongs to this one."""

    def __init__(self, models: HearingModels, settings: DetectionSettings, enrolment: Enrolment | None) -> None:
        self._pending = np.zeros(0, np.float32)
        self._ticks = 0
        self._spectra = Spectra.start()
        self._loudness = Loudness()
        self._mel = MelFrames()
        self._syllables = Syllables(models.nuclei)
        self._balance = Balance()
        self._activity = VoiceActivity(models)
        self._track = Track(settings.utterance_max + PASSAGE)
        self._ends = Endpointer(settings)
        self._voices = Voices(settings, enrolment)
        self._windows = UtteranceWindows(models, self._voices)
        self._detector = EscalationDetector(settings)
        self._floor = Floor(settings)
        self._pace = StaffPace()
        self._quality = SignalQuality(settings)
        self._enrolled = enrolment is not None
        self._open: _Utterance | None = None
        self._count = 0
        self._pauses: list[float] = []
        self._voice = 0.0
        self._customer = 0.5
        self._passage: Passage | None = None
        self._finished: deque[_Past] = deque(maxlen=REVIEWED)
        self._words: list[Words] = []
        self._reported = (Level.PROVISIONAL, 0)

    @property
    def seconds(self) -> float:
        """Audio heard so far, in whole ticks."""
        return self._ticks * TICK / SAMPLE_RATE

    def reach(self, more: int) -> float:
        """Seconds heard, in whole ticks, once `more` samples have come."""
        return (self._ticks + (len(self._pending) + more) // TICK) * TICK / SAMPLE_RATE

    def say(self, words: Words) -> None:
        """What an utterance said; counts from `words.at`, or from the next tick if that has passed, and only if a customer said it."""
        self._words.append(words)

    def hear(self, samples: Floats) -> list[HearingEvent]:
        """(n,) float32 samples at 16 kHz in [−1, 1], any n → the events they complete. Samples that are not finite count as silence."""
        fresh = np.nan_to_num(np.asarray(samples, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        self._pending = np.concatenate((self._pending, fresh))
        events: list[HearingEvent] = []
        while len(self._pending) >= TICK:
            block, self._pending = self._pending[:TICK], self._pending[TICK:]
            events += self._tick(block)
        return events

    def finish(self) -> list[HearingEvent]:
        """No more audio: hears the rest (padded to a tick) and ends the open utterance."""
        rest = len(self._pending)
        events = self.hear(np.zeros(TICK - rest, np.float32)) if rest else []
        for boundary in self._ends.finish():
            events += self._boundary(boundary)
        return events

    def _tick(self, block: Floats) -> list[HearingEvent]:
        self._ticks += 1
        probabilities = self._activity.push(block)
        mel = self._mel.push(block)
        self._measure(block, probabilities, mel)
        events: list[HearingEvent] = []
        for probability in probabilities:
            for boundary in self._ends.push(float(probability)):
                events += self._boundary(boundary)
        speaking = self._open is not None
        events += self._quality.push(self.seconds, block, speaking)
        events += self._floor.tick(self.seconds, speaking)
        self._windows.push(mel, speaking and self._voice >= cues.SPEECH)
        events += self._heed()
        if self._open is not None:
            events += self._listen(self._open)
        self._detector.wait(self.seconds)
        events.append(self._row())
        return events + self._report()

    def _measure(self, block: Floats, probabilities: Floats, mel: Floats) -> None:
        power = self._spectra.push(block)
        semitones, strength = pitch.pitch(power)
        # 32 ms frames laid over 10 ms ones; the last, unfinished one counts like its predecessor
        voice = np.full(FRAMES_PER_TICK, probabilities[-1] if len(probabilities) else self._voice)
        known = np.repeat(probabilities, 4)[:FRAMES_PER_TICK]
        voice[: len(known)] = known
        silence = self._open is None and bool(np.max(voice) < SILENCE)
        nuclei = self._syllables.push(mel, strength)
        rows = np.zeros((FRAMES_PER_TICK, len(COLUMNS)), np.float32)
        rows[:, :6] = np.column_stack((voice, self._loudness.push(block), semitones, strength, self._balance.push(power, silence)))
        self._track.push(rows)
        self._track.mark(self._track.end - FRAMES_PER_TICK - LOOKAHEAD, nuclei)
        self._voice = float(voice[-1])

    def _boundary(self, boundary: Boundary) -> list[HearingEvent]:
        if boundary.edge is Edge.START:
            return self._begin(boundary.at)
        if self._open is None:
            return []
        if boundary.edge is Edge.PAUSE:
            self._pauses.append(boundary.at)
            return [Pause(self._open.number, boundary.at)]
        if boundary.edge is Edge.RESUME:
            if self._pauses:  # else the utterance was cut in this very pause
                self._windows.resume(boundary.at, self._pauses[-1])
            return []
        if boundary.edge is Edge.END:
            return self._close(self._open, boundary.at, self._windows.close(self._open.start, boundary.at), split=False)
        self._windows.settle()
        before, _ = self._windows.heard.split(boundary.at)
        return self._split(self._open, boundary.at, before)

    def _begin(self, at: float) -> list[HearingEvent]:
        self._open = _Utterance(self._count, at)
        self._count += 1
        self._pauses = [pause for pause in self._pauses if pause > at]
        self._windows.open(at)
        warnings = [] if self._enrolled else self._quality.once(WarningCode.NOT_ENROLLED, self.seconds)
        return [VoiceStart(self._open.number, at), *warnings]

    def _split(self, utterance: _Utterance, at: float, before: Heard) -> list[HearingEvent]:
        """Ends the open utterance at `at` and goes on with the rest as a new one, which keeps its share of the speaker windows."""
        _, after = self._windows.heard.split(at)
        events = self._close(utterance, at, before, split=True)
        events += self._begin(at)
        self._windows.heard = after
        return events

    def _close(self, utterance: _Utterance, end: float, heard: Heard, *, split: bool) -> list[HearingEvent]:
        customer = self._voices.posterior(heard)
        speaker, confidence = self._voices.decide(customer)
        compared = self._voices.compared
        passages = self._passages(utterance.start, end)
        self._open = None
        whole = cues.pooled(passages) if passages else None
        ended = VoiceEnd(
            utterance=utterance.number,
            start=utterance.start,
            end=end,
            speaker=speaker,
            confidence=confidence,
            syllables=whole.syllables if whole else 0.0,
            voiced_seconds=whole.seconds if whole else 0.0,
            split=split,
        )
        events: list[HearingEvent] = [ended]
        events += self._floor.spoken(ended)
        if whole is not None:
            self._voices.learn(heard, whole.cues.loudness)
            events += self._quality.utterance(self.seconds, whole.cues.loudness)
            events += self._quality.voices(self.seconds, speaker, whole.seconds, self._voices.compared)
        if speaker is Speaker.CUSTOMER and self._voices.familiar(heard):
            for passage in passages:
                events += self._detector.finish(self.seconds, passage)
        if speaker is Speaker.STAFF:
            events += self._pace.finish(self.seconds, passages)
        events += self._review()
        self._finished.append(_Past(utterance.number, heard, speaker, compared, passages))
        self._passage = None
        return events

    def _passages(self, start: float, end: float) -> list[Passage]:
        """An utterance as passages of about PASSAGE seconds each; those without enough voice are left out."""
        edges = np.linspace(start, end, max(1, round((end - start) / PASSAGE)) + 1)
        measured = [self._measured(float(first), float(last)) for first, last in pairwise(edges)]
        return [passage for passage in measured if passage is not None]

    def _measured(self, start: float, end: float) -> Passage | None:
        """A stretch that may lie so far back that the syllables of all of it are known."""
        since = self._track.end - round(end * FRAME_RATE)
        return cues.measure(self._track.span(start, end), max(0, LOOKAHEAD - since))

    def _review(self) -> list[HearingEvent]:
        """Attributions that the voices, as they are known now, would give differently.

        Corrected once: what was unsure, and what was decided before both sides had been heard. What turns out to have been the
        customer's calm talk teaches their baseline after all.
        """
        events: list[HearingEvent] = []
        for past in self._finished:
            final = past.speaker is not Speaker.UNSURE and (past.compared or not self._voices.compared)
            if final or not past.heard.vectors:
                continue
            now, confidence = self._voices.decide(self._voices.posterior(past.heard))
            if now in (Speaker.UNSURE, past.speaker):
                continue
            past.speaker, past.compared = now, self._voices.compared
            events.append(SpeakerUpdate(self.seconds, past.number, now, confidence))
            if now is Speaker.CUSTOMER and self._voices.familiar(past.heard):
                self._detector.recall(past.passages)
        return events

    def _listen(self, utterance: _Utterance) -> list[HearingEvent]:
        events: list[HearingEvent] = []
        between = self._windows.change()
        if between is not None and (at := self._place(max(between[0], utterance.start + 0.1), between[1])) is not None:
            self._ends.restart(at)
            self._windows.settle()
            before, _ = self._windows.heard.split(at)
            around = self._track.span(at - FLOOR_SECONDS, at + FLOOR_SECONDS)[:, 1]
            events += self._split(utterance, at, before)
            self._floor.cut(drop(around))
            assert self._open is not None  # a split opens the next utterance
            utterance = self._open
        if self._detector.raising:
            self._windows.settle()  # nobody is to be called agitated for what somebody else said last
        heard = self._windows.heard
        self._customer = self._voices.posterior(heard)
        since = max(utterance.start, self.seconds - PASSAGE)
        self._passage = self._measured(since, self.seconds)
        speaker, _ = self._voices.decide(self._customer)
        theirs = speaker is Speaker.CUSTOMER and self._voices.familiar(heard.within(since, self.seconds))
        if self._passage is not None and theirs and self._voice >= cues.SPEECH:
            events += self._detector.listen(self.seconds, self._passage)
        return events

    def _heed(self) -> list[HearingEvent]:
        """The words whose moment has come, if the customer said them as far as is known by now."""
        due = sorted((words for words in self._words if words.at <= self.seconds), key=lambda words: words.utterance)
        self._words = [words for words in self._words if words.at > self.seconds]
        customers = {past.number for past in self._finished if past.speaker is Speaker.CUSTOMER}
        return [event for words in due if words.utterance in customers for event in self._detector.heed(self.seconds, words)]

    def _place(self, start: float, end: float) -> float | None:
        """Where a change of speakers between two times is cut: the quietest 50 ms, or the pause there, whose text may be known already."""
        weakest = start if start == end else self._weakest(start, end)
        if weakest is None:
            return None
        return next((pause for pause in reversed(self._pauses) if abs(pause - weakest) <= NEAR), weakest)

    def _weakest(self, start: float, end: float) -> float | None:
        power = self._track.span(start, end)[:, 1]
        if len(power) < SPLIT_STEP:
            return None
        smooth = np.convolve(power, np.ones(SPLIT_STEP, np.float32), mode="valid")
        return start + (int(np.argmin(smooth)) + SPLIT_STEP / 2) / FRAME_RATE

    def _row(self) -> Tick:
        speaking = self._open is not None
        speaker, confidence = self._voices.decide(self._customer) if speaking else (None, 0.0)
        last = self._track.span(self.seconds - 0.1, self.seconds)
        voiced = last[last[:, 3] >= cues.VOICED, 2]
        passage = self._passage
        evidence = self._detector.evidence
        return Tick(
            at=self.seconds,
            voice=self._voice,
            speaker=speaker,
            confidence=confidence,
            customer=self._customer if speaking else None,
            loudness_momentary=loudness_db(self._track.span(self.seconds - 0.4, self.seconds)[:, 1]),
            loudness_short_term=loudness_db(self._track.span(self.seconds - 3.0, self.seconds)[:, 1]),
            pitch=pitch.to_hz(float(np.median(voiced))) if speaking and len(voiced) >= 3 else None,
            rate=float(np.exp(passage.cues.rate)) if passage else None,
            balance=passage.cues.balance if passage else None,
            level=self._detector.level,
            score=evidence.score if evidence else 0.0,
        )

    def _report(self) -> list[HearingEvent]:
        level, tick = self._reported
        changed = self._detector.level is not level
        due = self._open is not None and self._ticks - tick >= REPORT_TICKS
        if not (changed or due):
            return []
        self._reported = (self._detector.level, self._ticks)
        speaker, confidence = self._voices.decide(self._customer) if self._open is not None else (Speaker.UNSURE, 0.0)
        evidence = self._detector.evidence
        score = evidence.score if evidence else 0.0
        share = self._floor.customer_share
        return [StateReport(self.seconds, speaker, confidence, self._detector.level, score, self._measures(speaker), changed, share)]

    def _measures(self, speaker: Speaker) -> Measures:
        """The cues of the passage being spoken; against the baseline when it is the customer's."""
        passage = self._passage
        if passage is None:
            return Measures()
        baseline = self._detector.baseline if speaker is Speaker.CUSTOMER else None
        centre = baseline.centre if baseline else None
        z = baseline.z(passage) if baseline else None

        def measure(index: int, convert: Callable[[float], float]) -> Measure:
            return Measure(
                value=round(convert(passage.cues[index]), 2),
                baseline=None if centre is None else round(convert(float(centre[index])), 2),
                z=None if z is None else round(float(z[index]), 2),
            )

        return Measures(rate=measure(0, math.exp), loudness=measure(1, float), pitch=measure(2, pitch.to_hz), balance=measure(3, float))
