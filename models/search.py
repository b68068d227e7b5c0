"""What cases are found by: every character and every pair of neighbouring characters of a case's `search_text`.

Chinese has no blanks to split words at, and names are two or three characters long. Pairs find any text inside another without a
dictionary. SQLite keeps them in a full-text index (FTS5, filled by triggers), PostgreSQL in a GIN index (migration 0010).
"""

from __future__ import annotations

from itertools import pairwise

from sqlalchemy import Connection, ForeignKey, String, Text, event, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from models.base import ID_LENGTH, Base
from models.cases import WithdrawalCase


class CaseSearch(Base):
    """One case's grams, separated by blanks. `id` is the row of the full-text index."""

    __tablename__ = "case_search"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("withdrawal_case.id", ondelete="CASCADE"), unique=True)
    grams: Mapped[str] = mapped_column(Text)


@event.listens_for(WithdrawalCase, "after_insert")
@event.listens_for(WithdrawalCase, "after_update")
def _index(_: Mapper[WithdrawalCase], connection: Connection, case: WithdrawalCase) -> None:
    """Whoever changes `search_text` cannot forget the index: it is written with the case."""
    if inspect(case).attrs.search_text.history.has_changes():
        insert = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(CaseSearch)
        row = insert.values(case_id=case.id, grams=" ".join(grams(case.search_text)))
        connection.execute(row.on_conflict_do_update(index_elements=["case_id"], set_={"grams": row.excluded.grams}))


def grams(text: str) -> list[str]:
    """The characters and pairs of `text`, each once; no pair runs across two lines.

    Punctuation is written as private-use characters, so that every gram is one word to whatever splits words.
    """
    lines = [[_plain(char) for char in line] for line in text.split("\n")]
    pairs = (a + b for line in lines for a, b in pairwise(line))
    return list(dict.fromkeys([*(char for line in lines for char in line), *pairs]))


def asked(text: str) -> list[str]:
    """The grams that whatever holds `text` (one line) has to have."""
    chars = [_plain(char) for char in text]
    return list(dict.fromkeys(a + b for a, b in pairwise(chars))) or chars


def _plain(char: str) -> str:
    return chr(0xE000 + ord(char)) if char.isascii() and not char.isalnum() else char
