"""The ways in: sign-in, new password, and the page where each role starts."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from case_api.console.door import PREFIX
from case_api.console.layout import bare_frame
from case_api.console.look import Look, look_of
from case_api.console.pages import LookedAt, away, menu_of
from case_api.console.parts import banner, el
from case_api.console.rest import Refused
from case_api.console.sign_in import here
from case_api.console.texts import TEXTS
from case_api.console.visit import arrive, rest_of
from case_api.problems import PROBLEMS, ProblemCode
from case_api.security import Permission


@LookedAt("/sign-in")
async def sign_in(request: Request) -> None:
    """User name and password; what went wrong the last time stands above them. In a demonstration also a button for each role."""
    look = look_of(request)
    demonstration = await rest_of(request, token="").optional("demo/people")
    say = _say(look)
    with bare_frame(look):
        _brand(say)
        _problem(request, look, say)
        with el("form", "", "card narrow", method="post", action=f"{PREFIX}/sign-in"):
            el("input", type="hidden", name="next", value=here(request.query_params.get("next")))
            known = request.query_params.get("username", "")  # somebody who mistyped the password
            there = {"autofocus": ""}
            _field(say("sign_in.username"), "username", autocomplete="username", value=known, **({} if known else there))
            _field(say("sign_in.password"), "password", type_="password", autocomplete="current-password", **(there if known else {}))
            el("button", say("sign_in.go"), "button primary", type="submit")
        el("p", say("sign_in.help"), "note narrow")
        if demonstration:
            _as_somebody(request, look, say, demonstration["items"])


def _as_somebody(request: Request, look: Look, say: Callable[[str], str], people: list[dict[str, str]]) -> None:
    with el("form", "", "card demonstration", method="post", action=f"{PREFIX}/sign-in-as"):
        el("input", type="hidden", name="next", value=here(request.query_params.get("next")))
        el("h2", say("sign_in.demo"))
        el("p", say("sign_in.demo_note"), "note")
        with el("div", "", "as-buttons"):
            for person in people:
                role = TEXTS[f"role.{person['role']}"][look.language == "en"]
                el("button", say("sign_in.as").format(role=role), "button", type="submit", name="role", value=person["role"])


@LookedAt("/password")
async def password(request: Request) -> Response | None:
    """A password of one's own; after a one-time password nothing else can be done."""
    rest = rest_of(request)
    try:
        me = await rest.get("me")
    except Refused as refused:
        return away(request, refused)
    look = look_of(request)
    say = _say(look)
    with bare_frame(look):
        _brand(say)
        el("p", say("password.first" if me["must_change_password"] else "password.text"), "narrow note")
        _problem(request, look, say)
        with el("form", "", "card narrow", method="post", action=f"{PREFIX}/password"):
            _field(say("password.old"), "old", type_="password", autocomplete="current-password")
            _field(say("password.new"), "new", type_="password", autocomplete="new-password", minlength="10")
            _field(say("password.again"), "again", type_="password", autocomplete="new-password", minlength="10")
            el("button", say("password.go"), "button primary", type="submit")
    return None


@LookedAt("/")
async def start(request: Request) -> Response:
    """Each role starts at what waits for it: the first page of its menu; an administrator at the guide until there was a conversation."""
    try:
        visit = await arrive(request)
    except Refused as refused:
        return away(request, refused)
    if visit.holds(Permission.SITE_MANAGE) and not (await visit.rest.get("state"))["set_up"]["conversations"]:
        return RedirectResponse(f"{PREFIX}/guide", 302)
    menu = menu_of(visit)
    return RedirectResponse(f"{PREFIX}{menu[0].path}" if menu else f"{PREFIX}/nothing", 302)


@LookedAt("/nothing")
async def nothing(request: Request) -> Response | None:
    """For somebody without any role."""
    try:
        visit = await arrive(request)
    except Refused as refused:
        return away(request, refused)
    with bare_frame(visit.look):
        _brand(visit.t)
        banner(visit.t("nothing"))
        with el("form", method="post", action=f"{PREFIX}/sign-out"):
            el("button", visit.t("own.sign_out"), "button", type="submit")
    return None


def _say(look: Look) -> Callable[[str], str]:
    return lambda key: TEXTS[key][look.language == "en"]


def _brand(say: Callable[[str], str]) -> None:
    ui.page_title("Calmdesk")
    el("img", src=f"{PREFIX}/static/icon.svg", alt="", width="64", height="64")
    el("h1", "Calmdesk")
    el("p", say("tagline"), "note")


def _problem(request: Request, look: Look, say: Callable[[str], str]) -> None:
    code = request.query_params.get("problem", "")
    if code == "again":
        banner(say("password.differ"), "bad")
    elif code in set(ProblemCode):
        text = PROBLEMS[ProblemCode(code)]
        banner(text.zh if look.language == "zh" else text.en, "bad")


def _field(label: str, name: str, type_: str = "text", **attributes: str) -> None:
    with el("label", "", "field"):
        el("span", label)
        el("input", name=name, type=type_, required="", **attributes)
