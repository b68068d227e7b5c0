"""What the ear reports. All times are seconds of audio since the first sample; every event is immutable."""

from __future__ import annotations

from dataclasses import dataclass

from audio_service.messages import Level, Measures, Speaker, WarningCode


@dataclass(frozen=True)
class VoiceStart:
    """An utterance has begun; `at` includes the pre-roll."""

    utterance: int
    at: float


@dataclass(frozen=True)
class Pause:
    """A short silence inside a still open utterance: [its start, at] may be transcribed speculatively."""

    utterance: int
    at: float


@dataclass(frozen=True)
class VoiceEnd:
    """An utterance is over. `split`: it was cut (speaker change or maximum length) and the talk goes on without a silence.

    `syllables` counts the nuclei heard, `voiced_seconds` the speech time they were heard in.
    """

    utterance: int
    start: float
    end: float
    speaker: Speaker
    confidence: float
    syllables: float
    voiced_seconds: float
    split: bool


@dataclass(frozen=True)
class SpeakerUpdate:
    """An utterance that has already ended is now, at `at` seconds, attributed differently (the voices of this session are known better)."""

    at: float
    utterance: int
    speaker: Speaker
    confidence: float


@dataclass(frozen=True)
class Tick:
    """One row of the track, every 100 ms. Values are None where nothing was measured (silence, unvoiced, no baseline yet)."""

    at: float
    voice: float
    speaker: Speaker | None
    confidence: float
    customer: float | None
    loudness_momentary: float
    loudness_short_term: float
    pitch: float | None
    rate: float | None
    balance: float | None
    level: Level
    score: float

    def row(self) -> tuple[float | None, ...]:
        """Compact row for the stored track; see ROW for the columns."""
        values: list[float | None] = [getattr(self, column) for column in ROW]
        return tuple(None if value is None else round(value, 3) for value in values)


ROW = ("at", "voice", "customer", "loudness_momentary", "loudness_short_term", "pitch", "rate", "balance", "score")
"""Columns of `Tick.row`: s, 0–1, 0–1, dB, dB, Hz, syllables/s, dB, standard deviations."""


@dataclass(frozen=True)
class StateReport:
    """Once a second while somebody speaks, and whenever the customer's level changes (`changed`). Maps to the State message."""

    at: float
    speaker: Speaker
    confidence: float
    level: Level
    score: float
    measures: Measures
    changed: bool
    customer_share: float | None = None
    """Of the attributed talk of the last two minutes, 0 to 1."""


@dataclass(frozen=True)
class Escalation:
    """The customer's voice calls for a calming prompt. The differences are against this customer's own baseline."""

    at: float
    level: Level
    strength: float
    rate_change: float
    """Relative: 0.2 is one fifth faster."""
    loudness_change: float
    """dB."""
    pitch_change: float
    """Semitones."""
    balance_change: float
    """dB of 1–5 kHz over 50–1000 Hz."""


@dataclass(frozen=True)
class Calmed:
    """The customer's voice is back at its baseline after an escalation."""

    at: float


@dataclass(frozen=True)
class Interrupted:
    """`by` took the floor while the other side was still speaking."""

    at: float
    by: Speaker


@dataclass(frozen=True)
class LongSilence:
    """Nobody has spoken since `start`; told once a silence, at `at`, when it has become long."""

    start: float
    at: float


@dataclass(frozen=True)
class StaffHurried:
    """The staff member speaks faster than they usually do in this conversation; `rate_change`: 0.2 is one fifth faster."""

    at: float
    rate_change: float


@dataclass(frozen=True)
class SignalWarning:
    """The audio itself is not good enough to rely on."""

    code: WarningCode
    at: float


HearingEvent = (
    VoiceStart
    | Pause
    | VoiceEnd
    | SpeakerUpdate
    | Tick
    | StateReport
    | Escalation
    | Calmed
    | Interrupted
    | LongSilence
    | StaffHurried
    | SignalWarning
)
