"""Questions to a table, and what changed between two."""

from __future__ import annotations

from typing import Any

import pytest

from case_api.policies.defaults import default_content
from models.sites import Site
from tests.case_api.policies.conftest import Desk, tiers
from tests.case_api.policies.test_lifecycle import code

LOSS = {"kind": "tiers", "facts": {"loss_fen": 6_000_000}}


async def ask(desk: Desk, **body: Any) -> Any:
    return await desk.client.post("/v1/policies/try", headers=desk.people["finance"], json=body)


async def test_what_holds_answers_unless_another_table_is_named(desk: Desk, site: Site) -> None:
    assert (await ask(desk, question=LOSS)).json()["tier"]["approvers"] == ["city_gm"]
    own = await desk.draft("manager", content=tiers(8_000_000), site_id=site.id)
    answered = (await ask(desk, question=LOSS, policy_id=own["id"])).json()
    assert (answered["policy_id"], answered["tier"]["approvers"]) == (own["id"], ["site_manager"])
    assert (await ask(desk, question=LOSS, content=tiers(5_999_999))).json()["tier"]["key"] == "city"
    assert (await ask(desk, question=LOSS, site_id=site.id)).json()["tier"]["key"] == "city"


async def test_refund_steps_and_deadlines_answer_too(desk: Desk) -> None:
    question = {"kind": "refund", "stage": "online_signed"}
    assert code(await ask(desk, question=question)) == (409, "policy_missing")
    content = default_content("refund").model_dump(mode="json")
    assert (await ask(desk, question=question, content=content)).json()["refund"]["max_bp"] == 5_000
    opened = {"received_at": "2026-11-23T09:00:00+08:00", "opened_at": "2026-11-23T10:00:00+08:00"}
    due = (await ask(desk, question={"kind": "deadlines", "task": "solutions"} | opened)).json()["due_at"]
    assert due in ("2026-11-23T13:00:00+08:00", "2026-11-23T05:00:00Z")


async def test_question_and_table_have_to_be_of_one_kind(desk: Desk) -> None:
    assert code(await ask(desk, question={"kind": "refund", "stage": "deposit_only"}, content=tiers())) == (422, "policy_kind")


@pytest.mark.parametrize("facts", [{}, {"loss_fen": -1}, {"loss_fen": "1"}, {"loss_fen": 10**18}, {"loss_fen": 1, "weather": "bad"}])
async def test_facts_that_are_none_are_refused(desk: Desk, facts: dict[str, Any]) -> None:
    assert code(await ask(desk, question={"kind": "tiers", "facts": facts})) == (422, "invalid_request")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-23T09:00:00"])
async def test_moments_outside_the_calendar_are_refused(desk: Desk, at: str) -> None:
    assert code(await ask(desk, question=LOSS, at=at)) == (422, "invalid_request")


async def test_another_sites_table_is_not_asked(desk: Desk, other_site: Site) -> None:
    theirs = await desk.draft("gm", content=tiers(), site_id=other_site.id)
    for where in ({"policy_id": theirs["id"]}, {"site_id": other_site.id}):
        assert code(await ask(desk, question=LOSS, **where)) == (404, "not_found")


async def test_the_difference_of_two_versions(desk: Desk, site: Site) -> None:
    general = (await desk.client.get("/v1/policies/effective", headers=desk.people["gm"], params={"kind": "tiers"})).json()
    own = await desk.draft("manager", content=tiers(8_000_000), site_id=site.id)
    found = await desk.client.get(f"/v1/policies/{own['id']}/diff", headers=desk.people["manager"], params={"against": general["id"]})
    assert found.json() == {
        "before_id": general["id"],
        "after_id": own["id"],
        "differences": [{"path": "bands.0.up_to_fen", "before": 5_000_000, "after": 8_000_000}],
    }
    refund = await desk.draft("manager", content=default_content("refund").model_dump(mode="json"), site_id=site.id)
    mixed = await desk.client.get(f"/v1/policies/{own['id']}/diff", headers=desk.people["manager"], params={"against": refund["id"]})
    assert code(mixed) == (422, "policy_kind")
