"""The REST contract as it is: FastAPI knows neither our problems nor their media type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter

from case_api.problems import PROBLEMS, ProblemCode, ProblemOut

# What any operation may answer, whether or not its route says so.
EVERYWHERE = [ProblemCode.INVALID_REQUEST, ProblemCode.BODY_TOO_LARGE, ProblemCode.DATABASE_BUSY]
SIGNED_IN = [ProblemCode.TOKEN_INVALID, ProblemCode.FORBIDDEN]
_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` tell of every problem as `application/problem+json`."""
    plain: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            _amend(plain())
        return plain()

    app.openapi = openapi  # type: ignore[method-assign]


def _amend(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    own = TypeAdapter(ProblemOut).json_schema(ref_template="#/components/schemas/{model}")
    schemas |= own.pop("$defs") | {"ProblemOut": own}
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
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
