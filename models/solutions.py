"""Paths out of a withdrawal: drafted and priced, offered together, answered once."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, one_of

SolutionKind = Literal["keep_with_benefits", "rescission", "transfer", "deferral", "referral"]
OfferStatus = Literal["open", "accepted", "declined", "void"]
Answer = Literal["accept", "decline"]
PayeeRole = Literal["buyer", "bank"]
LIVE = text("status IN ('open', 'accepted')")


class Solution(Base):
    """One path with its terms and the price they came to. `facts` is what it was priced from; a price of other facts is stale.

    `refund_policy_id` names the version of the refund rule, where one was used. Offers keep copies, so a solution may change after one.
    """

    __tablename__ = "solution"
    __table_args__ = (
        one_of("kind", SolutionKind),
        CheckConstraint("total_fen >= 0", name="total_fen"),
        Index("ix_solution_case_id_created_at", "case_id", "created_at"),
    )

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    terms: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]
    price: Mapped[dict[str, Any]]
    total_fen: Mapped[int] = mapped_column(BigInteger)
    refund_policy_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("policy_version.id"), index=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    created_by: Mapped[PersonRef]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Offer(Base):
    """What was put before the customer: `snapshot` to the last figure, `sha256` of its canonical JSON. At most one a case is live."""

    __tablename__ = "offer"
    __table_args__ = (
        one_of("status", OfferStatus),
        CheckConstraint("valid_until > offered_at", name="valid_until"),
        UniqueConstraint("case_id", "number"),
        Index("uq_offer_live", "case_id", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
    )

    id: Mapped[Id]
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(8), default="open")
    snapshot: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    offered_by: Mapped[PersonRef]
    offered_at: Mapped[datetime]
    valid_until: Mapped[datetime]


class OfferAnswer(Base):
    """The customer's answer to one offer, and where it can be heard (`session_id` at `said_at` seconds) or seen (`evidence_id`).

    `path` is the accepted one as the offer had it. `nonce` goes into the hash of what is approved and never leaves the table: without it
    account numbers could be guessed from the hash.
    """

    __tablename__ = "offer_answer"
    __table_args__ = (
        one_of("answer", Answer),
        CheckConstraint("(answer = 'accept') = (path IS NOT NULL)", name="accepted_path"),
        CheckConstraint("answer = 'accept' OR note <> ''", name="declined_why"),
        CheckConstraint("said_at >= 0", name="said_at"),
        UniqueConstraint("offer_id"),
        Index("ix_offer_answer_case_id", "case_id"),
    )

    id: Mapped[Id]
    offer_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("offer.id", ondelete="CASCADE"))
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    answer: Mapped[str] = mapped_column(String(8))
    path: Mapped[dict[str, Any] | None]
    nonce: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(String(500), default="")
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("session.id", ondelete="SET NULL"), index=True)
    said_at: Mapped[float | None]
    evidence_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("evidence.id", ondelete="SET NULL"), index=True)
    answered_by: Mapped[PersonRef]
    answered_at: Mapped[datetime]


class Payee(Base):
    """Who is paid what under an accepted path. `account` is personal data: masked in answers, absent from the audit record."""

    __tablename__ = "payee"
    __table_args__ = (
        one_of("role", PayeeRole),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        UniqueConstraint("answer_id", "ordinal"),
    )

    id: Mapped[Id]
    answer_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("offer_answer.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    role: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(80))
    bank: Mapped[str] = mapped_column(String(80))
    account: Mapped[str] = mapped_column(String(34))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
