"""Signing in and out, the password, language and theme: plain forms, because only an HTTP answer can set a cookie no script reads."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import get_args
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from case_api.console.door import PREFIX, TOKEN_COOKIE
from case_api.console.look import LANGUAGE_COOKIE, THEME_COOKIE, Language, Theme
from case_api.console.rest import Refused
from case_api.console.visit import rest_of
from case_api.sessions.spots import spot_of

YEAR_SECONDS = 31_536_000
LEADS_ON = (
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta http-equiv="refresh" content="0;url={target}"><title>Calmdesk</title></head>'
    '<body><p><a href="{target}">回放这一段 · Play this moment</a></p></body></html>'
)


def here(target: object) -> str:
    """Where to go on: an address of the console, whatever was asked for."""
    wanted = str(target or "")
    inside = wanted.startswith(f"{PREFIX}/") and "\\" not in wanted and not any(ord(c) < 33 for c in wanted)
    return wanted if inside else f"{PREFIX}/"


def to(path: str, **query: str) -> RedirectResponse:
    """Go there with GET."""
    given = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items() if value)
    return RedirectResponse(f"{PREFIX}{path}" + (f"?{given}" if given else ""), 303)


def router() -> APIRouter:
    """What the forms of the sign-in page, of the password page and of the menu are sent to."""
    made = APIRouter()

    @made.post("/sign-in")
    async def sign_in(request: Request) -> RedirectResponse:
        form = await request.form()
        typed = {name: str(form.get(name, "")) for name in ("username", "password")}
        return await _enter(request, "tokens", typed, here(form.get("next")))

    @made.post("/sign-in-as")
    async def sign_in_as(request: Request) -> RedirectResponse:
        form = await request.form()
        return await _enter(request, "demo/tokens", {"role": str(form.get("role", ""))}, here(form.get("next")))

    @made.post("/password")
    async def password(request: Request) -> RedirectResponse:
        form = await request.form()
        old, new, again = (str(form.get(name, "")) for name in ("old", "new", "again"))
        if new != again:
            return to("/password", problem="again")
        rest = rest_of(request)
        try:
            me = await rest.get("me")
            await rest.send("POST", "me/password", {"old_password": old, "new_password": new})
        except Refused as refused:
            return to("/sign-in" if refused.signed_out else "/password", problem=refused.code)
        again_as = {"username": me["username"], "password": new}  # the old token ended with the old password
        return await _enter(request, "tokens", again_as, f"{PREFIX}/")

    @made.post("/sign-out")
    async def sign_out(request: Request) -> RedirectResponse:
        try:
            await rest_of(request).send("DELETE", "tokens/current")
        except Refused as refused:
            if not refused.signed_out:
                raise
        answer = to("/sign-in")
        answer.delete_cookie(TOKEN_COOKIE, path=PREFIX)
        return answer

    @made.get("/q/{code}")
    async def moment(code: str) -> Response:
        """From a digest on paper or on a wall to the moment on the review page, which asks who it is and what they may hear.

        A page, not a redirect: the cookie is strict, so after a click in a file the browser sends it only with what our own page asks for.
        """
        spot = spot_of(code)
        if spot is None:
            return to("/")
        target = escape(f"{PREFIX}/sessions/{spot[0]}?at={spot[1]}&play=1")
        return HTMLResponse(LEADS_ON.format(target=target))

    @made.post("/look")
    async def look(request: Request) -> RedirectResponse:
        form = await request.form()
        answer = RedirectResponse(here(form.get("next")), 303)
        for name, cookie, allowed in (("language", LANGUAGE_COOKIE, get_args(Language)), ("theme", THEME_COOKIE, get_args(Theme))):
            if form.get(name) in allowed:
                answer.set_cookie(cookie, str(form[name]), max_age=YEAR_SECONDS, path=PREFIX, samesite="lax", httponly=True)
        return answer

    return made


async def _enter(request: Request, path: str, who: dict[str, str], target: str) -> RedirectResponse:
    try:
        made = await rest_of(request, token="").send("POST", path, who)
    except Refused as refused:
        code = "credentials_invalid" if refused.status == 422 else refused.code  # a name nobody can have is a wrong name
        return to("/sign-in", problem=code, next=target, username=who.get("username", "")[:64])
    answer = to("/password") if made["must_change_password"] else RedirectResponse(target, 303)
    lasts = int((datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)).total_seconds())
    secure = request.url.scheme == "https"
    answer.set_cookie(TOKEN_COOKIE, made["token"], max_age=lasts, path=PREFIX, samesite="strict", httponly=True, secure=secure)
    return answer
