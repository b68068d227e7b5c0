"""People's own channels: what may be one, what comes there and when, and what is seen of it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from case_api.events.sender import Sender
from case_api.notifications.services import ChannelUrlRefused, Messenger, masked, service_of
from models.audit import AuditRecord
from models.engine import Factory, transaction
from models.notifications import ChannelMessage, Notification, NotificationChannel
from models.people import Person
from models.settings import Settings
from models.settings_notices import NoticeSettings
from models.sites import Site
from tests.case_api.conftest import Clock
from tests.case_api.webhooks.conftest import Happen
from tests.case_api.webhooks.server import Receiver
from tests.conftest import MakePerson, Rows, SignIn

Headers = dict[str, str]
AS_INSTALLED = NoticeSettings()
GOOD = [
    "dingtalk://abcdefgh12345678",
    "wecombot://693a91f6-7abc-4bc4-97a0-0ec2sifa5aaa",
    "feishu://1234567890abcdef",
    "mailtos://user:secret@qq.com?to=me@example.com",
    "mailtos://user:secret@mail.example.com?smtp=smtp.example.com&from=desk@example.com",
]
BAD = [
    "",
    "nonsense",
    "http://example.com/hook",
    "json://example.com/hook",
    "jsons://example.com/hook",
    "mailto://user:secret@example.com",
    "syslog://",
    "dbus://",
    "file:///etc/passwd",
    "slack://a/b/c",
    "dingtalk://",
    "mailtos://",
    "feishu://1234567890abcdef?redirect=yes",
    "feishu://1234567890abcdef?verify=no",
    "wecombot://693a91f6-7abc-4bc4-97a0-0ec2sifa5aaa?rto=9999",
    "mailtos://user:secret@example.com?pgp=yes",
    "mailtos://user:secret@example.com?mode=insecure",
    "mailtos://user:secret@example.com?+X-Header=1",
]


@pytest.mark.parametrize("url", GOOD)
def test_the_services_that_a_channel_may_be_of(url: str) -> None:
    service = service_of(url, AS_INSTALLED)
    assert service.redirects is False
    assert service.verify_certificate is True
    assert service.request_timeout == (5, 5)


@pytest.mark.parametrize("url", BAD)
def test_nothing_else_is_a_channel(url: str) -> None:
    with pytest.raises(ChannelUrlRefused):
        service_of(url, AS_INSTALLED)


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=60))
def test_what_is_shown_of_an_address_holds_four_of_its_letters_at_the_most(token: str) -> None:
    shown = masked(f"wecombot://{token}")
    assert shown.startswith("wecombot://…")
    assert len(shown) <= len("wecombot://…") + 4


@pytest.fixture
async def legal(make_person: MakePerson, site: Site) -> Person:
    return await make_person("fang", ("legal", site.id))


@pytest.fixture
async def headers(legal: Person, sign_in: SignIn, clock: Clock) -> Headers:
    return await sign_in(legal)


async def save(client: httpx2.AsyncClient, headers: Headers, url: str, name: str = "mine") -> httpx2.Response:
    return await client.put(f"/v1/me/channels/{name}", headers=headers, json={"url": url})


async def listed(client: httpx2.AsyncClient, headers: Headers) -> Any:
    return (await client.get("/v1/me/channels", headers=headers)).json()


def gateway(receiver: Receiver) -> str:
    return f"json://127.0.0.1:{receiver.port}/hook-with-a-key"


async def test_a_channel_is_saved_changed_masked_and_deleted(
    client: httpx2.AsyncClient, headers: Headers, receiver: Receiver, rows: Rows
) -> None:
    first = await save(client, headers, gateway(receiver))
    assert (first.status_code, first.json()["service"], first.json()["shown"]) == (200, "json", "json://…-key")
    again = await save(client, headers, "feishu://1234567890abcdef")
    assert again.json()["service"] == "feishu"
    assert [row["name"] for row in await listed(client, headers)] == ["mine"]
    assert "1234567890" not in str(await listed(client, headers))
    assert "1234567890" not in str([row.after for row in await rows.scalars(select(AuditRecord))])
    assert (await client.delete("/v1/me/channels/mine", headers=headers)).status_code == 204
    gone = await client.delete("/v1/me/channels/mine", headers=headers)
    assert (gone.status_code, gone.json()["code"]) == (404, "not_found")
    assert await listed(client, headers) == []


@pytest.mark.parametrize(
    ("url", "code"), [("ftp://example.com/x", "channel_url"), ("mailtos://u:p@no-such-host.invalid?to=a@b.cn", "address_refused")]
)
async def test_bad_channels_are_refused_and_nothing_is_kept(
    client: httpx2.AsyncClient, headers: Headers, rows: Rows, url: str, code: str
) -> None:
    answer = await save(client, headers, url)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await rows.scalars(select(NotificationChannel)) == []


async def test_as_installed_mail_goes_to_no_server_inside(
    app: FastAPI, client: httpx2.AsyncClient, headers: Headers, settings: Settings
) -> None:
    app.state.settings = settings.model_copy(update={"notices": AS_INSTALLED})
    answer = await save(client, headers, "mailtos://u:p@example.com?smtp=127.0.0.1&to=a@b.cn&from=a@b.cn")
    assert (answer.status_code, answer.json()["code"]) == (422, "address_refused")


async def test_a_person_has_five_channels_at_the_most(client: httpx2.AsyncClient, headers: Headers, receiver: Receiver) -> None:
    for n in range(5):
        assert (await save(client, headers, gateway(receiver), f"c{n}")).status_code == 200
    full = await save(client, headers, gateway(receiver), "c5")
    assert (full.status_code, full.json()["code"]) == (409, "channels_full")
    assert (await save(client, headers, gateway(receiver), "c4")).status_code == 200


async def test_channels_are_each_persons_own(
    client: httpx2.AsyncClient, headers: Headers, make_person: MakePerson, sign_in: SignIn, receiver: Receiver, site: Site
) -> None:
    await save(client, headers, gateway(receiver))
    other = await sign_in(await make_person("other", ("admin", None), ("hq_risk", None)))
    assert await listed(client, other) == []
    for method, path in [("DELETE", "/v1/me/channels/mine"), ("POST", "/v1/me/channels/mine/test")]:
        answer = await client.request(method, path, headers=other)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert len(await listed(client, headers)) == 1


async def test_a_test_message_says_how_it_fared(client: httpx2.AsyncClient, headers: Headers, receiver: Receiver) -> None:
    await save(client, headers, gateway(receiver))
    key = {"Idempotency-Key": "try-0001"}
    fared, again = [await client.post("/v1/me/channels/mine/test", headers=headers | key) for _ in range(2)]
    assert fared.json() == again.json() == {"arrived": True, "error": ""}
    assert "测试消息" in receiver.requests[0].json["message"]
    assert (len(receiver.requests), again.headers["Idempotency-Replayed"]) == (1, "true")
    receiver.answers = [500]
    assert (await client.post("/v1/me/channels/mine/test", headers=headers)).json()["arrived"] is False


async def test_a_notification_comes_to_the_channel_without_anything_of_the_customer(
    client: httpx2.AsyncClient, headers: Headers, happen: Happen, post: Sender, receiver: Receiver, site: Site, rows: Rows
) -> None:
    await save(client, headers, gateway(receiver))
    await happen("policy.draft", {"policy_id": "p", "customer_label": "王小明", "note": "13812345678"}, site_id=site.id)
    await post.drain()
    [got] = receiver.requests
    assert got.json["message"].startswith("制度草稿待授权\nA drafted rule")
    assert "/v1/policies/p" in got.json["message"]
    assert "王小明" not in got.body.decode() + str(got.json)
    assert "13812345678" not in got.body.decode()
    assert (await rows.one(select(ChannelMessage))).status == "sent"


async def test_what_fails_is_tried_again_and_can_be_seen(
    client: httpx2.AsyncClient, headers: Headers, happen: Happen, post: Sender, receiver: Receiver, site: Site, clock: Clock
) -> None:
    await save(client, headers, gateway(receiver))
    receiver.answers = [500] * 6
    await happen("policy.draft", {"policy_id": "p"}, site_id=site.id)
    await post.drain()
    [shown] = await listed(client, headers)
    assert (shown["waiting"], shown["failed"]) == (1, 0)
    assert shown["last_error"] == "JSON did not take the message"
    for _ in range(6):
        clock.pass_(hours=1)
        await post.drain()
    [shown] = await listed(client, headers)
    assert (shown["waiting"], shown["failed"]) == (0, 1)
    assert len(receiver.requests) == 6
    await happen("policy.draft", {"policy_id": "q"}, site_id=site.id)
    await post.drain()
    [shown] = await listed(client, headers)
    assert (shown["waiting"], shown["failed"], shown["last_error"]) == (0, 1, "")


async def test_quiet_hours_hold_back_what_is_not_urgent_and_the_inbox_never(
    client: httpx2.AsyncClient, headers: Headers, happen: Happen, post: Sender, receiver: Receiver, site: Site, clock: Clock, rows: Rows,
    legal: Person
) -> None:  # fmt: skip
    await save(client, headers, gateway(receiver))
    quiet = {"kinds": ["policy"], "quiet_from": "22:00", "quiet_until": "08:30", "timezone": "Asia/Shanghai"}
    answer = await client.put("/v1/me/notification-preferences", headers=headers, json=quiet)
    assert answer.json() == quiet
    clock.pass_(hours=14)  # 23:00 there
    await happen("policy.draft", {"policy_id": "p"}, site_id=site.id)
    await happen("case.litigation_risk", {"roles": ["legal"], "case_id": None, "session_id": None}, site_id=site.id)
    await post.drain()
    assert len(await rows.scalars(select(Notification).where(Notification.person_id == legal.id))) == 2
    assert ["诉讼风险" in got.json["message"] for got in receiver.requests] == [True]  # though it is not among the kinds wanted
    clock.pass_(hours=9, minutes=29)
    await post.drain()
    assert len(receiver.requests) == 1
    clock.pass_(minutes=1)
    await post.drain()
    assert "制度草稿" in receiver.requests[1].json["message"]


async def test_what_a_person_does_not_want_stays_in_the_inbox(
    client: httpx2.AsyncClient, headers: Headers, happen: Happen, post: Sender, receiver: Receiver, site: Site, rows: Rows
) -> None:
    await save(client, headers, gateway(receiver))
    await client.put("/v1/me/notification-preferences", headers=headers, json={"kinds": ["task"]})
    await happen("policy.draft", {"policy_id": "p"}, site_id=site.id)
    await post.drain()
    assert receiver.requests == []
    assert len(await rows.scalars(select(Notification))) == 1


async def test_who_has_said_nothing_hears_of_everything(client: httpx2.AsyncClient, headers: Headers) -> None:
    found = (await client.get("/v1/me/notification-preferences", headers=headers)).json()
    assert {"task", "approval", "reminder", "overdue", "escalation", "litigation"} <= set(found["kinds"])
    assert found["quiet_from"] is None


@pytest.mark.parametrize(
    "change", [{"kinds": ["nothing"]}, {"quiet_from": "22:00"}, {"quiet_from": "24:00", "quiet_until": "08:00"}, {"timezone": "Moon/Base"}]
)
async def test_bad_preferences_are_refused(client: httpx2.AsyncClient, headers: Headers, change: dict[str, Any]) -> None:
    answer = await client.put("/v1/me/notification-preferences", headers=headers, json={"kinds": ["task"]} | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_an_account_that_is_disabled_meanwhile_hears_nothing_more(
    client: httpx2.AsyncClient, headers: Headers, happen: Happen, post: Sender, receiver: Receiver, site: Site, clock: Clock, rows: Rows,
    factory: Factory, legal: Person
) -> None:  # fmt: skip
    await save(client, headers, gateway(receiver))
    await happen("policy.draft", {"policy_id": "p"}, site_id=site.id)
    async with transaction(factory) as db:
        await db.execute(update(Person).where(Person.id == legal.id).values(disabled_at=clock()))
    await post.drain()
    assert receiver.requests == []
    row = await rows.one(select(ChannelMessage))
    assert (row.status, row.error) == ("failed", "the account is disabled")


async def test_a_gateway_that_hangs_is_left_after_a_while(
    client: httpx2.AsyncClient, headers: Headers, app: FastAPI, receiver: Receiver
) -> None:
    await save(client, headers, gateway(receiver))
    receiver.open.clear()
    app.state.messenger = hasty = Messenger(NoticeSettings(allow_private_addresses=True, timeout_seconds=0.2))
    fared = await client.post("/v1/me/channels/mine/test", headers=headers)
    hasty.close()
    assert fared.json()["arrived"] is False
