"""Offers: at least two kinds of paths, kept to the letter with their hash, on paper."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from case_api.canonical import sha256
from models.engine import Factory, transaction
from models.solutions import Offer
from tests.case_api.documents.reading import pdf_text
from tests.case_api.solutions.stage import DEFERRAL, PATH_B, PATH_C, Stage, refused
from tests.conftest import Rows


async def test_an_offer_is_kept_to_the_letter_and_moves_the_case(stage: Stage, rows: Rows, factory: Factory) -> None:
    offer = await stage.offered()
    kept = await rows.one(select(Offer))
    assert sha256(kept.snapshot) == kept.sha256 == offer["sha256"]
    assert [path["kind"] for path in offer["paths"]] == ["rescission", "transfer"]
    assert kept.valid_until == stage.clock() + timedelta(days=7)
    case = await stage.case()
    assert (case.status, case.version) == ("offered", offer["case_version"])
    assert (await stage.audited())[-2].action == "api:case:offer"
    assert "case.offer" in await stage.told()
    [task] = [row for row in (await stage.get("tasks", case_id=case.id)).json()["items"] if row["status"] == "open"]
    assert task["kind"] == "customer_answer"
    with pytest.raises(DatabaseError, match="fixed"):
        async with transaction(factory) as db:
            await db.execute(text("UPDATE offer SET sha256 = 'x'"))


async def test_one_kind_of_path_is_no_choice(stage: Stage) -> None:
    refused(await stage.send("POST", "offer", {}), 409, "too_few_paths")
    made = [await stage.draft(terms) for terms in (PATH_B, PATH_B | {"refund_bp": 6_000}, PATH_C)]
    ids = [row["id"] for row in made]
    refused(await stage.send("POST", "offer", {"solution_ids": ids[:2]}), 409, "too_few_paths")
    refused(await stage.send("POST", "offer", {"solution_ids": [ids[0], "nothing"]}), 422, "solution_unknown")
    refused(await stage.send("POST", "offer", {"solution_ids": ids[:1]}), 422, "invalid_request")
    offer = await stage.done("POST", "offer", {"solution_ids": [ids[2], ids[0]]})
    assert [path["solution_id"] for path in offer["paths"]] == [ids[2], ids[0]]


async def test_benefits_that_the_pool_does_not_hold_are_not_offered(stage: Stage) -> None:
    item = await stage.pool(base_fen=10_000_000)
    await stage.draft({"kind": "keep_with_benefits", "items": [{"item_id": item["id"], "quantity": 2}]})
    await stage.draft(PATH_B)
    refused(await stage.send("POST", "offer", {}), 409, "pool_insufficient")
    assert (await stage.case()).status == "solving"


async def test_a_retired_benefit_makes_its_path_stale(stage: Stage) -> None:
    item = await stage.pool()
    await stage.draft({"kind": "keep_with_benefits", "items": [{"item_id": item["id"]}]})
    await stage.draft(PATH_B)
    headers = stage.headers["marketing"] | {"If-Match": '"1"'}
    assert (await stage.client.delete(f"/v1/benefits/items/{item['id']}", headers=headers)).status_code == 204
    refused(await stage.send("POST", "offer", {}), 409, "solution_stale")


async def test_of_two_who_offer_at_once_one_does(stage: Stage, rows: Rows) -> None:
    for terms in (PATH_B, PATH_C):
        await stage.draft(terms)
    version = (await stage.case()).version
    answers = await asyncio.gather(*(stage.send("POST", "offer", {}, who=who, version=version) for who in ("manager", "second")))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(await rows.scalars(select(Offer))) == 1


async def test_a_repeated_offer_is_made_once(stage: Stage, rows: Rows) -> None:
    for terms in (PATH_B, PATH_C):
        await stage.draft(terms)
    version = (await stage.case()).version
    first, again = [await stage.send("POST", "offer", {}, version=version, key="offer-0001") for _ in range(2)]
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")
    assert len(await rows.scalars(select(Offer))) == 1


async def test_who_may_offer(stage: Stage) -> None:
    for terms in (PATH_B, PATH_C):
        await stage.draft(terms)
    refused(await stage.send("POST", "offer", {}, version=1), 412, "version_conflict")
    for who in ("staff", "finance", "gm"):
        refused(await stage.send("POST", "offer", {}, who=who), 403, "forbidden")
    await stage.done("POST", "offer", {})
    refused(await stage.send("POST", "offer", {}), 409, "case_state")
    for method, path in (("POST", "solutions"), ("POST", "solutions/preview")):
        refused(await stage.send(method, path, {"terms": PATH_C}), 409, "case_state")


async def test_the_offer_is_printed_with_its_arithmetic_and_without_promises(stage: Stage) -> None:
    refused(await stage.get(f"cases/{stage.case_id}/offer.pdf"), 404, "not_found")
    offer = await stage.offered(PATH_B, PATH_C, DEFERRAL)
    answer = await stage.get(f"cases/{stage.case_id}/offer.pdf", "staff")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    text_ = pdf_text(answer.content)
    for expected in (
        "退房处理方案书",
        "王先生",
        "¥200,000.00 × 70.00%",
        "¥140,000.00",
        "−¥15,000.00",
        "¥1,750.00",
        "2026 年 11 月 30 日 09:00",
    ):
        assert expected in text_, expected
    assert "均须经公司内部审批通过后方可生效" in text_.replace("\n", "")
    assert "客户签字" in text_
    assert offer["sha256"][:16] in text_
    again = await stage.get(f"cases/{stage.case_id}/offer.pdf", number=1)
    assert again.content == answer.content
    refused(await stage.get(f"cases/{stage.case_id}/offer.pdf", number=2), 404, "not_found")
