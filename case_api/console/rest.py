"""The REST API, asked in this process with the token of the person who looks: one contract, one place of checks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.types import ASGIApp

Files = Mapping[str, tuple[str, bytes, str]]


class Refused(Exception):
    """The API's answer was a problem (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}")
        self.status = status
        self.code = str(problem.get("code", "internal"))
        self.zh = str(problem.get("zh", "服务内部错误"))
        self.en = str(problem.get("en", "Internal error"))
        self.detail = str(problem.get("detail") or "")
        self.errors: list[dict[str, str]] = list(problem.get("errors") or [])

    @property
    def signed_out(self) -> bool:
        """Whether signing in again is what helps."""
        return self.status == 401


def command_key() -> str:
    """A name for one command: made when its form opens, so that a second click or a repetition does it once."""
    return secrets.token_urlsafe(18)


@dataclass(frozen=True, slots=True)
class Rest:
    """Calls in the name of one person, from their address."""

    app: ASGIApp
    token: str
    peer: tuple[str, int] = ("", 0)
    agent: str = ""
    base: str = "http://console"
    """Where the browser finds the server: what the API makes of its own address (a code to be scanned) leads there."""

    async def get(self, path: str, **query: Any) -> Any:
        """The body of `GET /v1/<path>`; arguments that are None or empty are left out. Raises Refused."""
        given = {name.rstrip("_"): value for name, value in query.items() if value not in (None, "", [])}
        return await self._ask("GET", path, params=given)

    async def optional(self, path: str, **query: Any) -> Any:
        """The same; None where there is nothing (yet). Raises Refused."""
        try:
            return await self.get(path, **query)
        except Refused as refused:
            if refused.status in (404, 409):
                return None
            raise

    async def everything(self, path: str, most: int = 300, **query: Any) -> list[dict[str, Any]]:
        """The items of all pages, `most` at the most. Raises Refused."""
        items: list[dict[str, Any]] = []
        cursor = None
        while len(items) < most:
            page = await self.get(path, limit=100, cursor=cursor, **query)
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return items

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: int | None = None,
        key: str | None = None,
        files: Files | None = None,
        data: Mapping[str, str] | None = None,
    ) -> Any:
        """A command on `version`, done once for `key`. Raises Refused."""
        headers = {"If-Match": f'"{version}"'} if version is not None else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        given: dict[str, Any] = {"headers": headers}
        if files is not None:
            given |= {"files": files, "data": data or {}}
        elif body is not None:
            given["json"] = body
        return await self._ask(method, path, **given)

    async def file(self, path: str, body: Any) -> bytes:
        """What `POST /v1/<path>` draws. Raises Refused."""
        return (await self._answer("POST", path, json=body)).content

    async def _ask(self, method: str, path: str, **given: Any) -> Any:
        answer = await self._answer(method, path, **given)
        return answer.json() if answer.content else None

    async def _answer(self, method: str, path: str, **given: Any) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False, client=self.peer)
        headers = {"User-Agent": self.agent}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        async with httpx2.AsyncClient(transport=transport, base_url=self.base, headers=headers, trust_env=False) as client:
            answer = await client.request(method, f"/v1/{path}", **given)
        if answer.is_success:
            return answer
        try:
            problem = answer.json()
        except ValueError:
            problem = {}
        raise Refused(answer.status_code, problem)
