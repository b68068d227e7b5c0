"""The REST contract as it is: FastAPI knows neither our problems nor their media type."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter

from case_api.openapi_examples import exemplify
from case_api.problems import PROBLEMS, ProblemCode, ProblemOut

ADDRESS = "/openapi.json"
# What any operation may answer, whether or not its route says so.
EVERYWHERE = [ProblemCode.INVALID_REQUEST, ProblemCode.BODY_TOO_LARGE, ProblemCode.DATABASE_BUSY]
SIGNED_IN = [ProblemCode.TOKEN_INVALID, ProblemCode.FORBIDDEN]
_MADE: dict[frozenset[tuple[str, ...]], dict[str, Any]] = {}
_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` tell of every problem as `application/problem+json`, and serve it.

    FastAPI's own route makes the document on the event loop, at the first request of anybody at all: that is a second or two in which
    no conversation is heard.
    """
    plain: Callable[[], dict[str, Any]] = app.openapi
    one_at_a_time = Lock()

    def openapi() -> dict[str, Any]:
        with one_at_a_time:
            if app.openapi_schema is None:
                app.openapi_schema = _document(app, plain)
            return app.openapi_schema

    async def told(_: Request) -> Response:
        return await asyncio.to_thread(lambda: JSONResponse(openapi()))

    app.openapi = openapi  # type: ignore[method-assign]
    app.add_route(ADDRESS, told, include_in_schema=False)


def _document(app: FastAPI, plain: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The document of an application with these routes: made once a process, as the routes are."""
    name = frozenset((route.path or "", *sorted(route.methods or ())) for route in iter_route_contexts(app.routes))
    if name not in _MADE:
        _MADE[name] = document = plain()
        _amend(document)
    return _MADE[name]


def _amend(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    own = TypeAdapter(ProblemOut).json_schema(ref_template="#/components/schemas/{model}")
    schemas |= own.pop("$defs") | {"ProblemOut": own}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    exemplify(schemas)
    for path in document["paths"].values():
        for operation in path.values():
            _add_problems(operation)


def _add_problems(operation: dict[str, Any]) -> None:
    found = operation["responses"]
    for code in [*EVERYWHERE, *(SIGNED_IN if operation.get("security") else [])]:
        found.setdefault(str(PROBLEMS[code].status), {"description": f"`{code}`"})
    for status, answer in found.items():
        if status >= "400":
            answer["content"] = _CONTENT
