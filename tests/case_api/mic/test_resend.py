"""Nothing that the microphone took is lost or sent twice, whatever happens to the line, the server or the page."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from playwright.async_api import expect

from tests.case_api.mic.phone import Phone, phone
from tests.case_api.mic.scripted import Heard, ScriptedServer
from tests.case_api.mic.sound import assert_unbroken

COUNT_PACKETS = """async () => {
  const open = indexedDB.open("calmdesk-mic");
  await new Promise((resolve) => (open.onsuccess = resolve));
  const count = open.result.transaction("packets").objectStore("packets").count();
  await new Promise((resolve) => (count.onsuccess = resolve));
  open.result.close();
  return count.result;
}"""


async def kept_seconds(held: Phone, seconds: float) -> None:
    """Until the page's store holds so much."""
    async with asyncio.timeout(60):
        while await held.page.evaluate(COUNT_PACKETS) * 0.1 < seconds:
            await held.page.wait_for_timeout(100)


async def heard_seconds(server: ScriptedServer, seconds: float) -> None:
    await server.until(lambda: len(server.sessions["s0"].packets) * 0.1 >= seconds)


async def finish(held: Phone, server: ScriptedServer, session: str = "s0") -> Heard:
    await held.stop()
    await held.summary()
    heard = server.sessions[session]
    assert heard.stopped
    assert heard.gaps == 0
    return heard


def resumed_only(server: ScriptedServer, at_least: int) -> None:
    """One conversation was begun and then only resumed. A slow machine may lose the line more often than the test cuts it."""
    first, *later = [hello.resume for hello in server.hellos]
    assert first is None
    assert set(later) == {"s0"}
    assert len(later) >= at_least


async def test_lines_that_break_lose_nothing(server: ScriptedServer, noise: Path) -> None:
    server.script.drop_after = {3, 4, 17, 30}
    async with phone(noise) as held:
        await held.begin(server.url)
        await heard_seconds(server, 5)
        heard = await finish(held, server)
        assert await held.page.evaluate(COUNT_PACKETS) == 0, "acknowledged packets stay on no phone"
    assert not server.script.drop_after
    resumed_only(server, at_least=4)
    assert_unbroken(heard.audio)


async def test_a_restarted_server_gets_the_rest(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.begin(server.url)
        await heard_seconds(server, 1)
        await server.kill()
        await held.line("offline")
        await expect(held.page.locator(".line")).to_have_text(re.compile(r"已存 [3-9] 秒"), timeout=20_000)
        await server.start()
        await held.line("connected")
        heard = await finish(held, server)
    assert_unbroken(heard.audio)


async def test_a_reloaded_page_sends_what_it_kept_and_goes_on(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.begin(server.url)
        await heard_seconds(server, 1)
        server.script.deaf = True
        await kept_seconds(held, 3)
        await held.page.reload()
        server.script.deaf = False
        await heard_seconds(server, 4)  # the microphone is closed: this was kept
        await held.page.click("text=继续对话")
        await heard_seconds(server, 7)
        heard = await finish(held, server)
    resumed_only(server, at_least=1)
    assert_unbroken(heard.audio[: 4 * 32_000])


async def test_a_reload_while_the_server_is_down_can_end_the_conversation(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.begin(server.url)
        await expect(held.page.locator("body")).to_be_visible()
        await held.page.evaluate("navigator.serviceWorker.ready")
        await heard_seconds(server, 1)
        await server.kill()
        await asyncio.sleep(2.5)
        await held.page.reload()
        await held.page.click("text=上传并结束")
        await expect(held.page.locator(".finishing")).to_contain_text(re.compile(r"还有 \d+ 秒存在手机里|剩余 \d+ 秒"))
        await server.start()
        await held.summary()
    heard = server.sessions["s0"]
    assert heard.stopped
    assert heard.gaps == 0
    assert len(heard.audio) >= 3 * 32_000
    assert_unbroken(heard.audio)


async def test_a_line_that_answers_nothing_is_given_up(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.begin(server.url)
        await heard_seconds(server, 1)
        server.script.deaf = True
        await server.until(lambda: len(server.hellos) == 2)
        server.script.deaf = False
        await held.line("connected")
        heard = await finish(held, server)
    assert_unbroken(heard.audio)


async def test_never_more_on_the_line_than_the_server_allows(server: ScriptedServer, noise: Path) -> None:
    server.script.window = 5
    async with phone(noise) as held:
        await held.begin(server.url)
        await heard_seconds(server, 1)
        server.script.deaf = True
        await asyncio.sleep(2.5)
        taken = server.sessions["s0"].unanswered
        await held.line("catchingup")
    assert taken == 5


async def test_an_expired_sign_in_keeps_the_microphone_open(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.begin(server.url)
        await heard_seconds(server, 1)
        server.script.token = "token-2"
        server.cut()
        await expect(held.page.locator("dialog.signin")).to_be_visible()
        await asyncio.sleep(2)
        await held.sign_in()
        await expect(held.page.locator("dialog.signin")).to_be_hidden()
        await held.line("connected")
        heard = await finish(held, server)
    tokens = [hello.token for hello in server.hellos]
    assert len(tokens) >= 3
    assert (tokens[0], tokens[1], tokens[-1]) == ("token-1", "token-1", "token-2")
    assert len(heard.audio) >= 3 * 32_000
    assert_unbroken(heard.audio)


async def test_a_session_the_server_closed_goes_on_as_a_new_one(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.begin(server.url)
        await heard_seconds(server, 2)
        server.sessions["s0"].ended = True
        server.cut()
        await expect(held.page.locator(".toast", has_text="另存为新会话")).to_be_visible()
        await asyncio.sleep(2)
        rest = await finish(held, server, "s1")
    first = server.sessions["s0"]
    assert (first.gaps, first.stopped) == (0, False)
    assert_unbroken(first.audio + rest.audio)


async def test_without_a_recording_nothing_touches_the_phones_disk(server: ScriptedServer, noise: Path) -> None:
    server.script.drop_after = {12}
    async with phone(noise) as held:
        await held.begin(server.url, recording=False)
        await heard_seconds(server, 1)
        server.script.deaf = True
        await asyncio.sleep(1)
        assert await held.page.evaluate(COUNT_PACKETS) == 0
        server.script.deaf = False
        server.cut()
        await heard_seconds(server, 4)
        heard = await finish(held, server)
    assert not any(hello.consent and hello.consent.recording for hello in server.hellos)
    assert_unbroken(heard.audio)


async def test_without_a_recording_a_reload_goes_on_where_the_server_is(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.begin(server.url, recording=False)
        await heard_seconds(server, 2)
        await held.page.reload()
        await held.page.click("text=继续对话")
        known = len(server.sessions["s0"].packets)
        await heard_seconds(server, known / 10 + 2)
        heard = await finish(held, server)
    assert heard.gaps == 0
    assert len(heard.packets) > known + 20


async def test_two_pages_do_not_share_a_conversation(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.begin(server.url)
        second = await held.page.context.new_page()
        await second.goto(server.url)
        await expect(second.locator("text=另一个页面正在进行对话")).to_be_visible()
        await finish(held, server)
        await second.click("text=重试")
        await expect(second.locator("text=选择案件")).to_be_visible()


async def test_a_case_that_ended_meanwhile_costs_no_sound(server: ScriptedServer, noise: Path) -> None:
    """The list was read, the case archived, then start was pressed: the conversation goes on without a case, and says so."""
    server.script.cases = [{"id": "c1", "code": "HD-1", "status": "closing", "customer_label": "周女士", "unit_label": "2 栋 0903"}]
    server.script.over = {"c1"}
    async with phone(noise) as held:
        await held.open(server.url)
        await held.sign_in()
        await held.page.click(".list-row")
        await held.consent()
        await held.page.click(".start")
        await expect(held.page.locator(".subject")).to_contain_text("未关联案件")
        await expect(held.page.locator(".toast")).to_contain_text("已归档或取消")
        await heard_seconds(server, 5)
        heard = await finish(held, server)
    assert [hello.case_id for hello in server.hellos] == ["c1", None]
    assert_unbroken(heard.audio)
