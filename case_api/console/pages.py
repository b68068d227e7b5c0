"""The pages: each names the permission it needs, and nothing is a page without one."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from case_api.console.door import PREFIX
from case_api.console.layout import frame
from case_api.console.look import CURRENT
from case_api.console.parts import banner, div, el, link
from case_api.console.rest import Refused
from case_api.console.visit import Visit, arrive
from case_api.security import Permission

BUILD_SECONDS: Final = 30.0
Build = Callable[[Visit, Request], Awaitable[None]]


class LookedAt(ui.page):
    """NiceGUI's page in the language and theme of whoever asks."""

    def resolve_language(self) -> str:  # type: ignore[override]
        """Of the browser's own texts and of `<html lang>`."""
        return CURRENT.get().tag

    def resolve_dark(self) -> bool | None:
        """None follows the device."""
        return CURRENT.get().dark


@dataclass(frozen=True, slots=True)
class PageSpec:
    """A page. `any_of` is what opens it; `icon` puts it into the menu."""

    path: str
    title: str
    any_of: tuple[Permission, ...]
    icon: str | None = None


PAGES: Final[list[PageSpec]] = []
_MODULES: Final = (
    "tasks",
    "inbox",
    "board",
    "case.page",
    "form_links",
    "warnings.board",
    "warnings.warning",
    "warnings.rules",
    "co_residents.page",
    "co_residents.one",
    "competitors.page",
    "competitors.one",
    "figures",
    "sessions",
    "review",
    "labels",
    "compare",
    "clips",
    "search",
    "live",
    "library",
    "desk.entry",
    "desk.form",
    "desk.edits",
    "desk.files",
    "learning.page",
    "policies.page",
    "benefits",
    "delegations",
    "holds",
    "audit",
    "people",
    "sites",
    "thresholds",
    "warnings.sources",
    "webhooks",
    "state",
    "entrance",
)


def load() -> None:
    """Import every page, in the order of the menu."""
    for name in _MODULES:
        importlib.import_module(f"case_api.console.{name}")


def page(path: str, title: str, *any_of: Permission, icon: str | None = None) -> Callable[[Build], Build]:
    """Declare a page for whoever holds one of these permissions somewhere."""
    spec = PageSpec(path, title, any_of, icon)
    assert any_of, "a page without a permission is nobody's"

    def register(build: Build) -> Build:
        PAGES.append(spec)

        @LookedAt(path, response_timeout=BUILD_SECONDS)
        async def shown(request: Request) -> Response | None:
            try:
                visit = await arrive(request)
            except Refused as refused:
                return away(request, refused)
            ui.page_title(f"{visit.t(title)} · Calmdesk")
            with frame(visit, spec.path, [(found.path, found.title, found.icon or "") for found in menu_of(visit)]):
                return await _built(visit, request, spec, build)

        return build

    return register


def menu_of(visit: Visit) -> list[PageSpec]:
    """The menu: pages that are open to this person."""
    return [spec for spec in PAGES if spec.icon and visit.holds(*spec.any_of)]


def away(request: Request, refused: Refused) -> Response:
    """To the sign-in, or to the new password, and back here afterwards."""
    if refused.code == "password_change_required":
        return RedirectResponse(f"{PREFIX}/password", 302)
    if not refused.signed_out:
        return Response(status_code=refused.status)
    asked = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""), safe="")
    return RedirectResponse(f"{PREFIX}/sign-in?next={asked}", 302)


async def _built(visit: Visit, request: Request, spec: PageSpec, build: Build) -> Response | None:
    client = ui.context.client
    if not visit.holds(*spec.any_of):
        client.status_code = 403
        el("h1", visit.t("forbidden.title"))
        banner(visit.t("forbidden.text"), "bad")
        with div("buttons"):
            link(visit.t("forbidden.home"), "/", "button")
        return None
    try:
        await build(visit, request)
    except Refused as refused:
        if refused.signed_out:
            return away(request, refused)
        client.status_code = refused.status
        if not any(one.tag == "h1" for one in client.elements.values()):
            el("h1", visit.t(spec.title))
        banner(await _removed(visit, request) or visit.problem(refused), "bad")
        with div("buttons"):
            link(visit.t("forbidden.home"), "/", "button")
    return None


async def _removed(visit: Visit, request: Request) -> str | None:
    """Whoever manages holds is told of a case or conversation that was here and went after its time; others cannot tell it from none."""
    id_ = request.path_params.get("case_id") or request.path_params.get("session_id")
    if id_ is None or not visit.holds(Permission.HOLD_MANAGE):
        return None
    try:
        found = (await visit.rest.get("retention/removals", subject_id=id_))["items"]
    except Refused:
        return None
    if not found:
        return None
    [stone] = found
    times = {name: visit.moment(stone[f"{name}_at"]) for name in ("ended", "removed")}
    return visit.t(f"removed.{stone['kind']}", code=stone["code"], **times)
