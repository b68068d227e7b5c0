"""The page's resampler: flat where speech is, closed above 8 kHz, and the same whatever the blocks."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from playwright.async_api import Page, async_playwright

from tests.case_api.mic.phone import CHROMIUM, QUIET
from tests.case_api.mic.scripted import ScriptedServer

# `hertz` zero: noise, the same every time.
RESAMPLE = """async ([url, rate, hertz, seconds, blocks]) => {
  const { Resampler } = await import(url);
  const resampler = new Resampler(rate);
  let seed = 1;
  const noise = () => (seed = (seed * 48271) % 2147483647) / 2147483647 - 0.5;
  const sine = (i) => 0.5 * Math.sin((2 * Math.PI * hertz * i) / rate);
  const input = Float32Array.from({ length: rate * seconds }, (_, i) => (hertz ? sine(i) : noise()));
  const output = [];
  for (let at = 0, turn = 0; at < input.length; at += blocks[turn % blocks.length], turn += 1)
    output.push(...resampler.process(input.subarray(at, at + blocks[turn % blocks.length])));
  const bytes = new Uint8Array(Float32Array.from(output).buffer);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""
PCM = """async ([url, samples]) => {
  const { toPcm16 } = await import(url);
  return [...toPcm16(Float32Array.from(samples))];
}"""


@pytest.fixture
async def module(server: ScriptedServer) -> AsyncIterator[tuple[Page, str]]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = await browser.new_page()
        await page.goto(server.url)
        yield page, server.url + "/v/any/js/resampler.js"
        await browser.close()


async def resample(module: tuple[Page, str], rate: int, hertz: float, blocks: list[int], seconds: float = 0.25) -> npt.NDArray[np.float32]:
    page, url = module
    return np.frombuffer(base64.b64decode(await page.evaluate(RESAMPLE, [url, rate, hertz, seconds, blocks])), "<f4")


def level(samples: npt.NDArray[np.float32]) -> float:
    """dB over the tone that went in, the filter's start and end left out."""
    return float(20 * np.log10(np.sqrt(2 * np.mean(samples[500:-500] ** 2)) / 0.5 + 1e-12))


async def test_flat_where_speech_is_and_closed_above_8_khz(module: tuple[Page, str]) -> None:
    for rate, hertz in product((48_000, 44_100, 96_000), (100, 1_000, 3_000, 6_800)):
        heard = await resample(module, rate, hertz, [128])
        assert abs(level(heard)) < 0.1, (rate, hertz)
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
        assert abs(np.argmax(spectrum) * 16_000 / len(heard) - hertz) < 5, (rate, hertz)
    for rate, hertz in product((48_000, 44_100, 96_000), (8_300, 9_000, 15_000)):
        assert level(await resample(module, rate, hertz, [128])) < -60, (rate, hertz)
    assert abs(level(await resample(module, 8_000, 1_000, [128]))) < 0.1, "a headset at 8 kHz is brought up"


async def test_length_and_sameness_for_any_blocks(module: tuple[Page, str]) -> None:
    for rate in (48_000, 44_100, 8_000, 16_000):
        whole = await resample(module, rate, 0, [rate])
        assert len(whole) == pytest.approx(4_000, abs=1)
        for blocks in ([128], [1], [7, 1_000, 33]):
            assert np.array_equal(await resample(module, rate, 0, blocks), whole), (rate, blocks)


async def test_samples_are_rounded_and_clamped(module: tuple[Page, str]) -> None:
    page, url = module
    assert await page.evaluate(PCM, [url, [0, 0.5, -0.5, 1, -1, 1.5, -1.5, 0.00002]]) == [0, 16384, -16384, 32767, -32768, 32767, -32768, 1]
