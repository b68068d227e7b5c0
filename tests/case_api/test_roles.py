"""Every route and every role: what a role is not granted, it is refused, whatever it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from case_api.security import GRANTS, Permission, require
from models.people import Role
from models.sites import Site
from tests.case_api.test_deny_by_default import PUBLIC
from tests.conftest import MakePerson, SignIn, databases

# What anybody who is signed in may ask: each answers with the person's own, or with what everybody may know.
ANYBODY = {
    ("DELETE", "/v1/tokens/current"),
    ("GET", "/v1/me"),
    ("POST", "/v1/me/password"),
    ("GET", "/v1/consent-notice"),
    ("GET", "/v1/sites"),
    ("GET", "/v1/notifications"),
    ("POST", "/v1/notifications/read"),
    ("GET", "/v1/notifications/unread"),
    ("POST", "/v1/notifications/{notification_id}/read"),
    ("GET", "/v1/me/channels"),
    ("PUT", "/v1/me/channels/{name}"),
    ("DELETE", "/v1/me/channels/{name}"),
    ("POST", "/v1/me/channels/{name}/test"),
    ("GET", "/v1/me/filters/{list}"),
    ("PUT", "/v1/me/filters/{list}"),
    ("DELETE", "/v1/me/filters/{list}/{filter_id}"),
    ("GET", "/v1/me/notification-preferences"),
    ("PUT", "/v1/me/notification-preferences"),
    ("GET", "/v1/delegations"),
    ("DELETE", "/v1/delegations/{delegation_id}"),
    ("GET", "/v1/sessions"),
    ("GET", "/v1/utterances"),
    ("GET", "/v1/clips"),
    ("GET", "/v1/keywords"),
    ("GET", "/v1/keywords/frequencies"),
    ("GET", "/v1/keywords/precision"),
    ("GET", "/v1/keywords/together"),
    ("GET", "/v1/keywords/trend"),
}
# Customers have no account: these want the secret of a link, and take no token of anybody who works here.
OF_CUSTOMERS = "/v1/public/"
# What asks for the permission at the row's site, once it has the row; folders whose services do so, each with tests of its own.
BY_ROW = re.compile(r"/v1/(benefits|policies|sessions/\{session_id\}|clips/\{clip_id\}|cases/\{case_id\}/[a-z-]+)(/|$)")


def permissions(dependant: Dependant) -> Iterator[Permission]:
    """What a route asks for before it looks at anything."""
    if isinstance(dependant.call, require):
        yield dependant.call.permission
    for each in dependant.dependencies:
        yield from permissions(each)


def asked(app: FastAPI) -> dict[tuple[str, str], set[Permission]]:
    """(method, path) of every route for people → the permissions that it asks for."""
    found: dict[tuple[str, str], set[Permission]] = {}
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        for method in (route.methods or set()) - {"HEAD"}:
            if (method, route.path or "") not in PUBLIC and (route.path or "").startswith("/v1/") and dependant is not None:
                if (route.path or "").startswith(OF_CUSTOMERS):
                    continue
                found[method, route.path or ""] = set(permissions(dependant))
    return found


def test_every_route_asks_for_a_permission_or_is_known_not_to(app: FastAPI) -> None:
    unasked = {route for route, wanted in asked(app).items() if not wanted}
    assert {route for route in unasked if not BY_ROW.match(route[1])} == ANYBODY


@pytest.mark.parametrize("migrated", databases()[:1], indirect=True)  # who may do what does not depend on the database
@pytest.mark.parametrize("role", get_args(Role))
async def test_a_role_is_refused_what_it_is_not_granted(
    app: FastAPI, client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, role: str
) -> None:
    headers = await sign_in(await make_person("somebody", (role, None if role == "admin" else site.id)))
    for (method, path), wanted in asked(app).items():
        if (method, path) == ("DELETE", "/v1/tokens/current"):
            continue  # all that follows would be refused for want of a token
        answer = await client.request(method, re.sub(r"\{[^}]+\}", "x", path), headers=headers | {"If-Match": '"1"'})
        granted = wanted <= GRANTS[role]
        if not wanted and (method, path) not in ANYBODY:
            assert 400 <= answer.status_code < 500, f"{role} {method} {path} reached something: {answer.text}"
        elif granted:
            assert answer.status_code < 500, f"{method} {path}: {answer.text}"
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (
                f"{role} {method} {path} wants {wanted}: {answer.text}"
            )
