"""What is done with a conversation: cut, commented, corrected, labelled, withdrawn, held."""

from __future__ import annotations

import json
import re
import zipfile

from playwright.sync_api import expect

from tests.case_api.console.browser import Room


def test_a_clip_is_cut_and_shared(chrome: Room) -> None:
    desk = chrome.desk("zhangwei")
    desk.go("/sessions/{talk}")
    box = desk.page.locator("canvas").bounding_box()
    assert box is not None
    at = [box["x"] + 64 + (box["width"] - 64) * second / 82 for second in (38, 62)]
    desk.page.mouse.move(at[0], box["y"] + 20)
    desk.page.mouse.down()
    desk.page.mouse.move(at[1], box["y"] + 20, steps=4)
    desk.page.mouse.up()
    expect(desk.page.locator(".span-bar")).to_contain_text(re.compile("已选 0:3[78] – 1:0[12]"))
    desk.do("剪成片段", {"name": "举报之后怎么接"}, done="片段已剪出")
    desk.page.get_by_role("link", name="举报之后怎么接").click()
    desk.ready()
    desk.do("共享", done="片段已共享")
    address = re.sub(r".*/console|\?.*", "", desk.page.url)

    colleague = chrome.desk("zhouyan")
    colleague.go(address)
    colleague.page.get_by_role("button", name=re.compile("我完全理解您的心情")).click()
    colleague.page.wait_for_function("document.querySelector('audio').currentTime > 16.2")
    expect(colleague.page.locator(".utterance.current")).to_contain_text("我完全理解您的心情")
    expect(colleague.page.get_by_role("link", name="打开整段会话")).to_have_count(0)

    desk.page.get_by_role("button", name="删除").click()
    desk.page.locator(".dialog button[type=submit]").click()
    expect(desk.page.locator("h1")).to_have_text("教学片段")
    expect(desk.page.get_by_role("link", name="举报之后怎么接")).to_have_count(0)


def test_a_moment_is_commented_on(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/sessions/{talk}?at=44")
    comment = desk.page.locator(".comment")
    desk.page.get_by_placeholder("写一条评论").fill("这里先让客户把话说完")
    desk.page.get_by_role("button", name="评论于 0:44").click()
    expect(desk.page.locator(".banner.good")).to_have_text("评论已保存。")
    expect(comment).to_contain_text("这里先让客户把话说完")
    desk.ready()
    comment.get_by_role("button").click()
    expect(desk.page.locator(".banner.good")).to_have_text("评论已撤回。")
    expect(comment).to_have_count(0)


def test_a_transcript_is_corrected_and_taken_back(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/sessions/{talk}?at=1")
    line = desk.page.locator(".said").first
    heard = line.locator(".words").inner_text()
    line.locator(".utterance").focus()
    desk.page.keyboard.press("Enter")
    expect(line.locator("textarea")).to_be_focused()
    desk.page.keyboard.press("Escape")
    expect(line.locator(".utterance")).to_be_focused()
    line.locator(".utterance").dblclick()
    other = line.locator(".readings .button").first  # what else the recogniser made of it
    line.locator("input[name=reason]").fill("听了两遍")
    reading = other.inner_text()
    assert reading != heard
    other.click()
    expect(line.locator("textarea")).to_have_value(reading)
    expect(line.locator("textarea")).to_be_focused()
    expect(line.locator("input[name=reason]")).to_have_value("听了两遍")
    line.locator("textarea").fill("您好，请先坐下喝杯茶。")
    desk.page.keyboard.press("Control+Enter")
    expect(line.locator(".words")).to_have_text("您好，请先坐下喝杯茶。")
    line.get_by_role("button", name="已更正").click()
    expect(desk.page.locator(".versions .entry")).to_have_count(2)
    expect(desk.page.locator(".versions .entry").last).to_contain_text(heard)
    desk.page.get_by_role("button", name="恢复").click()
    expect(line.locator(".words")).to_have_text(heard)
    expect(line.get_by_role("button", name="更正记录")).to_be_visible()


HEADER_PX = 52


def test_a_conversation_is_labelled(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/sessions/{talk}")
    desk.page.get_by_role("link", name="标注", exact=True).click()
    desk.ready()
    desk.page.get_by_label("类型").select_option("escalate")
    desk.page.locator(".label-turn").last.locator("textarea").focus()
    player = desk.page.locator(".label-head").bounding_box()
    assert player is not None
    assert player["y"] >= HEADER_PX  # it stays in sight, and the page's header is not over it
    desk.page.get_by_role("button", name="保存").click()
    expect(desk.page.locator(".banner.bad")).to_contain_text("升级时须填起点与终点")
    expect(desk.page.locator(".banner.bad")).to_be_in_viewport()
    for label, at in (("升级起点", "39"), ("升级终点", "60")):
        desk.page.get_by_label(label).first.fill(at)
        desk.page.keyboard.press("Tab")
    for role in desk.page.locator(".label-turn.unsure").get_by_label("说话人").all():
        role.select_option("customer")
    desk.page.get_by_role("button", name="保存").click()
    expect(desk.page.locator(".banner.good")).to_have_text("标注已保存。")
    desk.go("/labels")
    with desk.page.expect_download() as caught:
        desk.page.get_by_role("link", name="导出语料").click()
    with zipfile.ZipFile(caught.value.path()) as archive:
        [made] = json.loads(archive.read("labels.json"))
    assert (made["kind"], made["onset"], made["offset"]) == ("escalate", 39, 60)


def test_a_consent_is_withdrawn(chrome: Room) -> None:
    desk = chrome.desk("zhangwei")
    desk.go("/sessions/{regretted}")
    expect(desk.page.locator("canvas")).to_be_visible()
    desk.do("撤回录音同意", {"asked_by": "共居人", "reason": "家人不同意留录音"}, done="撤回已登记")
    told = desk.page.locator(".banner.warn")
    for part in ("录音同意已于", "登记人：张伟", "提出人：共居人", "理由：家人不同意留录音"):
        expect(told).to_contain_text(part)
    assert desk.faults() == []
    for username in ("zhangwei", "linna", "sunli"):
        reader = chrome.desk(username)
        reader.go("/sessions/{regretted}")
        expect(reader.page.locator(".banner.warn")).to_contain_text("录音同意已于")
        for gone in ("canvas", "audio", ".utterance", "summary"):
            expect(reader.page.locator(f"#content {gone}")).to_have_count(0)
        expect(reader.page.get_by_role("button", name="撤回录音同意")).to_have_count(0)


def test_what_is_held_says_so_where_one_looks_at_it(chrome: Room) -> None:
    desk, held = chrome.desk("sunli"), "证据保全中，至 2029-01-01 00:00：(2026)沪0115民初99号"
    kept = desk.page.locator(".banner").filter(has_text="99号")
    fact = desk.page.locator(".facts div").filter(has_text="记录留存")
    desk.go("/cases/{executing}")
    expect(fact).to_contain_text("归档或取消后开始计算")
    desk.do("新增保全", {"ends_at": "2029-01-01T00:00", "reason": "(2026)沪0115民初99号"}, done="已保存")
    expect(kept).to_have_text(held)
    expect(fact).to_contain_text("保全中")
    assert desk.faults() == []
    desk.go("/sessions/{talk}")
    expect(desk.page.locator(".banner").filter(has_text="证据保全中")).to_have_count(1)  # through its case
    colleague = chrome.desk("zhangwei")
    colleague.go("/cases/{executing}")
    expect(colleague.page.locator(".facts div").filter(has_text="记录留存")).to_contain_text("保全中")
    expect(colleague.page.locator(".banner").filter(has_text="99号")).to_have_count(0)  # what the trial is about is legal's
    expect(colleague.page.get_by_role("button", name="新增保全")).to_have_count(0)
    desk.go("/holds")
    desk.page.locator("tr").filter(has_text="99号").get_by_role("button", name="解除").click()
    desk.fill("reason", "案件已调解结案")
    desk.page.locator(".dialog button[type=submit]").click()
    expect(desk.page.locator("tr").filter(has_text="99号")).to_contain_text("解除原因：案件已调解结案")
    desk.go("/cases/{executing}")
    expect(fact).to_contain_text("归档或取消后开始计算")
    expect(kept).to_have_count(0)
