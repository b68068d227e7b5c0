"""Everything the REST API can refuse, as `application/problem+json` with a stable code and a sentence in Chinese and in English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from models.engine import DatabaseBusy


class ProblemCode(StrEnum):
    """Stable codes; a code is never renamed and never reused."""

    INVALID_REQUEST = "invalid_request"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    BODY_TOO_LARGE = "body_too_large"
    INTERNAL = "internal"
    DATABASE_BUSY = "database_busy"
    CREDENTIALS_INVALID = "credentials_invalid"
    TOKEN_MISSING = "token_missing"
    TOKEN_INVALID = "token_invalid"
    TOKEN_EXPIRED = "token_expired"
    PASSWORD_CHANGE_REQUIRED = "password_change_required"
    PASSWORD_WEAK = "password_weak"
    PASSWORD_WRONG = "password_wrong"
    FORBIDDEN = "forbidden"
    USERNAME_TAKEN = "username_taken"
    SITE_CODE_TAKEN = "site_code_taken"
    SITE_UNKNOWN = "site_unknown"
    SITE_REQUIRED = "site_required"
    CASE_UNKNOWN = "case_unknown"
    ROLE_SCOPE = "role_scope"
    LAST_ADMIN = "last_admin"
    NOT_RECORDED = "not_recorded"
    AUDIO_GONE = "audio_gone"
    RANGE_TOO_LONG = "range_too_long"
    CONSENT_REQUIRED = "consent_required"
    AUDIO_UNDECODABLE = "audio_undecodable"
    AUDIO_LENGTH = "audio_length"
    VOICE_UNAVAILABLE = "voice_unavailable"
    NOT_ENROLLED = "not_enrolled"


@dataclass(frozen=True, slots=True)
class ProblemText:
    """HTTP status, and what a person is told."""

    status: int
    zh: str
    en: str


PROBLEMS: dict[ProblemCode, ProblemText] = {
    ProblemCode.INVALID_REQUEST: ProblemText(422, "请求内容不符合要求", "The request does not fit the contract"),
    ProblemCode.NOT_FOUND: ProblemText(404, "找不到该内容，或您无权查看", "There is no such thing, or you may not see it"),
    ProblemCode.METHOD_NOT_ALLOWED: ProblemText(405, "该地址不支持此操作", "This address does not take this method"),
    ProblemCode.BODY_TOO_LARGE: ProblemText(413, "上传内容过大", "The upload is too large"),
    ProblemCode.INTERNAL: ProblemText(500, "服务内部错误", "Internal error"),
    ProblemCode.DATABASE_BUSY: ProblemText(503, "数据库繁忙，请稍后再试", "The database is busy; try again soon"),
    ProblemCode.CREDENTIALS_INVALID: ProblemText(
        401,
        "用户名或密码不正确；连续输错后账号会暂时锁定",
        "Wrong user name or password; the account locks for a while after several failures",
    ),
    ProblemCode.TOKEN_MISSING: ProblemText(401, "请先登录", "Sign in first"),
    ProblemCode.TOKEN_INVALID: ProblemText(401, "登录凭证无效，请重新登录", "The access token is not valid; sign in again"),
    ProblemCode.TOKEN_EXPIRED: ProblemText(401, "登录已过期，请重新登录", "The access token has expired; sign in again"),
    ProblemCode.PASSWORD_CHANGE_REQUIRED: ProblemText(403, "请先修改初始密码", "Change your one-time password first"),
    ProblemCode.PASSWORD_WEAK: ProblemText(
        422,
        "密码至少 10 个字符，不能包含用户名，也不能过于简单",
        "A password has 10 characters or more, not your user name and not a few repeated ones",
    ),
    ProblemCode.PASSWORD_WRONG: ProblemText(403, "原密码不正确", "The old password is not right"),
    ProblemCode.FORBIDDEN: ProblemText(403, "您的角色无权进行此操作", "Your role may not do this"),
    ProblemCode.USERNAME_TAKEN: ProblemText(409, "用户名已被使用", "This user name is taken"),
    ProblemCode.SITE_CODE_TAKEN: ProblemText(409, "案场代码已被使用", "This site code is taken"),
    ProblemCode.SITE_UNKNOWN: ProblemText(422, "没有这个案场", "There is no such site"),
    ProblemCode.SITE_REQUIRED: ProblemText(422, "请选择案场", "Name the site"),
    ProblemCode.CASE_UNKNOWN: ProblemText(422, "没有这个案件，或不属于该案场", "There is no such case at this site"),
    ProblemCode.ROLE_SCOPE: ProblemText(422, "管理员角色不能限定于单个案场", "The admin role is held everywhere or not at all"),
    ProblemCode.LAST_ADMIN: ProblemText(409, "不能停用最后一名管理员", "The last administrator has to stay"),
    ProblemCode.NOT_RECORDED: ProblemText(
        409, "客户未同意录音，本次会话只保留统计数字", "No recording was agreed to; only counts were kept"
    ),
    ProblemCode.AUDIO_GONE: ProblemText(404, "没有可播放的录音", "There is no audio to play"),
    ProblemCode.RANGE_TOO_LONG: ProblemText(422, "时间范围过长，请增大步长", "Too many points; ask for a larger step"),
    ProblemCode.CONSENT_REQUIRED: ProblemText(422, "登记声音前须单独同意", "Enrolling a voice needs its own consent"),
    ProblemCode.AUDIO_UNDECODABLE: ProblemText(422, "音频无法解码", "The audio cannot be decoded"),
    ProblemCode.AUDIO_LENGTH: ProblemText(
        422, "录音过短或过长，请在安静处重新录制", "The recording is too short or too long; record it again in a quiet place"
    ),
    ProblemCode.VOICE_UNAVAILABLE: ProblemText(503, "声音登记暂不可用", "Voices cannot be enrolled right now"),
    ProblemCode.NOT_ENROLLED: ProblemText(404, "尚未登记声音", "No voice is enrolled"),
}


class Problem(Exception):
    """A refusal. `detail` names the field or thing at fault, never a secret."""

    def __init__(self, code: ProblemCode, detail: str | None = None, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail
        self.headers = headers


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
    return problem_response(request, error)


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


def responses(*codes: ProblemCode) -> dict[int | str, dict[str, Any]]:
    """The `responses` argument of a route: which problems it gives, for OpenAPI."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        entry = found.setdefault(PROBLEMS[code].status, {"model": ProblemOut, "description": ""})
        entry["description"] = " / ".join(filter(None, [entry["description"], f"`{code}`"]))
    return found
