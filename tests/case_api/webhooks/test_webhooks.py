"""Subscriptions: who may manage them, where they may go, what is shown of them."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from models.audit import AuditRecord
from models.settings import Settings
from models.settings_notices import NoticeSettings
from models.sites import Site
from models.webhooks import Webhook, WebhookDelivery
from tests.case_api.conftest import Clock
from tests.case_api.webhooks.conftest import Happen, Subscribe
from tests.case_api.webhooks.server import Receiver
from tests.conftest import MakePerson, Rows, SignIn

Headers = dict[str, str]
OTHERS = ["staff", "receptionist", "site_manager", "finance", "legal", "marketing", "city_gm", "hq_risk", "regional_ops", "trainer"]


async def test_only_an_administrator_manages_webhooks(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, subscribe: Subscribe
) -> None:
    made = await subscribe()
    headers = await sign_in(await make_person("everyone-else", *((role, None) for role in OTHERS)))
    one = f"/v1/webhooks/{made['id']}"
    version = {"If-Match": '"1"'}
    for method, path, body in [
        ("GET", "/v1/webhooks", None),
        ("POST", "/v1/webhooks", {"name": "x", "url": "http://127.0.0.1:1/", "topics": ["*"]}),
        ("GET", one, None),
        ("PATCH", one, {"name": "x"}),
        ("POST", f"{one}/secret", {}),
        ("POST", f"{one}/ping", None),
        ("GET", f"{one}/deliveries", None),
        ("POST", f"{one}/deliveries/x/redelivery", None),
        ("DELETE", one, None),
    ]:
        answer = await client.request(method, path, headers=headers | version, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), f"{method} {path}"


async def test_the_secret_is_shown_once_and_audited_never(
    client: httpx2.AsyncClient, root: Headers, subscribe: Subscribe, rows: Rows
) -> None:
    made = await subscribe(topics=["case.offer", "case.*", "case.offer"])
    assert made["topics"] == ["case.*", "case.offer"]
    one = await client.get(f"/v1/webhooks/{made['id']}", headers=root)
    listed = await client.get("/v1/webhooks", headers=root)
    assert one.json() == listed.json()["items"][0] == {name: value for name, value in made.items() if name != "secret"}
    assert one.headers["ETag"] == '"1"'
    record = await rows.one(select(AuditRecord).where(AuditRecord.action == "api:webhook:create"))
    assert record.after == {"host": "127.0.0.1", "name": "CRM", "topics": ["case.*", "case.offer"], "site_id": None, "status": "active"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"url": "ftp://127.0.0.1/x"}, "webhook_url"),
        ({"url": "https://u:p@127.0.0.1/x"}, "webhook_url"),
        ({"url": "https://no-such-host.invalid/x"}, "address_refused"),
        ({"topics": []}, "invalid_request"),
        ({"topics": ["case.nothing"]}, "invalid_request"),
        ({"topics": ["ping"]}, "invalid_request"),
        ({"name": ""}, "invalid_request"),
        ({"secret": "mine"}, "invalid_request"),
        ({"site_id": "nowhere"}, "site_unknown"),
    ],
)
async def test_bad_subscriptions_are_refused_and_nothing_is_kept(
    client: httpx2.AsyncClient, root: Headers, rows: Rows, clock: Clock, change: dict[str, Any], code: str
) -> None:
    body = {"name": "CRM", "url": "http://127.0.0.1:9/x", "topics": ["*"]} | change
    answer = await client.post("/v1/webhooks", headers=root, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await rows.scalars(select(Webhook)) == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://8.8.8.8/x", "webhook_url"),
        ("https://127.0.0.1/x", "address_refused"),
        ("https://localhost/x", "address_refused"),
        ("https://[::ffff:10.0.0.1]/x", "address_refused"),
        ("https://169.254.169.254/latest/meta-data", "address_refused"),
    ],
)
async def test_as_installed_nothing_inside_can_be_named(
    app: FastAPI, client: httpx2.AsyncClient, root: Headers, settings: Settings, clock: Clock, rows: Rows, url: str, code: str
) -> None:
    app.state.settings = settings.model_copy(update={"notices": NoticeSettings()})
    answer = await client.post("/v1/webhooks", headers=root, json={"name": "CRM", "url": url, "topics": ["*"]})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await rows.scalars(select(Webhook)) == []


async def test_a_change_needs_the_version_that_was_seen(client: httpx2.AsyncClient, root: Headers, subscribe: Subscribe) -> None:
    one = f"/v1/webhooks/{(await subscribe())['id']}"
    without = await client.patch(one, headers=root, json={"name": "Neu"})
    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    changed = await client.patch(one, headers=root | {"If-Match": '"1"'}, json={"name": "Neu", "topics": ["policy.*"]})
    assert (changed.json()["name"], changed.json()["topics"], changed.headers["ETag"]) == ("Neu", ["policy.*"], '"2"')
    for method, path, body in [("PATCH", one, {"name": "x"}), ("POST", f"{one}/secret", {}), ("DELETE", one, None)]:
        late = await client.request(method, path, headers=root | {"If-Match": '"1"'}, json=body)
        assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
    bad = await client.patch(one, headers=root | {"If-Match": '"2"'}, json={"url": "nonsense-at-all"})
    assert (bad.status_code, bad.json()["code"]) == (422, "webhook_url")


async def test_a_repeated_subscription_is_made_once(client: httpx2.AsyncClient, root: Headers, receiver: Receiver, rows: Rows) -> None:
    body = {"name": "CRM", "url": receiver.url, "topics": ["*"]}
    headers = root | {"Idempotency-Key": "subscribe-crm-1"}
    first, again = [await client.post("/v1/webhooks", headers=headers, json=body) for _ in range(2)]
    assert first.json() | {"secret": ""} == again.json()  # shown once, and kept nowhere else
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await rows.scalars(select(Webhook))) == 1


async def test_an_event_goes_to_whoever_asked_for_it_once(
    subscribe: Subscribe, happen: Happen, site: Site, other_site: Site, rows: Rows, client: httpx2.AsyncClient, root: Headers
) -> None:
    wants = {
        "everything": await subscribe(),
        "offers": await subscribe(topics=["case.offer"]),
        "policies": await subscribe(topics=["policy.*"]),
        "here": await subscribe(site_id=site.id),
        "elsewhere": await subscribe(site_id=other_site.id),
        "off": await subscribe(),
    }
    off = f"/v1/webhooks/{wants['off']['id']}"
    await client.patch(off, headers=root | {"If-Match": '"1"'}, json={"status": "disabled"})
    await happen("case.offer", {"x": 1}, site_id=site.id, key="once")
    await happen("case.offer", {"x": 1}, site_id=site.id, key="once")
    await happen("policy.post", {"policy_id": "p"})
    query = select(WebhookDelivery.webhook_id, WebhookDelivery.topic, func.count())
    found = {(row[0], row[1]): row[2] for row in await _rows(rows, query.group_by(WebhookDelivery.webhook_id, WebhookDelivery.topic))}
    named = {made["id"]: name for name, made in wants.items()}
    assert {(named[webhook], topic): count for (webhook, topic), count in found.items()} == {
        ("everything", "case.offer"): 1,
        ("everything", "policy.post"): 1,
        ("offers", "case.offer"): 1,
        ("policies", "policy.post"): 1,
        ("here", "case.offer"): 1,
    }


async def _rows(rows: Rows, query: Any) -> Any:
    async with rows._factory() as session:
        return (await session.execute(query)).all()


async def test_a_webhook_that_is_deleted_takes_its_deliveries_along(
    client: httpx2.AsyncClient, root: Headers, subscribe: Subscribe, happen: Happen, rows: Rows
) -> None:
    made = await subscribe()
    await happen("policy.post", {"policy_id": "p"})
    gone = await client.delete(f"/v1/webhooks/{made['id']}", headers=root | {"If-Match": '"1"'})
    assert gone.status_code == 204
    assert await rows.scalars(select(WebhookDelivery)) == []
    assert (await client.get(f"/v1/webhooks/{made['id']}", headers=root)).json()["code"] == "not_found"
    assert (await client.get(f"/v1/webhooks/{made['id']}/deliveries", headers=root)).json()["code"] == "not_found"
