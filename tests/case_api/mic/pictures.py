"""Writes the pictures of docs/phone.md: `python -m tests.case_api.mic.pictures [FOLDER]`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import expect

from tests.case_api.mic import story
from tests.case_api.mic.phone import Phone, phone
from tests.case_api.mic.scripted import ScriptedServer
from tests.case_api.mic.sound import write_noise

SHOWN = {
    "": {"sign-in", "cases", "consent", "ready", "live", "offline", "summary", "enrol", "help"},
    "-dark": {"live"},
}


class Album:
    def __init__(self, held: Phone, folder: Path, suffix: str) -> None:
        self.held, self.folder, self.suffix = held, folder, suffix

    async def take(self, name: str) -> None:
        await asyncio.sleep(0.6)  # the end of a transition
        if name in SHOWN[self.suffix]:
            await self.held.page.screenshot(path=self.folder / f"phone-{name}{self.suffix}.png", scale="css")


async def before(server: ScriptedServer, album: Album) -> None:
    held, page = album.held, album.held.page
    await held.open(server.url)
    await album.take("sign-in")
    server.script.must_change_password = True
    await held.sign_in()
    await expect(page.locator("[name=again]")).to_be_visible()
    server.script.must_change_password = False
    await page.fill("[name=old]", "correct horse")
    await page.fill("[name=new]", "new correct horse")
    await page.fill("[name=again]", "new correct horse")
    await page.click("button[type=submit]")
    await expect(page.locator(".list-row").first).to_be_visible()
    await album.take("cases")
    await page.click("text=新建案件")
    await page.click("[aria-label=返回]")
    await page.click("text=王女士")
    await expect(page.locator(".choice").first).to_be_visible()
    await album.take("consent")
    await held.consent()
    await album.take("ready")


async def conversation(server: ScriptedServer, album: Album) -> None:
    held = album.held
    await held.page.click(".start")
    await held.line("connected")
    for message in [story.GUIDANCE, story.WORDING, *story.TALK]:
        await server.send(message)
    await server.send(story.state("agitated", 57.0, 5.9, -26.0, 248.0))
    await server.send(story.CALMING)
    await album.take("live")
    await server.kill()
    await held.line("offline")
    await asyncio.sleep(4)
    await album.take("offline")
    await server.start()
    await held.line("connected")
    await held.page.click(".stop")
    await held.page.click("dialog .danger")
    await held.summary()
    await album.take("summary")


async def voice(server: ScriptedServer, album: Album) -> None:
    page = album.held.page
    await page.click("text=完成")
    await page.click("[aria-label=我的]")
    await page.click("text=我的声纹")
    await expect(page.locator("[name=agreed]")).to_be_visible()
    await page.click(".check")
    await page.click("text=开始录制")
    await page.click("text=按下后朗读")
    await asyncio.sleep(4)
    await album.take("enrol")


async def trouble(server: ScriptedServer, folder: Path, suffix: str, *, dark: bool) -> None:
    async with phone(None, dark=dark, host="calmdesk.lan") as held:
        await held.open(server.url.replace("127.0.0.1", "calmdesk.lan"))
        await held.sign_in()
        await held.page.click("button:has-text('先不关联')")
        await held.consent()
        await Album(held, folder, suffix).take("help")


async def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        sound = write_noise(Path(scratch) / "noise.wav")
        for dark, suffix in ((False, ""), (True, "-dark")):
            server = ScriptedServer()
            server.script.cases = [dict(case) for case in story.CASES]
            await server.start()
            async with phone(sound, dark=dark) as held:
                album = Album(held, folder, suffix)
                await before(server, album)
                await conversation(server, album)
                await voice(server, album)
            await trouble(server, folder, suffix, dark=dark)
            await server.kill()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images")))
