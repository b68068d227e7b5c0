"""Everything the REST API can refuse, as `application/problem+json` with a stable code and a sentence in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from case_api.problem_codes import ProblemCode as ProblemCode  # with the exception that carries it
from case_api.problem_texts import PROBLEMS as PROBLEMS
from models.engine import DatabaseBusy


class Problem(Exception):
    """A refusal. `detail` names the field or thing at fault, never a secret."""

    def __init__(
        self,
        code: ProblemCode,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail
        self.headers = headers
        self.errors = list(errors)


class FieldError(BaseModel):
    """One field of an invalid request."""

    field: str
    message: str


class ProblemOut(BaseModel):
    """The body of every error (RFC 9457)."""

    title: str = Field(examples=["There is no such thing, or you may not see it"])
    status: int = Field(examples=[404])
    detail: str | None = None
    code: ProblemCode = Field(examples=[ProblemCode.NOT_FOUND])
    zh: str = Field(examples=["找不到该内容，或您无权查看"])
    en: str
    request_id: str = ""
    errors: list[FieldError] = Field(default_factory=list)


def problem_response(request: Request, problem: Problem, errors: list[FieldError] | None = None) -> JSONResponse:
    """The refusal as a response."""
    text = PROBLEMS[problem.code]
    body = ProblemOut(
        title=text.en,
        status=text.status,
        detail=problem.detail,
        code=problem.code,
        zh=text.zh,
        en=text.en,
        request_id=request.scope.get("request_id", ""),
        errors=errors or [],
    )
    headers = dict(problem.headers or {})
    if text.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body.model_dump(mode="json"), text.status, headers, "application/problem+json")


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return problem_response(request, error, error.errors)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Only where and why: echoing the input would put passwords into logs.
    errors = [FieldError(field=".".join(map(str, item["loc"])), message=item["msg"]) for item in error.errors()]
    return problem_response(request, Problem(ProblemCode.INVALID_REQUEST, errors[0].field if errors else None), errors)


_BY_STATUS = {404: ProblemCode.NOT_FOUND, 405: ProblemCode.METHOD_NOT_ALLOWED, 413: ProblemCode.BODY_TOO_LARGE}


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, ProblemCode.INTERNAL if error.status_code >= 500 else ProblemCode.INVALID_REQUEST)
    return problem_response(request, Problem(code, headers=error.headers))


async def _on_busy(request: Request, error: Exception) -> JSONResponse:
    return problem_response(request, Problem(ProblemCode.DATABASE_BUSY, headers={"Retry-After": "1"}))


def install(app: FastAPI) -> None:
    """Hand every error that is foreseen to this module; the others are the middleware's."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DatabaseBusy, _on_busy)
    app.add_exception_handler(PoolTimeout, _on_busy)  # no connection came free


def responses(*codes: ProblemCode) -> dict[int | str, dict[str, Any]]:
    """The `responses` argument of a route: which problems it gives, for OpenAPI."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        entry = found.setdefault(PROBLEMS[code].status, {"model": ProblemOut, "description": ""})
        entry["description"] = " / ".join(filter(None, [entry["description"], f"`{code}`"]))
    return found
