"""Paths of a case: priced from its facts, compared, changed, withdrawn; only by who runs it, only while it looks for solutions."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from models.cases import WithdrawalCase
from models.engine import transaction
from models.registrations import Registration
from models.sites import Site
from models.tasks import CaseTask
from tests.case_api.solutions.stage import (
    DEFERRAL,
    FINANCE,
    LEGAL,
    PATH_B,
    PATH_C,
    REFERRAL,
    RELEASED,
    Stage,
    refused,
)


async def test_every_path_is_priced_and_compared(stage: Stage) -> None:
    item = await stage.pool()
    benefits = {"kind": "keep_with_benefits", "items": [{"item_id": item["id"], "quantity": 3}]}
    totals = [(await stage.draft(terms))["price"]["total_fen"] for terms in (benefits, PATH_B, PATH_C, DEFERRAL, REFERRAL)]
    assert totals == [1_080_000, 14_000_000, 1_500_000, 175_000, 10_000_000]
    found = (await stage.get(f"cases/{stage.case_id}/solutions")).json()
    assert [
        (row["benefit_fen"], row["refund_fen"], row["charge_fen"], row["keeps_contract"], row["releases_unit"])
        for row in found["comparison"]
    ] == [
        (1_080_000, 0, 0, True, False),
        (0, 14_000_000, 0, False, True),
        (0, 0, 1_500_000, False, False),
        (0, 0, 175_000, True, False),
        (0, 10_000_000, 0, False, False),
    ]
    assert (found["facts"]["paid_fen"], found["missing"], found["refund_rule_usable"]) == (20_000_000, None, True)
    assert found["benefit_available_fen"] == 5_000_000
    assert [item["stale"] for item in found["items"]] == [False] * 5
    assert [item["refund_policy_id"] is not None for item in found["items"]] == [False, True, False, False, False]


async def test_a_preview_prices_and_stores_nothing(stage: Stage) -> None:
    version = (await stage.case()).version
    answer = await stage.send("POST", "solutions/preview", {"terms": PATH_B})
    assert (answer.status_code, answer.json()["price"]["total_fen"]) == (200, 14_000_000)
    found = (await stage.get(f"cases/{stage.case_id}/solutions")).json()
    assert (found["items"], found["case_version"]) == ([], version)


async def test_changes_and_withdrawals_are_audited_and_count_in_the_case_s_version(stage: Stage) -> None:
    version = (await stage.case()).version
    made = await stage.draft(PATH_B)
    changed = await stage.done("PUT", f"solutions/{made['id']}", {"terms": PATH_B | {"refund_bp": 8_000}, "note": "酌情"})
    assert (changed["id"], changed["price"]["total_fen"], changed["note"]) == (made["id"], 16_000_000, "酌情")
    await stage.done("DELETE", f"solutions/{made['id']}")
    assert (await stage.get(f"cases/{stage.case_id}/solutions")).json()["items"] == []
    assert (await stage.case()).version == version + 3
    rows = [row for row in await stage.audited() if row.action.endswith("_solution")]
    assert [row.action.split(":")[2] for row in rows] == ["draft_solution", "change_solution", "withdraw_solution"]
    assert rows[1].before is not None
    assert (rows[1].before["total_fen"], (rows[1].after or {})["total_fen"]) == (14_000_000, 16_000_000)
    refused(await stage.send("PUT", f"solutions/{made['id']}", {"terms": PATH_B}), 404, "not_found")
    refused(await stage.send("DELETE", f"solutions/{made['id']}"), 404, "not_found")


@pytest.mark.parametrize(
    ("terms", "status", "code"),
    [
        (PATH_B | {"refund_bp": 8_001}, 422, "refund_out_of_bounds"),
        (PATH_B | {"refund_bp": 5_999}, 422, "refund_out_of_bounds"),
        (PATH_B | {"refund_bp": None}, 422, "invalid_request"),
        (DEFERRAL | {"days": 11}, 422, "deferral_terms"),
        (DEFERRAL | {"late_fee_bp_per_day": 11}, 422, "deferral_terms"),
        ({"kind": "keep_with_benefits", "items": [{"item_id": "nothing"}]}, 422, "benefit_unknown"),
        ({"kind": "keep_with_benefits", "items": [{"item_id": "x"}, {"item_id": "x"}]}, 422, "invalid_request"),
        ({"kind": "gift"}, 422, "invalid_request"),
        (PATH_C | {"extra": 1}, 422, "invalid_request"),
    ],
)
async def test_terms_that_do_not_fit_are_refused_and_change_nothing(stage: Stage, terms: dict[str, Any], status: int, code: str) -> None:
    version = (await stage.case()).version
    for path in ("solutions", "solutions/preview"):
        refused(await stage.send("POST", path, {"terms": terms}), status, code)
    assert (await stage.case()).version == version


async def test_path_b_waits_for_a_refund_rule_that_may_be_used(bare: Stage) -> None:
    await bare.solving()
    refused(await bare.send("POST", "solutions", {"terms": PATH_B}), 409, "refund_policy_unusable")
    assert (await bare.get(f"cases/{bare.case_id}/solutions")).json()["refund_rule_usable"] is False
    assert (await bare.draft(PATH_C))["refund_policy_id"] is None


async def test_a_released_loan_goes_through_the_court(bare: Stage) -> None:
    await bare.solving(legal=RELEASED)
    refused(await bare.send("POST", "solutions", {"terms": PATH_B}), 422, "judicial_only")
    court = {
        "document_no": "(2026)沪0115民初1号",
        "decided_on": "2026-11-20",
        "evidence_id": bare.evidence_id,
        "buyer_fen": 15_000_000,
        "bank_fen": 120_000_000,
    }
    made = await bare.draft({"kind": "rescission", "court": court})
    assert made["price"]["dues"] == [{"role": "buyer", "fen": 15_000_000}, {"role": "bank", "fen": 120_000_000}]
    unknown = {"kind": "rescission", "court": court | {"evidence_id": "nothing"}}
    refused(await bare.send("POST", "solutions", {"terms": unknown}), 422, "court_evidence")


async def test_a_loan_refused_without_fault_needs_no_rule(bare: Stage) -> None:
    signed = LEGAL | {"contract_stage": "online_signed", "online_signed": True, "loan": "refused_without_fault"}
    await bare.solving(legal=signed, finance=FINANCE | {"paid_fen": 90_000_000})
    refused(await bare.send("POST", "solutions", {"terms": PATH_B}), 422, "refund_out_of_bounds")
    made = await bare.draft(PATH_B | {"refund_bp": 10_000})
    assert (made["price"]["total_fen"], made["refund_policy_id"]) == (90_000_000, None)


async def test_nothing_is_priced_before_the_assessment(bare: Stage) -> None:
    await bare.assessing()
    for path in ("solutions", "solutions/preview", "offer"):
        refused(await bare.send("POST", path, {} if path == "offer" else {"terms": PATH_C}), 409, "case_state")
    found = (await bare.get(f"cases/{bare.case_id}/solutions")).json()
    assert (found["facts"], found["missing"]) == (None, "assessment")


async def test_a_price_of_other_facts_is_stale_until_it_is_priced_again(stage: Stage) -> None:
    made = await stage.draft(PATH_B)
    await stage.draft(PATH_C)
    await stage.done("POST", "assessment/rework", {"reason": "补充材料"})
    await stage.assess(finance=FINANCE | {"paid_fen": 30_000_000})
    found = (await stage.get(f"cases/{stage.case_id}/solutions")).json()
    assert [item["stale"] for item in found["items"]] == [True, False]
    refused(await stage.send("POST", "offer", {}), 409, "solution_stale")
    again = await stage.done("PUT", f"solutions/{made['id']}", {"terms": PATH_B})
    assert again["price"]["total_fen"] == 21_000_000
    await stage.done("POST", "offer", {})


async def test_who_may_draft_and_who_may_read(stage: Stage, other_site: Site) -> None:
    await stage.hire("elsewhere", "site_manager", other_site.id)
    made = await stage.draft(PATH_C)
    for who in ("staff", "finance", "legal", "marketing", "gm", "risk"):
        for method, path in (
            ("POST", "solutions"),
            ("POST", "solutions/preview"),
            ("PUT", f"solutions/{made['id']}"),
        ):
            refused(await stage.send(method, path, {"terms": PATH_C}, who=who), 403, "forbidden")
        refused(await stage.send("DELETE", f"solutions/{made['id']}", who=who), 403, "forbidden")
        assert len((await stage.get(f"cases/{stage.case_id}/solutions", who)).json()["items"]) == 1
    refused(await stage.get(f"cases/{stage.case_id}/solutions", "elsewhere"), 404, "not_found")
    refused(await stage.send("POST", "solutions", {"terms": PATH_C}, who="elsewhere"), 404, "not_found")
    refused(await stage.send("POST", "solutions/preview", {"terms": PATH_C}, who="elsewhere"), 404, "not_found")


async def test_versions_and_keys(stage: Stage) -> None:
    version = (await stage.case()).version
    refused(await stage.send("POST", "solutions", {"terms": PATH_C}, version=version - 1), 412, "version_conflict")
    headers = stage.headers["manager"]
    bare = await stage.client.post(f"/v1/cases/{stage.case_id}/solutions", headers=headers, json={"terms": PATH_C})
    refused(bare, 428, "precondition_required")
    first = await stage.send("POST", "solutions", {"terms": PATH_C}, version=version, key="draft-0001")
    again = await stage.send("POST", "solutions", {"terms": PATH_C}, version=version, key="draft-0001")
    assert (first.status_code, first.json()) == (201, again.json())
    assert len((await stage.get(f"cases/{stage.case_id}/solutions")).json()["items"]) == 1


async def test_of_two_who_draft_at_once_on_one_version_one_does(stage: Stage) -> None:
    version = (await stage.case()).version
    asked = (stage.send("POST", "solutions", {"terms": PATH_C}, who=who, version=version) for who in ("manager", "second"))
    assert sorted(answer.status_code for answer in await asyncio.gather(*asked)) == [201, 412]


async def test_grace_that_was_given_is_not_given_again(stage: Stage) -> None:
    """「首次提出延期付款」: neither drafted, priced, changed nor offered, by however many at once; the other paths go on."""
    drafted = await stage.draft(DEFERRAL)
    await stage.draft(PATH_B)
    other = await stage.draft(PATH_C)
    async with transaction(stage.factory) as db:
        same = {"case_id": stage.case_id, "site_id": stage.site.id, "kind": "deferral_due", "role": "site_manager"}
        times = {"opened_at": stage.clock(), "due_at": stage.clock(), "done_at": stage.clock()}
        db.add(CaseTask(status="done", done_by=stage.people["manager"].id, **same, **times))
    version = (await stage.case()).version
    later = {"terms": DEFERRAL | {"days": 10}}
    asked = [
        ("POST", "solutions", later),
        ("POST", "solutions", later),
        ("POST", "solutions/preview", later),
        ("PUT", f"solutions/{drafted['id']}", later),
        ("POST", "offer", {}),
        ("POST", "offer", {}),
    ]
    answers = await asyncio.gather(*(stage.send(method, path, body, version=version) for method, path, body in asked))
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(409, "deferral_used")}
    found = (await stage.get(f"cases/{stage.case_id}/solutions")).json()
    assert (found["case_version"], found["deferral_granted"], len(found["items"])) == (version, True, 3)
    await stage.done("DELETE", f"solutions/{drafted['id']}")
    offer = await stage.done("POST", "offer", {})
    assert [path["kind"] for path in offer["paths"]] == ["rescission", "transfer"]
    assert other["id"] in [path["solution_id"] for path in offer["paths"]]


WANG = {"phone": "+8613812345678", "id_type": "resident_id", "id_number": "310101199001011234"}


@pytest.mark.parametrize(
    ("registered", "same"),
    [
        (WANG | {"id_number": None}, True),
        (WANG | {"phone": "+8613912345678"}, True),
        (WANG | {"phone": "+8613912345678", "id_type": "passport"}, False),
        (WANG | {"phone": "+8613912345678", "id_number": "310101199001015678"}, False),
        ({}, False),
    ],
)
async def test_grace_is_the_customers_not_the_cases(stage: Stage, registered: dict[str, str | None], same: bool) -> None:
    """「首次提出延期付款」: who had it, and comes with another request, has had it; by ID or phone number, at this site."""
    offer = await stage.offered(DEFERRAL, PATH_B)
    await _register(stage, registered)
    later = stage.case_id
    await stage.solving(**WANG)
    earlier = await stage.case()
    async with transaction(stage.factory) as db:
        work = {"case_id": earlier.id, "site_id": stage.site.id, "kind": "deferral_due", "role": "site_manager", "status": "open"}
        db.add(CaseTask(**work, opened_at=stage.clock(), due_at=stage.clock()))
    stage.case_id = later
    stage.evidence_id = await stage.paper()
    answer = await stage.send("POST", "offer/answer", stage.accept(offer, "deferral"))
    assert (answer.status_code, answer.json().get("code")) == ((409, "deferral_used") if same else (201, None)), answer.text
    found = (await stage.get(f"cases/{later}/solutions")).json()
    assert (found["deferral_granted"], found["deferral_case"]) == (same, earlier.code if same else None)


async def test_grace_at_another_site_is_another_purchase(stage: Stage) -> None:
    await _register(stage, WANG)
    async with transaction(stage.factory) as db:
        away = Site(code="YL", name="云麓")
        db.add(away)
        await db.flush()
        who = {"site_id": away.id, "created_by": stage.people["manager"].id}
        case = WithdrawalCase(**who, code="YL-20261123-0001", received_at=stage.clock())
        db.add(case)
        await db.flush()
        db.add(Registration(case_id=case.id, changed_by=who["created_by"], changed_at=stage.clock(), **WANG))
        work = {"case_id": case.id, "site_id": away.id, "kind": "deferral_due", "role": "site_manager", "status": "open"}
        db.add(CaseTask(**work, opened_at=stage.clock(), due_at=stage.clock()))
    assert (await stage.draft(DEFERRAL))["kind"] == "deferral"


async def _register(stage: Stage, values: dict[str, str | None]) -> None:
    async with transaction(stage.factory) as db:
        form = await db.get_one(Registration, stage.case_id)
        for name, value in values.items():
            setattr(form, name, value)
