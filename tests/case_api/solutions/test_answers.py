"""The customer's answer: a path accepted goes to approval with its payees and benefits, a declined one back to the drawing board."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from case_api.solutions.service import accepted
from models.approvals import ApprovalRound
from models.audit import AuditRecord
from models.commands import CommandRecord
from models.engine import Factory, reading
from models.outbox import OutboxMessage
from models.sites import Site
from tests.case_api.solutions.stage import ACCOUNT, PATH_B, PATH_C, REFERRAL, WANG, Stage, refused
from tests.conftest import Rows


async def test_an_accepted_path_goes_to_its_approvers(stage: Stage, rows: Rows, factory: Factory) -> None:
    offer = await stage.offered()
    answer = await stage.done("POST", "offer/answer", stage.accept(offer), key="answer-0001")
    assert (answer["offer_status"], answer["path"]["kind"], answer["path"]["price"]["total_fen"]) == ("accepted", "rescission", 14_000_000)
    assert (await stage.case()).status == "approving"
    round_ = await rows.one(select(ApprovalRound))
    assert (round_.content_hash, round_.initiator_id) == (answer["content_hash"], stage.people["manager"].id)
    async with reading(factory) as db:
        path = await accepted(db, stage.case_id)
    assert path is not None
    assert (path.content_hash, path.kind, path.price.total_fen, path.facts.paid_fen) == (
        round_.content_hash,
        "rescission",
        14_000_000,
        20_000_000,
    )


async def test_account_numbers_are_masked_and_in_no_record(stage: Stage, rows: Rows) -> None:
    offer = await stage.offered()
    made = await stage.done("POST", "offer/answer", stage.accept(offer), key="answer-0001")
    assert made["payees"][0]["account"] == "***************3334"
    for who, seen in (("manager", ACCOUNT), ("finance", ACCOUNT), ("gm", "***************3334"), ("staff", "***************3334")):
        found = (await stage.get(f"cases/{stage.case_id}/offer/answer", who)).json()
        assert found["payees"][0]["account"] == seen, who
    kept: list[Any] = [row.after for row in await rows.scalars(select(AuditRecord))]
    kept += [row.payload for row in await rows.scalars(select(OutboxMessage))]
    kept += [row.body for row in await rows.scalars(select(CommandRecord))]
    assert ACCOUNT not in json.dumps(kept)


async def test_a_declined_offer_leads_to_another(stage: Stage) -> None:
    await stage.offered()
    declined = await stage.done("POST", "offer/answer", {"answer": "decline", "reason": "坚持全额退款"})
    assert (declined["offer_status"], declined["content_hash"], declined["payees"]) == ("declined", None, [])
    assert (await stage.case()).status == "solving"
    assert (await stage.done("POST", "offer", {}))["number"] == 2
    listed = (await stage.get(f"cases/{stage.case_id}/offers")).json()["items"]
    assert [(row["number"], row["status"]) for row in listed] == [(2, "open"), (1, "declined")]
    refused(await stage.get(f"cases/{stage.case_id}/offer/answer"), 404, "not_found")


@pytest.mark.parametrize(
    "payees",
    [
        [],
        [WANG | {"amount_fen": 13_999_999}],
        [WANG, WANG | {"amount_fen": 1}],
        [WANG | {"role": "bank"}],
        [WANG | {"amount_fen": 7_000_000}, WANG | {"role": "bank", "amount_fen": 7_000_000}],
    ],
)
async def test_payees_have_to_add_up_to_the_fen(stage: Stage, payees: list[dict[str, Any]]) -> None:
    offer = await stage.offered()
    refused(await stage.send("POST", "offer/answer", stage.accept(offer, payees=payees)), 422, "payees_wrong")
    assert (await stage.case()).status == "offered"


async def test_several_payees_share_a_refund_and_a_path_without_refund_has_none(stage: Stage) -> None:
    offer = await stage.offered(PATH_B, PATH_C, REFERRAL)
    wrong = stage.accept(offer, "transfer", payees=[WANG])
    refused(await stage.send("POST", "offer/answer", wrong), 422, "payees_wrong")
    halves = [WANG | {"amount_fen": 4_000_001}, WANG | {"name": "李小红", "amount_fen": 5_999_999}]
    answer = await stage.done("POST", "offer/answer", stage.accept(offer, "referral", payees=halves))
    assert [payee["amount_fen"] for payee in answer["payees"]] == [4_000_001, 5_999_999]


async def test_the_answer_is_heard_or_seen_in_this_case(stage: Stage) -> None:
    offer = await stage.offered()
    for support in (
        {"evidence_id": "nothing"},
        {"session_id": "nothing", "said_at": 1.0},
        {"session_id": stage.session_id, "said_at": 600.5},
    ):
        refused(await stage.send("POST", "offer/answer", stage.accept(offer, support=support)), 422, "answer_evidence")
    for support in ({}, {"session_id": stage.session_id}, {"said_at": 1.0}, {"evidence_id": "x", "session_id": "y", "said_at": 1}):
        refused(await stage.send("POST", "offer/answer", stage.accept(offer, support=support)), 422, "invalid_request")
    heard = {"session_id": stage.session_id, "said_at": 599.5}
    answer = await stage.done("POST", "offer/answer", stage.accept(offer, support=heard))
    assert (answer["session_id"], answer["said_at"], answer["evidence_id"]) == (stage.session_id, 599.5, None)


async def test_only_what_was_offered_can_be_accepted_and_only_in_time(stage: Stage) -> None:
    offer = await stage.offered()
    unknown = stage.accept(offer) | {"solution_id": "nothing"}
    refused(await stage.send("POST", "offer/answer", unknown), 422, "path_not_offered")
    stage.clock.pass_(days=7, seconds=1)
    refused(await stage.send("POST", "offer/answer", stage.accept(offer)), 409, "offer_expired")
    assert (await stage.done("POST", "offer/answer", {"answer": "decline", "reason": "逾期未答复"}))["offer_status"] == "declined"


@pytest.mark.parametrize("what", ["extension", "resume"])
async def test_an_offer_is_open_for_as_long_as_its_answer_is_waited_for(stage: Stage, what: str) -> None:
    offer = await stage.offered()
    [task] = [one for one in (await stage.get("tasks", case_id=stage.case_id)).json()["items"] if one["kind"] == "customer_answer"]

    async def clock_of(what: str, version: int, **more: str) -> None:
        headers = stage.headers["manager"] | {"If-Match": f'"{version}"'}
        answer = await stage.client.post(f"/v1/tasks/{task['id']}/{what}", headers=headers, json={"reason": "家属出差"} | more)
        assert answer.status_code == 200, answer.text

    if what == "extension":
        await clock_of("extension", task["version"], due_at=(stage.clock() + timedelta(days=9)).isoformat())
    else:
        await clock_of("pause", task["version"])
        stage.clock.pass_(days=3)
        await clock_of("resume", task["version"] + 1)
    stage.clock.pass_(days=8 if what == "extension" else 6)
    await stage.done("POST", "offer/answer", stage.accept(offer))


async def test_benefits_are_held_back_drawn_and_released(stage: Stage) -> None:
    item = await stage.pool()
    path_a = {"kind": "keep_with_benefits", "items": [{"item_id": item["id"], "quantity": 2}]}
    offer = await stage.offered(path_a, PATH_B)
    assert await stage.balances() == (5_000_000, 0, 0)
    await stage.done("POST", "offer/answer", stage.accept(offer, "keep_with_benefits"))
    assert await stage.balances() == (4_280_000, 720_000, 0)
    await stage.done("POST", "approval/withdraw", {"reason": "客户改变主意"})
    assert (await stage.case()).status == "solving"
    assert await stage.balances() == (5_000_000, 0, 0)
    [listed] = (await stage.get(f"cases/{stage.case_id}/offers")).json()["items"]
    assert listed["status"] == "void"
    assert (await stage.get(f"cases/{stage.case_id}/offer/answer")).json()["content_hash"] is None
    again = await stage.done("POST", "offer", {})
    await stage.done("POST", "offer/answer", stage.accept(again, "keep_with_benefits"))
    assert await stage.balances() == (4_280_000, 720_000, 0)


async def test_benefits_that_went_meanwhile_refuse_the_acceptance(stage: Stage) -> None:
    item = await stage.pool(base_fen=10_000_000)
    path_a = {"kind": "keep_with_benefits", "items": [{"item_id": item["id"]}]}
    offer = await stage.offered(path_a, PATH_B)
    change = {"base_fen": 0, "base_note": "预算取消", "reason": "预算取消"}
    headers = stage.headers["manager"] | {"If-Match": '"1"'}
    assert (await stage.client.put(f"/v1/benefits/pools/{stage.site.id}", headers=headers, json=change)).status_code == 200
    refused(await stage.send("POST", "offer/answer", stage.accept(offer, "keep_with_benefits")), 409, "pool_insufficient")
    assert (await stage.case()).status == "offered"
    assert await stage.balances() == (0, 0, 0)


async def test_of_two_answers_at_once_one_counts(stage: Stage, rows: Rows) -> None:
    offer = await stage.offered()
    version = (await stage.case()).version
    bodies = [("manager", stage.accept(offer)), ("second", {"answer": "decline", "reason": "不接受"})]
    answers = await asyncio.gather(*(stage.send("POST", "offer/answer", body, who=who, version=version) for who, body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(await rows.scalars(select(AuditRecord).where(AuditRecord.action.in_(("api:case:accept", "api:case:decline"))))) == 1


async def test_a_corrected_payee_voids_what_is_being_approved(stage: Stage, rows: Rows) -> None:
    offer = await stage.offered()
    await stage.done("POST", "offer/answer", stage.accept(offer))
    same = await stage.done("PUT", "offer/answer/payees", {"payees": [WANG]})
    assert (same["offer_status"], (await stage.case()).status) == ("accepted", "approving")
    refused(await stage.send("PUT", "offer/answer/payees", {"payees": []}), 422, "payees_wrong")
    changed = await stage.done("PUT", "offer/answer/payees", {"payees": [WANG | {"account": "6222021001112223335"}]})
    assert (changed["offer_status"], changed["content_hash"], (await stage.case()).status) == ("void", None, "solving")
    assert (await rows.one(select(ApprovalRound))).status == "void"
    refused(await stage.send("PUT", "offer/answer/payees", {"payees": [WANG]}), 409, "case_state")


async def test_an_approval_is_void_once_the_payees_change(stage: Stage) -> None:
    offer = await stage.offered()
    made = await stage.done("POST", "offer/answer", stage.accept(offer))
    inbox = (await stage.get("approvals", "second")).json()["items"]
    headers = stage.headers["second"] | {"If-Match": f'"{inbox[0]["version"]}"'}
    decision = {"decision": "approve", "content_hash": made["content_hash"]}
    approved = await stage.client.post(f"/v1/approvals/{inbox[0]['step_id']}/decision", headers=headers, json=decision)
    assert approved.status_code == 200, approved.text
    assert (await stage.case()).status == "executing"
    await stage.done("PUT", "offer/answer/payees", {"payees": [WANG | {"name": "王晓明"}]})
    assert (await stage.case()).status == "solving"


async def test_who_stays_without_any_measure_settles_the_case(stage: Stage) -> None:
    await stage.offered()
    refused(await stage.send("POST", "settle", {"reason": ""}), 422, "invalid_request")
    settled = await stage.done("POST", "settle", {"reason": "沟通后继续履约"})
    assert (settled["status"], settled["outcome"]) == ("closing", "kept")
    assert (await stage.get(f"cases/{stage.case_id}/offers")).json()["items"][0]["status"] == "void"
    refused(await stage.send("POST", "settle", {"reason": "再来一次"}), 409, "case_state")
    refused(await stage.send("POST", "offer/answer", {"answer": "decline", "reason": "晚了"}), 409, "case_state")


async def test_a_case_may_be_settled_during_its_assessment(bare: Stage) -> None:
    await bare.assessing()
    settled = await bare.done("POST", "settle", {"reason": "误会解除", "support": {"session_id": bare.session_id, "said_at": 3.0}})
    assert settled["outcome"] == "kept"


async def test_who_may_answer_and_settle(stage: Stage, other_site: Site) -> None:
    await stage.hire("elsewhere", "site_manager", other_site.id)
    offer = await stage.offered()
    bodies: list[tuple[str, str, Any]] = [
        ("POST", "offer/answer", stage.accept(offer)),
        ("PUT", "offer/answer/payees", {"payees": [WANG]}),
        ("POST", "settle", {"reason": "不处理"}),
    ]
    for method, path, body in bodies:
        for who in ("staff", "finance", "legal", "gm"):
            refused(await stage.send(method, path, body, who=who), 403, "forbidden")
        refused(await stage.send(method, path, body, who="elsewhere"), 404, "not_found")
        expected = (409, "case_state") if path.endswith("payees") else (412, "version_conflict")
        refused(await stage.send(method, path, body, version=1), *expected)
    for path in ("offers", "offer/answer", "offer.pdf"):
        refused(await stage.get(f"cases/{stage.case_id}/{path}", "elsewhere"), 404, "not_found")


@pytest.mark.parametrize("account", ["12345", "6222'; DROP", "6222\n0210", "x" * 35, "账号"])
async def test_an_account_is_letters_and_digits(stage: Stage, account: str) -> None:
    offer = await stage.offered()
    body = stage.accept(offer, payees=[WANG | {"account": account}])
    refused(await stage.send("POST", "offer/answer", body), 422, "invalid_request")
