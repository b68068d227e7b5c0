"""Warnings from the first event to the end: raised once, answered by people, risen, closed by themselves."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from case_api.early_warning.board import watch
from case_api.early_warning.board.watch import look, run_clocks
from models.audit import AuditRecord
from models.crm import CrmCustomer, CrmEvent
from models.early_warnings import EarlyWarning, WarningStep
from models.engine import transaction
from models.outbox import OutboxMessage
from models.sites import Site
from tests.case_api.early_warning.conftest import Board
from tests.case_api.evidence.conftest import MakeCase
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, SignIn


async def topics(board: Board) -> list[str]:
    return [row.topic for row in await board.rows.scalars(select(OutboxMessage).order_by(OutboxMessage.id))]


async def test_a_warning_is_raised_once_answered_and_resolved(board: Board) -> None:
    await board.ask_thrice()
    await board.look()
    [shown] = (await board.get("staff"))["items"]
    assert (shown["level"], shown["score"], shown["status"]) == ("yellow", 30, "open")
    assert shown["reasons"][0]["zh"] == "近 30 天 3 次咨询退房政策"
    assert shown["due_at"].startswith("2026-11-23T05:00")
    assert await board.get("staff", "/v1/warnings/counts") == {"yellow": 1, "orange": 0, "red": 0}

    staff, version = board.people["staff"], shown["version"]
    given = await board.do("manager", "assign", shown["id"], version, {"assignee_id": staff.id})
    assert (given.status_code, given.json()["assignee"]) == (200, "Lijing")
    assert (await board.do("staff", "acknowledge", shown["id"], version)).json()["code"] == "version_conflict"
    taken = (await board.do("staff", "acknowledge", shown["id"], version + 1)).json()
    assert taken["status"] == "acknowledged"
    again = await board.do("staff", "acknowledge", shown["id"], taken["version"])
    assert (again.status_code, again.json()["code"]) == (409, "warning_state")
    called = (await board.do("staff", "contact", shown["id"], taken["version"], {"note": "已电话沟通 13812345678"})).json()
    assert called["contacted_at"] is not None
    ended = await board.do("staff", "resolve", shown["id"], called["version"], {"outcome": "reassured", "note": "已解释政策"})
    assert (ended.status_code, ended.json()["outcome"]) == (200, "reassured")
    late = await board.do("staff", "contact", shown["id"], ended.json()["version"], {"note": "再次致电"})
    assert (late.status_code, late.json()["code"]) == (409, "warning_closed")

    await board.look()
    assert (await board.get("staff"))["items"] == []
    detail = await board.get("staff", f"/v1/warnings/{shown['id']}")
    assert [step["what"] for step in detail["steps"]] == ["raised", "assigned", "acknowledged", "contacted", "resolved"]
    assert [event["kind"] for event in detail["events"]] == ["policy_query"] * 3
    assert await topics(board) == [f"warning.{step['what']}" for step in detail["steps"]]
    kept = [row for row in await board.rows.scalars(select(AuditRecord)) if row.subject_type == "warning"]
    assert len(kept) == 5
    assert not any("13812345678" in str(row.after) for row in kept)


async def test_what_was_settled_raises_nothing_until_something_new_happens(board: Board) -> None:
    await board.ask_thrice()
    [warning] = await board.warnings()
    await board.do("staff", "resolve", warning.id, warning.version, {"outcome": "false_alarm"})
    board.clock.pass_(days=1)
    await board.look()
    assert len(await board.warnings()) == 1
    await board.tell(board.event("policy_query"))
    await board.look()
    assert [(one.status, one.level) for one in await board.warnings()] == [("resolved", "yellow"), ("open", "yellow")]


async def test_a_warning_that_was_closed_by_mistake_is_opened_again_with_the_clock_it_had(board: Board) -> None:
    await board.ask_thrice()
    [before] = await board.warnings()
    refused = await board.do("staff", "reopen", before.id, before.version, {"reason": "选错了"})
    assert (refused.status_code, refused.json()["code"]) == (409, "warning_not_closed")
    ended = (await board.do("staff", "resolve", before.id, before.version, {"outcome": "false_alarm"})).json()
    board.clock.pass_(hours=1)
    back = await board.do("manager", "reopen", before.id, ended["version"], {"reason": "选错了结果，客户 13812345678 仍未答复"})
    assert back.status_code == 200, back.text
    assert (back.json()["status"], back.json()["outcome"], back.json()["assignee"]) == ("acknowledged", None, "Zhang")
    await board.look()
    [after] = await board.warnings()
    assert (after.status, after.due_at, after.next_at, after.reasons) == ("acknowledged", before.due_at, before.next_at, before.reasons)
    board.clock.pass_(hours=9)
    await board.look()
    steps = [row.what for row in await board.rows.scalars(select(WarningStep).order_by(WarningStep.at, WarningStep.id))]
    assert steps == ["raised", "resolved", "raised", "remind", "overdue", "escalate"]
    told = [row.after for row in await board.rows.scalars(select(AuditRecord)) if row.action == "api:warning:raised"]
    assert len(told) == 1
    assert "13812345678" not in str(told)


async def test_a_contact_that_was_recorded_is_kept_when_a_warning_is_opened_again(board: Board) -> None:
    await board.ask_thrice()
    [warning] = await board.warnings()
    called = (await board.do("staff", "contact", warning.id, warning.version, {"note": "已联系"})).json()
    ended = (await board.do("staff", "resolve", warning.id, called["version"], {"outcome": "other"})).json()
    back = (await board.do("staff", "reopen", warning.id, ended["version"], {"reason": "选错了结果"})).json()
    assert (back["status"], back["contacted_at"]) == ("contacted", called["contacted_at"])


async def test_a_case_that_was_named_by_mistake_is_unnamed(board: Board, site: Site, make_case: MakeCase) -> None:
    await board.ask_thrice()
    [warning] = await board.warnings()
    case = await make_case(board.people["staff"], site.id, status="solving", received_at=board.clock())
    named = {"outcome": "became_case", "case_id": case.id}
    ended = (await board.do("staff", "resolve", warning.id, warning.version, named)).json()
    await board.do("staff", "reopen", warning.id, ended["version"], {"reason": "选错了案件"})
    await board.look()
    [after] = await board.warnings()
    assert (after.status, after.case_id) == ("acknowledged", None)
    assert "withdrawal_request" not in [row.kind for row in await board.rows.scalars(select(CrmEvent))]


async def test_a_warning_is_not_opened_again_beside_another(board: Board) -> None:
    await board.ask_thrice()
    [first] = await board.warnings()
    ended = (await board.do("staff", "resolve", first.id, first.version, {"outcome": "false_alarm"})).json()
    board.clock.pass_(days=1)
    await board.tell(board.event("policy_query"))
    await board.look()
    refused = await board.do("staff", "reopen", first.id, ended["version"], {"reason": "选错了"})
    assert (refused.status_code, refused.json()["code"]) == (409, "warning_not_closed")
    assert [one.status for one in await board.warnings()] == ["resolved", "open"]


async def test_a_second_indicator_raises_the_level_of_the_same_warning_and_a_third_goes_to_headquarters(board: Board) -> None:
    await board.ask_thrice()
    [first] = await board.warnings()
    await board.do("staff", "contact", first.id, first.version, {"note": "已联系"})
    board.clock.pass_(hours=1)
    await board.tell(board.event("payment_due", ago=30, due=-10, reference="首付"))
    await board.look()
    [orange] = (await board.get("staff", level="orange"))["items"]
    assert (orange["id"], orange["status"], orange["score"]) == (first.id, "open", 65)
    assert orange["due_at"].startswith("2026-11-23T04:00")
    assert (await board.get("hq"))["items"] == []
    missing = await board.client.get(f"/v1/warnings/{first.id}", headers=board.headers["hq"])
    assert missing.status_code == 404
    await board.tell(board.event("litigation_notice"))
    await board.look()
    [red] = (await board.get("hq"))["items"]
    assert (red["id"], red["level"], red["score"], red["reported_at"]) == (first.id, "red", 100, red["due_at"])
    assert (await topics(board)).count("warning.reported") == 1
    taken = await board.do("hq", "acknowledge", first.id, red["version"])
    assert taken.status_code == 200


async def test_a_warning_closes_by_itself_when_its_cause_goes(board: Board) -> None:
    await board.tell(board.event("payment_due", ago=30, due=-10, reference="首付"))
    await board.look()
    assert (await board.get("staff"))["items"][0]["reasons"][0]["code"] == "payment"
    await board.tell(board.event("payment_received", reference="首付"))
    await board.look()
    [warning] = await board.warnings()
    assert (warning.status, warning.outcome, warning.resolved_by) == ("resolved", "cause_gone", None)


async def test_time_alone_raises_and_closes(board: Board) -> None:
    await board.tell(board.event("subscription"))
    await board.look()
    assert await board.warnings() == []
    board.clock.pass_(days=4)
    await board.look()
    assert [one.reasons[0]["code"] for one in await board.warnings()] == ["co_resident"]


async def test_reminder_limit_and_escalation_come_once_and_stop_with_the_contact(board: Board) -> None:
    await board.ask_thrice()
    for hours, expected in ((1, []), (1.1, ["remind"]), (2, ["remind", "overdue"]), (4, ["remind", "overdue", "escalate"]), (9, 3)):
        board.clock.pass_(hours=hours)
        await run_clocks(board.factory, board.clock())
        await run_clocks(board.factory, board.clock())
        steps = [row.what for row in await board.rows.scalars(select(WarningStep).order_by(WarningStep.at))][1:]
        assert (steps if isinstance(expected, list) else len(steps)) == expected
    await board.ask_thrice("C2")
    [_, second] = await board.warnings()
    await board.do("staff", "contact", second.id, second.version, {"note": "已联系"})
    board.clock.pass_(hours=9)
    assert await run_clocks(board.factory, board.clock()) == 0


async def test_a_case_that_came_settles_the_warning_and_its_end_begins_anew(board: Board, site: Site, make_case: MakeCase) -> None:
    await board.tell(board.event("policy_query", ago=3, unit_reference="3栋1202"), *(board.event("policy_query", ago=d) for d in (2, 1)))
    await board.look()
    case = await make_case(board.people["staff"], site.id, unit_label="3栋1202", status="solving", received_at=board.clock())
    await board.look()
    [warning] = await board.warnings()
    assert (warning.outcome, warning.case_id) == ("became_case", case.id)
    await board.tell(board.event("litigation_notice"))
    await board.look()
    assert len(await board.warnings()) == 1  # the case deals with it
    async with transaction(board.factory) as db:
        row = await db.get_one(type(case), case.id)
        row.status, row.ended_at, row.archived_at = "archived", board.clock.pass_(hours=1), board.clock()
    await board.look()
    await board.tell(board.event("litigation_notice"))
    board.clock.pass_(minutes=1)
    await board.look()
    assert [one.level for one in await board.warnings()] == ["yellow"]  # at the very end of the case: still the case's
    await board.tell(board.event("litigation_notice"))
    await board.look()
    assert [one.level for one in await board.warnings()] == ["yellow", "red"]


async def test_naming_the_case_that_came(board: Board, site: Site, other_site: Site, make_case: MakeCase) -> None:
    await board.ask_thrice()
    [warning] = await board.warnings()
    far = await make_case(board.people["staff"], other_site.id)
    refused = await board.do("staff", "resolve", warning.id, warning.version, {"outcome": "became_case", "case_id": far.id})
    assert (refused.status_code, refused.json()["code"]) == (422, "case_unknown")
    near = await make_case(board.people["staff"], site.id, status="draft", received_at=board.clock())
    done = await board.do("staff", "resolve", warning.id, warning.version, {"outcome": "became_case", "case_id": near.id})
    assert done.json()["case_id"] == near.id
    await board.look()
    [request] = await board.rows.scalars(select(CrmEvent).where(CrmEvent.kind == "withdrawal_request"))
    assert (request.case_id, request.source) == (near.id, "case")
    async with transaction(board.factory) as db:
        (await db.get_one(type(near), near.id)).status = "cancelled"
    await board.look()
    assert not await board.rows.scalars(select(CrmEvent).where(CrmEvent.kind == "withdrawal_request"))


async def test_what_the_ear_heard_counts_once_the_conversation_is_named(
    board: Board, site: Site, make_session: MakeSession, other_site: Site
) -> None:
    from models.signals import CaseSignal

    await board.tell(board.event("visit"), board.event("visit", who="C2"))
    [first, second] = sorted(await board.rows.scalars(select(CrmCustomer)), key=lambda row: row.key)
    session = await make_session(board.people["staff"], site.id)
    async with transaction(board.factory) as db:
        signal = CaseSignal(message_key="k", site_id=site.id, session_id=session.id, kind="litigation", status="noted", at=3.0)
        signal.heard_at = board.clock()
        db.add(signal)

    async def name(who: str, customer_id: str) -> int:
        path = f"/v1/crm-customers/{customer_id}/conversations"
        return (await board.client.put(path, json={"session_id": session.id}, headers=board.headers[who])).status_code

    assert await name("hq", first.id) == 404
    assert await name("staff", first.id) == await name("staff", first.id) == 204
    assert await name("staff", second.id) == 422
    await board.look()
    [warning] = await board.warnings()
    assert (warning.level, warning.reasons[0]["zh"]) == ("red", "会话中提到起诉")
    async with transaction(board.factory) as db:
        row = await db.get_one(CaseSignal, signal.id)
        row.status, row.decided_by, row.decided_at, row.reason = "dismissed", board.people["staff"].id, board.clock(), "玩笑"
    await board.look()
    assert [one.outcome for one in await board.warnings()] == ["cause_gone"]


async def test_the_database_holds_one_open_warning_a_customer(board: Board) -> None:
    await board.ask_thrice()
    [warning] = await board.warnings()
    copied = {
        name: getattr(warning, name)
        for name in ("site_id", "customer_id", "level", "score", "reasons", "raised_at", "starts_at", "due_at", "plan")
    }
    with pytest.raises(IntegrityError):
        async with transaction(board.factory) as db:
            db.add(EarlyWarning(**copied))


async def test_two_watches_at_once_raise_each_warning_once(board: Board) -> None:
    for n in range(4):
        await board.tell(*(board.event("policy_query", who=f"C{n}", ago=day) for day in (3, 2, 1)))
    await asyncio.gather(*(look(board.factory, board.clock()) for _ in range(3)))
    await board.look()
    found = await board.warnings()
    assert len({one.customer_id for one in found}) == len(found) == 4


async def test_of_two_who_answer_at_once_one_does(board: Board) -> None:
    await board.ask_thrice()
    [warning] = await board.warnings()
    answers = await asyncio.gather(*(board.do(who, "acknowledge", warning.id, warning.version) for who in ("staff", "manager")))
    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_who_sees_and_does_what(board: Board, make_person: MakePerson, sign_in: SignIn, other_site: Site) -> None:
    await board.ask_thrice()
    [warning] = await board.warnings()
    elsewhere = await make_person("far", ("site_manager", other_site.id))
    board.headers["far"] = await sign_in(elsewhere)
    assert (await board.get("far"))["items"] == []
    assert (await board.do("far", "acknowledge", warning.id, warning.version)).status_code == 404
    assert len((await board.get("gm"))["items"]) == 1
    assert (await board.do("gm", "acknowledge", warning.id, warning.version)).status_code == 403
    assert (await board.do("staff", "assign", warning.id, warning.version, {"assignee_id": elsewhere.id})).status_code == 403
    unfit = await board.do("manager", "assign", warning.id, warning.version, {"assignee_id": elsewhere.id})
    assert (unfit.status_code, unfit.json()["code"]) == (422, "assignee_unfit")
    assert (await board.client.get("/v1/warnings", headers=board.headers["admin"])).status_code == 403


async def test_the_board_is_paged_by_when_it_is_due(board: Board) -> None:
    for n in range(5):
        await board.ask_thrice(f"C{n}")
        board.clock.pass_(minutes=n)
    whole = (await board.get("manager"))["items"]
    assert [one["due_at"] for one in whole] == sorted(one["due_at"] for one in whole)
    first = await board.get("manager", limit=3)
    rest = await board.get("manager", limit=3, cursor=first["next_cursor"])
    assert [one["id"] for one in first["items"] + rest["items"]] == [one["id"] for one in whole]
    newest = (await board.get("manager", sort="newest", state="all"))["items"]
    assert [one["id"] for one in newest] == [one["id"] for one in reversed(whole)]
    assert (await board.get("manager", mine=True))["items"] == []


async def test_what_is_settled_while_the_watch_looks_raises_nothing(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch reads without a lock: what it found by the old causes must not open the warning again."""
    await board.ask_thrice()
    [warning] = await board.warnings()
    await board.tell(board.event("visit"))
    examine = asyncio.to_thread

    async def settled_meanwhile(work: Any) -> Any:
        seen = await examine(work)
        if (await board.warnings())[0].status == "open":
            assert (await board.do("staff", "resolve", warning.id, warning.version, {"outcome": "false_alarm"})).status_code == 200
        return seen

    monkeypatch.setattr(watch, "asyncio", SimpleNamespace(to_thread=settled_meanwhile))
    await board.look()
    await board.look()
    assert [one.status for one in await board.warnings()] == ["resolved"]
