"""Scripts and wording rules are drafted by one and approved by another."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.case_api.console.browser import Room


def test_a_script_is_drafted_by_one_and_approved_by_another(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/library/edit?shelf=script")
    fields = {"key": "first-slowly", "zh": "您慢慢说，我保证今天解决。", "en": "Take your time, I am listening."}
    for name, value in fields.items():
        desk.page.fill(f"[name={name}]", value)
    expect(desk.page.locator(".field-fault")).to_contain_text("含有承诺性字眼「保证」")
    desk.page.fill("[name=zh]", "您慢慢说，我一句一句听着。")
    expect(desk.page.locator(".phone-say")).to_have_text("您慢慢说，我一句一句听着。")
    expect(desk.page.locator(".good-line")).to_be_visible()
    desk.page.get_by_role("button", name="保存并送审").click()
    expect(desk.page.locator(".banner.good")).to_contain_text("已送审")
    expect(desk.page.get_by_role("button", name="通过并生效")).to_have_count(0)

    legal = chrome.desk("sunli")
    legal.go("/library/edits")
    legal.page.get_by_text("您慢慢说，我一句一句听着。").click()
    legal.ready()
    legal.do("通过并生效", done="已通过")
    desk.go("/library?q=first-slowly")
    expect(desk.page.locator("tbody tr")).to_contain_text("您慢慢说，我一句一句听着。")


def test_what_to_say_instead_is_picked_from_the_scripts(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/library/edit?shelf=rule&key=cannot-refund")
    search, shown = desk.page.locator("[data-pick]"), desk.page.locator(".picks label:visible")
    ticked = desk.page.locator(".picks :checked").count()
    assert ticked > 0
    search.fill("首次激动 wwqlj")  # by situation and by the first letters
    expect(shown).to_have_count(ticked + 1)  # what is ticked stays in sight
    shown.filter(has_text="我完全理解").locator("input").check()
    search.fill("没有这样的话术")
    expect(desk.page.locator(".pick-none")).to_be_visible()
    desk.page.get_by_role("button", name="存为草稿").click()
    expect(desk.page.locator("ins")).to_contain_text("first-understand")
    desk.do("撤回", done="已撤回")
