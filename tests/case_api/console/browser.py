"""People at the console, each in a browser context of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.case_api.console.conftest import Server
from tests.case_api.mic.phone import CHROMIUM, QUIET

WIDE = {"width": 1440, "height": 900}
SERIOUS = ("serious", "critical")
PATIENCE_MS = 60_000
"""For a machine that does many other things too."""
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Desk:
    """One person's page. `complaints` are console errors and uncaught exceptions."""

    server: Server
    page: Page
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of the console and wait until it can be used."""
        self.page.goto(f"{self.server.url}/console{path.format(**self.server.made)}")
        self.ready()

    def ready(self) -> None:
        """Until the page is drawn and its line to the server is up."""
        self.page.wait_for_selector("#content")
        self.page.wait_for_function("window.socket?.connected")
        self.page.wait_for_function("!document.querySelector('[aria-busy=true]')")

    def do(self, button: str, fields: dict[str, Any] | None = None, *, done: str | None = None) -> None:
        """Press a button, fill in the dialog it opens, confirm, and read what the page says then."""
        self.page.get_by_role("button", name=button, exact=True).first.click()
        dialog = self.page.locator(".dialog")
        expect(dialog).to_be_visible()
        for name, value in (fields or {}).items():
            self.fill(name, value)
        if done is not None:  # the page is loaded anew: what the step before said may read the same, and still stands there till then
            self.page.evaluate("window.drawnBefore = true")
        dialog.locator("button[type=submit]").click()
        if done is not None:
            self.page.wait_for_function("!window.drawnBefore")
            expect(self.page.locator(".banner.good").filter(has_text=done)).to_be_visible()
            self.ready()

    def fill(self, name: str, value: Any) -> None:
        """One field of the open dialog."""
        place = self.page.locator(f'.dialog [name="{name}"]')
        if isinstance(value, bool):
            place.set_checked(value)
        elif isinstance(value, list):
            for one in value:
                self.page.locator(f'.dialog [name="{name}"][value="{one}"]').check()
        elif place.evaluate("element => element.tagName") == "SELECT":
            label = place.locator("option").filter(has_text=value).first.inner_text()
            place.select_option(label=label)
        else:
            place.fill(value)

    def faults(self) -> list[str]:
        """What axe finds serious or worse, with the first place of each."""
        found = Axe().run(self.page).response["violations"]
        return [f"{self.page.url} {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in SERIOUS]


class Room:
    """A browser, and everybody's desk in it."""

    def __init__(self, server: Server, browser: Browser) -> None:
        self.server, self.browser = server, browser
        self._desks: dict[str, Desk] = {}

    def desk(self, username: str | None, *, dark: bool = False, viewport: dict[str, int] | None = None) -> Desk:
        """The person's desk: made at the first time, with their token as the sign-in leaves it."""
        name = f"{username} {dark} {viewport}"
        if name not in self._desks:
            context = self.browser.new_context(
                viewport=viewport or WIDE,  # type: ignore[arg-type]
                color_scheme="dark" if dark else "light",
                locale="zh-CN",
                reduced_motion="reduce",
            )
            context.set_default_timeout(PATIENCE_MS)
            if username:
                where = {"domain": "127.0.0.1", "path": "/console"}
                context.add_cookies([{"name": "calmdesk_token", "value": self.server.token(username), **where}])  # type: ignore[list-item]
            desk = self._desks[name] = Desk(self.server, context.new_page())
            desk.page.on("console", lambda message: desk.complaints.append(message.text) if message.type == "error" else None)
            desk.page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        return self._desks[name]

    @property
    def complaints(self) -> list[str]:
        """Of everybody's browser."""
        return [complaint for desk in self._desks.values() for complaint in desk.complaints]


@contextlib.contextmanager
def room(server: Server) -> Iterator[Room]:
    """Closes the browser afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield Room(server, browser)
        finally:
            browser.close()


def signed_paper(folder: Path) -> Path:
    """What a customer signed."""
    path = folder / "签字确认书.txt"
    path.write_text("本人同意方案 B。王小明\n", encoding="utf-8")
    return path
