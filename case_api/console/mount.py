"""Puts the console on the application. NiceGUI keeps its own for the process, so this is done once: by `calmdesk serve`, not by tests."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from nicegui import app as nicegui_app
from nicegui import ui

from case_api.console import errors, pages, signatures
from case_api.console.door import PREFIX, ConsoleDoor
from case_api.console.sign_in import router as sign_in_router
from case_api.console.talk import router as talk_router

STATIC: Final = Path(__file__).parent / "static"
RECONNECT_SECONDS: Final = 30.0
"""How long a page that lost its line (a laptop's lid) may take to come back as it was."""


def mount(app: FastAPI) -> None:
    """Serve the console under `/console`, and lead the bare address to it. Nothing is kept in NiceGUI's own storage."""
    signatures.remember()
    version = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(STATIC.iterdir()))).hexdigest()[:12]
    nicegui_app.add_static_files("/static", STATIC, max_cache_age=31_536_000)
    ui.add_head_html(
        f'<link rel="stylesheet" href="{PREFIX}/static/console.css?{version}">'
        f'<script src="{PREFIX}/static/console.js?{version}" defer></script>',
        shared=True,
    )
    pages.load()
    errors.install()
    nicegui_app.router.routes.extend(sign_in_router().routes)  # after the pages: a page takes its address from whoever had it before
    nicegui_app.router.routes.extend(talk_router().routes)

    @app.get("/", include_in_schema=False)
    async def front(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{PREFIX}/", 302)

    ui.run_with(
        app,
        title="Calmdesk",
        favicon=STATIC / "icon.svg",
        mount_path=PREFIX,
        binding_refresh_interval=None,
        reconnect_timeout=RECONNECT_SECONDS,
        gzip_middleware_factory=None,  # the door packs: it has to read a page first
        tailwind=False,
        show_welcome_message=False,
    )
    app.add_middleware(ConsoleDoor)
