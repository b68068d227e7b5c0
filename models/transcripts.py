"""What sentences are found by: characters, pairs of neighbours, how they are read, and site, person, day and month of their conversation.

Triggers on `utterance` keep it (migrations 0018, 0029), so that nothing that writes or deletes what was said can forget it. SQLite keeps
the tokens in a full-text index without content (FTS5), PostgreSQL in `grams` under a GIN index. `id` grows in the order of writing.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base


class UtteranceSearch(Base):
    """One utterance in the index. `facets` are the tokens of its conversation (SQLite), `grams` all tokens (PostgreSQL)."""

    __tablename__ = "utterance_search"
    __table_args__ = (UniqueConstraint("session_id", "ordinal"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)
    session_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    ordinal: Mapped[int]
    facets: Mapped[str] = mapped_column(Text)
    grams: Mapped[str | None] = mapped_column(Text)
