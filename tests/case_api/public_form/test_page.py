"""The customer's page: served as the phone page is, and used in a real browser of a phone's size."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from playwright.async_api import async_playwright, expect
from sqlalchemy import select

from models.cases import WithdrawalCase
from models.evidence import EvidenceBlob
from tests.case_api.evidence.samples import image
from tests.case_api.mic.phone import CHROMIUM, PHONE, QUIET
from tests.case_api.public_form.conftest import PHONE as NUMBER
from tests.case_api.public_form.conftest import Front
from tests.conftest import Rows


async def test_the_page_is_small_and_nothing_comes_from_elsewhere(front: Front) -> None:
    page = await front.client.get("/form")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    sizes = [len(page.content)]
    for name in ("form.css", "form.js"):
        [path] = [part for part in page.text.split('"') if part.endswith(name)]
        file = await front.client.get(path, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in file.headers["cache-control"]
        assert "://" not in file.text
        sizes.append(int(file.headers["content-length"]))
    assert sum(sizes) < 14_000
    assert (await front.client.get("/form/v/x/nothing.js")).status_code == 404


@pytest.fixture
async def server(front: Front) -> AsyncIterator[str]:
    served = uvicorn.Server(uvicorn.Config(front.app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(served.serve())
    while not served.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{served.servers[0].sockets[0].getsockname()[1]}"
    served.should_exit = True
    await task


async def test_a_customer_goes_through_it_on_a_phone(front: Front, server: str, rows: Rows) -> None:
    secret = (await front.link())["secret"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await browser.new_page(viewport=PHONE, locale="zh-CN")
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"{server}/form#{secret}")
        await page.click("button[type=submit]")
        await expect(page.locator(".field:has([name=name]) + .error")).to_have_text("请填写姓名")
        await page.fill("[name=name]", "王小明")
        await page.fill("[name=phone]", NUMBER)
        await page.click("text=获取验证码")
        await expect(page.locator("[autocomplete=one-time-code]")).to_be_visible()
        await page.reload()  # as a browser does whose tab was thrown away while its owner looked at the message
        await page.fill("[autocomplete=one-time-code]", front.gateway.sent[-1].code)
        await page.get_by_role("button", name="验证", exact=True).click()
        await expect(page.locator("text=手机号已验证")).to_be_visible()
        await page.set_input_files("#photo", {"name": "IMG.png", "mimeType": "image/png", "buffer": image("PNG")})
        await page.check("[value=family]")
        await expect(page.locator(".photo img")).to_be_visible()
        await page.reload()  # as a browser does whose tab was thrown away for the camera
        await expect(page.locator(".photo img")).to_be_visible()
        await page.check("[name=agreed]")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.route("**/form/submit", lambda route: route.abort(), times=1)  # the line breaks
        await page.click("button[type=submit]")
        await expect(page.locator(".error")).to_contain_text("正在自动重试（第 1 次）")
        await page.evaluate("() => dispatchEvent(new Event('online'))")
        await expect(page.locator("ol.steps .current")).to_have_text("已收到申请")
        case = await rows.one(select(WithdrawalCase))
        await expect(page.locator(".code")).to_have_text(case.code)
        assert (await rows.one(select(EvidenceBlob))).media_type == "image/jpeg"
        await page.goto(f"{server}/form#{secret}")  # the same code, scanned again on the same phone
        await expect(page.locator("ol.steps")).to_be_visible()
        assert complaints == []
        await browser.close()


async def test_what_was_typed_outlives_a_closed_tab_but_not_the_form(front: Front, server: str) -> None:
    """A page within another app closes at a swipe, and the code is scanned again; who scans another code is another customer."""
    secrets = [(await front.link())["secret"] for _ in range(2)]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = await browser.new_context(viewport=PHONE, locale="zh-CN")
        page = await context.new_page()
        await page.goto(f"{server}/form#{secrets[0]}")
        typed = {"name": "王小明", "phone": NUMBER, "id_number": "11010519491231002X", "cause_text": "家里人不同意"}
        for name, value in typed.items():
            await page.fill(f"[name={name}]", value)
        await page.check("[value=family]")
        await page.check("[name=agreed]")
        await page.close()
        again = await context.new_page()
        await again.goto(f"{server}/form#{secrets[0]}")
        for name, value in (typed | {"id_number": ""}).items():  # the number of an ID is not left lying on a phone
            await expect(again.locator(f"[name={name}]")).to_have_value(value)
        await expect(again.locator("[value=family]")).to_be_checked()
        await expect(again.locator("[name=agreed]")).not_to_be_checked()  # agreed to anew
        other = await context.new_page()
        await other.goto(f"{server}/form#{secrets[1]}")
        await expect(other.locator("[name=name]")).to_have_value("")
        kept = "() => Object.keys(localStorage).filter((key) => key.startsWith('draft'))"
        assert await other.evaluate(kept) == []
        await other.fill("[name=name]", "李四")
        await other.fill("[name=phone]", NUMBER)
        await other.check("[value=family]")
        await other.check("[name=agreed]")
        await other.click("button[type=submit]")
        await expect(other.locator("ol.steps")).to_be_visible()
        assert await other.evaluate(kept) == []
        await browser.close()


async def test_whatever_is_touched_is_large_enough(front: Front, server: str) -> None:
    secret = (await front.link())["secret"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await browser.new_page(viewport=PHONE, locale="zh-CN")
        await page.goto(f"{server}/form#{secret}")
        await page.set_input_files("#photo", {"name": "IMG.png", "mimeType": "image/png", "buffer": image("PNG")})
        await expect(page.locator(".photo img")).to_be_visible()
        small = """() => [...document.querySelectorAll("button, select, textarea, label:not(.field), .field > input")]
          .filter((one) => one.checkVisibility())
          .map((one) => [one.innerText || one.name, one.getBoundingClientRect()])
          .filter(([, box]) => box.width < 44 || box.height < 44)
          .map(([text]) => text)"""
        assert await page.evaluate(small) == []
        await browser.close()
