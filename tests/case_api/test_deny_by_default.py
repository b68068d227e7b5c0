"""Every route asks for a sign-in, whether or not its author thought of it."""

from __future__ import annotations

import re

import httpx2
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", "/v1/tokens"),
    ("GET", "/v1/demo/people"),  # not found unless a demonstration is served
    ("POST", "/v1/demo/tokens"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/stream/asyncapi.json"),
    ("POST", "/v1/crm-events/{source_id}"),  # signed by a source
}
# Pages for phones; whatever they ask for wants a token, or (`/v1/public/…`) the secret of a customer's link, which is refused alike.
PAGES = re.compile(r"/(mic|form)(/|$)")


def routes(app: FastAPI) -> set[tuple[str, str]]:
    """(method, path) of everything the application answers over HTTP, however deeply it was included."""
    return {(method, route.path or "") for route in iter_route_contexts(app.routes) for method in route.methods or ()}


def test_the_walk_finds_every_documented_route(app: FastAPI) -> None:
    documented = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    assert documented
    assert documented <= routes(app)


async def test_every_route_but_the_public_ones_wants_a_token(app: FastAPI, client: httpx2.AsyncClient) -> None:
    for method, path in routes(app):
        answer = await client.request(method, re.sub(r"\{[^}]+\}", "x", path))
        if (method.replace("HEAD", "GET"), path) in PUBLIC or PAGES.match(path):
            assert (answer.status_code, path) != (401, path) or answer.json()["code"] == "signature_invalid", path
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "token_missing"), f"{method} {path}"
