"""`calmdesk stream`: where it connects to."""

from __future__ import annotations

import pytest

from case_api.cli.stream import stream_url


@pytest.mark.parametrize(
    ("given", "stream"),
    [
        ("ws://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/stream"),
        ("http://localhost:8080/", "ws://localhost:8080/v1/stream"),
        ("https://desk.lan", "wss://desk.lan/v1/stream"),
        ("HTTPS://desk.lan", "wss://desk.lan/v1/stream"),
        ("ws://http.lan:8080", "ws://http.lan:8080/v1/stream"),
        ("wss://desk.lan/v1/stream", "wss://desk.lan/v1/stream"),
        ("wss://desk.lan/v1/stream/", "wss://desk.lan/v1/stream"),
        ("https://desk.lan/calmdesk/", "wss://desk.lan/calmdesk/v1/stream"),
        ("ws://[fd00::1]:8080", "ws://[fd00::1]:8080/v1/stream"),
    ],
)
def test_an_address_becomes_its_stream(given: str, stream: str) -> None:
    assert stream_url(given) == stream
