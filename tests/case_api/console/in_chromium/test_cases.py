"""A case, from the customer's code to the archive, its lists and what is put beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.case_api.console.browser import PATIENCE_MS, Room, signed_paper
from tests.case_api.console.seed import FORM


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
