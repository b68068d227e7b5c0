"""Filters of a list that somebody wants again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, PersonRef, one_of

FilteredList = Literal["cases", "sessions", "search"]


class SavedFilter(Base):
    """One person's filters of one list, under a name; `wanted` is the list's address: names of filters and their values."""

    __tablename__ = "saved_filter"
    __table_args__ = (
        one_of("list", FilteredList),
        CheckConstraint("name <> ''", name="name"),
        Index("uq_saved_filter_person_id_list_name", "person_id", "list", "name", unique=True),
    )

    id: Mapped[Id]
    person_id: Mapped[PersonRef]
    list: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(40))
    wanted: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
