"""The registration form: filled in piece by piece, masked, complete before it goes in, corrected by the manager only."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.commands import CommandRecord
from models.engine import Factory, transaction
from models.evidence import Evidence
from models.outbox import OutboxMessage
from models.tasks import CaseTask
from tests.case_api.intake.desk import FORM, PHONE, RESIDENT, Desk, refused
from tests.case_api.sessions.conftest import MakeSession, make_session  # noqa: F401
from tests.conftest import Rows


async def test_the_form_is_filled_in_piece_by_piece(desk: Desk) -> None:
    case = await desk.received()
    assert (await desk.get("reception", f"/cases/{case}/registration")).json()["customer_name"] == ""
    first = await desk.on(
        "reception", case, "PATCH", "/registration", {"customer_name": " 王小明 ", "causes": ["family", "other", "family"]}
    )
    assert (first.json()["customer_name"], first.json()["causes"]) == ("王小明", ["family", "other"])
    second = await desk.on("reception", case, "PATCH", "/registration", {"unit": "1202", "customer_name": None})
    form = (await desk.get("reception", f"/cases/{case}/registration")).json()
    assert (form["customer_name"], form["unit"], form["causes"]) == ("", "1202", ["family", "other"])
    assert second.headers["ETag"] == f'"{form["version"]}"'
    assert second.json() == form | {"masked": True}


async def test_whole_numbers_are_for_those_who_need_them(desk: Desk) -> None:
    case = await desk.received(**FORM)
    for who, whole in (("reception", True), ("manager", True), ("finance", True), ("marketing", False), ("colleague", False)):
        form = (await desk.get(who, f"/cases/{case}/registration")).json()
        assert form["masked"] is not whole
        assert form["id_number"] == (RESIDENT if whole else "**************002X")
        assert form["phone"] == ("+8613812345678" if whole else "**********5678")


async def test_numbers_never_reach_audit_outbox_or_lists(desk: Desk, rows: Rows) -> None:
    note = f"客户说电话是{PHONE}，身份证 {RESIDENT}"
    case = await desk.received(**FORM | {"cause_text": note, "alternative_note": note})
    assert (await desk.on("reception", case, "POST", "/submit")).status_code == 200
    written = [str((row.before, row.after)) for row in await rows.scalars(select(AuditRecord))]
    written += [str(row.payload) for row in await rows.scalars(select(OutboxMessage))]
    written += [str(row.result) for row in await rows.scalars(select(CaseTask))]
    written.append((await desk.get("manager", "/cases")).text)
    assert any("002X" in text for text in written)  # the change itself is on the record
    for secret in (PHONE, RESIDENT, RESIDENT[:-1]):
        assert not any(secret in text for text in written)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"id_number": RESIDENT[:-1] + "1"}, "id_number_invalid"),
        ({"id_number": "1" * 80}, "id_number_invalid"),
        ({"id_number": "E1", "id_type": "passport"}, "id_number_invalid"),
        ({"phone": "1381234567"}, "phone_invalid"),
        ({"phone": "**********5678"}, "phone_invalid"),
        ({"id_scan_evidence_id": "none"}, "id_scan_unknown"),
        ({"alternative_at": 3.0}, "acceptance_moment"),
        ({"alternative_session_id": "none", "alternative_at": 3.0}, "acceptance_moment"),
        ({"alternative_session_id": "none"}, "acceptance_moment"),
        ({"price_fen": -1}, "invalid_request"),
        ({"price_fen": 10**14}, "invalid_request"),
        ({"causes": ["weather"]}, "invalid_request"),
        ({"subscription_date": "2026-02-30"}, "invalid_request"),
        ({"cause_text": "\u0000"}, "invalid_request"),
        ({"status": "closed"}, "invalid_request"),
    ],
)
async def test_what_is_wrong_is_refused_and_changes_nothing(desk: Desk, rows: Rows, body: dict[str, Any], code: str) -> None:
    case = await desk.received()
    before = (await desk.get("manager", f"/cases/{case}/registration")).json()
    records = len(await rows.scalars(select(AuditRecord.id)))
    answer = await desk.on("reception", case, "PATCH", "/registration", {"customer_name": "李四"} | body)
    assert refused(answer) == (422, code)
    assert not any(secret in answer.text for secret in ("1381234567", RESIDENT[:-1]))
    assert (await desk.get("manager", f"/cases/{case}/registration")).json() == before
    assert len(await rows.scalars(select(AuditRecord.id))) == records


async def test_a_stored_number_is_checked_again_when_its_kind_changes(desk: Desk) -> None:
    case = await desk.received(id_number="E12345678", id_type="passport")
    assert refused(await desk.on("reception", case, "PATCH", "/registration", {"id_type": "resident_id"})) == (422, "id_number_invalid")


async def test_a_scan_counts_while_it_is_this_cases_and_not_withdrawn(desk: Desk, factory: Factory) -> None:
    case, other = await desk.received(), await desk.received()
    async with transaction(factory) as db:
        scans = [
            Evidence(case_id=case, site_id=desk.site.id, kind=kind, filename="a.jpg", added_by=desk.ids["reception"], **source)
            for kind, source in (("id_scan", {}), ("receipt", {}))
        ]
        for scan in scans:
            scan.sha256 = None
            scan.session_id = None
        await _store(db, scans)
    scan, receipt = (row.id for row in scans)
    for on, evidence, taken in ((case, scan, True), (case, receipt, False), (other, scan, False)):
        answer = await desk.on("reception", on, "PATCH", "/registration", {"id_scan_evidence_id": evidence})
        assert (answer.status_code == 200) is taken
    await desk.on("reception", case, "PATCH", "/registration", FORM | {"id_scan_missing_reason": ""})
    assert (await desk.get("reception", f"/cases/{case}/registration/completeness")).json()["complete"] is True
    answer = await desk.send("reception", "POST", f"/evidence/{scan}/withdraw", {"reason": "扫描件不清晰"}, version=1)
    assert answer.status_code == 200, answer.text
    told = (await desk.get("reception", f"/cases/{case}/registration/completeness")).json()
    assert [gap["field"] for gap in told["missing"]] == ["id_scan"]
    assert refused(await desk.on("reception", case, "POST", "/submit")) == (422, "registration_incomplete")


async def _store(db: Any, scans: list[Evidence]) -> None:
    from models.evidence import EvidenceBlob

    db.add(EvidenceBlob(sha256="0" * 64, path="00/x", size=1, media_type="image/jpeg"))
    await db.flush()
    for scan in scans:
        scan.sha256 = "0" * 64
    db.add_all(scans)


async def test_an_alternative_is_confirmed_at_a_moment_of_a_recorded_session(
    desk: Desk,
    make_session: MakeSession,  # noqa: F811
    make_person: Any,
) -> None:
    case, other = await desk.received(), await desk.received()
    staff = await make_person("speaker", ("staff", desk.site.id))
    recorded = await make_session(staff, desk.site.id, case_id=case)
    silent = await make_session(staff, desk.site.id, case_id=case, recording=False)
    live = await make_session(staff, desk.site.id, case_id=case, status="live", seconds=0.0)
    for on, session, at, taken in (
        (case, recorded, 70.0, True),
        (case, recorded, 70.1, False),
        (case, silent, 3.0, False),
        (case, live, 300.0, True),
        (other, recorded, 3.0, False),
    ):
        answer = await desk.on("reception", on, "PATCH", "/registration", {"alternative_session_id": session.id, "alternative_at": at})
        assert (answer.status_code == 200) is taken
        assert taken or answer.json()["code"] == "acceptance_moment"
    assert (await desk.on("reception", case, "PATCH", "/registration", {"alternative_at": None})).json()["code"] == "acceptance_moment"
    cleared = await desk.on("reception", case, "PATCH", "/registration", {"alternative_at": None, "alternative_session_id": None})
    assert cleared.json()["alternative_session_id"] is None


async def test_the_receipt_is_judged_to_the_fen(desk: Desk) -> None:
    case = await desk.received(**FORM | {"receipt_amount_fen": 52_000_001})
    receipt = (await desk.get("manager", f"/cases/{case}/registration")).json()["receipt"]
    assert (receipt["earnest_fen"], receipt["beyond_fen"]) == (52_000_000, 1)
    assert [flag["code"] for flag in receipt["flags"]] == ["earnest_above_ceiling"]


async def test_completeness_names_each_gap_in_both_languages(desk: Desk) -> None:
    case = await desk.received(**{name: value for name, value in FORM.items() if name not in ("unit", "receipt_wording")})
    told = (await desk.get("marketing", f"/cases/{case}/registration/completeness")).json()
    assert [(gap["field"], gap["kind"]) for gap in told["missing"]] == [("unit", "field"), ("receipt_wording", "field")]
    assert all(gap["zh"] and gap["en"] for gap in told["missing"])
    assert told["complete"] is False
    refusal = await desk.on("reception", case, "POST", "/submit")
    assert refused(refusal) == (422, "registration_incomplete")
    assert [error["field"] for error in refusal.json()["errors"]] == ["unit", "receipt_wording"]
    await desk.on("reception", case, "PATCH", "/registration", {"unit": "1202", "receipt_wording": "定金"})
    assert (await desk.get("marketing", f"/cases/{case}/registration/completeness")).json() == {"complete": True, "missing": []}


async def test_an_untouched_form_has_every_gap(desk: Desk) -> None:
    case = await desk.received()
    told = (await desk.get("reception", f"/cases/{case}/registration/completeness")).json()
    assert len(told["missing"]) == 16
    assert refused(await desk.on("reception", case, "POST", "/submit")) == (422, "registration_incomplete")


async def test_submitting_opens_the_assessment(desk: Desk, rows: Rows) -> None:
    case = await desk.received(**FORM)
    answer = await desk.on("reception", case, "POST", "/submit")
    assert (answer.status_code, answer.json()["status"], answer.json()["causes"]) == (200, "assessing", ["family", "cash_flow"])
    tasks = {task.kind: task for task in await rows.scalars(select(CaseTask).where(CaseTask.case_id == case))}
    done = tasks.pop("registration")
    assert (done.status, done.done_by, done.result["receipt_kind"]) == ("done", desk.ids["reception"], "earnest")  # type: ignore[index]
    assert {kind: task.status for kind, task in tasks.items()} == dict.fromkeys(
        ("finance_assessment", "legal_assessment", "marketing_assessment", "joint_assessment"), "open"
    )
    [told] = await rows.scalars(select(OutboxMessage).where(OutboxMessage.topic == "case.submit"))
    assert (told.payload["from"], told.payload["to"], told.payload["case_id"]) == ("draft", "assessing", case)
    [record] = await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:case:submit"))
    assert (record.subject_id, record.actor_id) == (case, desk.ids["reception"])
    assert (await desk.get("reception", f"/cases/{case}/registration")).json()["submitted_at"] == "2026-11-23T01:30:00Z"
    assert refused(await desk.on("manager", case, "POST", "/submit")) == (409, "case_state")


async def test_of_two_submissions_at_once_one_wins(desk: Desk, rows: Rows) -> None:
    case = await desk.received(**FORM)
    version = (await desk.get("manager", f"/cases/{case}")).json()["version"]
    answers = await asyncio.gather(
        *(desk.send(who, "POST", f"/cases/{case}/submit", version=version) for who in ("reception", "manager", "reception"))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert len(await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:case:submit"))) == 1
    assert len(await rows.scalars(select(CaseTask).where(CaseTask.kind == "joint_assessment"))) == 1


async def test_of_two_changes_at_once_one_wins(desk: Desk) -> None:
    case = await desk.received()
    version = (await desk.get("manager", f"/cases/{case}")).json()["version"]
    changes = [
        desk.send(who, "PATCH", f"/cases/{case}/registration", {"unit": unit}, version=version)
        for who, unit in (("reception", "1"), ("manager", "2"))
    ]
    answers = await asyncio.gather(*changes)
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    [won] = [answer.json()["unit"] for answer in answers if answer.status_code == 200]
    assert (await desk.get("manager", f"/cases/{case}/registration")).json()["unit"] == won


async def test_a_repeated_command_is_answered_and_not_done_again(desk: Desk, rows: Rows) -> None:
    case = await desk.received(**FORM)
    version = (await desk.get("manager", f"/cases/{case}")).json()["version"]
    first, second = [await desk.send("reception", "POST", f"/cases/{case}/submit", version=version, key="submit-it-once") for _ in range(2)]
    assert (first.json(), first.headers["ETag"]) == (second.json(), second.headers["ETag"])
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:case:submit"))) == 1


async def test_versions_are_asked_for(desk: Desk) -> None:
    case = await desk.received(**FORM)
    for method, path, body in (("PATCH", "/registration", {}), ("POST", "/submit", None)):
        assert refused(await desk.send("reception", method, f"/cases/{case}{path}", body)) == (428, "precondition_required")
        assert refused(await desk.send("reception", method, f"/cases/{case}{path}", body, version=1)) == (412, "version_conflict")


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("consultant", (403, "intake_by_responsible")),
        ("colleague", (403, "not_receptionist")),
        ("finance", (403, "forbidden")),
        ("marketing", (403, "forbidden")),
        ("stranger", (404, "not_found")),
        ("trainer", (404, "not_found")),
    ],
)
async def test_who_has_no_part_in_the_intake(desk: Desk, who: str, refusal: tuple[int, str]) -> None:
    case = await desk.received(**FORM)
    assert refused(await desk.on(who, case, "PATCH", "/registration", {"unit": "9"})) == refusal
    assert refused(await desk.on(who, case, "POST", "/submit")) == refusal


async def test_before_anybody_is_assigned_nobody_fills_in_the_form_but_the_manager(desk: Desk) -> None:
    case = (await desk.open())["id"]
    assert refused(await desk.on("reception", case, "PATCH", "/registration", {"unit": "1"})) == (409, "receptionist_missing")
    assert (await desk.on("manager", case, "PATCH", "/registration", {"unit": "1"})).status_code == 200


@pytest.mark.parametrize(
    ("opened", "called"),
    [
        ({"customer_label": "待确认客户"}, ("王小明", "3栋1202")),
        ({"customer_label": "王先生", "unit_label": "三号楼1202"}, ("王先生", "三号楼1202")),
    ],
)
async def test_the_form_names_who_was_not_known_when_the_case_was_opened(
    desk: Desk, factory: Factory, opened: dict[str, str], called: tuple[str, str]
) -> None:
    case = await desk.received(**FORM)
    async with transaction(factory) as db:
        row = await db.get_one(WithdrawalCase, case)
        row.customer_label, row.unit_label = opened["customer_label"], opened.get("unit_label", "")
    answer = (await desk.on("reception", case, "POST", "/submit")).json()
    assert (answer["customer_label"], answer["unit_label"]) == called
    [found] = (await desk.get("manager", "/cases", q=called[1])).json()["items"]
    assert found["id"] == case


async def test_a_submitted_form_is_corrected_by_the_manager_and_stays_complete(desk: Desk) -> None:
    case = await desk.received(**FORM)
    await desk.on("reception", case, "POST", "/submit")
    assert refused(await desk.on("reception", case, "PATCH", "/registration", {"unit": "1203"})) == (403, "forbidden")
    assert (await desk.on("manager", case, "PATCH", "/registration", {"unit": "1203"})).json()["unit"] == "1203"
    emptied = await desk.on("manager", case, "PATCH", "/registration", {"unit": ""})
    assert refused(emptied) == (422, "registration_incomplete")
    assert (await desk.get("manager", f"/cases/{case}/registration")).json()["unit"] == "1203"


async def test_once_something_is_offered_the_form_is_closed(desk: Desk, factory: Factory) -> None:
    case = await desk.received(**FORM)
    for step in ("offered", "approving", "executing", "closing", "archived", "cancelled"):
        async with transaction(factory) as db:
            (await db.get_one(WithdrawalCase, case)).status = step
        assert refused(await desk.on("manager", case, "PATCH", "/registration", {"unit": "1"})) == (409, "case_state"), step
        assert refused(await desk.on("manager", case, "POST", "/submit")) == (409, "case_state"), step


async def test_the_database_itself_keeps_receptionist_and_responsible_apart(desk: Desk, factory: Factory) -> None:
    case = await desk.received()
    with pytest.raises(IntegrityError):
        async with transaction(factory) as db:
            (await db.get_one(WithdrawalCase, case)).receptionist_id = desk.ids["consultant"]


async def test_a_form_is_found_by_what_is_on_it(desk: Desk) -> None:
    case, _ = await desk.received(**FORM), await desk.received()
    for q in ("王小明", "小明", "3栋1202", "rg-2026", "朝向不好", "朝向 不好"):
        assert [item["id"] for item in (await desk.get("finance", "/cases", q=q)).json()["items"]] == [case], q


async def test_causes_say_what_they_call_for(desk: Desk) -> None:
    causes = (await desk.get("finance", "/causes")).json()
    assert [cause["code"] for cause in causes] == ["family", "cash_flow", "competitor", "quality", "delay", "other"]
    assert all(cause["calls_for_zh"] and cause["calls_for_en"] for cause in causes)
    assert refused(await desk.get("trainer", "/causes")) == (403, "forbidden")


async def test_stored_answers_hold_no_whole_number(desk: Desk, rows: Rows) -> None:
    case = await desk.received()
    version = (await desk.get("reception", f"/cases/{case}")).json()["version"]
    path, body = f"/cases/{case}/registration", {"id_number": RESIDENT, "phone": PHONE}
    first, again = [await desk.send("reception", "PATCH", path, body, version=version, key="patch-0001") for _ in range(2)]
    assert (first.status_code, again.headers["Idempotency-Replayed"], again.json()) == (200, "true", first.json())
    assert (await desk.get("reception", path)).json()["id_number"] == RESIDENT
    [stored] = await rows.scalars(select(CommandRecord.body))
    assert RESIDENT not in stored
    assert PHONE not in stored
