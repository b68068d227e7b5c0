"""A person's own channels and preferences."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By
from case_api.events.addresses import AddressRefused
from case_api.notifications import repository, services
from case_api.notifications.rules import KINDS
from case_api.notifications.schemas import ChannelOut, Preferences, PreferencesOut
from case_api.problems import Problem, ProblemCode
from models import audit
from models.notifications import NotificationChannel, NotificationPreference
from models.people import Person
from models.settings_notices import NoticeSettings
from models.sites import CHINA

MOST: Final = 5


async def check_url(url: str, settings: NoticeSettings) -> None:
    """Before anything is locked: a name is resolved. Raises Problem: channel_url, address_refused."""
    try:
        await services.check(url, settings)
    except services.ChannelUrlRefused as error:
        raise Problem(ProblemCode.CHANNEL_URL, f"body.url: {error}") from None
    except AddressRefused as error:
        raise Problem(ProblemCode.ADDRESS_REFUSED, f"body.url: {error}") from None


async def save(db: AsyncSession, by: By, name: str, url: str) -> NotificationChannel:
    """Make the channel, or give it another address. Raises Problem: channels_full."""
    await db.get_one(Person, by.person_id, with_for_update=True)  # two at once are counted one after the other
    mine = {channel.name: channel for channel in await repository.channels(db, [by.person_id])}
    row = mine.get(name)
    if row is None:
        if len(mine) >= MOST:
            raise Problem(ProblemCode.CHANNELS_FULL)
        row = NotificationChannel(person_id=by.person_id, name=name, url=url, created_at=by.now, changed_at=by.now)
        db.add(row)
    row.url, row.changed_at = url, by.now
    await db.flush()
    _note(db, by, row, "save")
    return row


async def find(db: AsyncSession, person_id: str, name: str) -> NotificationChannel:
    """Raises Problem: not_found."""
    row = await repository.channel(db, person_id, name)
    if row is None:
        raise Problem(ProblemCode.NOT_FOUND)
    return row


async def remove(db: AsyncSession, by: By, name: str) -> None:
    """With what was on its way. Raises Problem: not_found."""
    row = await find(db, by.person_id, name)
    _note(db, by, row, "delete")
    await db.delete(row)


async def shown(db: AsyncSession, rows: list[NotificationChannel]) -> list[ChannelOut]:
    """Channels with how they fare; never the address, which holds keys."""
    counts = await repository.counts(db, [row.id for row in rows])
    return [
        ChannelOut(
            name=row.name,
            service=services.scheme_of(row.url),
            shown=services.masked(row.url),
            waiting=counts.get((row.id, "pending"), 0),
            failed=counts.get((row.id, "failed"), 0),
            last_error=await repository.newest_error(db, row.id),
            changed_at=row.changed_at,
        )
        for row in rows
    ]


async def prefer(db: AsyncSession, by: By, body: Preferences) -> PreferencesOut:
    """Keep what a person wants to hear."""
    await db.get_one(Person, by.person_id, with_for_update=True)
    row = await db.get(NotificationPreference, by.person_id) or NotificationPreference(person_id=by.person_id)
    row.kinds, row.timezone = sorted(set(body.kinds)), body.timezone
    row.quiet_from, row.quiet_until = _minutes(body.quiet_from), _minutes(body.quiet_until)
    db.add(row)
    await db.flush()
    return _preferences(row)


async def preferences(db: AsyncSession, person_id: str) -> PreferencesOut:
    """What a person wants to hear: everything, until they say otherwise."""
    row = await db.get(NotificationPreference, person_id)
    return _preferences(row) if row is not None else PreferencesOut(kinds=list(KINDS), timezone=CHINA.key)


def _preferences(row: NotificationPreference) -> PreferencesOut:
    return PreferencesOut(kinds=row.kinds, quiet_from=_clock(row.quiet_from), quiet_until=_clock(row.quiet_until), timezone=row.timezone)


def _minutes(clock: str | None) -> int | None:
    return int(clock[:2]) * 60 + int(clock[3:]) if clock is not None else None


def _clock(minutes: int | None) -> str | None:
    return f"{minutes // 60:02d}:{minutes % 60:02d}" if minutes is not None else None


def _note(db: AsyncSession, by: By, row: NotificationChannel, action: str) -> None:
    told = {"name": row.name, "service": services.scheme_of(row.url)}
    audit.record(db, by.who, f"api:channel:{action}", audit.Subject("channel", row.id), after=told, at=by.now)
