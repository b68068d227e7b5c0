"""What sentences are found by: characters, pairs of neighbours, how they are read, and site, person, day and month of their conversation.

Triggers on `utterance` keep it (migrations 0018, 0029), so that nothing that writes or deletes what was said can forget it. SQLite keeps
the tokens in a full-text index without content (FTS5), PostgreSQL in `grams` under a GIN index. `id` grows in the order of writing.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, SessionKey

BLOCK: Final = 10
"""Bits of a row's number that are not in the number of its block."""


class UtteranceSearch(Base):
    """One utterance in the index. `facets` are the tokens of its conversation (SQLite), `grams` all tokens (PostgreSQL)."""

    __tablename__ = "utterance_search"
    __table_args__ = (UniqueConstraint("session_id", "ordinal"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)
    session_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    ordinal: Mapped[int]
    facets: Mapped[str] = mapped_column(Text)
    grams: Mapped[str | None] = mapped_column(Text)


class UtteranceSearchBlock(Base):
    """That a conversation has rows among the 1024 of a block (`id >> BLOCK`); migration 0032."""

    __tablename__ = "utterance_search_block"
    __table_args__ = ({"sqlite_with_rowid": False},)

    session_id: Mapped[SessionKey]
    block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
