"""A receiver on this machine, which the settings allow, and an administrator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx2
import pytest

from case_api.events.fanout import EventDesk
from case_api.events.sender import Sender
from case_api.webhooks.carrier import webhook_carrier
from models.engine import Factory, transaction
from models.outbox import publish
from models.settings import Settings
from models.settings_notices import NoticeSettings
from tests.case_api.conftest import Clock
from tests.case_api.evidence.conftest import make_case
from tests.case_api.sessions.conftest import make_session
from tests.case_api.webhooks.server import Receiver, receiving
from tests.conftest import MakePerson, SignIn

__all__ = ["make_case", "make_session"]

Subscribe = Callable[..., Awaitable[dict[str, Any]]]
Happen = Callable[..., Awaitable[None]]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """As an installation in a closed network has them."""
    return settings.model_copy(update={"notices": NoticeSettings(allow_private_addresses=True)})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
async def root(make_person: MakePerson, sign_in: SignIn) -> dict[str, str]:
    return await sign_in(await make_person("root", ("admin", None)))


@pytest.fixture
def subscribe(client: httpx2.AsyncClient, root: dict[str, str], receiver: Receiver, clock: Clock) -> Subscribe:
    """`await subscribe(topics=["case.*"], …)`: the answer, secret and all."""

    async def make(**fields: Any) -> dict[str, Any]:
        body = {"name": "CRM", "url": receiver.url, "topics": ["*"]} | fields
        answer = await client.post("/v1/webhooks", headers=root, json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return make


@pytest.fixture
def happen(factory: Factory, clock: Clock) -> Happen:
    """`await happen("case.offer", {…}, site_id=…)`: published and handed on."""

    async def publish_and_tell(topic: str, data: dict[str, Any], *, site_id: str | None = None, key: str | None = None) -> None:
        async with transaction(factory) as db:
            await publish(db, topic, data, key=key, site_id=site_id)
        await EventDesk(factory, clock).drain()

    return publish_and_tell


@pytest.fixture
async def sender(factory: Factory, clock: Clock, settings: Settings) -> AsyncIterator[Sender]:
    async with webhook_carrier(factory, clock, settings.notices) as carrier:
        yield Sender(factory, clock, carrier)
