"""The webhook tests' receiver, taken for a company's own gateway, and events."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from case_api.events.sender import Sender
from case_api.notifications.carrier import ChannelCarrier
from case_api.notifications.services import Messenger
from models.engine import Factory
from models.settings import Settings
from tests.case_api.conftest import Clock
from tests.case_api.webhooks.conftest import happen, make_case, make_session, receiver, settings

__all__ = ["happen", "make_case", "make_session", "receiver", "settings"]


@pytest.fixture
async def post(factory: Factory, clock: Clock, settings: Settings) -> AsyncIterator[Sender]:
    """Brings messages to people's channels."""
    messenger = Messenger(settings.notices)
    yield Sender(factory, clock, ChannelCarrier(factory, messenger))
    messenger.close()
