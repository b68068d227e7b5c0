"""The deterministic, audio-time core of the ear: 16 kHz samples in, events out."""

from audio_service.hearing.core import Hearing
from audio_service.hearing.enrolment import Enrolment, EnrolmentTooShortError
from audio_service.hearing.events import (
    ROW,
    Calmed,
    Escalation,
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
)
from audio_service.hearing.networks import HearingModels
from audio_service.hearing.wording import Words

__all__ = [
    "ROW",
    "Calmed",
    "Enrolment",
    "EnrolmentTooShortError",
    "Escalation",
    "Hearing",
    "HearingEvent",
    "HearingModels",
    "Interrupted",
    "LongSilence",
    "Pause",
    "SignalWarning",
    "SpeakerUpdate",
    "StaffHurried",
    "StateReport",
    "Tick",
    "VoiceEnd",
    "VoiceStart",
    "Words",
]
