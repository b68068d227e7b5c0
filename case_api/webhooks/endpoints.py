"""`/v1/webhooks`: which programs are told of what. Administrators only."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status

from case_api.commands import (
    COMMAND_PROBLEMS,
    VERSION_PROBLEMS,
    ByDep,
    CommandDb,
    CommandRoute,
    IfMatch,
    KeyHeader,
    begin_command,
    tag,
)
from case_api.database import ReadDb, SettingsDep
from case_api.paging import Cursor, Limit, Page, newest_first
from case_api.problems import ProblemCode, responses
from case_api.schemas import Reference
from case_api.security import Permission, Principal, require
from case_api.sight import find_row
from case_api.webhooks import repository, service
from case_api.webhooks.schemas import DeliveryOut, Rotation, WebhookChange, WebhookCreate, WebhookOut, WebhookWithSecret
from models.deliveries import DeliveryStatus
from models.webhooks import Webhook, WebhookDelivery

router = APIRouter(prefix="/webhooks", tags=["webhooks"], route_class=CommandRoute)

_URL_PROBLEMS = (ProblemCode.WEBHOOK_URL, ProblemCode.ADDRESS_REFUSED)


Manager = Annotated[Principal, Depends(require(Permission.WEBHOOK_MANAGE, everywhere=True))]


def _with_secret(response: Response, row: Webhook) -> WebhookWithSecret:
    return WebhookWithSecret.model_validate(tag(response, row))


@router.get("", operation_id="listWebhooks")
async def list_webhooks(db: ReadDb, _: Manager, limit: Limit = 50, cursor: Cursor = None) -> Page[WebhookOut]:
    """Every webhook, newest first."""
    return await newest_first(
        db,
        repository.webhooks_query(),
        Webhook.created_at,
        Webhook.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: WebhookOut.model_validate(row[0]),
    )


@router.post(
    "",
    operation_id="createWebhook",
    status_code=status.HTTP_201_CREATED,
    responses=responses(*COMMAND_PROBLEMS, *_URL_PROBLEMS, ProblemCode.SITE_UNKNOWN),
)
async def create_webhook(
    request: Request, body: WebhookCreate, by: ByDep, _: Manager, settings: SettingsDep, response: Response, key: KeyHeader = None
) -> WebhookWithSecret:
    """Subscribe. The answer holds the secret that signs; it is not shown again."""
    await service.check_url(body.url, allow_private=settings.notices.allow_private_addresses)
    db = await begin_command(request, by, key, await request.body())
    return _with_secret(response, await service.create(db, by, body))


@router.get("/{webhook_id}", operation_id="getWebhook", responses=responses(ProblemCode.NOT_FOUND))
async def get_webhook(webhook_id: Reference, db: ReadDb, _: Manager, response: Response) -> WebhookOut:
    """One webhook."""
    return WebhookOut.model_validate(tag(response, await find_row(db, Webhook, webhook_id)))


@router.patch("/{webhook_id}", operation_id="changeWebhook", responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS, *_URL_PROBLEMS))
async def change_webhook(
    request: Request,
    webhook_id: Reference,
    body: WebhookChange,
    version: IfMatch,
    by: ByDep,
    _: Manager,
    settings: SettingsDep,
    response: Response,
    key: KeyHeader = None,
) -> WebhookOut:
    """Change it, switch it off or on again."""
    if body.url is not None:
        await service.check_url(body.url, allow_private=settings.notices.allow_private_addresses)
    db = await begin_command(request, by, key, await request.body())
    return WebhookOut.model_validate(tag(response, await service.change(db, by, webhook_id, version, body)))


@router.delete(
    "/{webhook_id}",
    operation_id="deleteWebhook",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS),
)
async def delete_webhook(webhook_id: Reference, version: IfMatch, by: ByDep, _: Manager, db: CommandDb) -> None:
    """Unsubscribe; the list of what was told to it goes too."""
    await service.remove(db, by, webhook_id, version)


@router.post("/{webhook_id}/secret", operation_id="rotateWebhookSecret", responses=responses(*COMMAND_PROBLEMS, *VERSION_PROBLEMS))
async def rotate_webhook_secret(
    webhook_id: Reference, body: Rotation, version: IfMatch, by: ByDep, _: Manager, db: CommandDb, response: Response
) -> WebhookWithSecret:
    """A new secret, shown this once. For `overlap_hours` each message is signed with both."""
    return _with_secret(response, await service.rotate(db, by, webhook_id, version, timedelta(hours=body.overlap_hours)))


@router.post(
    "/{webhook_id}/ping",
    operation_id="pingWebhook",
    status_code=status.HTTP_202_ACCEPTED,
    responses=responses(*COMMAND_PROBLEMS, ProblemCode.WEBHOOK_DISABLED),
)
async def ping_webhook(webhook_id: Reference, by: ByDep, _: Manager, db: CommandDb) -> DeliveryOut:
    """Send a test message (`type` is `ping`); how it went is in the list of deliveries."""
    return DeliveryOut.model_validate(await service.ping(db, by, webhook_id))


@router.get("/{webhook_id}/deliveries", operation_id="listWebhookDeliveries", responses=responses(ProblemCode.NOT_FOUND))
async def list_deliveries(
    webhook_id: Reference, db: ReadDb, _: Manager, state: DeliveryStatus | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[DeliveryOut]:
    """What was told to it, newest first: attempts, answers, what is tried again and what has failed. Kept for 30 days."""
    await find_row(db, Webhook, webhook_id)
    return await newest_first(
        db,
        repository.deliveries_query(webhook_id, state),
        WebhookDelivery.created_at,
        WebhookDelivery.id,
        limit=limit,
        cursor=cursor,
        show=lambda row: DeliveryOut.model_validate(row[0]),
    )


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/redelivery",
    operation_id="redeliverWebhook",
    status_code=status.HTTP_202_ACCEPTED,
    responses=responses(*COMMAND_PROBLEMS, ProblemCode.WEBHOOK_DISABLED, ProblemCode.DELIVERY_PENDING),
)
async def redeliver(webhook_id: Reference, delivery_id: Reference, by: ByDep, _: Manager, db: CommandDb) -> DeliveryOut:
    """Tell one event once more, under the same event id."""
    return DeliveryOut.model_validate(await service.redeliver(db, by, webhook_id, delivery_id))
