"""Every table, in one place for migrations and tests."""

from __future__ import annotations

from models.approvals import ApprovalPerson, ApprovalRound, ApprovalStep, Delegation
from models.audit import AuditRecord
from models.base import Base
from models.benefits import BenefitBalance, BenefitItem, BenefitPool, BenefitReservation, BenefitTransfer
from models.cases import WithdrawalCase
from models.clips import SessionClip
from models.closing import CustomerTag, KnowledgeEntry, RegionalBrief, TeamReview
from models.co_residents import CoResidentAck
from models.commands import CommandRecord
from models.comments import SessionComment
from models.companions import SessionHint, SessionListener
from models.competitors import CompetitorOffer
from models.consents import Consent
from models.corrections import UtteranceCorrection
from models.crm import CrmCustomer, CrmEvent, CrmSource
from models.deadlines import Deadline, DeadlineEvent
from models.early_warnings import EarlyWarning, WarningRuleSet, WarningStep
from models.enrolments import VoiceEnrolment
from models.evidence import Evidence, EvidenceBlob
from models.figures import FigureBrief
from models.holds import LegalHold, Removal
from models.keywords import KeywordHit
from models.labels import SessionLabel
from models.learning import (
    EarlierWeek,
    FalsePair,
    KeywordReview,
    LearningRun,
    PromptWithheld,
    RankingVersion,
    SessionPlan,
    SiteLearning,
    TermDecision,
)
from models.library_edits import LibraryEdit
from models.notifications import ChannelMessage, Notification, NotificationChannel, NotificationPreference
from models.outbox import OutboxMessage
from models.people import Person, PersonRole
from models.policies import PolicyPosting, PolicyVersion
from models.prompts import PromptFeedback, PromptShown
from models.prosody import ProsodyTrack
from models.public_forms import ProgressLink, PublicForm, SatisfactionAnswer
from models.recordings import RecordingSegment
from models.refunds import ExecutionConfirmation, RefundAccount, RefundInstruction, RefundPayment
from models.registrations import Registration
from models.saved_filters import SavedFilter
from models.search import CaseSearch
from models.sessions import Session, SessionMark, SessionWarning
from models.signals import CaseSignal
from models.sites import Site, SiteDetection
from models.solutions import Offer, OfferAnswer, Payee, Solution
from models.states import StateEvent
from models.tasks import CaseTask
from models.tokens import AccessToken
from models.transcripts import UtteranceSearch
from models.utterances import Utterance
from models.verifications import ErpCheck, PhoneVerification
from models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "AccessToken",
    "ApprovalPerson",
    "ApprovalRound",
    "ApprovalStep",
    "AuditRecord",
    "Base",
    "BenefitBalance",
    "BenefitItem",
    "BenefitPool",
    "BenefitReservation",
    "BenefitTransfer",
    "CaseSearch",
    "CaseSignal",
    "CaseTask",
    "ChannelMessage",
    "CoResidentAck",
    "CommandRecord",
    "CompetitorOffer",
    "Consent",
    "CrmCustomer",
    "CrmEvent",
    "CrmSource",
    "CustomerTag",
    "Deadline",
    "DeadlineEvent",
    "Delegation",
    "EarlierWeek",
    "EarlyWarning",
    "ErpCheck",
    "Evidence",
    "EvidenceBlob",
    "ExecutionConfirmation",
    "FalsePair",
    "FigureBrief",
    "KeywordHit",
    "KeywordReview",
    "KnowledgeEntry",
    "LearningRun",
    "LegalHold",
    "LibraryEdit",
    "Notification",
    "NotificationChannel",
    "NotificationPreference",
    "Offer",
    "OfferAnswer",
    "OutboxMessage",
    "Payee",
    "Person",
    "PersonRole",
    "PhoneVerification",
    "PolicyPosting",
    "PolicyVersion",
    "ProgressLink",
    "PromptFeedback",
    "PromptShown",
    "PromptWithheld",
    "ProsodyTrack",
    "PublicForm",
    "RankingVersion",
    "RecordingSegment",
    "RefundAccount",
    "RefundInstruction",
    "RefundPayment",
    "RegionalBrief",
    "Registration",
    "Removal",
    "SatisfactionAnswer",
    "SavedFilter",
    "Session",
    "SessionClip",
    "SessionComment",
    "SessionHint",
    "SessionLabel",
    "SessionListener",
    "SessionMark",
    "SessionPlan",
    "SessionWarning",
    "Site",
    "SiteDetection",
    "SiteLearning",
    "Solution",
    "StateEvent",
    "TeamReview",
    "TermDecision",
    "Utterance",
    "UtteranceCorrection",
    "UtteranceSearch",
    "VoiceEnrolment",
    "WarningRuleSet",
    "WarningStep",
    "Webhook",
    "WebhookDelivery",
    "WithdrawalCase",
]
