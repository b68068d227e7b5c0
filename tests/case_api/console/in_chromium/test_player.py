"""A conversation heard again: its sound, its curves, its timeline."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.case_api.console.browser import Room
from tests.case_api.mic.phone import PHONE


def test_a_conversation_is_heard_again(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/sessions?q=举报")
    desk.page.locator(f"td a[href*='{chrome.server.made['talk']}']").first.click()  # the newest one goes on, and is not played yet
    desk.ready()
    playing = "document.querySelector('audio')"
    desk.page.get_by_role("button", name=re.compile("我完全理解您的心情，这个问题我们可以一起")).click()
    desk.page.wait_for_function(f"!{playing}.paused && {playing}.currentTime > 54.2")
    expect(desk.page.locator(".utterance.current")).to_contain_text("我完全理解您的心情")
    desk.page.get_by_role("button", name="1.5×").click()
    assert desk.page.evaluate(f"{playing}.playbackRate") == 1.5
    box = desk.page.locator("canvas").bounding_box()
    assert box is not None
    desk.page.mouse.click(box["x"] + 64 + (box["width"] - 64) * 0.5, box["y"] + 20)
    desk.page.wait_for_function(f"Math.abs({playing}.currentTime - 41) < 2")
    desk.page.get_by_role("button", name="暂停").click()
    expect(desk.page.locator(".mark.moment").first).to_have_text("0:37客户打断对方")

    desk.page.evaluate(f"document.activeElement.blur(); {playing}.currentTime = 52.2")
    desk.page.keyboard.press("s")
    expect(desk.page.get_by_label("跳过静默")).to_be_checked()
    desk.page.keyboard.press("1")  # slowly, so that a busy machine does not play past the silence between two looks
    desk.page.evaluate(f"jumps = []; {playing}.addEventListener('seeking', (event) => jumps.push(event.target.currentTime))")
    desk.page.keyboard.press("k")
    desk.page.wait_for_function("jumps.some((at) => Math.abs(at - 53.7) < 0.01)")  # to just before the next voice
    desk.page.keyboard.press("Space")
    desk.page.wait_for_function(f"{playing}.paused")
    desk.page.keyboard.press("5")
    assert desk.page.evaluate(f"{playing}.playbackRate") == 2
    before = desk.page.evaluate(f"{playing}.currentTime")
    desk.page.keyboard.press("j")
    desk.page.wait_for_function(f"Math.abs({playing}.currentTime - {before - 10}) < 0.1")
    desk.page.keyboard.press("?")
    desk.page.get_by_label("启用快捷键").uncheck()
    desk.page.keyboard.press("Escape")
    desk.page.keyboard.press("1")
    assert desk.page.evaluate(f"{playing}.playbackRate") == 2  # whoever speaks to the machine can switch them off
    desk.page.get_by_role("button", name="快捷键").click()
    desk.page.get_by_label("启用快捷键").check()
    desk.page.keyboard.press("Escape")

    expect(desk.page.locator(".utterance.doubtful")).to_contain_text("可能听不准")
    expect(desk.page.locator(".mark.withheld")).to_have_text("0:21随机留空，未显示：流程我讲一遍，您听听有没有不清楚的。")
    expect(desk.page.locator(".entry", has_text="流程我讲一遍").locator(".tag")).to_have_text("随机留空，未显示")

    zoom = desk.page.locator(".zoom-bar")
    desk.page.evaluate(f"{playing}.pause(); {playing}.currentTime = 50; document.activeElement.blur()")
    expect(desk.page.locator(".now")).to_contain_text("0:50 /")
    with desk.page.expect_response(re.compile("/curves")) as finer:
        desk.page.keyboard.press("+")
        desk.page.keyboard.press("+")
    assert finer.value.json()["step"] == 0.1
    expect(zoom).to_contain_text("0:37 – 0:58")  # a quarter, the playing spot where it was
    desk.page.mouse.click(box["x"] + box["width"] - 2, box["y"] + 20)
    desk.page.wait_for_function(f"{playing}.currentTime > 57")
    expect(zoom).not_to_contain_text("0:37 – 0:58")  # the playing spot stays in sight
    desk.page.keyboard.press("k")
    desk.page.mouse.move(box["x"] + 64 + (box["width"] - 64) / 2, box["y"] + 20)
    desk.page.keyboard.down("Control")
    for _ in range(9):
        desk.page.mouse.wheel(0, -100)
    desk.page.keyboard.up("Control")
    desk.page.wait_for_function("((view) => view && view[2] - view[1] < 5.2)(location.search.match(/view=([\\d.]+)-([\\d.]+)/))")
    shown = zoom.locator(".note").inner_text()
    desk.page.reload()
    desk.ready()
    expect(zoom).to_contain_text(shown)
    desk.page.get_by_role("button", name="全程").click()
    expect(zoom.get_by_role("button", name="缩小")).to_be_disabled()

    desk.page.get_by_placeholder("在文字稿中查找").fill("朝南 s")
    expect(desk.page.get_by_label("跳过静默")).not_to_be_checked()  # what is typed in a field is no command
    desk.page.get_by_placeholder("在文字稿中查找").fill("朝南")
    expect(desk.page.locator(".utterance")).to_have_count(1)


def test_two_fingers_zoom_the_timeline_on_a_phone(chrome: Room) -> None:
    """However they lie to each other; one finger moves it along, and scrolls the page up and down."""
    page, (zoom, tracks) = phone_at(chrome, "zhangwei", "/sessions/{talk}", ".zoom-bar", "canvas.tracks")
    whole = zoom.locator(".note").inner_text()
    seconds = float(page.locator(".player-bar [type=range]").get_attribute("max") or 0)
    tracks.scroll_into_view_if_needed()
    box = tracks.bounding_box()
    assert box is not None
    left, wide, top = box["x"] + 64, box["width"] - 64, box["y"] + 40

    def at(share: float, down: float = 0.0) -> dict[str, float]:
        return {"x": left + share * wide, "y": top + down}

    def view() -> tuple[float, float]:
        page.wait_for_timeout(250)  # the address follows once the fingers rest
        found = re.search(r"view=([\d.]+)-([\d.]+)", page.url)
        return (float(found[1]), float(found[2])) if found else (0.0, seconds)

    touch(page, [at(0.45), at(0.55)], [at(0.2), at(0.8)])
    begin, end = view()
    assert end - begin == pytest.approx(seconds / 6, rel=0.05)
    assert (begin + end) / 2 == pytest.approx(seconds / 2, abs=1)  # what was between them still is
    touch(page, [at(0.8)], [at(0.3)])
    assert view()[0] == pytest.approx(begin + (end - begin) / 2, rel=0.05)
    before = view()
    touch(page, [at(0.5), at(0.51, 60)], [at(0.49, -20), at(0.52, 100)])  # one above the other: twice as far apart
    assert before[1] - before[0] == pytest.approx(2 * (view()[1] - view()[0]), rel=0.1)
    assert page.evaluate("visualViewport.scale") == 1
    touch(page, [at(0.05), at(0.95)], [at(0.48), at(0.52)])
    touch(page, [at(0.05), at(0.95)], [at(0.48), at(0.52)])
    expect(zoom.locator(".note")).to_have_text(whole)
    touch(page, [at(0.5)], [at(0.5, -200)])
    page.wait_for_function("scrollY > 100")
    assert page.evaluate("document.querySelector('audio').paused")


def phone_at(chrome: Room, username: str, path: str, *places: str) -> tuple[Page, list[Locator]]:
    """A page on a screen of its own that is touched."""
    page = chrome.desk(username, viewport=PHONE).page
    chrome.desk(username, viewport=PHONE).go(path)
    expect(page.locator(".transcript .utterance").first).to_be_visible()
    return page, [page.locator(place) for place in places]


def touch(page: Page, begin: list[dict[str, float]], end: list[dict[str, float]], steps: int = 12) -> None:
    """Fingers that go down one after the other, move together and rise."""
    fingers = page.context.new_cdp_session(page)

    def send(kind: str, places: list[dict[str, float]]) -> None:
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"id": n, **place} for n, place in enumerate(places)]})

    for count in range(1, len(begin) + 1):
        send("touchStart", begin[:count])
    for step in range(1, steps + 1):
        part = step / steps
        send("touchMove", [{name: a[name] + (b[name] - a[name]) * part for name in a} for a, b in zip(begin, end, strict=True)])
        page.wait_for_timeout(16)
    send("touchEnd", [])
    fingers.detach()


def test_two_conversations_are_compared(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/sessions/{talk}/compare?with={other}&from=onset")
    expect(desk.page.locator("tr").filter(has_text="激动时长")).to_have_text("激动时长0:160:16")
    box = desk.page.locator("canvas").nth(1).bounding_box()
    assert box is not None
    desk.page.mouse.click(box["x"] + 64 + (box["width"] - 64) * 0.5, box["y"] + 20)
    desk.page.wait_for_function("Math.abs(document.querySelectorAll('audio')[1].currentTime - 41) < 2")
    expect(desk.page.get_by_role("button", name=re.compile("^暂停"))).to_have_count(1)


def test_a_conversation_whose_sound_is_gone_says_so_and_can_be_read(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.page.route("**/audio", lambda route: route.fulfill(status=404))
    desk.go("/sessions/{talk}")
    expect(desk.page.locator(".soundless")).to_have_text("没有录音可播放，文字和曲线仍可查看。")
    expect(desk.page.get_by_role("button", name="播放", exact=True)).to_be_disabled()
    desk.page.locator(".utterance").nth(3).click()
    expect(desk.page.locator(".number.now")).to_contain_text("0:18")
    assert desk.faults() == []
    desk.page.unroute("**/audio")
    desk.complaints.clear()  # the browser's own about the answer 404
