"""Access tokens: opaque to the client, only their hash is kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import ID_LENGTH, Base, CreatedAt, Id


class AccessToken(Base):
    """One sign-in. `token_hash` is the SHA-256 of the token in hex; the token itself is never stored."""

    __tablename__ = "access_token"

    id: Mapped[Id]
    person_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    user_agent: Mapped[str] = mapped_column(String(200), default="")
