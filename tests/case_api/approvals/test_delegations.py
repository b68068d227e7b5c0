"""Approvals lent for a time: effective only then, with the delegator's exclusions, on the record in both names."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from models.audit import AuditRecord
from models.engine import transaction
from models.people import Person
from models.sites import Site
from tests.case_api.approvals.stage import Answer, Stage, refused, tier
from tests.conftest import Rows


async def lend(stage: Stage, from_: str, to: str, *, starts: float | None = None, hours: float = 24, **change: Any) -> Answer:
    """From `starts` hours from now (None: now) for so many hours."""
    begin = stage.clock() + timedelta(hours=starts or 0)
    body = {"to_person_id": stage.people[to].id, "ends_at": (begin + timedelta(hours=hours)).isoformat(), "reason": "出差"} | change
    if starts is not None:
        body["starts_at"] = begin.isoformat()
    return await stage.send(from_, "delegations", body)


async def test_a_delegate_decides_in_both_names(stage: Stage, rows: Rows) -> None:
    await stage.hire("li", "staff")
    case_id = await stage.accepted()
    [step] = await stage.steps(case_id)
    refused(await stage.decide("li", step), 403, "approval_role")
    made = await lend(stage, "zhang", "li")
    assert (made.status_code, made.json()["in_force"]) == (201, True)
    [waiting] = (await stage.get("li", "approvals")).json()["items"]
    assert waiting["step_id"] == step.id
    answer = await stage.decide("li", step)
    assert answer.status_code == 200, answer.json()
    [shown] = answer.json()["steps"]
    assert (shown["decided_by"]["display_name"], shown["on_behalf_of"]["display_name"]) == ("Li", "Zhang")
    [audited] = await stage.audited(case_id, "decide_approval")
    assert audited.after is not None
    assert (audited.actor_id, audited.after["on_behalf_of"]) == (stage.people["li"].id, stage.people["zhang"].id)
    [lent] = await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:delegation:create"))
    assert lent.actor_id == stage.people["zhang"].id


async def test_a_delegation_holds_only_in_its_time(stage: Stage) -> None:
    await stage.hire("li", "staff")
    case_id = await stage.accepted()
    [step] = await stage.steps(case_id)
    await lend(stage, "zhang", "li", starts=2, hours=2)
    refused(await stage.decide("li", step), 403, "approval_role")
    stage.clock.pass_(hours=4)
    refused(await stage.decide("li", step), 403, "approval_role")
    assert (await stage.get("li", "approvals")).json()["items"] == []
    stage.clock.pass_(hours=-1)
    assert (await stage.decide("li", step)).status_code == 200


async def test_a_revoked_delegation_and_one_of_somebody_who_left_hold_no_longer(stage: Stage) -> None:
    await stage.hire("li", "staff")
    case_id = await stage.accepted()
    [step] = await stage.steps(case_id)
    made = (await lend(stage, "zhang", "li")).json()
    headers = stage.headers
    foreign = await stage.client.delete(f"/v1/delegations/{made['id']}", headers=headers["li"])
    refused(foreign, 404, "not_found")
    for _ in range(2):
        assert (await stage.client.delete(f"/v1/delegations/{made['id']}", headers=headers["zhang"])).status_code == 204
    refused(await stage.decide("li", step), 403, "approval_role")
    await lend(stage, "zhang", "li")
    async with transaction(stage.factory) as db:
        await db.execute(update(Person).where(Person.id == stage.people["zhang"].id).values(disabled_at=stage.clock()))
    refused(await stage.decide("li", step), 403, "approval_role")
    assert (await stage.get("li", "approvals")).json()["items"] == []


async def test_a_delegate_inherits_the_exclusions_and_is_never_the_initiator(stage: Stage) -> None:
    await stage.hire("li", "staff")
    await stage.hire("wu", "site_manager")
    for from_, to in (("zhang", "li"), ("wu", "start")):
        assert (await lend(stage, from_, to)).status_code == 201
    by_zhang = await stage.accepted(by="zhang")
    [step] = await stage.steps(by_zhang)
    refused(await stage.decide("li", step), 403, "four_eyes")
    by_start = await stage.accepted()
    [step] = await stage.steps(by_start)
    refused(await stage.decide("start", step), 403, "four_eyes")
    assert [item["case_id"] for item in (await stage.get("li", "approvals")).json()["items"]] == [by_start]
    # what zhang started, start may decide for wu
    assert [item["case_id"] for item in (await stage.get("start", "approvals")).json()["items"]] == [by_zhang]


async def test_a_delegate_of_two_approvers_decides_one_step(stage: Stage) -> None:
    await stage.hire("li", "staff")
    for from_ in ("zhang", "chen"):
        await lend(stage, from_, "li")
    case_id = await stage.accepted(approvers=tier("site_manager", "city_gm"))
    first, _ = await stage.steps(case_id)
    assert (await stage.decide("li", first)).status_code == 200
    _, second = await stage.steps(case_id)
    refused(await stage.decide("li", second), 403, "four_eyes")
    assert (await stage.decide("chen", second)).json()["status"] == "approved"


async def test_a_delegation_is_not_lent_on(stage: Stage) -> None:
    await stage.hire("wu", "finance")
    await lend(stage, "zhang", "wu")
    await lend(stage, "wu", "qian")
    [step] = await stage.steps(await stage.accepted())
    refused(await stage.decide("qian", step), 403, "approval_role")


async def test_delegator_and_delegate_at_once_exactly_one_decides(stage: Stage) -> None:
    await stage.hire("li", "staff")
    await lend(stage, "zhang", "li")
    case_id = await stage.accepted()
    [step] = await stage.steps(case_id)
    answers = await asyncio.gather(stage.decide("li", step, "return"), stage.decide("zhang", step))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await stage.audited(case_id, "decide_approval")) == 1


async def test_what_may_be_lent_to_whom(stage: Stage, other_site: Site) -> None:
    await stage.hire("there", "staff", site_id=other_site.id)
    await stage.hire("trainer", "trainer")
    await stage.hire("everywhere", "legal", site_id=None)
    for to, change in (("there", {}), ("trainer", {}), ("zhang", {}), ("li?", {"to_person_id": "nobody"})):
        stage.people.setdefault(to, stage.people["zhang"])
        refused(await lend(stage, "zhang", to, **change), 422, "delegate_unfit")
    assert (await lend(stage, "zhang", "everywhere")).status_code == 201
    assert (await lend(stage, "zhang", "start", hours=30 * 24)).status_code == 201
    for hours in (30 * 24 + 0.1, 0, -1):
        refused(await lend(stage, "zhang", "start", hours=hours), 422, "delegation_period")
    refused(await lend(stage, "zhang", "start", starts=-48, hours=24), 422, "delegation_period")
    refused(await lend(stage, "zhang", "start", reason=""), 422, "invalid_request")
    refused(await lend(stage, "start", "zhang"), 403, "forbidden")
    mine = (await stage.get("zhang", "delegations")).json()["items"]
    assert [row["to_person"]["display_name"] for row in mine] == ["Start", "Everywhere"]
    stage.clock.pass_(days=2)
    assert len((await stage.get("zhang", "delegations", in_force=True)).json()["items"]) == 1
    assert len((await stage.get("start", "delegations")).json()["items"]) == 1
