"""Takes one delivery to its webhook: signed, to an address that was looked at, with nothing believed of the answer but its status."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import Clock
from case_api.events.addresses import AddressRefused, is_webhook_url, reachable
from case_api.events.sender import Outcome
from case_api.notifications.service import tell_administrators
from case_api.webhooks import repository, signing
from case_api.webhooks.service import host_of
from models import audit
from models.engine import Factory, reading
from models.settings_notices import NoticeSettings
from models.webhooks import Webhook, WebhookDelivery

WHO = audit.Actor("calmdesk")


class WebhookCarrier:
    """Deliveries to webhooks."""

    name = "webhook"
    table = WebhookDelivery
    target = "webhook_id"

    def __init__(self, factory: Factory, clock: Clock, settings: NoticeSettings, client: httpx2.AsyncClient) -> None:
        self._factory, self._clock, self._settings, self._client = factory, clock, settings, client
        self.attempts = settings.webhook_attempts

    async def carry(self, row_id: str) -> Outcome:
        """One request. 2xx has arrived; everything else, a redirect too, has not."""
        async with reading(self._factory) as db:
            row = await db.get(WebhookDelivery, row_id)
            webhook = await db.get(Webhook, row.webhook_id) if row is not None else None
        if row is None or webhook is None:
            return Outcome(False, "deleted", final=True)
        if webhook.status != "active":
            return Outcome(False, "the webhook is switched off", final=True)
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                return await self._post(webhook, row)
        except TimeoutError:
            return Outcome(False, "no answer in time")
        except AddressRefused as error:
            return Outcome(False, str(error))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return Outcome(False, type(error).__name__)

    async def _post(self, webhook: Webhook, row: WebhookDelivery) -> Outcome:
        private = self._settings.allow_private_addresses
        if not is_webhook_url(webhook.url, allow_private=private):
            return Outcome(False, "the address is not allowed any more")
        url, host = httpx2.URL(webhook.url), host_of(webhook.url)
        # Connected is the address that was looked at, whatever the name resolves to a moment later; the certificate is the name's.
        pinned = url.copy_with(host=await reachable(host, allow_private=private))
        request = self._client.build_request(
            "POST", pinned, content=row.body.encode(), headers=self._headers(webhook, row, url), extensions={"sni_hostname": host}
        )
        answer = await self._client.send(request, stream=True)
        await answer.aclose()  # unread: of an endless answer no more is taken than its head
        error = "" if answer.is_success else f"status {answer.status_code}"
        return Outcome(answer.is_success, error, answer.status_code)

    def _headers(self, webhook: Webhook, row: WebhookDelivery, url: httpx2.URL) -> dict[str, str]:
        now = self._clock()
        return {
            "Host": url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "User-Agent": "Calmdesk-Webhook/1",
            signing.EVENT_HEADER: row.event_id,
            signing.TOPIC_HEADER: row.topic,
            signing.HEADER: signing.signature(signing.keys_of(webhook, now), int(now.timestamp()), row.body.encode()),
        }

    async def settled(self, db: AsyncSession, row: Any, outcome: Outcome) -> None:
        """Whether the webhook can be reached; one that could not for days is switched off, and the administrators hear of it."""
        if outcome.response_status is not None:
            row.response_status = outcome.response_status
        if outcome.arrived:
            await repository.mark_success(db, row.webhook_id)
            return
        now = self._clock()
        await repository.mark_failure(db, row.webhook_id, now)
        webhook = await db.get_one(Webhook, row.webhook_id, with_for_update=True, populate_existing=True)
        since = webhook.failing_since
        if webhook.status == "active" and since is not None and now - since >= timedelta(days=self._settings.webhook_disable_days):
            webhook.status, webhook.disabled_at, webhook.disabled_reason = "disabled", now, f"failing since {since.isoformat()}"
            await db.flush()
            subject = audit.Subject("webhook", webhook.id, webhook.site_id)
            audit.record(db, WHO, "sender:webhook:disable", subject, after={"failing_since": since.isoformat()}, at=now)
            await tell_administrators(db, f"webhook_{webhook.id}_{webhook.version}", webhook.name, webhook.id, now)


@asynccontextmanager
async def webhook_carrier(factory: Factory, clock: Clock, settings: NoticeSettings) -> AsyncIterator[WebhookCarrier]:
    """The carrier with its client. No connection is kept: one that is open to an address was checked for one name only. No proxy, no
    redirect: both would lead to addresses that nobody has looked at.
    """
    limits = httpx2.Limits(max_keepalive_connections=0)
    timeout = httpx2.Timeout(settings.timeout_seconds)
    async with httpx2.AsyncClient(timeout=timeout, limits=limits, trust_env=False, follow_redirects=False) as client:
        yield WebhookCarrier(factory, clock, settings, client)
