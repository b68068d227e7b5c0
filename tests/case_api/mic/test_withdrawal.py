"""The customer takes the consent back: the phone stops recording at once, keeps nothing, tells the server, and offers to go on without."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from audio_service.errors import ErrorCode
from tests.case_api.mic.phone import Phone, phone
from tests.case_api.mic.scripted import ScriptedServer
from tests.case_api.mic.test_page import check_access
from tests.case_api.mic.test_resend import COUNT_PACKETS, heard_seconds, kept_seconds

COUNT_SESSIONS = COUNT_PACKETS.replace('"packets"', '"sessions"')
STREAMS = """
  window.streams = [];
  const open = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = async function (...wishes) {
    const stream = await open.apply(this, wishes);
    window.streams.push(stream);
    return stream;
  };
"""
CLOSED = "window.streams.every((stream) => stream.getTracks().every((track) => track.readyState === 'ended'))"


async def withdraw(held: Phone) -> None:
    await held.page.click(".withdraw")
    await expect(held.page.locator("dialog h2")).to_have_text("客户撤回录音同意？")
    await held.page.click("dialog .danger")
    await expect(held.page.locator("h2")).to_have_text("录音已停止")


async def test_on_the_phone_while_one_talks(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.page.add_init_script(STREAMS)
        await held.begin(server.url)
        await heard_seconds(server, 1)
        await check_access(held.page)
        await held.page.click(".withdraw")
        await held.page.click("dialog .button:not(.danger)")  # changed their mind: nothing happens
        await heard_seconds(server, 2)
        await withdraw(held)
        assert await held.page.evaluate(CLOSED), "the microphone is closed"
        await expect(held.page.locator("[role=status].notice")).to_have_text("撤回已登记")
        assert server.sessions["s0"].withdrawn == 1
        assert [await held.page.evaluate(each) for each in (COUNT_PACKETS, COUNT_SESSIONS)] == [0, 0]
        await check_access(held.page)

        await held.page.click("text=继续，不录音，只提示")
        await expect(held.page.locator(".facts")).to_contain_text("不录音，只提示")
        await held.page.click(".start")
        await held.line("connected")
        await expect(held.page.locator(".rec")).to_have_text("不录音")
        await expect(held.page.locator(".withdraw")).to_have_count(0)
        again = server.hellos[-1]
        assert again.consent is not None
        assert (again.resume, again.consent.recording, again.consent.informed_by) == (None, False, "李静")
        await held.stop()
        await held.summary()
        assert held.complaints == []


async def test_without_a_line_it_stops_and_is_told_later_also_after_a_reload(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.page.add_init_script(STREAMS)
        await held.begin(server.url)
        await held.page.evaluate("navigator.serviceWorker.ready")
        await heard_seconds(server, 1)
        await server.kill()
        await kept_seconds(held, 1)
        await withdraw(held)
        assert await held.page.evaluate(CLOSED)
        assert [await held.page.evaluate(each) for each in (COUNT_PACKETS, COUNT_SESSIONS)] == [0, 1]
        await expect(held.page.locator("[role=status].notice")).to_contain_text("还没登记上")
        taken = len(server.sessions["s0"].packets)
        await held.page.reload()
        await expect(held.page.locator("h2")).to_have_text("录音已停止")
        await server.start()
        await expect(held.page.locator("[role=status].notice")).to_have_text("撤回已登记", timeout=20_000)
        assert (server.sessions["s0"].withdrawn, len(server.sessions["s0"].packets)) == (1, taken)
        assert await held.page.evaluate(COUNT_SESSIONS) == 0
        await held.page.reload()
        await expect(held.page.locator("h1")).to_have_text("选择案件")


async def test_in_the_console_while_one_talks(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.page.add_init_script(STREAMS)
        await held.begin(server.url)
        await heard_seconds(server, 1)
        await server.refuse(ErrorCode.CONSENT_WITHDRAWN)
        await expect(held.page.locator("h2")).to_have_text("录音已停止")
        await expect(held.page.locator("[role=status].notice")).to_have_text("撤回已登记")
        assert await held.page.evaluate(CLOSED)
        assert [await held.page.evaluate(each) for each in (COUNT_PACKETS, COUNT_SESSIONS)] == [0, 0]
        assert (len(server.hellos), server.sessions["s0"].withdrawn) == (1, 0)
        await held.page.click("text=返回首页")
        await expect(held.page.locator("h1")).to_have_text("选择案件")


async def test_after_the_summary(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.begin(server.url)
        await heard_seconds(server, 1)
        await held.stop()
        await held.summary()
        await held.page.click("text=客户撤回录音同意")
        await held.page.click("dialog .danger")
        await expect(held.page.locator("[role=status].notice")).to_have_text("撤回已登记")
        assert server.sessions["s0"].withdrawn == 1
