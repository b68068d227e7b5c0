"""What other programs (CRM, ERP) tell of customers: the sources, the customers, and what happened to each of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, SiteRef, one_of

SourceStatus = Literal["active", "disabled"]
ToldKind = Literal[
    "policy_query",
    "visit",
    "visit_booked",
    "loan_papers_due",
    "loan_papers_received",
    "payment_due",
    "payment_received",
    "subscription",
    "co_resident_ack",
    "litigation_notice",
    "withdrawal_request",
    "deal_closed",
]
"""What a source may tell."""
OwnKind = Literal["conversation", "speech_signal", "case_ended"]
"""What this program adds by itself: a conversation that is the customer's, a signal heard in it, the end of the customer's case."""
EventKind = Literal[ToldKind, OwnKind]

CHECKED = text("check_at IS NOT NULL")
HAS_UNIT = text("unit_reference <> ''")
HAS_CASE = text("case_id IS NOT NULL")
HAS_SESSION = text("session_id IS NOT NULL")


class CrmSource(Base):
    """A program that tells of customers, by signed requests or by files. `site_id` null: of every site.

    `secret` signs what it sends; the one before it is taken too until `previous_until`.
    """

    __tablename__ = "crm_source"
    __table_args__ = (
        one_of("status", SourceStatus),
        CheckConstraint("(previous_secret IS NULL) = (previous_until IS NULL)", name="previous"),
        Index("ix_crm_source_created_at_id", "created_at", "id"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    site_id: Mapped[SiteRef | None]
    secret: Mapped[str] = mapped_column(String(80))
    previous_secret: Mapped[str | None] = mapped_column(String(80))
    previous_until: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(8), default="active")
    created_by: Mapped[PersonRef | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class CrmCustomer(Base):
    """One customer of a site, as the sources name them. `key` is `c:` and the customer's number, or `u:` and the unit where none is known.

    `check_at` is when somebody has to look at the customer again: at once after an event, later where time alone changes the answer, null
    where only a new event can. `revision` counts whatever a look at the customer rests on: events, what was settled, other rules.
    `settled` names the causes that a person has dealt with (`Indicator.causes`).
    """

    __tablename__ = "crm_customer"
    __table_args__ = (
        Index("uq_crm_customer_site_id_key", "site_id", "key", unique=True),
        Index("ix_crm_customer_unit", "site_id", "unit_reference", sqlite_where=HAS_UNIT, postgresql_where=HAS_UNIT),
        Index("ix_crm_customer_check_at", "check_at", sqlite_where=CHECKED, postgresql_where=CHECKED),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    key: Mapped[str] = mapped_column(String(80))
    reference: Mapped[str] = mapped_column(String(64), default="")
    unit_reference: Mapped[str] = mapped_column(String(64), default="")
    label: Mapped[str] = mapped_column(String(80), default="")
    check_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=0)
    settled: Mapped[list[Any]] = mapped_column(default=list)


class CrmEvent(Base):
    """One thing that happened. (`source`, `external_id`) makes telling repeatable: a source's id and its own number for the event.

    `reference` names the instalment or the set of papers; `due_at` is the booked or agreed time; `signal` the kind of a signal of the ear.
    What this program adds itself has the source `ear`, `case` or `link`, and goes with its conversation or case, or `ack` (an
    acknowledgement of co-residents).
    """

    __tablename__ = "crm_event"
    __table_args__ = (
        one_of("kind", EventKind),
        Index("uq_crm_event_source_external_id", "source", "external_id", unique=True),
        Index("ix_crm_event_customer_id_at", "customer_id", "at"),
        Index("ix_crm_event_case_id", "case_id", sqlite_where=HAS_CASE, postgresql_where=HAS_CASE),
        Index("ix_crm_event_session_id", "session_id", sqlite_where=HAS_SESSION, postgresql_where=HAS_SESSION),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(ID_LENGTH))
    external_id: Mapped[str] = mapped_column(String(80))
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("crm_customer.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    reference: Mapped[str] = mapped_column(String(64), default="")
    signal: Mapped[str | None] = mapped_column(String(20))
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    session_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), ForeignKey("session.id", ondelete="CASCADE"))
    taken_at: Mapped[datetime]


IS_CHECKED: ColumnElement[bool] = literal_column("crm_customer.check_at IS NOT NULL")
"""Spelt out: a partial index is of no use to a query that leaves its condition to a parameter."""
