"""Every table, in one place for migrations and tests."""

from __future__ import annotations

from models.audit import AuditRecord
from models.base import Base
from models.cases import WithdrawalCase
from models.consents import Consent
from models.enrolments import VoiceEnrolment
from models.keywords import KeywordHit
from models.outbox import OutboxMessage
from models.people import Person, PersonRole
from models.prompts import PromptFeedback, PromptShown
from models.prosody import ProsodyTrack
from models.recordings import RecordingSegment
from models.sessions import Session, SessionMark, SessionWarning
from models.sites import Site
from models.states import StateEvent
from models.tokens import AccessToken
from models.utterances import Utterance

__all__ = [
    "AccessToken",
    "AuditRecord",
    "Base",
    "Consent",
    "KeywordHit",
    "OutboxMessage",
    "Person",
    "PersonRole",
    "PromptFeedback",
    "PromptShown",
    "ProsodyTrack",
    "RecordingSegment",
    "Session",
    "SessionMark",
    "SessionWarning",
    "Site",
    "StateEvent",
    "Utterance",
    "VoiceEnrolment",
    "WithdrawalCase",
]
