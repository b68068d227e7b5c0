"""Rules of a site as forms."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.case_api.console.browser import Room


def test_a_refund_rule_goes_its_way(chrome: Room) -> None:
    manager, legal = chrome.desk("zhangwei"), chrome.desk("sunli")
    legal.go("/policies")
    draft = legal.page.locator("#refund .version").first
    expect(draft).to_contain_text("80%")  # what holds, beside what would hold
    expect(draft).to_contain_text("75%")
    legal.do("授权", done="已授权")
    manager.go("/policies")
    manager.do("登记公示", {"proof": "大厅公示栏，照片 IMG_0917，见证人王磊"}, done="已登记公示")
    manager.page.locator("#refund").get_by_role("button", name="发布").click()
    manager.page.locator(".dialog button[type=submit]").click()
    expect(manager.page.locator(".banner.good")).to_contain_text("已发布")
    expect(manager.page.locator("#refund .version").first).to_contain_text("大厅公示栏")
