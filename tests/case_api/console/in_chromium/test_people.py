"""Who comes in, what they are told, and where the keyboard leads them."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.case_api.console.browser import Room
from tests.case_api.console.conftest import PASSWORD, Server


def test_a_person_is_made_and_comes_in(chrome: Room) -> None:
    desk = chrome.desk("root")
    desk.go("/people")
    fields = {"username": "guoqiang", "display_name": "郭强", "roles.0.role": "置业顾问", "roles.0.site_id": "海德花园"}
    desk.do("新建账号", fields)
    once = desk.page.locator(".once").inner_text()
    desk.page.get_by_role("button", name="我已告知本人").click()
    expect(desk.page.get_by_role("cell", name="郭强")).to_be_visible()
    assert once not in desk.page.content()

    fresh = chrome.desk(None)
    fresh.go("/sign-in")
    for name, value in (("username", "GuoQiang"), ("password", once)):
        fresh.page.fill(f"[name={name}]", value)
    fresh.page.keyboard.press("Enter")
    for name, value in (("old", once), ("new", PASSWORD), ("again", PASSWORD)):
        fresh.page.fill(f"[name={name}]", value)
    fresh.page.keyboard.press("Enter")
    expect(fresh.page.locator("h1")).to_have_text("我的待办")
    fresh.page.locator(".own summary").click()
    fresh.page.get_by_role("button", name="English").click()
    expect(fresh.page.locator("h1")).to_have_text("My work")
    fresh.page.locator(".own summary").click()
    fresh.page.get_by_role("button", name="Sign out").click()
    expect(fresh.page.locator("[name=username]")).to_be_visible()


def test_signed_out_elsewhere_leads_to_the_sign_in(chrome: Room, server: Server) -> None:
    desk = chrome.desk("qianjun")
    desk.go("/library")
    server.sign_out("qianjun")
    desk.page.fill("[name=text]", "我要去告你们")
    desk.page.get_by_role("button", name="试一句", exact=True).click()
    expect(desk.page.locator(".banner.bad")).to_contain_text("重新登录")


def test_the_inbox_leads_to_what_it_tells_of_and_says_where_else_one_is_told(chrome: Room) -> None:
    manager = chrome.desk("zhangwei")
    manager.go("/inbox")
    page, count = manager.page, manager.page.locator(".bell .count")
    unread = int(count.inner_text())
    assert unread > 1
    first = page.locator(".entry").first
    expect(first).to_contain_text("未读")
    target = first.get_attribute("href")
    assert target is not None
    first.click()
    page.wait_for_url(f"**{target}")
    manager.ready()
    expect(count).to_have_text(str(unread - 1))
    manager.go("/inbox")
    page.get_by_role("button", name="全部标为已读").click()
    expect(page.get_by_role("heading", name="全部已读")).to_be_visible()
    expect(count).to_have_count(0)
    expect(page.locator(f'.entry[href="{target}"]').first).to_be_visible()  # it still leads there

    page.get_by_role("link", name="我的通知渠道").click()
    manager.ready()
    manager.do("添加或修改渠道", {"name": "office", "url": "https://example.com/"})
    expect(page.locator(".dialog .banner.bad")).to_be_visible()
    page.get_by_role("button", name="取消").click()
    manager.do("添加或修改渠道", {"name": "office", "url": "dingtalk://abcdefgh12345678"}, done="渠道已保存")
    expect(page.locator("tbody")).to_contain_text("office")
    expect(page.locator("tbody")).not_to_contain_text("abcdefgh12345678")
    manager.do("修改", {"quiet_from": "22:00", "quiet_until": "08:00"}, done="已保存")
    expect(page.locator(".content")).to_contain_text("22:00 至 08:00 免打扰")
    manager.do("删除渠道", done="已清除")
    expect(page.locator(".content")).to_contain_text("没有渠道")


def test_keys_reach_everything(chrome: Room) -> None:
    desk = chrome.desk("zhangwei")
    desk.go("/tasks")
    desk.page.keyboard.press("Tab")
    expect(desk.page.locator(".skip")).to_be_focused()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#content")).to_be_focused()
    desk.go("/cases")
    button = desk.page.get_by_role("button", name="新建案件")
    button.focus()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator(".dialog")).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator(".dialog")).to_have_count(0)
    expect(button).to_be_focused()
    desk.go("/live")
    hint = desk.page.get_by_role("button", name="提示员工").first
    hint.focus()
    hint.evaluate("(button) => { const card = button.closest('article'); card.parentElement.append(document.createElement('i'), card); }")
    expect(desk.page.get_by_role("button", name="提示员工").last).to_be_focused()  # its card has moved
    desk.page.evaluate("document.activeElement.remove()")
    expect(desk.page.locator(".live-card a").last).to_be_focused()
    desk.page.locator("h1").click()
    desk.page.evaluate("document.querySelector('.wall').append(document.createElement('i'))")
    expect(desk.page.locator("#content")).to_be_focused()  # it was left on purpose
