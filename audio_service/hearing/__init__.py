"""The deterministic, audio-time core of the ear: 16 kHz samples in, events out."""

from audio_service.hearing.core import Hearing
from audio_service.hearing.enrolment import Enrolment, EnrolmentTooShortError
from audio_service.hearing.events import (
    ROW,
    Calmed,
    Escalation,
    HearingEvent,
    Pause,
    SignalWarning,
    SpeakerUpdate,
    StateReport,
    Tick,
    VoiceEnd,
    VoiceStart,
)
from audio_service.hearing.networks import HearingModels

__all__ = [
    "ROW",
    "Calmed",
    "Enrolment",
    "EnrolmentTooShortError",
    "Escalation",
    "Hearing",
    "HearingEvent",
    "HearingModels",
    "Pause",
    "SignalWarning",
    "SpeakerUpdate",
    "StateReport",
    "Tick",
    "VoiceEnd",
    "VoiceStart",
]
