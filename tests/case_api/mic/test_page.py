"""What a staff member sees and does, from sign-in to summary, in Chinese and in English, by day and by night."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from playwright.async_api import expect

from case_api.notices import current_notice
from tests.case_api.mic import story
from tests.case_api.mic.phone import phone
from tests.case_api.mic.scripted import ScriptedServer

HAN = re.compile(r"[\u4e00-\u9fff]")
RECORD_VIBRATION = "Navigator.prototype.vibrate = (pattern) => (window.vibrated ??= []).push(pattern);"
KEEP_STREAMS = """
  window.streams = [];
  WakeLock.prototype.request = async (kind) => { window.awake = kind; return { release: () => (window.awake = null) }; };
  const open = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = async function (...wishes) {
    window.wishes = wishes[0];
    const stream = await open.apply(this, wishes);
    window.streams.push(stream);
    return stream;
  };
"""
# WCAG contrast of every visible piece of text against the first opaque background behind it.
POOR_CONTRAST = """() => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.a === 1) return colour;
    }
    return { r: 255, g: 255, b: 255 };
  };
  const poor = [];
  for (const element of document.querySelectorAll("#app *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest(":disabled")) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push(`${element.className}: ${element.textContent.slice(0, 20)} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll("button, input:not([type=radio])")]
  .filter((button) => button.checkVisibility())
  .map((button) => [button.textContent || button.ariaLabel || button.name, (button.closest(".check") ?? button).getBoundingClientRect()])
  .filter(([, box]) => box.width < 40 || box.height < 40)
  .map(([name, box]) => `${name} ${box.width}×${box.height}`)"""
NAMELESS = """() => [...document.querySelectorAll("button, input, select")]
  .filter((e) => e.checkVisibility() && !e.textContent.trim() && !e.ariaLabel && !e.labels?.length).map((e) => e.outerHTML)"""


async def check_access(page: Any) -> None:
    assert await page.evaluate(POOR_CONTRAST) == []
    assert await page.evaluate(SMALL_TARGETS) == []
    assert await page.evaluate(NAMELESS) == []


async def tell(server: ScriptedServer) -> None:
    for message in [story.GUIDANCE, story.WORDING, *story.TALK, story.state("agitated", 57.0, 5.9, -26.0, 248.0), story.CALMING]:
        await server.send(message)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_from_sign_in_to_summary(server: ScriptedServer, noise: Path, dark: bool) -> None:
    server.script.cases = [dict(case) for case in story.CASES]
    server.script.must_change_password = True
    async with phone(noise, dark=dark) as held:
        page = held.page
        await page.add_init_script(RECORD_VIBRATION)
        await held.open(server.url)
        await check_access(page)

        await held.sign_in("wrong")
        await expect(page.locator(".error-line")).to_have_text("用户名或密码不正确")
        assert [complaint for complaint in held.complaints if "401" not in complaint] == []
        held.complaints.clear()

        await held.sign_in()
        await page.fill("[name=old]", "correct horse")
        await page.fill("[name=new]", "new correct horse")
        await page.fill("[name=again]", "something else")
        await page.click("button[type=submit]")
        await expect(page.locator(".error-line")).to_have_text("两次输入的新密码不一致")
        await check_access(page)
        await page.fill("[name=again]", "new correct horse")
        await page.click("button[type=submit]")

        await expect(page.locator(".list-row")).to_have_count(3)  # the closed case is not offered
        await expect(page.locator("button.notice")).to_contain_text("登记声纹")  # nobody has enrolled yet
        await check_access(page)
        await page.fill("[type=search]", "王女士")
        await expect(page.locator(".list-row")).to_have_count(1)
        await page.click("text=新建案件")
        await page.fill("[name=customer]", "周女士")
        await page.fill("[name=unit]", "2 栋 0903")
        await page.click("button[type=submit]")

        await expect(page.locator(".context")).to_have_text("周女士 · 2 栋 0903")
        await expect(page.locator(".notice-text")).to_contain_text("您可以不同意录音")
        await check_access(page)
        await page.click("button[type=submit]")  # no choice yet: stays
        await expect(page.locator(".choice").first).to_be_visible()
        await held.consent()
        await check_access(page)
        await page.click(".start")
        await held.line("connected")
        hello = server.hellos[0]
        assert (hello.case_id, hello.codec, hello.sample_rate) == ("c9", "pcm_s16le", 16000)
        assert hello.consent is not None
        assert (hello.consent.recording, hello.consent.notice_version, hello.consent.informed_by) == (
            True,
            current_notice("recording").version,
            "李静",
        )
        assert hello.mic is not None
        assert (hello.mic.auto_gain_control, hello.mic.noise_suppression, hello.mic.echo_cancellation) == (False, False, False)

        await tell(server)
        await expect(page.locator(".prompt")).to_have_count(3)
        await expect(page.locator(".prompt").first.locator(".say")).to_have_text(story.CALMING["text"])
        await expect(page.locator(".prompt").first.locator(".reasons")).to_have_text("客户语速 +22% · 音量 +5 dB · 提到「举报」")
        await expect(page.locator(".prompt.small")).to_have_count(2)
        await expect(page.locator("[aria-live=assertive]")).to_have_text(story.CALMING["text"])
        assert await page.evaluate("window.vibrated") == [[80], [60, 50, 60], [140, 70, 140]]
        size = await page.locator(".prompt").first.locator(".say").evaluate("(say) => parseFloat(getComputedStyle(say).fontSize)")
        assert size >= 26, "readable at arm's length"
        await expect(page.locator(".level")).to_have_text("激动")
        await expect(page.locator(".measures")).to_have_text("语速 +23%  音量 +5 dB")
        await expect(page.locator(".talk li")).to_have_count(6)
        await expect(page.locator(".talk .staff")).to_have_count(2)
        await expect(page.locator(".talk mark")).to_have_text(["定金", "虚假宣传", "举报"])
        await expect(page.locator(".talk .doubtful small")).to_have_text("客户 00:45 · 可能听不准")
        await server.send({"type": "correction", "utterance": "u3", "at": 60.0, "speaker": "staff", "confidence": 0.9})
        await expect(page.locator(".talk .doubtful small")).to_have_text("我 00:45 · 可能听不准")
        await expect(page.locator(".talk li")).to_have_count(6)
        await expect(page.locator(".talk .partial .open")).to_have_text("你们经理出来")
        await expect(page.locator(".keywords .chip")).to_have_text(["举报", "虚假宣传", "定金"])
        await check_access(page)

        await server.send(story.LISTENERS)
        await server.send(story.HINT)
        await server.send(story.HINT)  # as after a dead spot: confirmed again, shown once
        await expect(page.locator(".listeners")).to_have_text("张伟 正在旁听")
        await expect(page.locator(".whisper strong")).to_have_text("张伟 提示您")
        await expect(page.locator(".whisper-text")).to_have_text(story.HINT["text"])
        await server.until(lambda: server.sessions["s0"].shown == ["l1", "h1", "h1"])
        await check_access(page)
        await page.click("text=知道了")
        await expect(page.locator(".whisper")).to_have_count(0)
        await server.send(story.LISTENERS | {"people": []})
        await expect(page.locator(".listeners")).to_be_hidden()

        await page.click("text=换一句")
        await expect(page.locator(".prompt").first.locator(".say")).to_have_text(story.CALMING["alternatives"][0]["text"])
        await page.click("text=多来点这样的")
        await page.click("text=用上了")
        await expect(page.locator(".prompt")).to_have_count(2)
        await page.locator(".prompt").first.click()
        await page.locator(".prompt").first.locator("text=先不用").click()
        await expect(page.locator(".prompt")).to_have_count(1)
        await page.click("text=标记")
        await server.send({"type": "warning", "code": "clipping", "at": 3.0, "zh": "声音过大，已失真", "en": "Clipping"})
        await expect(page.locator(".warning")).to_contain_text("声音过大")
        heard = server.sessions["s0"]
        await server.until(lambda: len(heard.marks) == 1)
        assert [(given.prompt_id, given.verdict) for given in heard.feedback] == [("p3", "helpful"), ("p3", "used"), ("p2", "dismissed")]
        assert heard.marks[0].at == pytest.approx(len(heard.packets) / 10, abs=1.5)

        await held.stop()
        await held.summary()
        await expect(page.locator(".legend li")).to_have_text(["客户 57%", "我 38%", "未确定 5%"])
        await expect(page.locator(".figures .agitated")).to_have_text("激动")
        await check_access(page)
        await page.click("text=完成")
        await expect(page.locator("h1")).to_have_text("选择案件")
        assert held.complaints == []


async def test_a_fourth_prompt_pushes_the_oldest_off(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        await held.begin(server.url)
        await held.line("connected")
        for number in range(5):
            await server.send(story.CALMING | {"id": f"p{number}", "text": f"第{number}句"})
        await expect(held.page.locator(".prompt .say")).to_have_text(["第4句", "第3句", "第2句"])
        for message in (story.LISTENERS, story.HINT, story.HINT | {"id": "h2", "text": "字" * 60}):
            await server.send(message)
        await expect(held.page.locator(".whisper")).to_have_count(2)
        await held.page.set_viewport_size({"width": 360, "height": 560})
        await expect(held.page.locator(".stop")).to_be_in_viewport(ratio=1)


async def test_everything_can_be_read_in_english(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        page = held.page
        await held.open(server.url)
        await page.click("text=English")
        await expect(page.locator("html")).to_have_attribute("lang", "en")
        await held.sign_in()
        await page.click("button:has-text('Without a case')")
        await expect(page.locator(".notice-text")).to_contain_text("You may refuse")
        await held.consent()
        await page.click(".start")
        await held.line("connected")
        text = await page.locator("#app").inner_text()
        assert not HAN.search(text), text
        await server.send(story.CALMING)
        await expect(page.locator(".say")).to_have_text(story.CALMING["text"])
        await expect(page.locator(".say-en")).to_have_text(story.CALMING["text_en"])
        await held.stop()
        await held.summary()
        await page.reload()
        await expect(page.locator("h1")).to_have_text("Choose the case")


async def test_it_installs_and_opens_without_a_line(server: ScriptedServer) -> None:
    async with phone(None) as held:
        await held.open(server.url)
        await held.page.evaluate("async () => { await navigator.serviceWorker.ready }")
        browser = await held.page.context.new_cdp_session(held.page)
        errors = (await browser.send("Page.getInstallabilityErrors"))["installabilityErrors"]
        # A test's browser profile is like a private window, from which nothing is ever installed.
        assert [error["errorId"] for error in errors] in ([], ["in-incognito"])
        await server.kill()
        await held.page.reload()
        await expect(held.page.locator("[name=username]")).to_be_visible()
        await held.sign_in()
        await expect(held.page.locator(".error-line")).to_have_text("连不上服务器，请检查网络后重试")
        await server.start()
        await held.sign_in()
        await expect(held.page.locator("h1")).to_have_text("选择案件")


@pytest.mark.parametrize(
    ("microphone", "host", "title"),
    [
        ("denied", None, "麦克风未获允许"),
        ("missing", None, "没有找到麦克风"),
        ("granted", "calmdesk.lan", "浏览器不允许使用麦克风"),
    ],
)
async def test_without_a_microphone_the_way_out_is_told(server: ScriptedServer, microphone: str, host: str | None, title: str) -> None:
    async with phone(None, microphone=microphone, host=host) as held:
        await held.open(server.url.replace("127.0.0.1", host or "127.0.0.1"))
        await held.sign_in()
        await held.page.click("button:has-text('先不关联')")
        await held.consent()
        if host is None:
            await held.page.click(".start")
        await expect(held.page.locator(".help h2")).to_have_text(title)
        if host is not None:
            await expect(held.page.locator(".help pre")).to_have_text("calmdesk serve --host 0.0.0.0 --tls self-signed")
        assert held.complaints == []
    assert server.hellos == [], "no session without a microphone"


async def test_a_microphone_taken_away_comes_back(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        page = held.page
        await page.add_init_script(KEEP_STREAMS)
        await held.begin(server.url)
        await server.until(lambda: len(server.sessions["s0"].packets) > 5)
        assert await page.evaluate("window.awake") == "screen"
        wishes = await page.evaluate("window.wishes.audio")
        assert (wishes["autoGainControl"], wishes["noiseSuppression"], wishes["echoCancellation"]) == (False, False, False)
        await page.evaluate("window.streams[0].getTracks().forEach((track) => track.stop())")
        await expect(page.locator(".toast", has_text="麦克风已恢复")).to_be_visible(timeout=15_000)
        before = len(server.sessions["s0"].packets)
        await server.until(lambda: len(server.sessions["s0"].packets) > before + 5)
        await expect(page.locator(".warning")).to_have_count(0)
        assert re.fullmatch(r"（自动）录音中断 \d+ 秒", server.sessions["s0"].marks[0].note)
        await held.stop()
        await held.summary()
        streams = await page.evaluate("window.streams.map((stream) => stream.getTracks()[0].readyState)")
        assert streams == ["ended", "ended"], "the microphone is let go"
        assert await page.evaluate("window.awake") is None


async def test_a_staff_member_enrols_and_deletes_their_voice(server: ScriptedServer, noise: Path) -> None:
    async with phone(noise) as held:
        page = held.page
        await held.open(server.url)
        await held.sign_in()
        await page.click("[aria-label=我的]")
        await page.click("text=我的声纹")
        await expect(page.locator("button:has-text('开始录制')")).to_be_disabled()
        await page.click(".check")
        await check_access(page)
        await page.click("text=开始录制")
        await page.click("text=按下后朗读")
        await expect(page.locator("h2")).to_contain_text("第二段", timeout=30_000)
        await page.click("text=按下后朗读")
        await expect(page.locator("h2")).to_have_text("声纹已登记", timeout=30_000)
        for name, seconds in (("calm", 15), ("raised", 8)):
            samples, rate = sf.read(io.BytesIO(server.script.uploads[name]))
            assert rate == 16_000
            assert len(samples) / rate == pytest.approx(seconds, abs=0.2)
            assert np.sqrt(np.mean(samples[rate:] ** 2)) > 0.01
        await expect(page.locator(".card p").first).to_contain_text("2026年11月23日")
        await page.click("text=English")
        await expect(page.locator(".card p").first).to_contain_text("23 Nov 2026")  # not as the phone itself writes it
        await page.click("text=中文")
        await page.click("text=删除我的声纹")
        await page.click("dialog .danger")
        await expect(page.locator(".check")).to_be_visible()
        assert server.script.enrolment is None
        assert held.complaints == []
