"""What a trainer judges, and what the program learns from it."""

from __future__ import annotations

import re
import zipfile
from typing import Any

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


def test_a_file_that_is_being_made_says_so_and_what_was_wrong(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/learning?view=words")
    notice = desk.page.locator("body > .notice")
    waiting: list[Any] = []
    desk.page.route("**/keywords/export?*", lambda route: waiting.append(route))
    desk.page.locator("summary").filter(has_text="导出").click()
    desk.page.get_by_role("link", name="XLSX").click()
    expect(notice).to_contain_text("正在生成文件")
    expect(desk.page.get_by_role("link", name="XLSX", include_hidden=True)).to_have_attribute("aria-busy", "true")
    desk.page.get_by_role("link", name="XLSX").click()  # impatient: it is made once
    with desk.page.expect_download() as caught:
        waiting.pop().continue_()
    assert not waiting
    assert caught.value.suggested_filename.endswith(".xlsx")
    assert zipfile.is_zipfile(caught.value.path())
    expect(notice).to_contain_text("已下载 keywords-")
    desk.page.unroute("**/keywords/export?*")
    desk.page.route("**/keywords/export?*", lambda route: route.abort())
    desk.page.get_by_role("link", name="CSV").click()
    expect(notice).to_contain_text("没有下载：连接中断")
    desk.page.unroute("**/keywords/export?*")
    assert all("ERR_FAILED" in one for one in desk.complaints)
    desk.complaints.clear()  # the line that the browser itself writes of the broken one


def test_what_can_be_taken_away_is_in_sight_on_a_phone(chrome: Room) -> None:
    desk = chrome.desk("linna", viewport=PHONE)
    desk.go("/learning?view=words")
    desk.page.locator("summary").filter(has_text="导出").click()
    expect(desk.page.get_by_role("link", name="XLSX")).to_be_in_viewport(ratio=1)
