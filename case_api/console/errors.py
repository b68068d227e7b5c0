"""Pages that say what went wrong: an address that leads nowhere, and a fault of ours."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.exception_handlers import http_exception_handler
from nicegui import Client, ui
from nicegui import app as nicegui_app
from starlette.exceptions import HTTPException

from case_api.console.layout import bare_frame
from case_api.console.look import CURRENT
from case_api.console.pages import LookedAt
from case_api.console.parts import el, link
from case_api.console.texts import TEXTS


def install() -> None:
    """In the place of NiceGUI's own, which are in English and know neither theme nor way back."""
    nicegui_app.add_exception_handler(404, _missing)
    nicegui_app.on_page_exception(lambda: _told("failed"))


async def _missing(request: Request, error: Exception) -> Response:
    endpoint = request.scope.get("endpoint")
    if endpoint not in (None, nicegui_app) and not request.scope.get("nicegui_page_path") and isinstance(error, HTTPException):
        return await http_exception_handler(request, error)  # a file that is not there: whoever asked for it is no person
    with Client(LookedAt(""), request=request) as client:
        _told("missing")
    return client.build_response(request, 404)


def _told(what: str) -> None:
    look = CURRENT.get()

    def say(part: str) -> str:
        return TEXTS[f"{what}.{part}"][look.language == "en"]

    ui.page_title(f"{say('title')} · Calmdesk")
    with bare_frame(look):
        el("h1", say("title"))
        el("p", say("text"), "banner", role="alert")
        link(TEXTS["forbidden.home"][look.language == "en"], "/", "button primary")
