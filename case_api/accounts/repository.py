"""Queries on accounts and tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.people import Person
from models.tokens import AccessToken


async def person_by_username(db: AsyncSession, folded: str, *, lock: bool = False) -> Person | None:
    """The account of a folded name; `lock` keeps the row for this transaction."""
    query = select(Person).where(Person.username == folded)
    return (await db.scalars(query.with_for_update() if lock else query)).one_or_none()


async def revoke_token(db: AsyncSession, token_id: str, now: datetime) -> None:
    """Revoke one token, once."""
    await db.execute(update(AccessToken).where(AccessToken.id == token_id, AccessToken.revoked_at.is_(None)).values(revoked_at=now))


async def revoke_tokens(db: AsyncSession, person_id: str, now: datetime) -> None:
    """Revoke everything a person is signed in with."""
    await db.execute(update(AccessToken).where(AccessToken.person_id == person_id, AccessToken.revoked_at.is_(None)).values(revoked_at=now))
