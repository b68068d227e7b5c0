"""Sign in, sign out, change the password."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.accounts import repository
from case_api.accounts.passwords import check_strength, hash_password, verify_password
from case_api.commands import By, Replay
from case_api.once import Once
from case_api.problems import Problem, ProblemCode
from case_api.security import Principal, token_hash
from models import audit
from models.base import utc_now
from models.engine import Factory, reading, transaction
from models.people import Person, fold_username
from models.settings import AuthSettings
from models.tokens import AccessToken


async def sign_in(factory: Factory, auth: AuthSettings, username: str, password: str, who: audit.Actor) -> tuple[str, AccessToken, Person]:
    """A new token for the right password; `credentials_invalid` for everything else.

    Unknown, disabled, locked and wrong look and take the same: nothing tells an attacker which names exist or whether a
    guess made during a lock was right. An attempt is counted before it is checked, so guessing in parallel gains nothing.
    """
    async with transaction(factory) as db:
        person = await repository.person_by_username(db, fold_username(username), lock=True)
        counted = person is not None and _count_attempt(db, person, auth, who)
    if not await verify_password(password, person.password_hash if person and counted else None):
        raise Problem(ProblemCode.CREDENTIALS_INVALID)
    assert person is not None
    async with transaction(factory) as db:
        # Read again: the account may have been disabled, or its password changed, while the password was checked.
        fresh = await repository.person_by_username(db, person.username, lock=True)
        if fresh is None or fresh.disabled_at is not None or fresh.password_hash != person.password_hash:
            raise Problem(ProblemCode.CREDENTIALS_INVALID)
        fresh.failed_logins, fresh.locked_until = 0, None
        token, row = issue_token(db, fresh, auth, who.user_agent)
        await db.flush()
        actor = audit.Actor(fresh.display_name, fresh.id, who.ip, who.user_agent)
        audit.record(db, actor, "api:token:create", audit.Subject("token", row.id))
    return token, row, fresh


def _count_attempt(db: AsyncSession, person: Person, auth: AuthSettings, who: audit.Actor) -> bool:
    """Charge one attempt to the account; False if it may not be tried at all."""
    now = utc_now()
    if person.disabled_at is not None or (person.locked_until is not None and person.locked_until > now):
        return False
    if person.locked_until is not None:
        person.failed_logins, person.locked_until = 0, None
    person.failed_logins += 1
    if person.failed_logins >= auth.lockout_failures:
        person.locked_until = now + timedelta(minutes=auth.lockout_minutes)
        audit.record(db, who, "api:person:lock", audit.Subject("person", person.id), after={"failed_logins": person.failed_logins})
    return True


def issue_token(db: AsyncSession, person: Person, auth: AuthSettings, user_agent: str = "") -> tuple[str, AccessToken]:
    """A fresh token and its row, added to the caller's transaction. The token is told once and only its hash is kept."""
    token = secrets.token_urlsafe(32)
    expires = utc_now() + timedelta(hours=auth.token_hours)
    row = AccessToken(person_id=person.id, token_hash=token_hash(token), expires_at=expires, user_agent=user_agent[:200])
    db.add(row)
    return token, row


async def sign_out(db: AsyncSession, principal: Principal, who: audit.Actor) -> None:
    """Revoke the token in use."""
    await repository.revoke_token(db, principal.token_id, utc_now())
    audit.record(db, who, "api:token:revoke", audit.Subject("token", principal.token_id))


async def change_password(factory: Factory, auth: AuthSettings, by: By, old: str, new: str, once: Once) -> None:
    """Set a password of one's own and end every session signed in with the old one, this one included.

    A repetition is known by its key and by the new password, which has to be the one in force.
    Raises Problem: password_wrong (counted like a failed sign-in), password_weak, idempotency_key_reused.
    """
    async with transaction(factory) as db:
        person = await repository.person_by_username(db, by.principal.username, lock=True)
        assert person is not None
        counted = _count_attempt(db, person, auth, by.who)
    try:
        await _change_password(factory, by, person, old, new, once, counted=counted)
    except Replay:
        if not await verify_password(new, person.password_hash if counted else None):
            raise Problem(ProblemCode.KEY_REUSED, "header.Idempotency-Key") from None
        await _forgive(factory, person)
        raise


async def _forgive(factory: Factory, person: Person) -> None:
    """Who knows the password in force has not failed, unless it was changed meanwhile."""
    async with transaction(factory) as db:
        fresh = await repository.person_by_username(db, person.username, lock=True)
        if fresh is not None and fresh.password_hash == person.password_hash:
            fresh.failed_logins, fresh.locked_until = 0, None


async def _change_password(factory: Factory, by: By, person: Person, old: str, new: str, once: Once, *, counted: bool) -> None:
    async with reading(factory) as db:
        await once.look(db)
    if not await verify_password(old, person.password_hash if counted else None):
        raise Problem(ProblemCode.PASSWORD_WRONG)
    check_strength(new, person.username)
    if await verify_password(new, person.password_hash):
        raise Problem(ProblemCode.PASSWORD_WEAK, "新密码与旧密码相同 / the new password is the old one")
    hashed = await hash_password(new)
    async with transaction(factory) as db:
        fresh = await repository.person_by_username(db, person.username, lock=True)
        assert fresh is not None
        if fresh.password_hash != person.password_hash:  # of two changes at once the other was first
            raise Problem(ProblemCode.PASSWORD_WRONG)
        await once.claim(db)
        await set_password(db, fresh, hashed, must_change=False)
        audit.record(db, by.who, "api:person:change_password", audit.Subject("person", fresh.id))
        once.keep(db, 204, None)


async def set_password(db: AsyncSession, person: Person, hashed: str, *, must_change: bool) -> None:
    """Put a new hash in place, clear the lock and revoke every token."""
    person.password_hash, person.must_change_password = hashed, must_change
    person.failed_logins, person.locked_until = 0, None
    await repository.revoke_tokens(db, person.id, utc_now())
