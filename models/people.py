"""People who sign in, and the roles they hold."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Literal

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import ID_LENGTH, Base, CreatedAt, Id, SiteRef, one_of

Role = Literal[
    "staff",
    "receptionist",
    "site_manager",
    "finance",
    "legal",
    "marketing",
    "city_gm",
    "hq_risk",
    "regional_ops",
    "trainer",
    "admin",
]


def fold_username(name: str) -> str:
    """One spelling a person: compatibility-normalised and case-folded, so `Ｌｉ`, `LI` and `li` are the same account."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


class Person(Base):
    """An account. `username` is stored as `fold_username` gives it."""

    __tablename__ = "person"

    id: Mapped[Id]
    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(200))
    must_change_password: Mapped[bool] = mapped_column(default=True)
    disabled_at: Mapped[datetime | None]
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]

    roles: Mapped[list[PersonRole]] = relationship(
        lazy="selectin", cascade="all, delete-orphan", order_by="(PersonRole.role, PersonRole.site_id)"
    )


class PersonRole(Base):
    """One role of one person, at one site or (`site_id` null) at all of them."""

    __tablename__ = "person_role"
    __table_args__ = (
        one_of("role", Role),
        # Two nulls differ in a UNIQUE constraint, so "everywhere" needs an index of its own.
        Index(
            "uq_person_role_everywhere",
            "person_id",
            "role",
            unique=True,
            sqlite_where=text("site_id IS NULL"),
            postgresql_where=text("site_id IS NULL"),
        ),
        Index("uq_person_role_at_site", "person_id", "role", "site_id", unique=True),
    )

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("person.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(16))
    site_id: Mapped[SiteRef | None]
