"""From an event to a server that verifies it, however badly it behaves."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select

from case_api.events.fanout import EventDesk, telling
from case_api.events.sender import Sender
from case_api.notifications.services import Messenger
from case_api.webhooks.carrier import webhook_carrier
from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.notifications import Notification
from models.outbox import OutboxMessage, publish
from models.settings import Settings
from models.settings_notices import NoticeSettings
from models.sites import Site
from models.webhooks import Webhook, WebhookDelivery
from tests.case_api.conftest import Clock
from tests.case_api.evidence.conftest import MakeCase
from tests.case_api.webhooks.conftest import Happen, Subscribe
from tests.case_api.webhooks.server import Receiver
from tests.case_api.webhooks.test_signing import verified
from tests.conftest import MakePerson, Rows

Headers = dict[str, str]
DATA = {"policy_id": "p1", "kind": "refund"}


async def deliveries(client: httpx2.AsyncClient, root: Headers, webhook_id: str, **query: str) -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/webhooks/{webhook_id}/deliveries", headers=root, params=query)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_what_arrives_is_signed_and_says_what_happened(
    client: httpx2.AsyncClient, root: Headers, subscribe: Subscribe, happen: Happen, sender: Sender, receiver: Receiver, clock: Clock
) -> None:
    made = await subscribe()
    await happen("policy.authorise", DATA)
    await sender.drain()
    [got] = receiver.requests
    assert verified(made["secret"], got.headers["calmdesk-signature"], got.body, clock().timestamp())
    assert not verified("whsec_other", got.headers["calmdesk-signature"], got.body, clock().timestamp())
    assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert (got.json["type"], got.json["data"], got.json["site_id"]) == ("policy.authorise", DATA, None)
    assert (got.headers["calmdesk-event"], got.headers["calmdesk-topic"]) == (got.json["id"], "policy.authorise")
    [row] = await deliveries(client, root, made["id"])
    assert (row["event_id"], row["status"], row["attempts"], row["response_status"]) == (got.json["id"], "sent", 1, 200)
    assert "body" not in row


async def test_a_server_that_fails_is_tried_again_with_the_same_message(
    client: httpx2.AsyncClient, root: Headers, subscribe: Subscribe, happen: Happen, sender: Sender, receiver: Receiver, clock: Clock
) -> None:
    made = await subscribe()
    receiver.answers = [500, 503, 404]
    await happen("policy.post", DATA)
    for status in (500, 503, 404):
        await sender.drain()
        [row] = await deliveries(client, root, made["id"], state="pending")
        assert (row["response_status"], row["error"]) == (status, f"status {status}")
        clock.pass_(minutes=30)
    await sender.drain()
    [row] = await deliveries(client, root, made["id"], state="sent")
    assert (row["attempts"], row["error"]) == (4, "")
    assert len({got.body for got in receiver.requests}) == len({got.headers["calmdesk-event"] for got in receiver.requests}) == 1
    assert verified(made["secret"], receiver.requests[-1].headers["calmdesk-signature"], receiver.requests[-1].body, clock().timestamp())
    assert (await client.get(f"/v1/webhooks/{made['id']}", headers=root)).json()["failing_since"] is None


async def test_a_server_that_hangs_is_left_after_a_while(
    factory: Factory, clock: Clock, subscribe: Subscribe, happen: Happen, receiver: Receiver, rows: Rows
) -> None:
    await subscribe()
    receiver.open.clear()
    await happen("policy.post", DATA)
    async with webhook_carrier(factory, clock, NoticeSettings(allow_private_addresses=True, timeout_seconds=0.2)) as carrier:
        await Sender(factory, clock, carrier).drain()
    row = await rows.one(select(WebhookDelivery))
    assert (row.status, row.attempts) == ("pending", 1)
    assert row.error == "no answer in time"


async def test_a_redirect_is_not_followed(subscribe: Subscribe, happen: Happen, sender: Sender, receiver: Receiver, rows: Rows) -> None:
    await subscribe()
    receiver.answers, receiver.location = [307], f"http://127.0.0.1:{receiver.port}/elsewhere"
    await happen("policy.post", DATA)
    await sender.drain()
    assert [got.path for got in receiver.requests] == ["/hook"]
    row = await rows.one(select(WebhookDelivery))
    assert (row.status, row.response_status, row.error) == ("pending", 307, "status 307")


async def test_of_an_endless_answer_only_the_head_is_taken(
    subscribe: Subscribe, happen: Happen, sender: Sender, receiver: Receiver, rows: Rows
) -> None:
    await subscribe()
    receiver.endless = True
    await happen("policy.post", DATA)
    await sender.drain()
    assert (await rows.one(select(WebhookDelivery))).status == "sent"


async def test_a_server_that_is_gone_is_a_failure_like_any_other(subscribe: Subscribe, happen: Happen, sender: Sender, rows: Rows) -> None:
    await subscribe(url="http://127.0.0.1:1/nobody")
    await happen("policy.post", DATA)
    await sender.drain()
    row = await rows.one(select(WebhookDelivery))
    assert (row.status, row.error, row.response_status) == ("pending", "ConnectError", None)


async def test_an_address_that_leads_inside_by_now_is_not_connected_to(
    factory: Factory, clock: Clock, subscribe: Subscribe, happen: Happen, receiver: Receiver, rows: Rows
) -> None:
    """As when a name pointed to the public network while it was saved, and to this machine since."""
    made = await subscribe()
    async with transaction(factory) as db:
        row = await db.get_one(Webhook, made["id"])
        row.url = row.url.replace("http://127.0.0.1", "https://localhost")
    await happen("policy.post", DATA)
    async with webhook_carrier(factory, clock, NoticeSettings()) as carrier:
        await Sender(factory, clock, carrier).drain()
    assert (await rows.one(select(WebhookDelivery))).error == "the host is not in the public network"
    assert receiver.requests == []


async def test_a_ping_arrives_and_says_that_it_is_one(
    client: httpx2.AsyncClient, root: Headers, subscribe: Subscribe, sender: Sender, receiver: Receiver, clock: Clock
) -> None:
    made = await subscribe(topics=["policy.*"])
    answer = await client.post(f"/v1/webhooks/{made['id']}/ping", headers=root)
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    await sender.drain()
    [got] = receiver.requests
    assert got.json["type"] == "ping"
    assert verified(made["secret"], got.headers["calmdesk-signature"], got.body, clock().timestamp())


async def test_a_delivery_can_be_made_again_once_it_has_ended(
    client: httpx2.AsyncClient, root: Headers, subscribe: Subscribe, happen: Happen, sender: Sender, receiver: Receiver
) -> None:
    made, other = await subscribe(), await subscribe(topics=["case.*"])
    await happen("policy.post", DATA)
    [row] = await deliveries(client, root, made["id"])
    again = f"/deliveries/{row['id']}/redelivery"
    early = await client.post(f"/v1/webhooks/{made['id']}{again}", headers=root)
    assert (early.status_code, early.json()["code"]) == (409, "delivery_pending")
    await sender.drain()
    answer = await client.post(f"/v1/webhooks/{made['id']}{again}", headers=root)
    assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (202, "pending", 0)
    await sender.drain()
    assert len(receiver.requests) == 2
    assert receiver.requests[0].body == receiver.requests[1].body
    strange = await client.post(f"/v1/webhooks/{other['id']}{again}", headers=root)
    assert (strange.status_code, strange.json()["code"]) == (404, "not_found")


async def test_while_a_secret_is_changed_both_sign(
    client: httpx2.AsyncClient, root: Headers, subscribe: Subscribe, happen: Happen, sender: Sender, receiver: Receiver, clock: Clock
) -> None:
    made = await subscribe()
    rotated = await client.post(f"/v1/webhooks/{made['id']}/secret", headers=root | {"If-Match": '"1"'}, json={"overlap_hours": 24})
    assert rotated.json()["secret"] != made["secret"]
    await happen("policy.post", DATA)
    await sender.drain()
    clock.pass_(hours=25)
    await happen("policy.post", DATA)
    await sender.drain()
    during, after = [
        {
            name: verified(secret, got.headers["calmdesk-signature"], got.body, int(got.headers["calmdesk-signature"][2:12]))
            for name, secret in (("old", made["secret"]), ("new", rotated.json()["secret"]))
        }
        for got in receiver.requests
    ]
    assert during == {"old": True, "new": True}
    assert after == {"old": False, "new": True}


async def test_a_webhook_that_fails_for_days_is_switched_off_and_the_administrators_hear_of_it(
    client: httpx2.AsyncClient,
    root: Headers,
    make_person: MakePerson,
    subscribe: Subscribe,
    happen: Happen,
    sender: Sender,
    receiver: Receiver,
    clock: Clock,
    rows: Rows,
) -> None:
    other_admin = await make_person("second", ("admin", None))
    made = await subscribe()
    receiver.answers = [500] * 1000
    for _ in range(5):
        await happen("policy.post", DATA)
        await sender.drain()
        assert (await client.get(f"/v1/webhooks/{made['id']}", headers=root)).json()["status"] == "active"
        clock.pass_(days=1, minutes=1)
    await happen("policy.post", DATA)
    await sender.drain()
    found = (await client.get(f"/v1/webhooks/{made['id']}", headers=root)).json()
    assert found["status"] == "disabled"
    assert found["disabled_reason"].startswith("failing since 2026-11-23")
    told = await rows.scalars(select(Notification))
    assert len(told) == 2
    assert other_admin.id in {row.person_id for row in told}
    assert {(row.kind, row.link) for row in told} == {("webhook", f"/v1/webhooks/{made['id']}")}
    assert len(await rows.scalars(select(AuditRecord).where(AuditRecord.action == "sender:webhook:disable"))) == 1
    ping = await client.post(f"/v1/webhooks/{made['id']}/ping", headers=root)
    assert (ping.status_code, ping.json()["code"]) == (409, "webhook_disabled")
    heard = len(receiver.requests)
    clock.pass_(days=1)
    await sender.drain()
    assert len(receiver.requests) == heard  # what was on its way has ended
    assert {row.status for row in await rows.scalars(select(WebhookDelivery))} == {"failed"}
    on = await client.patch(f"/v1/webhooks/{made['id']}", headers=root | {"If-Match": found_version(found)}, json={"status": "active"})
    assert (on.json()["status"], on.json()["failing_since"], on.json()["disabled_at"]) == ("active", None, None)


def found_version(webhook: dict[str, Any]) -> str:
    return f'"{webhook["version"]}"'


async def test_deliveries_go_with_the_case_that_they_tell_of(
    factory: Factory, make_case: MakeCase, make_person: MakePerson, site: Site, subscribe: Subscribe, happen: Happen, rows: Rows
) -> None:
    await subscribe()
    case = await make_case(await make_person("lijing", ("staff", site.id)), site.id)
    told = {"case_id": case.id, "code": case.code, "site_id": site.id}
    await happen("case.offer", told, site_id=site.id)
    assert len(await rows.scalars(select(WebhookDelivery))) == 1
    async with transaction(factory) as db:
        await db.execute(delete(WithdrawalCase).where(WithdrawalCase.id == case.id))
    assert await rows.scalars(select(WebhookDelivery)) == []
    await happen("case.offer", told, site_id=site.id)  # published before, read after
    assert await rows.scalars(select(WebhookDelivery)) == []
    assert await rows.scalars(select(OutboxMessage).where(OutboxMessage.done_at.is_(None))) == []


async def test_desks_that_work_together_hand_an_event_on_once(factory: Factory, clock: Clock, subscribe: Subscribe, rows: Rows) -> None:
    await subscribe()
    async with transaction(factory) as db:
        for _ in range(30):
            await publish(db, "policy.post", DATA)
    taken = await asyncio.gather(*(EventDesk(factory, clock).drain() for _ in range(3)))
    assert sum(taken) == 30
    assert len(await rows.scalars(select(WebhookDelivery))) == 30


async def test_in_the_background_events_leave_by_themselves(
    factory: Factory, clock: Clock, settings: Settings, subscribe: Subscribe, receiver: Receiver
) -> None:
    await subscribe()
    messenger = Messenger(settings.notices)
    try:
        async with telling(factory, clock, settings.notices, messenger):
            async with transaction(factory) as db:
                await publish(db, "policy.post", DATA)
            assert await asyncio.to_thread(receiver.came.acquire, timeout=120)
    finally:
        messenger.close()
    assert receiver.requests[0].json["type"] == "policy.post"


@pytest.mark.parametrize("overlap", [-1, 169])
async def test_an_overlap_has_its_limits(client: httpx2.AsyncClient, root: Headers, subscribe: Subscribe, overlap: int) -> None:
    made = await subscribe()
    answer = await client.post(f"/v1/webhooks/{made['id']}/secret", headers=root | {"If-Match": '"1"'}, json={"overlap_hours": overlap})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
