"""The benefit pool (动态权益响应池) of a site: its catalogue, its reservations and its ledger.

The ledger is double-entry by its form: a transfer takes one amount from one account and gives it to another, so its two entries add up to
zero and so do all balances. Triggers (migration 0006) keep the balances; a CHECK keeps them from going below zero, whoever writes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, Id, PersonRef, SiteRef, one_of

Account = Literal["funding", "available", "reserved", "spent"]
"""Where the money of a pool is. `funding` is the company: minus everything that was ever put in."""
TransferKind = Literal["quota", "top_up", "reduction", "reserve", "release", "draw"]
ReservationStatus = Literal["reserved", "drawn", "released"]

# Each kind of transfer goes one way only.
ROUTES: dict[TransferKind, tuple[Account, Account]] = {
    "quota": ("funding", "available"),
    "top_up": ("funding", "available"),
    "reduction": ("available", "funding"),
    "reserve": ("available", "reserved"),
    "release": ("reserved", "available"),
    "draw": ("reserved", "spent"),
}
_ROUTE_CHECK = " OR ".join(f"kind = '{kind}' AND from_account = '{from_}' AND to_account = '{to}'" for kind, (from_, to) in ROUTES.items())
RESERVED = text("status = 'reserved'")
ACTIVE = text("retired_at IS NULL")
OPENS = text("kind = 'reserve'")
ENDS = text("kind IN ('release', 'draw')")


class BenefitPool(Base):
    """One pool a site: `quota_bp` of `base_fen` (5 % unless said otherwise) may be given away to keep customers."""

    __tablename__ = "benefit_pool"
    __table_args__ = (
        CheckConstraint("base_fen >= 0", name="base_fen"),
        CheckConstraint("quota_bp BETWEEN 0 AND 10000", name="quota_bp"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef] = mapped_column(unique=True)
    base_fen: Mapped[int] = mapped_column(BigInteger)
    quota_bp: Mapped[int]
    base_note: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class BenefitBalance(Base):
    """What lies in one account of a pool. Rows are made with the pool and changed by transfers, both by triggers."""

    __tablename__ = "benefit_balance"
    __table_args__ = (one_of("account", Account), CheckConstraint("account = 'funding' OR balance_fen >= 0", name="never_below_zero"))

    pool_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("benefit_pool.id"), primary_key=True)
    account: Mapped[str] = mapped_column(String(10), primary_key=True)
    balance_fen: Mapped[int] = mapped_column(BigInteger)


class BenefitTransfer(Base):
    """One movement, for good. It outlives the case that it was made for, so it does not refer to it."""

    __tablename__ = "benefit_transfer"
    __table_args__ = (
        one_of("kind", TransferKind),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        CheckConstraint(_ROUTE_CHECK, name="route"),
        CheckConstraint("(kind IN ('reserve', 'release', 'draw')) = (reservation_id IS NOT NULL)", name="reservation"),
        ForeignKeyConstraint(["pool_id", "from_account"], ["benefit_balance.pool_id", "benefit_balance.account"]),
        ForeignKeyConstraint(["pool_id", "to_account"], ["benefit_balance.pool_id", "benefit_balance.account"]),
        # A reservation is made once, and ends once: drawn or released.
        Index("uq_benefit_transfer_reserve", "reservation_id", unique=True, sqlite_where=OPENS, postgresql_where=OPENS),
        Index("uq_benefit_transfer_end", "reservation_id", unique=True, sqlite_where=ENDS, postgresql_where=ENDS),
        Index("ix_benefit_transfer_pool_id_at", "pool_id", "at"),
    )

    id: Mapped[Id]
    pool_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    kind: Mapped[str] = mapped_column(String(10))
    from_account: Mapped[str] = mapped_column(String(10))
    to_account: Mapped[str] = mapped_column(String(10))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(500))
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    reservation_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    made_by: Mapped[PersonRef | None]
    at: Mapped[datetime]


class BenefitItem(Base):
    """One thing that can be given (物业费、智能家居包 …), and what it costs the pool."""

    __tablename__ = "benefit_item"
    __table_args__ = (
        CheckConstraint("cost_fen > 0", name="cost_fen"),
        Index("uq_benefit_item_name", "site_id", "name_zh", unique=True, sqlite_where=ACTIVE, postgresql_where=ACTIVE),
        Index("ix_benefit_item_site_id_created_at", "site_id", "created_at"),
    )

    id: Mapped[Id]
    site_id: Mapped[SiteRef]
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    cost_fen: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class BenefitReservation(Base):
    """What an accepted path A holds back until it is delivered (drawn) or comes to nothing (released)."""

    __tablename__ = "benefit_reservation"
    __table_args__ = (
        one_of("status", ReservationStatus),
        CheckConstraint("amount_fen > 0", name="amount_fen"),
        Index("ix_benefit_reservation_case_id", "case_id"),
        Index("uq_benefit_reservation_case", "case_id", unique=True, sqlite_where=RESERVED, postgresql_where=RESERVED),
    )

    id: Mapped[Id]
    pool_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("benefit_pool.id"), index=True)
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"))
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(8), default="reserved")
    reserved_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
