"""What every row shares that is carried to somebody outside, tried again until it arrives or is given up."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Id, one_of

DeliveryStatus = Literal["pending", "sent", "failed"]
PENDING = text("status = 'pending'")


class Carried:
    """Mixin of a table whose rows are carried by `case_api.events.sender`.

    `next_at` is when it is tried next. Whoever tries moves it to the end of a lease first (`claimed_by` says who): a process that dies
    on the way leaves the row to another. `attempts` counts what was begun. `error` is for people, without addresses or secrets.
    """

    id: Mapped[Id]
    status: Mapped[str] = mapped_column(String(8), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    last_attempt_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]


def carried_args(table: str) -> tuple[CheckConstraint | Index, ...]:
    """The constraints of a `Carried` table, and the index by which what is due is found."""
    return (
        one_of("status", DeliveryStatus),
        CheckConstraint("(status = 'pending') = (next_at IS NOT NULL)", name="next"),
        CheckConstraint("(status = 'pending') = (done_at IS NULL)", name="done"),
        Index(f"ix_{table}_next_at", "next_at", sqlite_where=PENDING, postgresql_where=PENDING),
    )
