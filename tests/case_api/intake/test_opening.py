"""Opening, assigning and cancelling a case."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.outbox import OutboxMessage
from models.people import Person
from models.tasks import CaseTask
from tests.case_api.intake.desk import PHONE, Desk, refused
from tests.conftest import Rows


async def test_the_clock_starts_when_the_customer_asked(desk: Desk, rows: Rows) -> None:
    case = await desk.open(received_at="2026-11-23T09:20:00+08:00", unit_label="3栋1202", external_reference="CRM-1", source="form")
    assert (case["received_at"], case["source"], case["code"]) == ("2026-11-23T01:20:00Z", "form", "HD-20261123-0001")
    task = await rows.one(select(CaseTask))
    assert (task.kind, task.role, task.due_at.isoformat()) == ("registration", "receptionist", "2026-11-23T01:50:00+00:00")
    [record] = await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:case:create"))
    assert record.after is not None
    assert (record.after["received_at"], record.after["responsible_id"]) == ("2026-11-23T01:20:00+00:00", desk.ids["consultant"])
    [told] = await rows.scalars(select(OutboxMessage).where(OutboxMessage.topic == "case.created"))
    assert told.payload["case_id"] == case["id"]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"received_at": "2026-11-23T01:30:01Z"}, (422, "received_later")),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, (422, "invalid_request")),
        ({"received_at": "2026-11-23T01:30:00"}, (422, "invalid_request")),
        ({"responsible_id": "nobody"}, (422, "person_unknown")),
        ({"source": "import"}, (422, "invalid_request")),
        ({"external_reference": "CRM-1"}, (409, "reference_taken")),
        ({"customer_label": " "}, (422, "invalid_request")),
    ],
)
async def test_what_cannot_be_opened(desk: Desk, rows: Rows, body: dict[str, Any], refusal: tuple[int, str]) -> None:
    await desk.open(external_reference="CRM-1")
    assert refused(await desk.send("reception", "POST", "/cases", {"customer_label": "李女士"} | body)) == refusal
    assert len(await rows.scalars(select(WithdrawalCase))) == 1


async def test_somebody_of_another_site_did_not_sell_the_unit(desk: Desk) -> None:
    body = {"customer_label": "x", "responsible_id": desk.ids["stranger"]}
    assert refused(await desk.send("reception", "POST", "/cases", body)) == (422, "person_unknown")


async def test_a_repeated_opening_is_one_case(desk: Desk, rows: Rows) -> None:
    body = {"customer_label": "王先生"}
    answers = await asyncio.gather(*(desk.send("reception", "POST", "/cases", body, key="opened-once") for _ in range(3)))
    assert {answer.json()["id"] for answer in answers} == {(await rows.one(select(WithdrawalCase))).id}
    other = await desk.send("reception", "POST", "/cases", {"customer_label": "李"}, key="opened-once")
    assert refused(other) == (422, "idempotency_key_reused")


async def test_a_receptionist_takes_a_case_and_gets_its_task(desk: Desk, rows: Rows) -> None:
    case = await desk.received()
    assert (await rows.one(select(CaseTask))).assignee_id == desk.ids["reception"]
    [record] = await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:case:assign"))
    assert record.before == {"receptionist_id": None, "responsible_id": desk.ids["consultant"]}
    assert record.after == {"receptionist_id": desk.ids["reception"], "responsible_id": desk.ids["consultant"]}
    again = await desk.on("reception", case, "POST", "/assignment", {"receptionist_id": desk.ids["reception"]})
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("who", "receptionist", "refusal"),
    [
        ("consultant", "consultant", (422, "receptionist_responsible")),
        ("manager", "consultant", (422, "receptionist_responsible")),
        ("manager", "finance", (422, "receptionist_role")),
        ("manager", "stranger", (422, "person_unknown")),
        ("reception", "colleague", (403, "forbidden")),
        ("finance", "reception", (403, "forbidden")),
        ("stranger", "reception", (404, "not_found")),
    ],
)
async def test_who_cannot_be_assigned_by_whom(desk: Desk, rows: Rows, who: str, receptionist: str, refusal: tuple[int, str]) -> None:
    case = (await desk.open())["id"]
    answer = await desk.on(who, case, "POST", "/assignment", {"receptionist_id": desk.ids[receptionist]})
    assert refused(answer) == refusal
    assert (await rows.one(select(WithdrawalCase))).receptionist_id is None


async def test_only_the_manager_takes_a_case_from_somebody_or_changes_who_is_responsible(desk: Desk) -> None:
    case = await desk.received()
    mine = {"receptionist_id": desk.ids["colleague"]}
    assert refused(await desk.on("colleague", case, "POST", "/assignment", mine)) == (403, "forbidden")
    other = {"receptionist_id": desk.ids["reception"], "responsible_id": desk.ids["colleague"]}
    assert refused(await desk.on("reception", case, "POST", "/assignment", other)) == (403, "forbidden")
    assert (await desk.on("manager", case, "POST", "/assignment", mine)).json()["receptionist_id"] == desk.ids["colleague"]
    swapped = await desk.on("manager", case, "POST", "/assignment", mine | {"responsible_id": desk.ids["colleague"]})
    assert refused(swapped) == (422, "receptionist_responsible")


async def test_a_closed_account_receives_nobody(desk: Desk, factory: Factory) -> None:
    case = (await desk.open())["id"]
    async with transaction(factory) as db:
        (await db.get_one(Person, desk.ids["colleague"])).disabled_at = desk.now
    answer = await desk.on("manager", case, "POST", "/assignment", {"receptionist_id": desk.ids["colleague"]})
    assert refused(answer) == (422, "receptionist_role")


async def test_of_two_who_take_a_case_at_once_one_gets_it(desk: Desk) -> None:
    case = await desk.open()
    takes = [
        desk.send(who, "POST", f"/cases/{case['id']}/assignment", {"receptionist_id": desk.ids[who]}, version=case["version"])
        for who in ("reception", "colleague")
    ]
    answers = await asyncio.gather(*takes)
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    [won] = [answer.json()["receptionist_id"] for answer in answers if answer.status_code == 200]
    assert (await desk.get("manager", f"/cases/{case['id']}")).json()["receptionist_id"] == won


@pytest.mark.parametrize("who", ["reception", "manager"])
async def test_a_draft_that_is_no_case_is_cancelled(desk: Desk, rows: Rows, who: str) -> None:
    case = await desk.received()
    answer = await desk.on(who, case, "POST", "/cancel", {"reason": "客户只是咨询"})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert (await rows.one(select(CaseTask))).status == "cancelled"
    assert refused(await desk.on(who, case, "POST", "/cancel", {"reason": "x"})) == (409, "case_state")
    assert refused(await desk.on("manager", case, "POST", "/assignment", {"receptionist_id": desk.ids["colleague"]})) == (409, "case_state")


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("consultant", (403, "intake_by_responsible")),
        ("colleague", (403, "not_receptionist")),
        ("finance", (403, "forbidden")),
        ("stranger", (404, "not_found")),
    ],
)
async def test_who_may_not_cancel(desk: Desk, who: str, refusal: tuple[int, str]) -> None:
    case = await desk.received()
    assert refused(await desk.on(who, case, "POST", "/cancel", {"reason": "x"})) == refusal


async def test_the_consultant_who_opened_it_cannot_make_it_go_away(desk: Desk) -> None:
    case = (await desk.open("consultant"))["id"]
    assert refused(await desk.on("consultant", case, "POST", "/cancel", {"reason": "误会"})) == (403, "intake_by_responsible")


async def test_once_it_is_assessed_a_case_is_neither_assigned_nor_cancelled(desk: Desk, factory: Factory) -> None:
    case = await desk.received()
    for step in ("assessing", "solving", "offered", "approving", "executing", "closing", "archived"):
        async with transaction(factory) as db:
            (await db.get_one(WithdrawalCase, case)).status = step
        for path, body in (("/cancel", {"reason": "x"}), ("/assignment", {"receptionist_id": desk.ids["reception"]})):
            assert refused(await desk.on("manager", case, "POST", path, body)) == (409, "case_state"), step


async def test_versions_are_asked_for(desk: Desk) -> None:
    case = await desk.received()
    for path, body in (("/cancel", {"reason": "x"}), ("/assignment", {"receptionist_id": desk.ids["reception"]})):
        assert refused(await desk.send("manager", "POST", f"/cases/{case}{path}", body)) == (428, "precondition_required")
        assert refused(await desk.send("manager", "POST", f"/cases/{case}{path}", body, version=1)) == (412, "version_conflict")


async def test_a_number_written_into_a_reason_stays_out_of_audit_and_outbox(desk: Desk, rows: Rows) -> None:
    case = await desk.received()
    answer = await desk.on("manager", case, "POST", "/cancel", {"reason": f"误建，客户电话 {PHONE}"})
    assert answer.status_code == 200, answer.text
    told = [row.payload for row in await rows.scalars(select(OutboxMessage))] + [
        row.after for row in await rows.scalars(select(AuditRecord))
    ]
    assert "误建" in str(told)
    assert PHONE not in str(told)
