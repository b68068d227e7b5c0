"""Refund instructions over HTTP, on both databases: made once from approved figures, paid by a third person, confirmed payee by payee."""

from __future__ import annotations

import asyncio
import csv
import io
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import func, select

from case_api.refunds import pain001
from models.commands import CommandRecord
from models.engine import transaction
from models.refunds import RefundInstruction
from models.sites import Site
from tests.case_api.approvals.stage import BANK, DEBTOR, WANG, Stage, refused, tier
from tests.conftest import Rows

PAID = {"paid_on": "2026-11-23", "bank_reference": "ICBC20261123000123"}
ORDER = "refund-instruction"


async def test_one_action_makes_the_instruction_and_payment_ends_the_case(stage: Stage) -> None:
    await stage.set_account()
    case_id = await stage.approved()
    made = await stage.command("qian", case_id, ORDER)
    assert made.status_code == 201, made.json()
    order = made.json()
    assert (order["number"], order["total_fen"], order["status"]) == ("HD-20261123-R001", 3_500_001, "issued")
    [payee] = order["payments"]
    assert (payee["name"], payee["amount_fen"], payee["end_to_end_id"]) == ("王小明", 3_500_001, "HD-20261123-R001-01")
    assert (await stage.tasks(case_id))["refund_payment"].subject_id == order["id"]
    paid = await stage.send("qian", f"cases/{case_id}/{ORDER}/confirm", PAID, version=order["case_version"])
    assert paid.status_code == 200, paid.json()
    assert (paid.json()["status"], paid.json()["payments"][0]["bank_reference"]) == ("paid", PAID["bank_reference"])
    case = await stage.case(case_id)
    assert (case.status, case.outcome, case.ended_at) == ("closing", "withdrawn", stage.clock())
    assert {"refund_payment", "execution"} <= set(await stage.tasks(case_id, "done"))
    assert [told["released_to"] for told in await stage.told(case_id, "unit_released")] == ["sale"]
    for topic in ("refund_instructed", "refund_paid"):
        [told] = await stage.told(case_id, topic)
        assert told["number"] == order["number"]
    for action in ("instruct_refund", "confirm_refund"):
        [audited] = await stage.audited(case_id, action)
        assert str(WANG["account"]) not in str(audited.after)


async def test_a_second_click_a_repetition_and_two_at_once_make_one(stage: Stage, rows: Rows) -> None:
    await stage.set_account()
    await stage.hire("sun", "finance")
    case_id = await stage.approved()
    version = (await stage.case(case_id)).version
    answers = await asyncio.gather(*(stage.command(who, case_id, ORDER, version=version) for who in ("qian", "sun")))
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    again = await stage.command("qian", case_id, ORDER, version=version)
    assert (again.status_code, again.json()["id"]) == (200, answers[0].json()["id"])
    keyed = [await stage.command("qian", case_id, ORDER, version=version, key="refund-0001") for _ in range(2)]
    assert [answer.status_code for answer in keyed] == [200, 200]
    assert (keyed[1].json(), keyed[1].headers["Idempotency-Replayed"]) == (keyed[0].json(), "true")
    assert await rows.one(select(func.count()).select_from(RefundInstruction)) == 1
    assert len(await stage.audited(case_id, "instruct_refund")) == 1
    await stage.command("qian", case_id, f"{ORDER}/confirm", PAID)
    late = await stage.command("qian", case_id, ORDER, version=version)
    assert (late.status_code, late.json()["status"]) == (200, "paid")


async def test_numbers_run_by_site_and_day(stage: Stage) -> None:
    await stage.set_account()
    numbers = []
    for _ in range(2):
        numbers.append((await stage.command("qian", await stage.approved(), ORDER)).json()["number"])
    stage.clock.pass_(hours=16)  # 01:00 of the next day in Shanghai
    numbers.append((await stage.command("qian", await stage.approved(), ORDER)).json()["number"])
    assert numbers == ["HD-20261123-R001", "HD-20261123-R002", "HD-20261124-R001"]
    everything = (await stage.get("qian", "refund-instructions", site_id=stage.site.id, status="issued")).json()["items"]
    assert [item["number"] for item in everything] == numbers[::-1]
    assert (await stage.get("qian", "refund-instructions", status="paid")).json()["items"] == []


async def test_payer_is_neither_initiator_nor_approver(stage: Stage) -> None:
    await stage.set_account()
    await stage.hire("sun", "finance", "site_manager")
    await stage.hire("zhou", "finance", "staff")
    approved_by_sun = await stage.accepted()
    [step] = await stage.steps(approved_by_sun)
    await stage.decide("sun", step)
    refused(await stage.command("sun", approved_by_sun, ORDER), 403, "four_eyes")
    started_by_zhou = await stage.accepted(by="zhou")
    [step] = await stage.steps(started_by_zhou)
    await stage.decide("zhang", step)
    refused(await stage.command("zhou", started_by_zhou, ORDER), 403, "four_eyes")
    assert (await stage.command("sun", started_by_zhou, ORDER)).status_code == 201
    for path, body in (("confirm", PAID), ("fail", {"reason": "户名不符"})):
        refused(await stage.command("zhou", started_by_zhou, f"{ORDER}/{path}", body), 403, "four_eyes")


async def test_only_finance_of_the_site_and_only_in_its_time(stage: Stage, other_site: Site) -> None:
    await stage.hire("there", "finance", site_id=other_site.id)
    case_id = await stage.accepted()
    refused(await stage.command("qian", case_id, ORDER), 409, "case_state")
    [step] = await stage.steps(case_id)
    await stage.decide("zhang", step)
    refused(await stage.command("qian", case_id, ORDER), 409, "refund_account_missing")
    await stage.set_account()
    refused(await stage.command("zhang", case_id, ORDER), 403, "forbidden")
    refused(await stage.command("there", case_id, ORDER), 404, "not_found")
    refused(await stage.command("qian", case_id, ORDER, version=1), 412, "version_conflict")
    refused(await stage.send("qian", f"cases/{case_id}/{ORDER}"), 428, "precondition_required")
    refused(await stage.get("qian", f"cases/{case_id}/{ORDER}"), 404, "not_found")
    refused(await stage.command("qian", case_id, f"{ORDER}/confirm", PAID), 404, "not_found")
    assert (await stage.command("qian", case_id, ORDER)).status_code == 201
    for what in ("pdf", "xml", "csv"):
        refused(await stage.get("zhang", f"cases/{case_id}/{ORDER}/{what}"), 403, "forbidden")
    refused(await stage.get("there", f"cases/{case_id}/{ORDER}"), 404, "not_found")


async def test_figures_come_from_what_was_approved(stage: Stage) -> None:
    await stage.set_account()
    case_id = await stage.approved()
    await stage.change_account(case_id, "6217009999999999999")
    refused(await stage.command("qian", case_id, ORDER), 409, "approval_content_changed")
    body = {"total_fen": 1}
    refused(await stage.command("zhang", await stage.approved("transfer"), "execution/confirm", body), 422, "invalid_request")


async def test_each_payee_is_paid_and_confirmed_apart(stage: Stage) -> None:
    await stage.set_account()
    await stage.hire("sun", "finance")
    case_id = await stage.approved(payees=[WANG, BANK])
    order = (await stage.command("qian", case_id, ORDER)).json()
    buyer, bank = order["payments"]
    half = (await stage.command("qian", case_id, f"{ORDER}/confirm", PAID | {"payment_ids": [buyer["id"]]})).json()
    assert (half["status"], [payment["status"] for payment in half["payments"]]) == ("issued", ["paid", "pending"])
    assert (await stage.case(case_id)).status == "executing"
    refused(await stage.command("qian", case_id, f"{ORDER}/confirm", PAID | {"payment_ids": [buyer["id"]]}), 409, "refund_state")
    for unknown in ("nobody", order["id"]):
        refused(await stage.command("qian", case_id, f"{ORDER}/confirm", PAID | {"payment_ids": [unknown]}), 422, "payee_unknown")
    failed = (await stage.command("qian", case_id, f"{ORDER}/fail", {"reason": "户名不符"})).json()
    assert [(payment["status"], payment["failed_reason"]) for payment in failed["payments"]] == [("paid", ""), ("failed", "户名不符")]
    assert [told["reason"] for told in await stage.told(case_id, "refund_failed")] == ["户名不符"]
    rest = (await stage.command("sun", case_id, f"{ORDER}/confirm", PAID | {"payment_ids": [bank["id"]]})).json()
    assert rest["status"] == "paid"
    assert (await stage.case(case_id)).outcome == "withdrawn"
    refused(await stage.command("sun", case_id, f"{ORDER}/confirm", PAID), 409, "refund_state")


async def test_of_two_confirmations_at_once_exactly_one_counts(stage: Stage) -> None:
    await stage.set_account()
    case_id = await stage.approved()
    version = (await stage.command("qian", case_id, ORDER)).json()["case_version"]
    answers = await asyncio.gather(*(stage.command("qian", case_id, f"{ORDER}/confirm", PAID, version=version) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await stage.audited(case_id, "complete")) == 1
    assert len(await stage.told(case_id, "unit_released")) == 1


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-24"])
async def test_a_payment_is_of_a_day_since_the_order_and_not_to_come(stage: Stage, day: str) -> None:
    await stage.set_account()
    case_id = await stage.approved()
    await stage.command("qian", case_id, ORDER)
    refused(await stage.command("qian", case_id, f"{ORDER}/confirm", PAID | {"paid_on": day}), 422, "payment_date")
    refused(await stage.command("qian", case_id, f"{ORDER}/confirm", {"paid_on": day, "bank_reference": ""}), 422, "invalid_request")


async def test_the_files_say_the_same_and_stay_the_same(stage: Stage) -> None:
    await stage.set_account()
    case_id = await stage.approved(payees=[WANG, BANK])
    await stage.command("qian", case_id, ORDER)
    files = {what: await stage.get("qian", f"cases/{case_id}/{ORDER}/{what}") for what in ("pdf", "xml", "csv")}
    assert [answer.headers["content-type"] for answer in files.values()] == [
        "application/pdf",
        "application/xml",
        "text/csv; charset=utf-8",
    ]
    assert 'filename="HD-20261123-R001.xml"' in files["xml"].headers["content-disposition"]
    assert files["pdf"].content.startswith(b"%PDF-")
    amounts = [element.text for element in ET.fromstring(files["xml"].content).iter(f"{{{pain001.NAMESPACE}}}InstdAmt")]
    lines = list(csv.DictReader(io.StringIO(files["csv"].content.decode("utf-8-sig"))))
    assert amounts == [line["金额（元）"] for line in lines] == ["35000.01", "1200000.50"]
    assert [line["账号"] for line in lines] == [WANG["account"], BANK["account"]]
    assert {line["付款账号"] for line in lines} == {DEBTOR["account"]}
    told = [(record.actor_label, record.after) for record in await stage.audited(case_id, "download_refund_instruction")]
    assert told == [("Qian", {"number": "HD-20261123-R001", "format": what}) for what in files]
    stage.clock.pass_(days=3)
    async with transaction(stage.factory) as db:  # what people are called and what the site pays from change later
        person = await db.get_one(type(stage.people["zhang"]), stage.people["zhang"].id)
        person.display_name = "张经理"
    assert (await stage.set_account(version=1, account="99998888777766665555")).status_code == 200
    for what, first in files.items():
        assert (await stage.get("qian", f"cases/{case_id}/{ORDER}/{what}")).content == first.content, what
    refused(await stage.get("qian", f"cases/{case_id}/{ORDER}/docx"), 422, "invalid_request")


async def test_accounts_are_masked_for_whoever_needs_no_whole_one(stage: Stage) -> None:
    await stage.set_account()
    case_id = await stage.approved()
    await stage.command("qian", case_id, ORDER)
    whole, part = [(await stage.get(who, f"cases/{case_id}/{ORDER}")).json()["payments"][0]["account"] for who in ("qian", "chen")]
    assert (whole, part[-4:], part[:-4]) == (WANG["account"], str(WANG["account"])[-4:], "*" * (len(str(WANG["account"])) - 4))
    accounts = [(await stage.get(who, f"sites/{stage.site.id}/refund-account")).json()["account"] for who in ("qian", "chen")]
    assert (accounts[0], accounts[1][-4:], accounts[1][0]) == (DEBTOR["account"], "2223", "*")


async def test_the_account_is_finances_and_versioned(stage: Stage) -> None:
    refused(await stage.get("qian", f"sites/{stage.site.id}/refund-account"), 404, "not_found")
    refused(await stage.set_account("zhang"), 403, "forbidden")
    refused(await stage.set_account(version=3), 412, "version_conflict")
    assert (await stage.set_account()).json()["version"] == 1
    refused(await stage.set_account(), 412, "version_conflict")
    changed = await stage.set_account(version=1, bank_code="102305000002")
    assert (changed.json()["version"], changed.headers["ETag"]) == (2, '"2"')
    for bad in ({"bank_code": "1"}, {"account": "6222=1"}, {"holder": ""}):
        refused(await stage.set_account(version=2, **bad), 422, "invalid_request")


async def test_two_approvers_stand_on_paper(stage: Stage, rows: Rows) -> None:
    await stage.set_account()
    case_id = await stage.accepted(approvers=tier("site_manager", "city_gm"))
    for who, n in (("zhang", 0), ("chen", 1)):
        await stage.decide(who, (await stage.steps(case_id))[n])
    await stage.command("qian", case_id, ORDER)
    order = await rows.one(select(RefundInstruction))
    assert [line[:2] for line in order.approvals] == [["案场经理", "Zhang"], ["城市公司总经理", "Chen"]]


async def test_stored_answers_hold_no_whole_account(stage: Stage, rows: Rows) -> None:
    await stage.set_account()
    case_id = await stage.approved()
    made = await stage.command("qian", case_id, ORDER, key="refund-0001")
    assert made.json()["payments"][0]["account"].startswith("*")
    await stage.command("qian", case_id, f"{ORDER}/fail", {"reason": "户名不符"}, key="refund-0002")
    await stage.command("qian", case_id, f"{ORDER}/confirm", PAID, key="refund-0003")
    stored = await rows.scalars(select(CommandRecord.body))
    assert len(stored) == 3
    assert not any(str(WANG["account"]) in body for body in stored)
