"""The joint assessment over HTTP, on both databases: three forms, the result so far, the tier, and the way back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from case_api.cases import flow
from case_api.policies.defaults import default_content
from case_api.security import Permission
from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.consents import Consent
from models.deadlines import Deadline
from models.engine import Factory, transaction
from models.outbox import OutboxMessage
from models.people import Person
from models.policies import PolicyVersion
from models.sessions import Session
from models.signals import CaseSignal
from models.sites import Site
from models.tasks import CaseTask
from tests.case_api.assessments.conftest import FORMS, Assessment
from tests.case_api.conftest import Clock, by_of
from tests.conftest import Rows


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def told(rows: Rows, topic: str) -> list[dict[str, Any]]:
    return [row.payload for row in await rows.scalars(select(OutboxMessage).where(OutboxMessage.topic == topic).order_by(OutboxMessage.id))]


async def test_what_is_missing_and_what_it_comes_to_so_far(desk: Assessment) -> None:
    begun = await desk.now()
    assert set(begun["parts"]) == {"finance", "legal", "marketing"}
    assert begun["joint"]["missing"] == ["finance", "legal", "marketing"]
    assert begun["joint"]["tier"] is None

    handed = await desk.hand_in("finance")
    assert (handed.status_code, handed.json()["status"], handed.headers["ETag"]) == (200, "done", f'"{handed.json()["version"]}"')
    partial = (await desk.now("city_gm"))["joint"]
    assert (partial["missing"], partial["total_loss_fen"], partial["tier"]["key"]) == (["legal", "marketing"], 4_900_000, "site")
    assert (partial["contract_stage"], partial["risk_level"]) == (None, None)

    await desk.hand_in("legal", litigation_risk=True)
    assert (await desk.now())["joint"]["risk_level"] == "red"
    await desk.hand_in("marketing", media_involved=True)
    whole = (await desk.now())["joint"]
    assert whole["complete"] is True
    assert whole["tier"]["approvers"] == ["city_gm", "hq_risk"]
    assert [reason["code"] for reason in whole["tier"]["reasons"]] == ["loss", "media", "litigation"]


async def test_concluding_stamps_the_tier_with_the_rule_that_decided_it(desk: Assessment, case: WithdrawalCase, rows: Rows) -> None:
    await desk.all_in(finance={"opportunity": {"fen": 1_100_001}})
    answer = await desk.step("conclude", summary="按 A、B 两条路径准备")
    assert answer.status_code == 200, answer.text
    concluded = answer.json()
    policy = await rows.one(select(PolicyVersion).where(PolicyVersion.kind == "tiers"))
    assert (concluded["case_status"], concluded["tier"]["approvers"], concluded["tier"]["mode"]) == ("solving", ["city_gm"], "ordered")
    assert (concluded["tier"]["policy_version_id"], concluded["tier"]["policy_number"]) == (policy.id, 1)
    assert concluded["tier"]["reasons"][0]["zh"] == "损失合计 ¥50,000.01，超过 ¥50,000.00"
    assert answer.headers["ETag"] == f'"{concluded["case_version"]}"'

    stored = await rows.one(select(WithdrawalCase))
    assert stored.tier == concluded["tier"]
    joint = await rows.one(select(CaseTask).where(CaseTask.kind == "joint_assessment"))
    assert joint.status == "done"
    assert joint.result is not None
    assert (joint.result["summary"], joint.result["total_loss_fen"]) == ("按 A、B 两条路径准备", 5_000_001)
    [message] = await told(rows, "case.conclude")
    assert (message["to"], message["tier"]["key"], message["contract_stage"]) == ("solving", "city", "deposit_only")
    audited = await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:case:conclude"))
    assert len(audited) == 1
    assert (await desk.now())["joint"]["tier"]["key"] == "city"


async def test_all_three_are_mandatory(desk: Assessment, rows: Rows) -> None:
    await desk.hand_in("finance")
    await desk.hand_in("marketing")
    refused = await desk.step("conclude")
    assert code(refused) == (409, "assessment_incomplete")
    assert refused.json()["detail"] == "legal"
    assert (await rows.one(select(WithdrawalCase))).tier is None


async def test_a_tier_follows_the_sites_own_table_and_stays_when_that_changes(
    desk: Assessment, case: WithdrawalCase, factory: Factory, site: Site, clock: Clock
) -> None:
    await desk.all_in()
    strict = default_content("tiers").model_dump(mode="json")
    strict["bands"][0]["up_to_fen"] = 1_000_000
    async with transaction(factory) as db:
        shared = {"kind": "tiers", "site_id": site.id, "scope": site.id, "number": 1, "content": strict, "drafted_at": clock()}
        db.add(PolicyVersion(**shared, status="published", published_at=clock(), effective_from=clock()))
    assert (await desk.step("conclude")).json()["tier"]["key"] == "city"
    async with transaction(factory) as db:
        row = (await db.scalars(select(PolicyVersion).where(PolicyVersion.site_id == site.id))).one()
        row.status, row.retired_at = "retired", clock.pass_(minutes=1)
    assert (await desk.now())["joint"]["tier"]["key"] == "city"


# --- amendments ---


async def test_a_department_amends_its_form_until_the_conclusion(desk: Assessment, rows: Rows) -> None:
    first = await desk.hand_in("finance")
    amended = await desk.hand_in("finance", commission={"fen": 9_000_000, "note": "重新计提"})
    assert (amended.status_code, amended.json()["status"]) == (200, "done")
    assert amended.json()["version"] > first.json()["version"]
    assert amended.json()["form"]["commission"] == {"fen": 9_000_000, "note": "重新计提"}
    record = await rows.one(select(AuditRecord).where(AuditRecord.action == "api:case:amend_finance_assessment"))
    assert record.before == {"commission.fen": 3_000_000, "commission.note": "(3 characters)"}
    assert record.after is not None
    assert (record.after["commission.fen"], record.after["commission.note"]) == (9_000_000, "(4 characters)")

    await desk.hand_in("legal")
    await desk.hand_in("marketing")
    await desk.step("conclude")
    assert code(await desk.hand_in("finance")) == (409, "case_state")


async def test_the_same_form_again_changes_nothing_but_is_no_error(desk: Assessment, rows: Rows) -> None:
    handed = (await desk.hand_in("legal")).json()
    again = (await desk.hand_in("legal")).json()
    assert again == handed
    assert await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:case:amend_legal_assessment")) == []


async def test_an_amendment_is_based_on_what_was_read(desk: Assessment) -> None:
    seen = (await desk.now())["parts"]["finance"]["version"]
    await desk.hand_in("finance")
    assert code(await desk.hand_in("finance", version=seen)) == (412, "version_conflict")
    bare = await desk.client.put(f"{desk.url}/finance", headers=desk.people["finance"], json=FORMS["finance"])
    assert code(bare) == (428, "precondition_required")


async def test_an_amendment_makes_a_conclusion_look_again(desk: Assessment) -> None:
    await desk.all_in()
    seen = (await desk.now())["case_version"]
    await desk.hand_in("finance", commission={"fen": 90_000_000})
    assert code(await desk.step("conclude", version=seen)) == (412, "version_conflict")
    assert (await desk.step("conclude")).json()["tier"]["key"] == "city"


# --- litigation ---


async def test_litigation_is_reported_at_once_and_once(desk: Assessment, rows: Rows) -> None:
    await desk.hand_in("legal")
    assert await told(rows, "case.litigation_risk") == []
    for note in ("客户已委托律师", "律师函已到"):
        await desk.hand_in("legal", litigation_risk=True, note=note)
    [message] = await told(rows, "case.litigation_risk")
    assert message["roles"] == ["hq_risk"]
    assert (await desk.now())["case_status"] == "assessing"


# --- rework ---


async def test_reworking_opens_the_work_again_and_takes_the_tier_back(desk: Assessment, rows: Rows, clock: Clock) -> None:
    await desk.all_in()
    await desk.step("conclude")
    clock.pass_(hours=6)
    answer = await desk.step("rework", reason="客户补充了网签材料")
    assert (answer.status_code, answer.json()["case_status"], answer.json()["tier"]) == (200, "assessing", None)
    again = await desk.now()
    assert again["joint"]["missing"] == ["finance", "legal", "marketing"]
    part = again["parts"]["finance"]
    assert (part["status"], part["form"], part["previous"]["paid_fen"]) == ("open", None, 12_000_000)
    live = await rows.scalars(select(Deadline).where(Deadline.status == "armed"))
    assert {deadline.due_at for deadline in live} == {clock.now + timedelta(hours=2)}
    assert {deadline.kind for deadline in live} == {"finance_assessment", "legal_assessment", "marketing_assessment", "joint_assessment"}

    assert code(await desk.step("conclude")) == (409, "assessment_incomplete")
    signed = {"contract_stage": "online_signed", "online_signed": True, "loan": "pre_approved"}
    await desk.all_in(legal=signed, finance={"commission": {"fen": 9_000_000}})
    concluded = (await desk.step("conclude")).json()
    assert concluded["tier"]["key"] == "city"
    assert (await desk.now())["joint"]["contract_stage"] == "online_signed"
    [reason] = [record.after for record in await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:case:rework"))]
    assert reason is not None
    assert reason["reason"] == "客户补充了网签材料"


async def test_rework_says_why(desk: Assessment) -> None:
    await desk.all_in()
    await desk.step("conclude")
    for reason in ("", " ", "x"):
        assert code(await desk.step("rework", reason=reason)) == (422, "invalid_request")
    assert (await desk.now())["case_status"] == "solving"


# --- steps, roles, sites ---

MOVES: dict[str, tuple[str, ...]] = {"solving": ("conclude",), "offered": ("conclude", "offer"), "closing": ("settle",)}


@pytest.mark.parametrize("step", MOVES)
async def test_other_steps_take_no_form(
    desk: Assessment, case: WithdrawalCase, factory: Factory, manager: Person, clock: Clock, step: str
) -> None:
    by = by_of(manager, clock)
    for event in MOVES[step]:
        async with transaction(factory) as db:
            await flow.advance(db, by, await flow.case_for(db, by.principal, Permission.CASE_MANAGE, case.id), event)
    for department in FORMS:
        assert code(await desk.hand_in(department)) == (409, "case_state")
    assert code(await desk.step("conclude")) == (409, "case_state")
    if step != "solving":
        assert code(await desk.step("rework", reason="再评一次")) == (409, "case_state")
    assert (await desk.now())["case_status"] == step


async def test_nothing_is_reworked_before_it_is_concluded(desk: Assessment) -> None:
    assert code(await desk.step("rework", reason="再评一次")) == (409, "case_state")


async def test_each_department_hands_in_its_own_form_and_no_other(desk: Assessment) -> None:
    for department in FORMS:
        for who in set(desk.people) - {department, "elsewhere"} - ({"second"} if department == "finance" else set()):
            refused = await desk.hand_in(department, who=who)
            assert code(refused) in ((403, "forbidden"), (404, "not_found")), who
        assert (await desk.now())["parts"][department]["status"] == "open"


async def test_only_who_runs_the_case_concludes_and_reworks(desk: Assessment) -> None:
    await desk.all_in()
    for what in ("conclude", "rework"):
        for who in set(desk.people) - {"manager"}:
            assert code(await desk.step(what, who=who, reason="越权")) in ((403, "forbidden"), (404, "not_found"), (422, "invalid_request"))
    for who in ("trainer", "admin"):
        assert (await desk.client.get(desk.url, headers=desk.people[who])).status_code == 403
    assert (await desk.now())["case_status"] == "assessing"


async def test_another_sites_case_does_not_exist(desk: Assessment) -> None:
    assert code(await desk.client.get(desk.url, headers=desk.people["elsewhere"])) == (404, "not_found")
    assert code(await desk.hand_in("finance", who="elsewhere")) == (404, "not_found")
    assert (await desk.now())["parts"]["finance"]["status"] == "open"


async def test_a_draft_has_no_parts_yet(desk: Assessment, factory: Factory, manager: Person, site: Site, clock: Clock) -> None:
    async with transaction(factory) as db:
        draft = WithdrawalCase(site_id=site.id, code="HD-20261123-0002", created_by=manager.id, received_at=clock())
        db.add(draft)
        await db.flush()
        await flow.begin(db, by_of(manager, clock), draft)
    shown = await Assessment(desk.client, draft.id, desk.people).now()
    assert (shown["parts"], shown["joint"]["complete"], shown["joint"]["tier"]) == ({}, False, None)
    headers = desk.people["finance"] | {"If-Match": '"1"'}
    answer = await desk.client.put(f"/v1/cases/{draft.id}/assessment/finance", headers=headers, json=FORMS["finance"])
    assert code(answer) == (409, "case_state")


async def test_a_deposit_of_tomorrow_is_refused_by_the_sites_calendar(desk: Assessment) -> None:
    # 2026-11-23 01:00 UTC is 09:00 of the same day in Shanghai.
    assert code(await desk.hand_in("finance", deposit_on="2026-11-24")) == (422, "invalid_request")
    assert (await desk.hand_in("finance", deposit_on="2026-11-23")).status_code == 200


# --- what the ear heard ---


async def test_risks_that_were_heard_are_shown_and_decide_nothing(
    desk: Assessment, case: WithdrawalCase, factory: Factory, manager: Person, site: Site, clock: Clock
) -> None:
    async with transaction(factory) as db:
        consent = Consent(recording=True, notice_version="rec-2026-11", notice_text="告知", method="spoken")
        db.add(consent)
        await db.flush()
        shared = {"site_id": site.id, "staff_id": manager.id, "consent_id": consent.id}
        db.add(Session(id="s1", case_id=case.id, status="ended", recording=True, codec="pcm_s16le", sample_rate=16000, **shared))
        await db.flush()
        for kind, status, key in (
            ("media", "noted", "k1"),
            ("media", "noted", "k2"),
            ("litigation", "dismissed", "k3"),
            ("cause", "noted", "k4"),
        ):
            decided = {"decided_by": manager.id, "decided_at": clock()} if status == "dismissed" else {}
            db.add(CaseSignal(message_key=key, site_id=site.id, session_id="s1", kind=kind, status=status, at=1.0, **decided))
    assert (await desk.now())["heard"] == ["media"]
    await desk.all_in()
    assert (await desk.step("conclude")).json()["tier"]["key"] == "site"


# --- several at once ---


async def test_of_two_who_conclude_at_once_one_does(desk: Assessment, rows: Rows) -> None:
    await desk.all_in()
    version = (await desk.now())["case_version"]
    answers = await asyncio.gather(*(desk.step("conclude", version=version) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len(await told(rows, "case.conclude")) == 1
    assert len(await rows.scalars(select(CaseTask).where(CaseTask.kind == "solutions"))) == 1


async def test_of_two_colleagues_who_hand_in_at_once_one_does(desk: Assessment, rows: Rows) -> None:
    version = (await desk.now())["parts"]["finance"]["version"]
    answers = await asyncio.gather(*(desk.hand_in("finance", who=who, version=version) for who in ("finance", "second")))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    [message] = await told(rows, "case.assessed")
    assert message["department"] == "finance"


async def test_three_departments_at_once_are_all_in(desk: Assessment) -> None:
    answers = await asyncio.gather(*(desk.hand_in(department) for department in FORMS))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (await desk.now())["joint"]["complete"] is True


async def test_a_repeated_form_is_handed_in_once(desk: Assessment, rows: Rows) -> None:
    headers = desk.people["legal"] | {"If-Match": '"1"', "Idempotency-Key": "legal-0001"}
    answers = [await desk.client.put(f"{desk.url}/legal", headers=headers, json=FORMS["legal"]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len(await told(rows, "case.assessed")) == 1
