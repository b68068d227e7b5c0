"""What all tables share: naming of constraints, UTC times, JSON, identifiers."""

from __future__ import annotations

import re
import secrets
import threading
import time
from datetime import UTC, datetime
from typing import Annotated, Any, get_args

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, ForeignKey, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

ID_LENGTH = 32


RANDOM_BITS = 80


class _Ids:
    """Ids of this process ascend, also within one millisecond: what happened together is read in the order in which it was written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> str:
        drawn = (time.time_ns() // 1_000_000 << RANDOM_BITS) + secrets.randbits(RANDOM_BITS)
        with self._lock:
            self._last = max(drawn, self._last + 1 + secrets.randbits(RANDOM_BITS - 8))
            return f"{self._last:0{ID_LENGTH}x}"


_ids = _Ids()


def new_id() -> str:
    """32 hex digits: 48 bits of milliseconds, so that ids sort by age and indexes stay compact, then 80 bits, random but ascending."""
    return _ids.next()


def is_id(text: str) -> bool:
    """Whether this could be an id at all; anything else is not worth a query (and PostgreSQL fails on some of it)."""
    return re.fullmatch(r"[0-9A-Za-z_-]{1,64}", text) is not None


def utc_now() -> datetime:
    """The one clock of the tables."""
    return datetime.now(UTC)


class UTCDateTime(TypeDecorator[datetime]):
    """Aware UTC times on both databases; SQLite has no time zones, so they are added when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


json_type = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UTCDateTime(),
        dict[str, Any]: json_type,
        list[Any]: json_type,
    }


Id = Annotated[str, mapped_column(String(ID_LENGTH), primary_key=True, default=new_id)]
SiteRef = Annotated[str, mapped_column(String(ID_LENGTH), ForeignKey("site.id"))]
PersonRef = Annotated[str, mapped_column(String(ID_LENGTH), ForeignKey("person.id"))]
SessionRef = Annotated[str, mapped_column(String(ID_LENGTH), ForeignKey("session.id", ondelete="CASCADE"))]
SessionKey = Annotated[str, mapped_column(String(ID_LENGTH), ForeignKey("session.id", ondelete="CASCADE"), primary_key=True)]
Ordinal = Annotated[int, mapped_column(primary_key=True, autoincrement=False)]
CreatedAt = Annotated[datetime, mapped_column(UTCDateTime(), default=utc_now)]


def one_of(column: str, options: Any) -> CheckConstraint:
    """A CHECK that a text column holds one of the names of a `Literal`."""
    names = ", ".join(f"'{name}'" for name in get_args(options))
    return CheckConstraint(f"{column} IN ({names})", name=column)
