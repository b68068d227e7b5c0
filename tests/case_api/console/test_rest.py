"""Where the console asks: a code that the API makes of its own address has to lead a phone to the server."""

from __future__ import annotations

import pytest
from fastapi import FastAPI, Request
from starlette.requests import Request as Asked

from case_api.console.door import APP
from case_api.console.visit import rest_of

app = FastAPI()


@app.get("/v1/base")
async def base(request: Request) -> str:
    return str(request.base_url)


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("192.168.1.5:8080", "https://192.168.1.5:8080/"),
        ("desk.example.cn", "https://desk.example.cn/"),
        ("[fe80::1]:8080", "https://[fe80::1]:8080/"),
        ("evil host/x?", "https://127.0.0.1/"),
    ],
)
async def test_the_api_is_asked_at_the_address_of_the_browser(host: str, told: str) -> None:
    scope = {"type": "http", "scheme": "https", "path": "/console/form-links", "headers": [(b"host", host.encode())]}
    asked = Asked(scope | {APP: app, "query_string": b"", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 443)})
    assert await rest_of(asked).get("base") == told
