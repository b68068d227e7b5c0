"""How each path ends: confirmed, paid, run out, or undone by a change."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from case_api.approvals.voiding import void_if_changed
from case_api.cases import flow
from case_api.deadlines.ticker import tick
from case_api.refunds.lapsing import lapse_due
from case_api.refunds.rules import EXECUTIONS, carried_out, refund_due
from case_api.security import Permission
from case_api.solutions.repository import deferral_granted
from models.cases import WithdrawalCase
from models.deadlines import Deadline, DeadlineEvent
from models.engine import reading, transaction
from models.refunds import ExecutionConfirmation
from models.registrations import Registration
from models.settings_solutions import SolutionSettings
from tests.case_api.approvals.stage import BANK, WANG, Stage, refused
from tests.case_api.conftest import by_of

ORDER = "refund-instruction"
PAID = {"paid_on": "2026-11-23", "bank_reference": "ICBC1"}
DAY = {"happened_on": "2026-11-23"}
CONFIRM = "execution/confirm"
SOLUTIONS = SolutionSettings()


def happened(event: str, **detail: Any) -> dict[str, Any]:
    return {"event": event} | DAY | detail


@given(st.sampled_from(sorted(EXECUTIONS)), st.booleans(), st.booleans(), st.booleans())
def test_nothing_is_complete_while_something_is_open(kind: Any, refunds: bool, confirmed: bool, paid: bool) -> None:
    done = carried_out(kind, refunds=refunds, confirmed=confirmed, paid=paid)
    if done:
        assert not refunds or paid
        assert confirmed or EXECUTIONS[kind].done is None
    if refund_due(kind, refunds=refunds, confirmed=confirmed):
        assert refunds
        assert not done or paid


@pytest.mark.parametrize(
    ("kind", "task", "body", "outcome", "released"),
    [
        ("keep_with_benefits", "benefit_delivery", happened("benefits_delivered"), "kept", []),
        ("transfer", "transfer", happened("transfer_completed", contract_no="HD-2026-0312"), "withdrawn", ["successor"]),
        ("deferral", "deferral_due", happened("deferral_paid", bank_reference="CCB1"), "kept", []),
    ],
)
async def test_a_path_without_refund_ends_with_its_confirmation(
    stage: Stage, kind: str, task: str, body: dict[str, Any], outcome: str, released: list[str]
) -> None:
    case_id = await stage.approved(kind)
    assert set(await stage.tasks(case_id)) == {"execution", task}
    refused(await stage.command("qian", case_id, CONFIRM, body), 403, "forbidden")
    refused(await stage.command("zhang", case_id, CONFIRM, body, version=1), 412, "version_conflict")
    refused(await stage.command("qian", case_id, ORDER), 409, "refund_not_due")
    answer = await stage.command("zhang", case_id, CONFIRM, body, key="confirm-0001")
    assert (answer.status_code, answer.json()["result"]) == (201, "done"), answer.json()
    case = await stage.case(case_id)
    assert (case.status, case.outcome) == ("closing", outcome)
    assert (await stage.tasks(case_id, "done"))[task].result == answer.json()["detail"]
    assert [told["released_to"] for told in await stage.told(case_id, "unit_released")] == released
    again = await stage.command("zhang", case_id, CONFIRM, body, version=1)
    refused(again, 409, "case_state")
    assert len(await stage.audited(case_id, "confirm_execution")) == 1


@pytest.mark.parametrize(
    ("kind", "task", "days"),
    [
        ("keep_with_benefits", "benefit_delivery", 7),
        ("transfer", "transfer", 30),
        ("deferral", "deferral_due", 7),
        ("referral", "referral_due", 30),
    ],
)
async def test_the_execution_is_late_after_what_it_waits_for(stage: Stage, kind: str, task: str, days: int) -> None:
    tasks = await stage.tasks(await stage.approved(kind))
    assert tasks[task].due_at == stage.clock() + timedelta(days=days)
    assert tasks["execution"].due_at == tasks[task].due_at + timedelta(days=1)
    async with reading(stage.factory) as db:
        armed = (await db.scalars(select(Deadline).where(Deadline.task_id == tasks["execution"].id))).one()
    assert (armed.due_at, armed.status) == (tasks["execution"].due_at, "armed")


async def test_a_refund_alone_is_due_within_a_day(stage: Stage) -> None:
    tasks = await stage.tasks(await stage.approved())
    assert {task.due_at for task in tasks.values()} == {stage.clock() + timedelta(days=1)}


async def test_what_happened_belongs_to_the_path_and_to_its_time(stage: Stage) -> None:
    case_id = await stage.approved("transfer")
    for event, detail in (("benefits_delivered", {}), ("deferral_ran_out", {}), ("successor_bought", {"contract_no": "1"})):
        refused(await stage.command("zhang", case_id, CONFIRM, happened(event, **detail)), 422, "execution_kind")
    for day in ("2026-11-22", "2026-11-24"):
        body = {"event": "transfer_completed", "happened_on": day, "contract_no": "1"}
        refused(await stage.command("zhang", case_id, CONFIRM, body), 422, "payment_date")
    by_payment = await stage.approved()
    refused(await stage.command("zhang", by_payment, CONFIRM, happened("transfer_completed", contract_no="1")), 422, "execution_kind")


async def test_a_referral_pays_once_the_successor_has_bought(stage: Stage) -> None:
    await stage.set_account()
    case_id = await stage.approved("referral")
    due = (await stage.tasks(case_id))["referral_due"].due_at
    assert (due - stage.clock()).days == 30
    refused(await stage.command("qian", case_id, ORDER), 409, "refund_not_due")
    bought = happened("successor_bought", contract_no="HD-2026-0313")
    assert (await stage.command("zhang", case_id, CONFIRM, bought)).status_code == 201
    refused(await stage.command("zhang", case_id, CONFIRM, bought), 409, "execution_state")
    assert set(await stage.tasks(case_id)) == {"execution", "refund_payment"}
    assert (await stage.command("qian", case_id, ORDER)).status_code == 201
    assert (await stage.command("qian", case_id, f"{ORDER}/confirm", PAID)).status_code == 200
    assert (await stage.case(case_id)).outcome == "withdrawn"
    assert [told["released_to"] for told in await stage.told(case_id, "unit_released")] == ["successor"]


async def test_days_of_grace_in_two_cases_of_a_customer_are_approved_in_one(stage: Stage) -> None:
    await stage.hire("li", "site_manager")
    cases = [await stage.accepted("deferral") for _ in range(2)]
    async with transaction(stage.factory) as db:
        about = {"phone": "13800000000", "changed_by": stage.people["start"].id, "changed_at": stage.clock()}
        db.add_all(Registration(case_id=case_id, **about) for case_id in cases)
    steps = [(await stage.steps(case_id))[0] for case_id in cases]
    answers = await asyncio.gather(stage.decide("zhang", steps[0]), stage.decide("li", steps[1]))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert sorted([(await stage.case(case_id)).status for case_id in cases]) == ["approving", "executing"]
    late = steps[[answer.status_code for answer in answers].index(409)]
    refused(await stage.decide("zhang", late), 409, "deferral_used")
    assert (await stage.decide("zhang", late, "return", reason="客户的另一宗事项已给过宽限")).status_code == 200


@pytest.mark.parametrize(("kind", "days"), [("deferral", 7), ("referral", 30)])
async def test_a_time_that_ran_out_voids_the_approval(stage: Stage, kind: str, days: int) -> None:
    case_id = await stage.approved(kind)
    event = f"{kind}_ran_out"
    refused(await stage.command("zhang", case_id, CONFIRM, happened(event)), 409, "execution_state")
    [task] = [one for one in (await stage.get("zhang", f"cases/{case_id}/tasks")).json() if one["kind"] == f"{kind}_due"]
    stopped = await stage.send("zhang", f"tasks/{task['id']}/pause", {"reason": "等待银行放款"}, version=task["version"])
    assert stopped.status_code == 200, stopped.text
    stage.clock.pass_(days=days)
    refused(await stage.command("zhang", case_id, CONFIRM, happened(event)), 409, "execution_state")  # the clock stands
    assert (
        await stage.send("zhang", f"tasks/{task['id']}/resume", {"reason": "银行已放款"}, version=stopped.json()["version"])
    ).status_code == 200
    stage.clock.pass_(days=days)
    answer = await stage.command("zhang", case_id, CONFIRM, happened(event))
    assert (answer.status_code, answer.json()["result"]) == (201, "ran_out"), answer.json()
    case = await stage.case(case_id)
    assert (case.status, case.outcome) == ("solving", None)
    [round_] = (await stage.get("zhang", f"cases/{case_id}/approvals")).json()
    assert (round_["status"], round_["steps"][0]["status"]) == ("void", "approved")
    assert await stage.told(case_id, "unit_released") == []


async def test_days_of_grace_are_used_up_once_they_began_to_run(stage: Stage) -> None:
    async def granted(case_id: str) -> bool:
        async with reading(stage.factory) as db:
            return await deferral_granted(db, await db.get_one(WithdrawalCase, case_id)) is not None

    case_id, other = await stage.approved("deferral"), await stage.approved("referral")
    stage.clock.pass_(days=7)
    assert (await stage.command("zhang", case_id, CONFIRM, happened("deferral_ran_out"))).status_code == 201
    assert (await granted(case_id), await granted(other)) == (True, False)
    asked = await stage.accepted("deferral")
    [step] = await stage.steps(asked)
    assert (await stage.decide("zhang", step, "reject")).status_code == 200
    assert await granted(asked) is False  # nobody gave the customer a day


@pytest.mark.parametrize(("kind", "days"), [("deferral", 7), ("referral", 30)])
async def test_a_time_that_passes_without_a_word_sends_the_case_back_by_itself(stage: Stage, kind: str, days: int) -> None:
    case_id, stopped = await stage.approved(kind), await stage.approved(kind)
    [task] = [one for one in (await stage.get("zhang", f"cases/{stopped}/tasks")).json() if one["kind"] == f"{kind}_due"]
    assert (await stage.send("zhang", f"tasks/{task['id']}/pause", {"reason": "等待银行放款"}, version=task["version"])).status_code == 200
    ends = stage.clock.pass_(days=days)
    await tick(stage.factory, ends)
    async with reading(stage.factory) as db:
        found = select(DeadlineEvent.what).join(Deadline, Deadline.id == DeadlineEvent.deadline_id)
        found = found.where(Deadline.case_id == case_id, Deadline.kind == f"{kind}_due").order_by(DeadlineEvent.stage)
        assert (await db.scalars(found)).all() == ["remind", "remind", "overdue"]
    assert await lapse_due(stage.factory, SOLUTIONS, stage.clock.pass_(hours=23)) == 0  # there is a day to say what happened
    later = stage.clock.pass_(hours=1)
    assert sum(await asyncio.gather(*(lapse_due(stage.factory, SOLUTIONS, later) for _ in range(3)))) == 1
    assert [(await stage.case(one)).status for one in (case_id, stopped)] == ["solving", "executing"]
    assert set(await stage.tasks(case_id)) == {"solutions"}
    async with reading(stage.factory) as db:
        row = (await db.scalars(select(ExecutionConfirmation))).one()
    assert (row.case_id, row.result, row.confirmed_by, row.happened_on) == (case_id, "ran_out", None, ends.date())
    [told] = await stage.audited(case_id, "confirm_execution")
    assert (told.actor_id, told.actor_label) == (None, "calmdesk")


async def changed(stage: Stage, case_id: str) -> bool:
    """The account changes as an edit of the payees changes it, in one transaction with what it voids."""
    by = by_of(stage.people["zhang"], stage.clock)
    await stage.change_account(case_id, "6217009999999999999")
    async with transaction(stage.factory) as db:
        case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id)
        return await void_if_changed(db, by, case)


async def test_a_change_after_the_approval_voids_it_and_cancels_what_was_not_paid(stage: Stage) -> None:
    await stage.set_account()
    case_id = await stage.approved()
    order = (await stage.command("qian", case_id, ORDER)).json()
    assert await changed(stage, case_id)
    assert (await stage.case(case_id)).status == "solving"
    [round_] = (await stage.get("zhang", f"cases/{case_id}/approvals")).json()
    assert round_["status"] == "void"
    cancelled = (await stage.get("qian", f"cases/{case_id}/{ORDER}")).json()
    assert (cancelled["id"], cancelled["status"], cancelled["payments"][0]["status"]) == (order["id"], "cancelled", "cancelled")
    for path, body in (("", None), ("/confirm", PAID)):
        refused(await stage.command("qian", case_id, ORDER + path, body), 409, "case_state")
    assert [told["number"] for told in await stage.told(case_id, "refund_cancelled")] == [order["number"]]


async def test_a_change_during_the_approval_ends_the_round(stage: Stage) -> None:
    case_id = await stage.accepted()
    assert await changed(stage, case_id)
    [step] = await stage.steps(case_id)
    assert (step.status, (await stage.case(case_id)).status) == ("void", "solving")
    refused(await stage.decide("zhang", step), 409, "approval_state")


async def test_what_is_the_same_voids_nothing(stage: Stage) -> None:
    case_id = await stage.approved()
    by = by_of(stage.people["zhang"], stage.clock)
    async with transaction(stage.factory) as db:
        case = await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case_id)
        assert not await void_if_changed(db, by, case)
    assert (await stage.case(case_id)).status == "executing"


async def test_nothing_changes_any_more_once_money_went_out(stage: Stage) -> None:
    await stage.set_account()
    case_id = await stage.approved(payees=[WANG, BANK])
    buyer, _ = (await stage.command("qian", case_id, ORDER)).json()["payments"]
    await stage.command("qian", case_id, f"{ORDER}/confirm", PAID | {"payment_ids": [buyer["id"]]})
    with pytest.raises(Exception, match="refund_partly_paid"):
        await changed(stage, case_id)
    assert (await stage.case(case_id)).status == "executing"


async def test_a_cancelled_instruction_has_no_files_that_a_bank_would_carry_out(stage: Stage) -> None:
    await stage.set_account()
    case_id = await stage.approved()
    await stage.command("qian", case_id, ORDER)
    assert await changed(stage, case_id)
    for what in ("pdf", "xml", "csv"):
        refused(await stage.get("qian", f"cases/{case_id}/{ORDER}/{what}"), 409, "refund_state")


async def test_a_rescission_that_pays_nothing_back_is_complete_with_its_approval(stage: Stage) -> None:
    case_id = await stage.approved("rescission", [])
    case = await stage.case(case_id)
    assert (case.status, case.outcome) == ("closing", "withdrawn")
    assert "execution" in await stage.tasks(case_id, "done")
    assert [told["released_to"] for told in await stage.told(case_id, "unit_released")] == ["sale"]
