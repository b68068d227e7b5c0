"""In a real Chromium: a whole case through the console, a conversation heard again, every page without a serious fault."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.case_api.console.browser import PATIENCE_MS, Room, room, signed_paper
from tests.case_api.console.conftest import PASSWORD, Server
from tests.case_api.console.seed import FORM

PHONE = {"width": 390, "height": 844}
EVERY_PAGE = {
    "zhangwei": [
        "/tasks",
        "/inbox",
        "/inbox?view=channels",
        "/cases",
        "/cases?view=list",
        "/cases/{draft}",
        "/cases/{draft}?tab=form",
        "/cases/{assessing}?tab=assessment",
        "/cases/{solving}?tab=solutions",
        "/cases/{approving}?tab=approvals",
        "/cases/{closing}?tab=closing",
        "/cases/{approving}?tab=evidence",
        "/form-links",
        "/warnings",
        "/warnings?view=list",
        "/warnings/{warning}",
        "/warning-rules",
        "/acknowledgements?customer_reference=C-9",
        "/acknowledgements/{ack}",
        "/competitor-offers",
        "/competitor-offers/{rival}",
        "/crm-sources",
        "/figures",
        "/figures/cases?of=cause&value=family",
        "/sessions",
        "/sessions/{talk}",
        "/sessions/{live}",
        "/sessions/{talk}/labels",
        "/labels",
        "/sessions/{talk}/compare?with={other}&from=onset",
        "/clips",
        "/clips/{clip}",
        "/live",
        "/library?shelf=terms",
        "/policies",
        "/search?q=定金",
        "/learning?view=words",
        "/learning?view=hits",
        "/learning?view=terms",
        "/learning?view=groups",
        "/learning?view=effects",
        "/learning?view=ranking",
        "/learning?view=progress",
        "/learning?view=digest",
        "/benefits",
    ],
    "sunli": ["/cases/{closing}?tab=history", "/policies", "/holds", "/audit", "/library/edits/{edit}"],
    "wanggang": ["/tasks", "/delegations"],
    "linna": [
        "/learning?view=hits",
        "/library",
        "/library/entry?shelf=script&key=first-water",
        "/library/edit?shelf=term&key=定金",
        "/library/edits",
        "/library/files",
    ],
    "root": ["/people", "/sites", "/crm-sources", "/webhooks", "/webhooks/{webhook}", "/guide", "/state", "/thresholds"],
    None: ["/sign-in"],
}


@pytest.fixture(scope="module")
def chrome(server: Server) -> Iterator[Room]:
    with room(server) as made:
        yield made


@pytest.fixture(autouse=True)
def quiet(chrome: Room) -> Iterator[None]:
    """No test leaves an error in anybody's browser."""
    yield
    assert chrome.complaints == []


@pytest.mark.timeout(900)
def test_a_case_from_the_request_to_the_archive(chrome: Room, tmp_path: Path) -> None:
    seller, reception, manager = chrome.desk("lijing"), chrome.desk("zhouyan"), chrome.desk("zhangwei")
    seller.go("/cases")
    seller.do("新建案件", {"customer_label": "郭先生", "unit_label": "8栋0601", "responsible_id": "李静"}, done="案件已建立")
    seller.page.get_by_role("link", name="郭先生").click()
    seller.ready()
    case = re.sub(r".*/console|\?.*", "", seller.page.url)

    manager.go(case)
    manager.do("指派接待", {"receptionist_id": "李静"})
    expect(manager.page.locator(".dialog .banner.bad")).to_contain_text("接待人")  # who sold the unit does not receive the customer
    manager.fill("receptionist_id", "周妍")
    manager.page.locator(".dialog button[type=submit]").click()
    expect(manager.page.locator(".banner.good")).to_contain_text("已指派")

    reception.go("/tasks")
    reception.page.get_by_role("link", name="郭先生").click()
    reception.ready()
    reception.do("提交登记表")
    expect(reception.page.locator(".dialog .banner.bad")).to_contain_text("登记表")  # incomplete, and each field is named
    reception.page.keyboard.press("Escape")
    form = {
        name: value
        for name, value in FORM.items()
        if name not in ("price_fen", "receipt_amount_fen", "id_type", "receipt_kind", "alternative")
    }
    form |= {"price_fen": "3,000,000", "receipt_amount_fen": "200000"}
    form |= {"receipt_kind": "定金", "alternative": "待协商"}
    reception.do("填写登记表", form, done="登记表已保存")
    reception.do("提交登记表", done="登记表已提交")

    finance = {"deposit_fen": "200000", "deposit_on": "2026-10-01", "paid_fen": "200000"}
    finance |= {"commission.fen": "42000", "advertising.fen": "8000", "opportunity.fen": "15000"}
    legal = {"loan": "无贷款", "breach": "客户违约"}
    for username, fields in (("chenfang", finance), ("sunli", legal), ("zhaolei", {"likely_to_spread": "较低"})):
        desk = chrome.desk(username)
        desk.go(f"{case}?tab=assessment")
        desk.do("填写评估", fields, done="评估已提交")

    manager.go(f"{case}?tab=assessment")
    manager.do("评估定级", {"summary": "家庭分歧，按路径 B、C 准备"}, done="已定级")
    manager.go(f"{case}?tab=solutions")
    manager.do("＋路径 B", {"terms.refund_bp": "95"})
    expect(manager.page.locator(".dialog .banner.bad")).to_contain_text("60")  # the rule's bounds are named
    manager.fill("terms.refund_bp", "70")
    manager.page.locator(".dialog button[type=submit]").click()
    expect(manager.page.locator(".sum")).to_have_text("¥140,000")
    manager.ready()
    manager.do("＋路径 C", {"terms.successor": "李女士"}, done="方案已更新")
    manager.do("向客户提出方案", done="已向客户提出方案")

    manager.go(f"{case}?tab=evidence")
    manager.page.set_input_files("[type=file]", signed_paper(tmp_path))
    manager.page.select_option("[name=kind]", "contract")
    manager.page.get_by_role("button", name="上传").click()
    expect(manager.page.locator(".banner.good")).to_contain_text("证据已上传")
    manager.go(f"{case}?tab=solutions")
    answer = {"solution_id": "路径 B", "support.evidence_id": "签字确认书", "payee.name": "王小明"}
    answer |= {"payee.bank": "中国工商银行上海市分行", "payee.account": "6222021001112223334"}
    manager.do("客户接受", answer, done="审批开始")

    gm = chrome.desk("wanggang")
    gm.go("/tasks")
    gm.page.locator(".decision").filter(has_text="郭先生").get_by_role("button", name="退回修改").click()
    gm.fill("reason", "请附配偶的书面意见")
    gm.page.locator(".dialog button[type=submit]").click()
    expect(gm.page.locator(".banner.good")).to_contain_text("已退回")
    manager.go(f"{case}?tab=solutions")
    expect(manager.page.locator(".banner.warn")).to_contain_text("审批退回修改：请附配偶的书面意见（王刚")
    expect(manager.page.locator(".chosen")).to_have_count(0)  # what was accepted then is void
    manager.do("向客户提出方案", done="已向客户提出方案")
    manager.do("客户接受", answer, done="审批开始")
    gm.go("/tasks")
    waiting = gm.page.locator(".decision").filter(has_text="郭先生")
    expect(waiting).to_contain_text("¥140,000")
    waiting.get_by_role("button", name="同意").click()
    gm.fill("reason", "金额与评估一致")
    gm.page.locator(".dialog button[type=submit]").click()
    expect(gm.page.locator(".banner.good")).to_contain_text("已同意")

    payer = chrome.desk("chenfang")
    payer.go(f"{case}?tab=approvals")
    payer.do("生成退款指令", done="退款指令已生成")
    payer.do("确认已付款", {"bank_reference": "ICBC20261125"}, done="付款已确认")

    manager.go(f"{case}?tab=closing")
    actions = [
        {},
        {"title": "配偶未到场看房", "summary": "客户独自认购，配偶认为朝向不佳。", "lessons": "认购须核对知情确认书。"},
        {"remark": "客户已平复"},
        {"participants": "张伟\n李静", "findings": "接待及时，未核对共居人。", "sop_change": "清单增加知情确认书。"},
    ]
    names = {"客户标签": actions[0], "知识库归档": actions[1], "区域简报": actions[2], "团队复盘": actions[3]}
    for name, fields in names.items():
        manager.page.locator(".entry").filter(has_text=name).get_by_role("button", name="办理").click()
        for field, value in fields.items():
            manager.fill(field, value)
        manager.page.locator(".dialog button[type=submit]").click()
        expect(manager.page.locator(".entry").filter(has_text=name)).to_contain_text("已完成")
        manager.ready()
    manager.do("归档", done="案件已归档")
    expect(manager.page.locator(".road .now")).to_have_text("已归档")


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


def test_two_conversations_are_compared(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/sessions/{talk}/compare?with={other}&from=onset")
    expect(desk.page.locator("tr").filter(has_text="激动时长")).to_have_text("激动时长0:160:16")
    box = desk.page.locator("canvas").nth(1).bounding_box()
    assert box is not None
    desk.page.mouse.click(box["x"] + 64 + (box["width"] - 64) * 0.5, box["y"] + 20)
    desk.page.wait_for_function("Math.abs(document.querySelectorAll('audio')[1].currentTime - 41) < 2")
    expect(desk.page.get_by_role("button", name=re.compile("^暂停"))).to_have_count(1)


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
    expect(fact).to_contain_text("办结后开始计算")
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
    expect(fact).to_contain_text("办结后开始计算")
    expect(kept).to_have_count(0)


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


def test_a_filter_is_saved_used_and_taken_away(chrome: Room) -> None:
    desk = chrome.desk("zhangwei")
    desk.go("/cases?view=list&status=assessing")
    desk.do("保存这个筛选", {"name": "评估中的"}, done="筛选已保存")
    desk.go("/cases")
    saved = desk.page.locator(".saved").get_by_role("link", name="评估中的")
    saved.click()
    desk.page.wait_for_url("**/cases?*status=assessing*")
    assert "view=list" in desk.page.url
    expect(saved).to_have_class("button small on")
    assert desk.faults() == []
    desk.page.get_by_role("button", name="删除保存的筛选「评估中的」").click()
    expect(desk.page.locator(".banner.good")).to_contain_text("列表不受影响")
    expect(saved).to_have_count(0)
    assert "status=assessing" in desk.page.url
    expect(desk.page.get_by_role("button", name="保存这个筛选")).to_be_visible()


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


def test_a_conversation_is_labelled(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/sessions/{talk}")
    desk.page.get_by_role("link", name="标注", exact=True).click()
    desk.ready()
    desk.page.get_by_label("类型").select_option("escalate")
    desk.page.get_by_role("button", name="保存").click()
    expect(desk.page.locator(".banner.bad")).to_contain_text("升级时须填起点与终点")
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


def test_the_open_tab_is_in_sight_on_a_phone(chrome: Room) -> None:
    desk = chrome.desk("linna", viewport=PHONE)
    desk.go("/learning?view=digest")
    expect(desk.page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_a_trainer_learns_now_and_holds_the_ranking(chrome: Room) -> None:
    desk = chrome.desk("linna")
    desk.go("/learning?view=ranking")
    desk.page.get_by_role("button", name="立即学习").click()
    expect(desk.page.locator(".banner.good").filter(has_text="学习完成")).to_be_visible()
    desk.ready()
    desk.do("按效果学习", done="约定已更新")
    expect(desk.page.get_by_role("button", name="停用")).to_be_visible()
    desk.do("停用", done="约定已更新")


def test_a_warning_is_answered_and_its_rules_are_changed(chrome: Room, tmp_path: Path) -> None:
    manager = chrome.desk("zhangwei")
    manager.go("/warnings")
    expect(manager.page.locator(".alarm-lane.red")).to_contain_text("徐先生")
    manager.page.locator(".alarm-lane.yellow a").first.click()
    manager.ready()
    manager.do("指派", {"assignee_id": "李静"}, done="已指派")
    manager.do("登记联系", {"note": "电话沟通，客户担心贷款审批，约周六到访"}, done="计时停止")
    manager.do("登记结果", {"outcome": "客户已安抚"}, done="预警已结束")
    expect(manager.page.locator(".timeline").first).to_contain_text("约周六到访")
    manager.do("撤销办结", {"reason": "选错了结果"}, done="已重新打开")
    expect(manager.page.locator(".timeline").first).to_contain_text("重新打开")
    manager.do("登记结果", {"outcome": "客户已安抚"}, done="预警已结束")

    manager.go("/warning-rules")
    manager.do("起草新版本", {"policy_queries.count": "0"})
    expect(manager.page.locator(".dialog .banner.bad")).to_contain_text("反复咨询退房政策 · 次数：不能小于 2")
    manager.page.keyboard.press("Escape")
    expect(manager.page.locator(".dialog")).to_have_count(0)
    manager.do("起草新版本", {"policy_queries.count": "2", "note": "年底提前预警"}, done="草稿已保存")
    expect(manager.page.locator(".version[open]")).to_contain_text("30 天内咨询 2 次")
    manager.page.select_option("[name=rule_set_id]", index=1)
    manager.page.get_by_role("button", name="开始回测").click()
    expect(manager.page.locator(".tried .facts")).to_contain_text("客户", timeout=4 * PATIENCE_MS)  # in a process that starts for it
    manager.do("发布", done="已发布")

    file = tmp_path / "带看.csv"
    file.write_text("客户ID,动作,时间\nC-20001,带看,2026-11-20 10:00\nC-20002,飞行,2026-11-20 10:00\n", encoding="utf-8")
    manager.go("/crm-sources")
    manager.page.set_input_files("[type=file]", file)
    manager.page.get_by_role("button", name="试导入").click()
    expect(manager.page.locator(".tried .banner.bad")).to_contain_text("文件的列：客户ID、动作、时间")
    expect(manager.page.locator("[data-column=kind]")).to_be_visible()  # where it is said which is which has opened
    for column, header in (("customer_reference", "客户ID"), ("kind", "动作"), ("at", "时间")):
        manager.page.fill(f"[data-column={column}]", header)
    manager.page.fill("[data-kinds]", "带看 = 到访")
    manager.page.get_by_role("button", name="试导入").click()
    expect(manager.page.locator(".tried tbody tr")).to_have_count(1)
    expect(manager.page.locator(".tried tbody tr")).to_contain_text("3动作飞行不认识的事件类型")
    file.write_text("客户ID,动作,时间\nC-20001,带看,2026-11-20 10:00\n", encoding="utf-8")
    manager.page.set_input_files("[type=file]", file)
    manager.page.get_by_role("button", name="导入", exact=True).click()
    expect(manager.page.locator(".tried .banner.good")).to_contain_text("已导入 1 条")


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
    legal.page.get_by_text("话术 · first-slowly").click()
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


def test_co_residents_sign_on_the_screen_and_on_paper(chrome: Room, tmp_path: Path) -> None:
    desk = chrome.desk("lijing")
    desk.go("/warnings/{warning}")
    desk.page.get_by_role("link", name="核对共居人确认").click()
    desk.ready()
    expect(desk.page.locator(".banner.warn")).to_contain_text("没有已签署的确认书")
    people = {"people.0.name": "林岚", "people.0.is": ["pays", "lives"], "people.1.name": "许诺", "people.1.relation": "配偶"}
    desk.do("登记确认书", people | {"people.1.is": ["lives"]})
    expect(desk.page.locator(".dialog .banner.bad")).to_contain_text("至少一人决策")
    desk.fill("people.1.is", ["decides"])
    desk.page.locator(".dialog button[type=submit]").click()
    expect(desk.page.locator(".banner.good")).to_contain_text("等待签署")
    desk.ready()
    done = desk.page.get_by_role("button", name="全部签署完成")
    for name in ("林岚", "许诺"):
        expect(done).to_be_disabled()
        pad = desk.page.get_by_label(f"签名框： {name}")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        for step, (right, down) in enumerate(((0.1, 0.8), (0.4, 0.2), (0.7, 0.8), (0.9, 0.3))):
            desk.page.mouse.move(box["x"] + box["width"] * right, box["y"] + box["height"] * down, steps=4)
            if step == 0:
                desk.page.mouse.down()
        desk.page.mouse.up()
    done.click()
    expect(desk.page.locator(".banner.good")).to_contain_text("即刻生效")
    expect(desk.page.locator("td").filter(has_text="屏幕签字")).to_have_count(2)
    desk.go("/warnings/{warning}")
    desk.page.get_by_role("link", name="核对共居人确认").click()
    expect(desk.page.locator(".banner.good")).to_contain_text("可以认购")

    page = tmp_path / "知情确认书.pdf"  # others signed by hand
    page.write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF")
    desk.go("/acknowledgements/{paper}")
    desk.page.set_input_files("[type=file]", page)
    desk.page.get_by_role("button", name="上传").click()
    expect(desk.page.locator(".banner.good")).to_contain_text("即刻生效")
    with desk.page.expect_download() as caught:
        desk.page.get_by_role("link", name="签字扫描件").click()
    assert caught.value.path().read_bytes() == page.read_bytes()


def test_a_competitor_s_offer_is_recorded_verified_and_compared(chrome: Room) -> None:
    desk = chrome.desk("zhaolei")
    desk.go("/cases/{approving}?tab=assessment")
    desk.do("记录竞品报价", {"competitor": "云麓二期", "offered": "低 12 万元"})
    expect(desk.page.locator(".banner.good")).to_contain_text("待核实")
    desk.ready()
    desk.do("登记核实结果", {"outcome": "属实", "proof": "售楼处价目表"}, done="已登记")
    desk.do("逐项比较", {"items.0-price.theirs": "2,480,000", "matchable": "部分匹配", "judgement": "物业费补足"})
    expect(desk.page.locator(".dialog .banner.bad")).to_contain_text("双方都要填写")
    desk.fill("items.0-price.ours", "2600000")
    desk.page.locator(".dialog button[type=submit]").click()
    expect(desk.page.locator(".wide-card")).to_contain_text("¥120,000.00（4.62%）")


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


def test_a_customer_scans_a_code(chrome: Room) -> None:
    desk = chrome.desk("zhouyan")
    desk.go("/form-links")
    desk.do("生成二维码", {"label": "前台 2 号桌"})
    expect(desk.page.get_by_alt_text("退房申请二维码")).to_be_visible()
    with desk.page.expect_download(timeout=4 * PATIENCE_MS) as waiting:
        desk.page.get_by_role("button", name="A5 打印页").click()
    assert waiting.value.path().read_bytes().startswith(b"%PDF-")
    desk.page.get_by_role("button", name="完成").click()
    desk.ready()
    expect(desk.page.locator("tbody tr").first).to_contain_text("前台 2 号桌")
    desk.do("作废", done="已作废")
    expect(desk.page.locator("tbody tr").first).to_contain_text("已作废")


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


TOO_WIDE = """async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  for (let count = 0; count < 2 || (count < 120 && document.documentElement.scrollWidth > innerWidth); count++) await frame();
  return document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('main *, header *, body > *')]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1 && !one.children.length)
    .map(one => `${one.tagName}.${one.className} to ${Math.round(one.getBoundingClientRect().right)} px: ${one.textContent.slice(0, 60)}`)
    .concat([`${document.documentElement.scrollWidth} px wide`]);
}"""
"""What sticks out of the window, if the page has to be scrolled sideways. What the new width makes move is given frames to arrive:
how many a busy machine needs for it is its own affair, and a page that is too wide stays too wide."""
TOO_SMALL = """async () => {
  const found = () => [...document.querySelectorAll("a, button, select, summary, textarea, .check, input")]
    .filter(one => !["checkbox", "radio", "hidden"].includes(one.type))
    .filter(one => one.closest("#content") && one.checkVisibility())
    .map(one => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
    .map(([one, box]) => `${one.className} ${one.innerText || one.name}: ${Math.round(box.width)} × ${Math.round(box.height)}`);
  for (let count = 0; count < 120 && found().length; count++) await new Promise(done => requestAnimationFrame(done));
  return found();
}"""
"""What a finger misses, once the new width has arrived."""


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


FOR_FINGERS = ("/inbox", "/warning", "/acknowledgements", "/competitor-offers", "/figures", "/form-links", "/benefits", "/crm-sources")


@pytest.mark.timeout(900)
def test_every_page_is_accessible_and_fits_a_phone(chrome: Room) -> None:
    faults: list[str] = []
    for username, paths in EVERY_PAGE.items():
        for number, path in enumerate(paths):
            desk = chrome.desk(username, dark=number % 2 == 1)
            desk.go(path)
            faults += desk.faults()
            desk.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
            faults += [f"{path}: {part}" for part in desk.page.evaluate(TOO_WIDE)]
            if path.startswith(FOR_FINGERS):
                faults += [f"{path}: {part}" for part in desk.page.evaluate(TOO_SMALL)]
            desk.page.set_viewport_size({"width": 1440, "height": 900})
    assert faults == []
