"""What a trainer judges, and what the program learns from it."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.case_api.console.browser import Room
from tests.case_api.mic.phone import PHONE


def test_a_trainer_judges_a_hit_and_hears_it(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/learning?view=hits&term=举报")
    hit = desk.page.locator(".entry").filter(has_text="住建局举报").first
    hit.get_by_role("button", name=re.compile("^误报")).click()
    expect(hit.locator(".tag.bad")).to_be_visible()
    hit.get_by_role("button", name=re.compile("^撤回")).click()  # a slip
    hit.get_by_role("button", name=re.compile("^说对了")).click()
    expect(hit.locator(".tag.good")).to_have_text("已确认")
    hit.get_by_role("link").click()
    desk.page.wait_for_function("document.querySelector('audio')?.currentTime > 41")
    desk.go("/learning?view=words")
    expect(desk.page.locator(".card").filter(has_text="准确率")).to_contain_text("100%")


def test_a_trainer_learns_now_and_holds_the_ranking(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/learning?view=ranking")
    desk.page.get_by_role("button", name="立即学习").click()
    expect(desk.page.locator(".banner.good").filter(has_text="学习完成")).to_be_visible()
    desk.ready()
    desk.do("按效果学习", done="约定已更新")
    expect(desk.page.get_by_role("button", name="停用")).to_be_visible()
    desk.do("停用", done="约定已更新")


def test_the_open_tab_is_in_sight_on_a_phone(chrome: Room) -> None:
    desk = chrome.desk("linna", viewport=PHONE)
    desk.go("/learning?view=digest")
    expect(desk.page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)
