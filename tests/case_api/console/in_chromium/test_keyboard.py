"""What people do all day, with keys alone: no test here touches the pointer."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.case_api.console.browser import Desk, Room

MOST_TABS = 90


def reach(desk: Desk, place: Locator) -> None:
    """Tab from where the focus is until it is there, and can be seen there."""
    for _ in range(MOST_TABS):
        desk.page.keyboard.press("Tab")
        if place.evaluate("element => element === document.activeElement"):
            assert place.evaluate("element => element.matches(':focus-visible')")
            return
    raise AssertionError(f"{place} is out of the keyboard's reach")


def test_a_filter_is_saved_and_the_keyboard_goes_on_from_what_the_page_says(chrome: Room) -> None:
    desk = chrome.desk("zhangwei")
    keys = desk.page.keyboard
    desk.go("/cases?view=list&cause=family")
    opener = desk.page.get_by_role("button", name="保存这个筛选")
    reach(desk, opener)
    keys.press("Enter")
    name = desk.page.locator(".dialog [name=name]")
    expect(name).to_be_focused()  # a dialog begins in its first field
    keys.press("Enter")
    expect(desk.page.locator(".dialog .banner.bad")).to_be_visible()
    expect(name).to_have_attribute("aria-invalid", "true")
    keys.type("家庭原因")
    expect(name).not_to_have_attribute("aria-invalid", "true")
    keys.press("Escape")
    expect(desk.page.locator(".dialog")).to_have_count(0)
    expect(opener).to_be_focused()
    keys.press("Enter")
    expect(name).to_be_focused()
    keys.type("家庭原因")
    keys.press("Enter")
    expect(desk.page.locator(".banner.good")).to_be_focused()
    assert "done=" not in desk.page.url
    reach(desk, desk.page.get_by_role("link", name="家庭原因"))
    reach(desk, desk.page.get_by_role("button", name="删除保存的筛选「家庭原因」"))
    keys.press("Enter")
    expect(desk.page.locator(".banner.good")).to_contain_text("列表不受影响")


def test_an_approver_reads_and_leaves_a_decision(chrome: Room) -> None:
    desk = chrome.desk("wanggang")
    keys = desk.page.keyboard
    desk.go("/tasks")
    back = desk.page.get_by_role("button", name="退回修改").first
    reach(desk, back)
    keys.press("Enter")
    expect(desk.page.locator(".dialog textarea")).to_be_focused()
    keys.press("Control+Enter")  # without a reason
    expect(desk.page.locator(".dialog .banner.bad")).to_contain_text("请填写")
    keys.press("Escape")
    expect(back).to_be_focused()


def test_a_sentence_is_found_and_heard(chrome: Room) -> None:
    desk = chrome.desk("linna")
    keys = desk.page.keyboard
    desk.go("/search")
    expect(desk.page.locator("[name=q]")).to_be_focused()
    keys.type("虚假宣传")
    keys.press("Enter")
    desk.page.wait_for_url(re.compile(r"q="))
    desk.ready()
    reach(desk, desk.page.locator("#content a").filter(has_text="▶").first)
    keys.press("Enter")
    desk.page.wait_for_url(re.compile(r"/sessions/"))
    desk.ready()
    desk.page.wait_for_function("document.querySelector('audio').currentTime > 37")
    keys.press("k")
    line = desk.page.locator(".utterance").first
    reach(desk, line)
    keys.press("Space")  # plays from this line
    desk.page.wait_for_function("!document.querySelector('audio').paused && document.querySelector('audio').currentTime < 37")
    expect(line).to_be_focused()
    keys.press("k")


def test_the_menu_of_a_phone_opens_and_closes(chrome: Room) -> None:
    desk = chrome.desk("zhangwei", viewport={"width": 390, "height": 844})
    keys = desk.page.keyboard
    desk.go("/tasks")
    button = desk.page.get_by_role("button", name="菜单")
    expect(button).to_have_attribute("aria-expanded", "false")
    reach(desk, button)
    keys.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(desk.page.locator(".menu-link").first).to_be_focused()
    keys.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")
