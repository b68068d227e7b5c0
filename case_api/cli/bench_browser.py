"""How long a page takes in a real Chromium: from the navigation to the frame that shows what one came for."""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typer

from case_api.console.door import PREFIX, TOKEN_COOKIE

WINDOW: Final = {"width": 1440, "height": 900}
PATIENCE_MS: Final = 60_000
_WATCH: Final = """(() => {
  const look = () => {
    const tracks = document.querySelector("canvas.tracks");
    if (tracks && tracks.width !== 300 && document.querySelector(".transcript .utterance")) {
      requestAnimationFrame(() => { window.drawnAt = performance.now(); });
    } else requestAnimationFrame(look);
  };
  look();
})()"""
"""Notes when the first frame with tracks (a canvas nobody drew on is 300 wide) and sentences has been shown."""
_ZOOM: Final = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const tracks = document.querySelector("canvas.tracks"), box = tracks.getBoundingClientRect(), took = [];
  for (let turn = 0; turn < 120; turn++) {
    const begun = performance.now();
    const where = { clientX: box.left + box.width * 0.6, clientY: box.top + 20, bubbles: true, cancelable: true, ctrlKey: true };
    tracks.dispatchEvent(new WheelEvent("wheel", { ...where, deltaY: turn < 60 ? -60 : 60 }));
    await frame();
    took.push(performance.now() - begun);
  }
  return took;
}"""
"""Turns the wheel once a frame, all the way in and out again: the milliseconds of each."""


def opened(address: str, token: str, times: int) -> dict[str, Any]:
    """Open a review page `times` times in a browser that has never seen it and again in one that has; then zoom."""
    first: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    with _chromium() as browser:
        clock = browser.new_browser_cdp_session()
        for _ in range(times):
            context = browser.new_context(viewport=WINDOW, locale="zh-CN", reduced_motion="reduce")
            context.add_cookies([{"name": TOKEN_COOKIE, "value": token, "domain": "127.0.0.1", "path": PREFIX}])
            context.add_init_script(_WATCH)
            page = context.new_page()
            for seen in (first, again):
                seen.append(_drawn(page, clock, address))
            frames = sorted(page.evaluate(_ZOOM))
            context.close()
    frames_ms = {"median_ms": round(statistics.median(frames), 1), "p95_ms": round(frames[round(len(frames) * 0.95) - 1], 1)}
    return {"first": _told(first), "again": _told(again), "zoom_frames": frames_ms, "load": [round(one, 1) for one in os.getloadavg()]}


def _told(seen: list[tuple[float, float]]) -> dict[str, float]:
    """Of (s until drawn, s of processor time)."""
    took, worked = zip(*seen, strict=True)
    figures = {"median_s": statistics.median(took), "worst_s": max(took), "processor_s": statistics.median(worked)}
    return {name: round(value, 2) for name, value in figures.items()}


def _drawn(page: Any, clock: Any, address: str) -> tuple[float, float]:
    before = _worked(clock)
    page.goto(address, wait_until="commit")
    page.wait_for_function("window.drawnAt", timeout=PATIENCE_MS)
    after = _worked(clock)
    return page.evaluate("window.drawnAt") / 1000, sum(seconds - before.get(process, 0.0) for process, seconds in after.items())


def _worked(clock: Any) -> dict[int, float]:
    """Seconds that each of the browser's processes has worked so far."""
    return {one["id"]: one["cpuTime"] for one in clock.send("SystemInfo.getProcessInfo")["processInfo"]}


@contextmanager
def _chromium() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright  # a tool of development, which the service does not need
    except ImportError:
        raise typer.BadParameter("needs the Python package playwright and a Chromium", param_hint="--browser") from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()
