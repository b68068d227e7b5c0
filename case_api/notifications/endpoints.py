"""`/v1/notifications`, `/v1/me/channels` and `/v1/me/notification-preferences`: each person's own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, status

from case_api.commands import COMMAND_PROBLEMS, KEY_PROBLEMS, ByDep, CommandDb, CommandRoute, KeyHeader, begin_command
from case_api.database import FactoryDep, ReadDb, SettingsDep
from case_api.notifications import channels, repository, service
from case_api.notifications.schemas import (
    ChannelName,
    ChannelOut,
    ChannelSave,
    NotificationOut,
    Preferences,
    PreferencesOut,
    ReadUntil,
    TestOut,
    UnreadOut,
)
from case_api.notifications.services import Messenger
from case_api.once import OnceDep
from case_api.paging import Cursor, Limit, Page
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import SignedIn
from models.engine import reading
from models.notifications import NotificationKind

router = APIRouter(tags=["notifications"], route_class=CommandRoute)

Name = Annotated[ChannelName, Path(description="What the person calls it", examples=["wecom"])]


async def messenger(request: Request) -> Messenger:
    """The application's messenger."""
    found: Messenger = request.app.state.messenger
    return found


@router.get("/notifications", operation_id="listNotifications")
async def list_notifications(
    principal: SignedIn,
    db: ReadDb,
    unread: Annotated[bool | None, Query(description="Only what is (not) read")] = None,
    kind: NotificationKind | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[NotificationOut]:
    """One's own inbox: what is unread first, then the newest first."""
    rows, follows = await repository.unread_first(db, principal.person_id, is_unread=unread, kind=kind, limit=limit, cursor=cursor)
    return Page[NotificationOut](items=[NotificationOut.model_validate(row) for row in rows], next_cursor=follows)


@router.get("/notifications/unread", operation_id="countUnreadNotifications")
async def count_unread(principal: SignedIn, db: ReadDb) -> UnreadOut:
    """How much waits to be read."""
    found = await repository.unread(db, principal.person_id)
    return UnreadOut(unread=sum(found.values()), by_kind=found)


@router.post("/notifications/read", operation_id="readNotifications", responses=responses(*COMMAND_PROBLEMS))
async def read_all(body: ReadUntil, by: ByDep, db: CommandDb) -> UnreadOut:
    """Mark everything read that came by a moment: when the list was shown."""
    await service.mark_all_read(db, by.person_id, body.until, by.now)
    found = await repository.unread(db, by.person_id)
    return UnreadOut(unread=sum(found.values()), by_kind=found)


@router.post("/notifications/{notification_id}/read", operation_id="readNotification", responses=responses(*COMMAND_PROBLEMS))
async def read_one(notification_id: Reference, by: ByDep, db: CommandDb) -> NotificationOut:
    """Mark one read."""
    return NotificationOut.model_validate(await service.mark_read(db, by.person_id, notification_id, by.now))


@router.get("/me/channels", operation_id="listMyChannels")
async def list_channels(principal: SignedIn, db: ReadDb) -> list[ChannelOut]:
    """One's own channels and how they fare; addresses are masked."""
    return await channels.shown(db, list(await repository.channels(db, [principal.person_id])))


@router.put(
    "/me/channels/{name}",
    operation_id="saveMyChannel",
    responses=responses(*COMMAND_PROBLEMS, ProblemCode.CHANNEL_URL, ProblemCode.ADDRESS_REFUSED, ProblemCode.CHANNELS_FULL),
)
async def save_channel(
    request: Request, name: Name, body: ChannelSave, by: ByDep, settings: SettingsDep, key: KeyHeader = None
) -> ChannelOut:
    """Make a channel, or give it another address."""
    await channels.check_url(body.url, settings.notices)
    db = await begin_command(request, by, key, await request.body())
    [found] = await channels.shown(db, [await channels.save(db, by, name, body.url)])
    return found


@router.delete(
    "/me/channels/{name}", operation_id="deleteMyChannel", status_code=status.HTTP_204_NO_CONTENT, responses=responses(*COMMAND_PROBLEMS)
)
async def delete_channel(name: Name, by: ByDep, db: CommandDb) -> None:
    """Delete a channel and what is on its way to it."""
    await channels.remove(db, by, name)


@router.post(
    "/me/channels/{name}/test",
    operation_id="testMyChannel",
    responses=responses(ProblemCode.NOT_FOUND, *KEY_PROBLEMS),
)
async def test_channel(
    name: Name, by: ByDep, factory: FactoryDep, post: Annotated[Messenger, Depends(messenger)], once: OnceDep
) -> TestOut:
    """Send a test message now, and say how it fared."""
    async with reading(factory) as db:
        await once.look(db)
        url = (await channels.find(db, by.person_id, name)).url
    outcome = await post.bring(url, "Calmdesk", "测试消息：通知渠道可用\nTest message: this channel works")
    fared = TestOut(arrived=outcome.arrived, error=outcome.error)
    await once.answered(factory, 200, fared)
    return fared


@router.get("/me/notification-preferences", operation_id="getMyNotificationPreferences")
async def get_preferences(principal: SignedIn, db: ReadDb) -> PreferencesOut:
    """What one hears on one's channels; everything, until one says otherwise."""
    return await channels.preferences(db, principal.person_id)


@router.put("/me/notification-preferences", operation_id="setMyNotificationPreferences", responses=responses(*COMMAND_PROBLEMS))
async def set_preferences(body: Preferences, by: ByDep, db: CommandDb) -> PreferencesOut:
    """Say what to hear on one's channels, and when not."""
    return await channels.prefer(db, by, body)
