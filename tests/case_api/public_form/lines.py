"""How the customer's form does on slow lines, in a real browser: `python -m tests.case_api.public_form.lines` (docs/public-form.md).

Chromium's own throttle: a rate each way, and a time before each answer's first byte. The photo is as a phone takes it (12 megapixels).
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import numpy as np
import uvicorn
from PIL import Image
from playwright.async_api import Browser, CDPSession, Page, async_playwright, expect

from case_api.accounts.service import issue_token
from case_api.application import create_app
from case_api.harness import own_settings
from case_api.logs import configure
from models import migrations
from models.engine import create_engine, session_factory, transaction
from models.people import Person, PersonRole
from models.sites import Site
from tests.case_api.mic.phone import CHROMIUM, PHONE, QUIET

PATIENCE_MS = 600_000
BITS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """Kilobits a second each way, and milliseconds before an answer begins."""

    name: str
    kbit: float
    wait_ms: float

    async def on(self, cdp: CDPSession) -> None:
        """This is the line of the page from now on."""
        rate = self.kbit * 1000 / BITS
        given = {"offline": False, "latency": self.wait_ms, "downloadThroughput": rate, "uploadThroughput": rate}
        await cdp.send("Network.emulateNetworkConditions", given)


LINES = (Line("no limit", 1_000_000, 0), Line("slow 3G", 400, 400), Line("like 2G", 50, 800))


@dataclass(slots=True)
class Measured:
    """Of one form: what came over the line, and seconds."""

    line: str
    requests: int = 0
    received: int = 0
    usable: float = 0.0
    without_photo: float = 0.0
    with_photo: float = 0.0
    sent: int = 0
    dropped: str = ""


def photo() -> bytes:
    """12 megapixels with the grain and the edges of a real one: about four megabytes."""
    chance = np.random.default_rng(1)
    coarse = Image.fromarray(chance.integers(40, 220, (95, 126, 3), dtype=np.uint8)).resize((4032, 3024), Image.Resampling.BICUBIC)
    grain = chance.normal(0, 7, (3024, 4032, 1))
    pixels = np.clip(np.asarray(coarse, dtype=np.float32) + grain, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=88)
    return out.getvalue()


@asynccontextmanager
async def served() -> AsyncIterator[tuple[str, dict[str, str], str]]:
    """(address, a receptionist's headers, site) of an office of its own."""
    with tempfile.TemporaryDirectory() as folder:
        settings = own_settings(Path(folder))
        configure(settings)
        await asyncio.to_thread(migrations.upgrade, settings)
        engine = create_engine(settings)
        async with transaction(session_factory(engine)) as db:
            site = Site(code="HD", name="海德花园")
            db.add(site)
            await db.flush()
            roles = [PersonRole(role="receptionist", site_id=site.id)]
            person = Person(username="zhouyan", display_name="周妍", password_hash="x", must_change_password=False, roles=roles)
            db.add(person)
            await db.flush()
            token, _ = issue_token(db, person, settings.auth)
        server = uvicorn.Server(uvicorn.Config(create_app(settings, engine=engine), port=0, log_config=None, access_log=False))
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"}, site.id
        server.should_exit = True
        await task
        await engine.dispose()


async def link(url: str, headers: dict[str, str], site: str) -> str:
    """The address of a new form."""
    async with httpx2.AsyncClient() as client:
        made = await client.post(f"{url}/v1/form-links", headers=headers, json={"site_id": site, "label": "前台"})
        return f"{url}/form#{made.json()['secret']}"


async def filled(browser: Browser, line: Line, address: str, measured: Measured, picture: bytes | None) -> Page:
    """The form, opened over the line and filled in; what it took is noted."""
    context = await browser.new_context(viewport=PHONE, locale="zh-CN")  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    cdp = await context.new_cdp_session(page)
    await cdp.send("Network.enable")
    counts = {"requests": 0, "received": 0}
    cdp.on(
        "Network.requestWillBeSent", lambda event: counts.update(requests=counts["requests"] + event["request"]["url"].startswith("http"))
    )
    cdp.on("Network.loadingFinished", lambda event: counts.update(received=counts["received"] + int(event["encodedDataLength"])))
    await line.on(cdp)
    began = time.monotonic()
    await page.goto(address, wait_until="commit")
    await expect(page.locator("[name=name]")).to_be_visible(timeout=PATIENCE_MS)
    measured.usable, measured.requests, measured.received = time.monotonic() - began, counts["requests"], counts["received"]
    await page.fill("[name=name]", "王小明")
    await page.fill("[name=phone]", "13812345678")
    await page.check("[value=family]")
    await page.check("[name=agreed]")
    if picture is not None:
        await page.set_input_files("#photo", {"name": "IMG.jpg", "mimeType": "image/jpeg", "buffer": picture})
        await expect(page.locator(".photo img")).to_be_visible()
    return page


async def handed_in(page: Page) -> float:
    """Seconds until the customer sees that it was handed in."""
    began = time.monotonic()
    await page.click("button[type=submit]")
    await expect(page.locator("ol.steps")).to_be_visible(timeout=PATIENCE_MS)
    return time.monotonic() - began


class Cable:
    """Between browser and server, to be cut: the browser's throttle hands over what it holds back as soon as it is told to be offline."""

    def __init__(self, port: int) -> None:
        self._port, self._down = port, False
        self._ends: set[asyncio.StreamWriter] = set()

    async def lay(self) -> str:
        """Its address."""
        laid = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return f"http://127.0.0.1:{laid.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """Everything on it is lost, and nothing gets through."""
        self._down = True
        for end in self._ends:
            end.transport.abort()

    def mend(self) -> None:
        """New connections get through again."""
        self._down = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._down:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._ends |= {writer, back}
        await asyncio.gather(_pour(reader, back), _pour(there, writer), return_exceptions=True)


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while piece := await source.read(4096):
        sink.write(piece)
        await sink.drain()
    sink.close()


async def dropped(page: Page, cable: Cable, after: float) -> str:
    """The line is cut while the photo is on its way, and comes back: how long until it is handed in, without another tap."""
    began = time.monotonic()
    await page.click("button[type=submit]")
    await asyncio.sleep(after)
    cable.cut()
    await asyncio.sleep(4)
    cable.mend()
    try:
        await expect(page.locator("ol.steps")).to_be_visible(timeout=120_000)
    except AssertionError:
        return "not handed in"
    return f"{time.monotonic() - began:.1f} s"


async def measure(line: Line, url: str, headers: dict[str, str], site: str, browser: Browser, picture: bytes) -> Measured:
    """One line: a form without a photo, one with, and one whose line is cut."""
    found = Measured(line.name)
    page = await filled(browser, line, await link(url, headers, site), found, None)
    found.without_photo = await handed_in(page)
    page = await filled(browser, line, await link(url, headers, site), Measured(line.name), picture)
    found.sent = await page.evaluate("() => photo.size")
    found.with_photo = await handed_in(page)
    cable = Cable(int(url.rpartition(":")[2]))
    address = (await link(url, headers, site)).replace(url, await cable.lay())
    page = await filled(browser, line, address, Measured(line.name), picture)
    found.dropped = await dropped(page, cable, 0.4 * found.with_photo)
    return found


async def main() -> None:
    """A table for the docs."""
    picture = photo()
    print(f"photo {len(picture) / 1e6:.1f} MB", file=sys.stderr)
    print("| line | requests | bytes | usable after | handed in, no photo | with a photo | photo as sent, bytes | line cut for 4 s |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    async with served() as (url, headers, site), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for line in LINES:
            one = await measure(line, url, headers, site, browser, picture)
            cells = [line.name, one.requests, f"{one.received:,}", f"{one.usable:.1f} s", f"{one.without_photo:.1f} s"]
            print("|", " | ".join(map(str, [*cells, f"{one.with_photo:.1f} s", f"{one.sent:,}", one.dropped])), "|", flush=True)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
