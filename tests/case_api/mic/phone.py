"""Drives the phone page in a real Chromium whose microphone plays a file."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Dialog, Page, async_playwright, expect

CHROMIUM = shutil.which("chromium")  # None: the one that `playwright install chromium` fetched
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
PHONE = {"width": 390, "height": 844}


@dataclass
class Phone:
    page: Page
    complaints: list[str] = field(default_factory=list)  # console errors and uncaught exceptions

    async def open(self, url: str) -> None:
        await self.page.goto(url)

    async def sign_in(self, password: str = "correct horse", username: str = "lijing") -> None:
        await self.page.fill("[name=username]", username)
        await self.page.fill("[name=password]", password)
        await self.page.click("button[type=submit]")

    async def consent(self, *, recording: bool = True) -> None:
        await self.page.click(f"label.choice:has([value={'yes' if recording else 'no'}])")
        await self.page.click("button[type=submit]")

    async def begin(self, url: str, *, recording: bool = True) -> None:
        """From nothing to a running conversation without a case."""
        await self.open(url)
        await self.sign_in()
        await self.page.click("button:has-text('先不关联')")
        await self.consent(recording=recording)
        await self.page.click(".start")
        await expect(self.page.locator("main.live")).to_be_visible()

    async def line(self, state: str, *, within: float = 20) -> None:
        await expect(self.page.locator(f'.line[data-state="{state}"]')).to_be_visible(timeout=within * 1000)

    async def stop(self) -> None:
        await self.page.click(".stop")
        await self.page.click("dialog .danger")

    async def summary(self, *, within: float = 30) -> None:
        await expect(self.page.locator(".figures")).to_be_visible(timeout=within * 1000)


@contextlib.asynccontextmanager
async def phone(sound: Path | None, *, dark: bool = False, microphone: str = "granted", host: str | None = None) -> AsyncIterator[Phone]:
    """`sound` is a WAV file that the microphone plays once. `microphone`: granted | denied | missing. `host`: a name for 127.0.0.1."""
    arguments = [*QUIET]
    if microphone != "missing":
        arguments.append("--use-fake-device-for-media-stream")
    if microphone != "denied":
        arguments.append("--use-fake-ui-for-media-stream")
    if sound is not None:
        arguments.append(f"--use-file-for-fake-audio-capture={sound}%noloop")
    if host is not None:
        arguments.append(f"--host-resolver-rules=MAP {host} 127.0.0.1")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = await browser.new_context(
            reduced_motion="reduce",
            viewport=PHONE,
            device_scale_factor=2,
            has_touch=True,
            color_scheme="dark" if dark else "light",
            locale="zh-CN",
        )  # type: ignore[arg-type]
        page = await context.new_page()
        held = Phone(page)
        page.on("console", lambda message: held.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: held.complaints.append(str(error)))

        async def accept(dialog: Dialog) -> None:
            await dialog.accept()

        page.on("dialog", accept)
        try:
            yield held
        finally:
            await browser.close()
