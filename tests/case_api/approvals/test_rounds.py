"""Rounds over HTTP, on both databases: decided in turn, by the right people, once."""

from __future__ import annotations

import asyncio

import pytest

from models.sites import Site
from tests.case_api.approvals.stage import BANK, WANG, Stage, refused, tier


async def test_the_only_step_approves_the_round_and_the_case_goes_on(stage: Stage) -> None:
    case_id = await stage.accepted()
    [step] = await stage.steps(case_id)
    task = (await stage.tasks(case_id))["approval"]
    assert (step.role, step.status, task.subject_id, task.role) == ("site_manager", "pending", step.id, "site_manager")
    answer = await stage.decide("zhang", step, reason="同意")
    assert answer.status_code == 200, answer.json()
    round_ = answer.json()
    assert (round_["status"], round_["steps"][0]["decided_by"]["display_name"]) == ("approved", "Zhang")
    assert (await stage.case(case_id)).status == "executing"
    assert set(await stage.tasks(case_id)) == {"execution", "refund_payment"}
    assert (await stage.tasks(case_id, "done"))["approval"].result == {"decision": "approve", "reason": "同意", "on_behalf_of": None}
    [audited] = await stage.audited(case_id, "decide_approval")
    assert audited.after is not None
    assert (audited.actor_label, audited.after["decision"], audited.after["content_hash"]) == ("Zhang", "approve", round_["content_hash"])
    assert [told["decision"] for told in await stage.told(case_id, "approval_decided")] == ["approve"]
    assert len(await stage.told(case_id, "approval_opened")) == 1


async def test_what_is_approved_shows_no_whole_account_and_the_record_holds_none(stage: Stage) -> None:
    case_id = await stage.accepted(payees=[WANG, BANK])
    [round_] = (await stage.get("zhang", f"cases/{case_id}/approvals")).json()
    accounts = [payee["account"] for payee in round_["content"]["payees"]]
    assert [account[-4:] for account in accounts] == [str(WANG["account"])[-4:], str(BANK["account"])[-4:]]
    everything = str(round_) + str([record.after for record in await stage.audited(case_id, "open_approval")])
    assert str(WANG["account"]) not in everything
    assert round_["content"]["price"]["total_fen"] == 123_500_051


async def test_an_ordered_round_asks_one_after_the_other(stage: Stage) -> None:
    case_id = await stage.accepted(approvers=tier("site_manager", "city_gm"))
    first, second = await stage.steps(case_id)
    refused(await stage.decide("chen", second), 409, "approval_state")
    assert [item["step_id"] for item in (await stage.get("chen", "approvals")).json()["items"]] == []
    assert (await stage.decide("zhang", first)).json()["status"] == "open"
    assert (await stage.case(case_id)).status == "approving"
    [waiting] = (await stage.get("chen", "approvals")).json()["items"]
    assert (waiting["step_id"], waiting["version"], waiting["case_id"]) == (second.id, second.version + 1, case_id)
    assert (await stage.get("zhang", "approvals")).json()["items"] == []
    [_, second] = await stage.steps(case_id)
    assert (await stage.decide("chen", second)).json()["status"] == "approved"
    assert (await stage.case(case_id)).status == "executing"


async def test_a_parallel_round_asks_all_and_waits_for_all(stage: Stage) -> None:
    case_id = await stage.accepted(approvers=tier("site_manager", "city_gm", "legal", mode="parallel"))
    steps = {step.role: step for step in await stage.steps(case_id)}
    for who, role in (("fang", "legal"), ("chen", "city_gm")):
        assert (await stage.decide(who, steps[role])).json()["status"] == "open"
    assert (await stage.decide("zhang", steps["site_manager"])).json()["status"] == "approved"


@pytest.mark.parametrize(("decision", "status"), [("return", "returned"), ("reject", "rejected")])
async def test_one_refusal_sends_the_case_back(stage: Stage, decision: str, status: str) -> None:
    case_id = await stage.accepted(approvers=tier("site_manager", "city_gm", mode="parallel"))
    first, _ = await stage.steps(case_id)
    round_ = (await stage.decide("zhang", first, decision, reason="退款比例过高")).json()
    assert (round_["status"], round_["closed_reason"]) == (status, "退款比例过高")
    assert [step["status"] for step in round_["steps"]] == [status, "void"]
    assert (await stage.case(case_id)).status == "solving"
    assert set(await stage.tasks(case_id)) == {"solutions"}
    [moved] = await stage.audited(case_id, "send_back")
    assert moved.after is not None
    assert moved.after["reason"] == "退款比例过高"


async def test_a_refusal_needs_a_reason(stage: Stage) -> None:
    [step] = await stage.steps(await stage.accepted())
    refused(await stage.decide("zhang", step, "reject", reason=" "), 422, "invalid_request")


@pytest.mark.parametrize(("who", "code"), [("fang", "approval_role"), ("chen", "approval_role"), ("start", "approval_role")])
async def test_a_step_is_its_roles(stage: Stage, who: str, code: str) -> None:
    [step] = await stage.steps(await stage.accepted())
    refused(await stage.decide(who, step), 403, code)


async def test_another_sites_step_does_not_exist(stage: Stage, other_site: Site) -> None:
    await stage.hire("there", "site_manager", site_id=other_site.id)
    case_id = await stage.accepted()
    [step] = await stage.steps(case_id)
    refused(await stage.decide("there", step), 404, "not_found")
    refused(await stage.get("there", f"cases/{case_id}/approvals"), 404, "not_found")
    refused(
        await stage.send("there", "approvals/nothing/decision", {"decision": "approve", "content_hash": "0" * 64}, version=1),
        404,
        "not_found",
    )
    assert (await stage.get("there", "approvals")).json()["items"] == []


async def test_who_started_it_does_not_decide_it(stage: Stage) -> None:
    await stage.hire("li", "site_manager")
    case_id = await stage.accepted(by="zhang")
    [step] = await stage.steps(case_id)
    refused(await stage.decide("zhang", step), 403, "four_eyes")
    assert (await stage.get("zhang", "approvals")).json()["items"] == []
    assert (await stage.decide("li", step)).status_code == 200


async def test_where_only_the_initiator_holds_the_role_the_next_authority_decides(stage: Stage) -> None:
    case_id = await stage.accepted(by="zhang", approvers=tier("site_manager"))
    [step] = await stage.steps(case_id)
    assert (step.required_role, step.role) == ("site_manager", "city_gm")
    assert (await stage.decide("chen", step)).json()["status"] == "approved"


async def test_one_person_with_two_roles_decides_one_step(stage: Stage) -> None:
    await stage.hire("both", "site_manager", "city_gm")
    case_id = await stage.accepted(approvers=tier("site_manager", "city_gm"))
    first, _ = await stage.steps(case_id)
    assert (await stage.decide("both", first)).status_code == 200
    _, second = await stage.steps(case_id)
    refused(await stage.decide("both", second), 403, "four_eyes")
    assert (await stage.get("both", "approvals")).json()["items"] == []


async def test_a_decision_is_about_what_was_seen(stage: Stage) -> None:
    case_id = await stage.accepted()
    [step] = await stage.steps(case_id)
    refused(await stage.decide("zhang", step, content_hash="0" * 64), 409, "approval_content_changed")
    await stage.change_account(case_id, "6217009999999999999")
    refused(await stage.decide("zhang", step), 409, "approval_content_changed")
    assert (await stage.case(case_id)).status == "approving"


async def test_a_decision_names_the_steps_version(stage: Stage) -> None:
    case_id = await stage.accepted()
    [step] = await stage.steps(case_id)
    body = {"decision": "approve", "content_hash": "0" * 64}
    refused(await stage.send("zhang", f"approvals/{step.id}/decision", body), 428, "precondition_required")
    refused(await stage.send("zhang", f"approvals/{step.id}/decision", body, version=step.version + 1), 412, "version_conflict")


async def test_of_two_who_decide_at_once_exactly_one_does(stage: Stage) -> None:
    await stage.hire("li", "site_manager")
    for _ in range(3):
        case_id = await stage.accepted()
        [step] = await stage.steps(case_id)
        answers = await asyncio.gather(stage.decide("zhang", step, "reject"), stage.decide("li", step))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        won = next(answer.json() for answer in answers if answer.status_code == 200)
        [step] = await stage.steps(case_id)
        assert step.decided_by == won["steps"][0]["decided_by"]["id"]
        assert len(await stage.audited(case_id, "decide_approval")) == 1
        assert (await stage.case(case_id)).status == {"approved": "executing", "rejected": "solving"}[won["status"]]


async def test_parallel_approvers_at_once_both_count(stage: Stage) -> None:
    case_id = await stage.accepted(approvers=tier("site_manager", "city_gm", mode="parallel"))
    first, second = await stage.steps(case_id)
    answers = await asyncio.gather(stage.decide("zhang", first), stage.decide("chen", second))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (await stage.case(case_id)).status == "executing"


async def test_a_repeated_decision_is_answered_not_done_again(stage: Stage) -> None:
    case_id = await stage.accepted()
    [step] = await stage.steps(case_id)
    first = await stage.decide("zhang", step, key="decide-0001")
    again = await stage.decide("zhang", step, key="decide-0001")
    assert (again.status_code, again.json(), again.headers["Idempotency-Replayed"]) == (200, first.json(), "true")
    assert len(await stage.audited(case_id, "decide_approval")) == 1
    refused(await stage.decide("zhang", step), 409, "approval_state")


async def test_the_initiator_takes_it_back(stage: Stage) -> None:
    case_id = await stage.accepted(approvers=tier("site_manager", "city_gm"))
    first, _ = await stage.steps(case_id)
    await stage.decide("zhang", first)
    withdrawn = {"reason": "客户要求改收款账户"}
    refused(await stage.command("zhang", case_id, "approval/withdraw", withdrawn), 403, "not_initiator")
    refused(await stage.command("start", case_id, "approval/withdraw", withdrawn, version=1), 412, "version_conflict")
    refused(await stage.send("start", f"cases/{case_id}/approval/withdraw", withdrawn), 428, "precondition_required")
    round_ = (await stage.command("start", case_id, "approval/withdraw", withdrawn)).json()
    assert (round_["status"], [step["status"] for step in round_["steps"]]) == ("withdrawn", ["approved", "void"])
    assert (await stage.case(case_id)).status == "solving"
    refused(await stage.command("start", case_id, "approval/withdraw", withdrawn), 409, "case_state")
    _, second = await stage.steps(case_id)
    refused(await stage.decide("chen", second), 409, "approval_state")
