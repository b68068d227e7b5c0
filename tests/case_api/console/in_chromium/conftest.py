"""A real Chromium, in which nobody's page may leave an error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.case_api.console.browser import Room, room
from tests.case_api.console.conftest import Server


@pytest.fixture(scope="module")
def chrome(server: Server) -> Iterator[Room]:
    with room(server) as made:
        yield made


@pytest.fixture(autouse=True)
def quiet(chrome: Room) -> Iterator[None]:
    """No test leaves an error in anybody's browser."""
    yield
    assert chrome.complaints == []
