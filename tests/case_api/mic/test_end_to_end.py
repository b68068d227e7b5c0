"""The page, the browser's microphone and the real service, which is killed once: a negotiation becomes words, a prompt and a recording."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf
from playwright.async_api import Page, expect
from scipy import signal

from case_api.demo import ENROLMENT, NEGOTIATION
from case_api.harness import Service, Staff, own_settings, prepare
from tests.case_api.mic.phone import Phone, phone

RATE = 16_000
PIECE = RATE // 10
PACKET = RATE // 10
FINER = 8
STRETCHES = ((0, 24), (50, 66))  # seconds of the negotiation: enough to know the customer's calm voice, then patience is lost
LENGTH = sum(end - start for start, end in STRETCHES)
AFTERWARDS = 120  # seconds of a noisy room, in which a manager listens in

DURATION = """(audio) => new Promise((resolve) => {
  if (audio.readyState > 0) resolve(audio.duration);
  audio.addEventListener("loadedmetadata", () => resolve(audio.duration));
})"""


@pytest.fixture(scope="module")
def played() -> npt.NDArray[np.float64]:
    samples, rate = sf.read(NEGOTIATION)
    assert rate == RATE
    return np.concatenate([samples[start * RATE : end * RATE] for start, end in STRETCHES])


def likeness(stored: npt.NDArray[np.float64], played: npt.NDArray[np.float64]) -> tuple[float, list[int]]:
    """Correlation of what was stored with what was played (the median of 0.1 s pieces), and each second's offset in samples.

    A starved machine makes the browser's capture drop milliseconds; what lies between two such places is as it was played.
    """
    overall = signal.correlate(stored, played, mode="full", method="fft")
    lag = int(np.argmax(overall)) - (len(played) - 1)
    offsets, matches = [], []
    for start in range(2 * RATE, len(played) - 2 * RATE, RATE):
        second = played[start : start + RATE]
        around = stored[start + lag - PACKET : start + lag + RATE + PACKET]
        match = signal.correlate(around, second, mode="valid", method="fft")
        offsets.append(lag + int(np.argmax(match)) - PACKET)
        matches += [nearest(around, second[piece : piece + PIECE], piece) for piece in range(0, RATE, PIECE)]
    return float(np.median(matches)), offsets


def nearest(around: npt.NDArray[np.float64], piece: npt.NDArray[np.float64], at: int) -> float:
    """Correlation of a piece that should lie a packet after `at`, where it fits best within a packet of there.

    Taken at a fraction of a sample: the browser's clock and the file's meet anywhere between two.
    """
    near, piece = (signal.resample_poly(samples, FINER, 1) for samples in (around[at : at + PIECE + 2 * PACKET], piece))
    best = int(np.argmax(signal.correlate(near, piece, mode="valid", method="fft")))
    return float(np.corrcoef(near[best : best + len(piece)], piece)[0, 1])


async def play(held: Phone) -> None:
    """The recording is being finished while the summary is read: until then the page says that there is none."""
    async with asyncio.timeout(30):
        while await held.page.locator("audio").count() == 0:
            await held.page.click("text=播放录音")
            await asyncio.sleep(1)
    held.complaints = [complaint for complaint in held.complaints if "404" not in complaint]


async def accompany(held: Phone, service: Service, staff: Staff) -> Page:
    """A hint comes to the phone and is known to have; listening brings sound, for as long as the phone says so. The wall, left open.

    The staff member of these tests manages the site too.
    """
    assert held.page.context.browser is not None
    context = await held.page.context.browser.new_context(locale="zh-CN")
    await context.add_cookies([{"name": "calmdesk_token", "value": staff.token, "domain": "127.0.0.1", "path": "/console"}])
    wall = await context.new_page()
    await wall.goto(f"http://127.0.0.1:{service.port}/console/live")
    await wall.wait_for_function("window.socket?.connected")
    await wall.get_by_role("button", name="提示员工").click()
    await wall.get_by_role("button", name="先倒杯水").click()
    await expect(held.page.locator(".whisper")).to_contain_text("先倒杯水", timeout=20_000)
    await expect(wall.locator(".hint-line")).to_contain_text("已显示", timeout=20_000)
    await wall.get_by_role("button", name="旁听").click()
    await expect(held.page.locator(".listeners")).to_contain_text("正在旁听", timeout=20_000)
    loud = "parseFloat(document.querySelector('.listen-meter i').style.transform.slice(7)) > 0.3"
    await wall.wait_for_function(loud, timeout=20_000)
    await wall.get_by_role("button", name="停止旁听").click()
    await expect(held.page.locator(".listeners")).to_be_hidden(timeout=12_000)  # before anybody would count as away
    return wall


async def test_a_negotiation_through_the_phone(tmp_path: Path, played: npt.NDArray[np.float64]) -> None:
    sound = tmp_path / "negotiation.wav"
    room = np.random.default_rng(11).normal(0, 0.05, AFTERWARDS * RATE)
    sf.write(sound, signal.resample_poly(np.concatenate([played, room]), 3, 1), 3 * RATE, subtype="PCM_16")
    settings = own_settings(tmp_path / "var")
    staff = await prepare(settings, "phone", ENROLMENT)
    with Service(settings.data_dir) as service:
        async with phone(sound) as held:
            page = held.page
            await held.open(f"http://127.0.0.1:{service.port}/mic")
            await held.sign_in(staff.password, staff.username)
            await page.click("text=新建案件")
            await page.fill("[name=customer]", "王女士")
            await page.click("button[type=submit]")
            await expect(page.locator(".notice-text")).to_contain_text("您可以不同意录音")
            await held.consent()
            await page.click(".start")
            await held.line("connected")
            began = time.monotonic()
            await expect(page.locator(".talk .final:visible").first).to_be_visible(timeout=60_000)
            await asyncio.to_thread(service.kill)
            await held.line("offline")
            await asyncio.to_thread(service.start)
            await held.line("connected", within=60)
            await expect(page.locator(".prompt").first).to_be_visible(timeout=60_000)
            assert re.search(r"[\u4e00-\u9fff]{6,}", await page.locator(".say").first.inner_text())
            assert await page.locator(".reasons").first.inner_text()
            await page.locator(".prompt:not(.small) >> text=用上了").first.click()
            await page.click("text=标记")
            wall = await accompany(held, service, staff)
            spoken = time.monotonic() - began
            await held.stop()
            await held.summary(within=90)
            await expect(wall.locator(".visually-hidden[role=status]")).to_contain_text("会话已结束，可查看回放", timeout=20_000)
            await wall.get_by_role("link", name="查看回放").click()
            await wall.wait_for_url(re.compile("/console/sessions/"))
            await wall.context.close()
            await expect(page.locator(".legend .customer")).to_be_visible()
            session = (await page.locator(".card small", has_text="会话编号").inner_text()).split()[-1]
            await page.click("text=查看文字")
            await expect(page.locator(".plain-text")).to_contain_text("客户")
            await play(held)
            assert await page.locator("audio").evaluate(DURATION) > 0.9 * spoken
            assert [complaint for complaint in held.complaints if "WebSocket" not in complaint] == []
    stored, rate = sf.read(settings.data_dir / "recordings" / session / "recording.flac")
    assert rate == RATE
    assert 0.9 * spoken < len(stored) / RATE < LENGTH + AFTERWARDS  # also what was said while the server was dead
    correlation, offsets = likeness(stored, played[: len(stored)])
    assert correlation > 0.99
    # No packet is missing or doubled; less is let pass, as a starved machine makes the browser's capture drop milliseconds.
    assert np.max(np.abs(np.diff(offsets))) < PACKET - 100, offsets


async def test_a_consent_withdrawn_in_mid_conversation(tmp_path: Path, played: npt.NDArray[np.float64]) -> None:
    """First by the staff member on the phone, who goes on without recording and is asked again; then by the manager in the console."""
    sound = tmp_path / "negotiation.wav"
    sf.write(sound, signal.resample_poly(played, 3, 1), 3 * RATE, subtype="PCM_16")
    settings = own_settings(tmp_path / "var")
    staff = await prepare(settings, "phone", ENROLMENT)
    with Service(settings.data_dir) as service:
        url = f"http://127.0.0.1:{service.port}"
        async with phone(sound) as held, httpx2.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {staff.token}"}) as client:
            page = held.page

            async def newest() -> dict[str, Any]:
                return dict((await client.get("/v1/sessions?limit=1")).json()["items"][0])

            await held.open(f"{url}/mic")
            await held.sign_in(staff.password, staff.username)
            await page.click("button:has-text('先不关联')")
            await held.consent()
            await page.click(".start")
            await expect(page.locator(".talk .final:visible").first).to_be_visible(timeout=60_000)
            first = await newest()
            await page.click(".withdraw")
            await page.click("dialog .danger")
            await expect(page.locator("[role=status].notice")).to_have_text("撤回已登记", timeout=20_000)
            await page.click("text=继续，不录音，只提示")
            await page.click(".start")
            await held.line("connected")
            await held.stop()
            await held.summary(within=90)
            second = await newest()
            assert [(one["recording"], one["consent_withdrawn"]) for one in (first, second)] == [(True, False), (False, False)]

            await page.click("text=完成")
            await page.click("button:has-text('先不关联')")
            await held.consent()
            await page.click(".start")
            await held.line("connected")
            third = await newest()
            assert third["recording"]
            assert held.page.context.browser is not None
            context = await held.page.context.browser.new_context(locale="zh-CN")
            await context.add_cookies([{"name": "calmdesk_token", "value": staff.token, "domain": "127.0.0.1", "path": "/console"}])
            desk = await context.new_page()
            await desk.goto(f"{url}/console/sessions/{third['id']}")
            await desk.wait_for_function("window.socket?.connected")
            await desk.get_by_role("button", name="撤回录音同意").click()
            await expect(desk.locator(".dialog .note")).to_contain_text("录音马上停止")
            await desk.locator(".dialog button[type=submit]").click()
            await expect(page.locator("h2")).to_have_text("录音已停止", timeout=20_000)
            await expect(desk.locator(".banner.warn")).to_contain_text("录音同意已于", timeout=20_000)
            await context.close()

            await asyncio.to_thread(service.kill)
            await asyncio.to_thread(service.start)
            for session in (first, third):
                now = (await client.get(f"/v1/sessions/{session['id']}")).json()
                assert (now["status"], now["recording"], now["consent_withdrawn"], now["utterances"]) == ("ended", False, True, [])
                assert (await client.get(f"/v1/sessions/{session['id']}/audio")).json()["code"] == "not_recorded"
                folder = settings.data_dir / "recordings" / session["id"]
                assert not (folder / "recording.flac").exists(), "broken off, not finished"
