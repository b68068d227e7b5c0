"""Warnings, and what is signed before anybody buys."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.case_api.console.browser import PATIENCE_MS, Room


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
