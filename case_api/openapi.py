"""The REST contract as it is: FastAPI knows neither our problems nor their media type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter

from case_api.openapi_examples import exemplify
from case_api.problems import PROBLEMS, ProblemCode, ProblemOut

# What any operation may answer, whether or not its route says so.
EVERYWHERE = [ProblemCode.INVALID_REQUEST, ProblemCode.BODY_TOO_LARGE, ProblemCode.DATABASE_BUSY]
SIGNED_IN = [ProblemCode.TOKEN_INVALID, ProblemCode.FORBIDDEN]
_MADE: dict[frozenset[tuple[str, ...]], dict[str, Any]] = {}
_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` tell of every problem as `application/problem+json`."""
    plain: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, plain)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


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
