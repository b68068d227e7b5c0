"""A version of a policy: from draft to retirement, over HTTP, on both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from case_api.policies.defaults import default_content
from models.audit import AuditRecord
from models.base import utc_now
from models.engine import Factory, transaction
from models.outbox import OutboxMessage
from models.policies import PolicyPosting, PolicyVersion
from models.sites import Site
from tests.case_api.conftest import Clock
from tests.case_api.policies.conftest import Desk, at, tiers
from tests.conftest import Rows

REFUND = default_content("refund").model_dump(mode="json")


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def held(desk: Desk, kind: str, **query: Any) -> httpx2.Response:
    return await desk.client.get("/v1/policies/effective", headers=desk.people["finance"], params={"kind": kind} | query)


async def test_a_first_start_has_tiers_and_deadlines_in_force_and_the_refund_steps_to_authorise(desk: Desk) -> None:
    page = (await desk.client.get("/v1/policies", headers=desk.people["finance"])).json()["items"]
    found = {(row["kind"], row["number"], row["status"], row["drafted_by"], row["site_id"]) for row in page}
    assert found == {("tiers", 1, "published", None, None), ("deadlines", 1, "published", None, None), ("refund", 1, "draft", None, None)}
    assert (await held(desk, "tiers")).json()["content"]["bands"][0] == {"up_to_fen": 5_000_000, "tier": "site"}
    assert code(await held(desk, "refund")) == (404, "not_found")


async def test_from_draft_to_force(desk: Desk, site: Site, rows: Rows) -> None:
    drafted = await desk.draft("manager", content=tiers(), site_id=site.id, note="试行")
    assert (drafted["number"], drafted["status"], drafted["version"]) == (1, "draft", 1)
    edited = await desk.client.patch(
        f"/v1/policies/{drafted['id']}", headers=at(1, desk.people["manager"]), json={"content": tiers(9_000_000)}
    )
    assert edited.headers["ETag"] == '"2"'
    assert (edited.json()["note"], edited.json()["content"]["bands"][0]["up_to_fen"]) == ("试行", 9_000_000)
    authorised = await desk.done("legal", "authorise", edited.json())
    published = await desk.done("manager", "publish", authorised)
    assert (await held(desk, "tiers", site_id=site.id)).json() == published
    assert (await held(desk, "tiers")).json()["number"] == 1
    assert (await held(desk, "tiers")).json()["site_id"] is None

    told = await rows.scalars(select(OutboxMessage.topic).where(OutboxMessage.topic.startswith("policy.")).order_by(OutboxMessage.id))
    assert list(told) == ["policy.draft", "policy.edit", "policy.authorise", "policy.publish"]
    audited = await rows.scalars(select(AuditRecord).where(AuditRecord.subject_id == drafted["id"]).order_by(AuditRecord.id))
    assert [row.action for row in audited] == [f"api:policy:{verb}" for verb in ("draft", "edit", "authorise", "publish")]
    assert audited[1].before == {"content": drafted["content"]}
    assert audited[1].after is not None
    assert audited[1].after["content"]["bands"][0]["up_to_fen"] == 9_000_000


async def test_a_later_version_takes_over_at_its_moment_and_the_past_stays(desk: Desk, site: Site, clock: Clock) -> None:
    started = clock.now
    first = await desk.in_force(site.id, content=tiers(1))
    second = await desk.draft("manager", copy_of=first["id"], site_id=site.id)
    assert (second["number"], second["content"]) == (2, first["content"])
    authorised = await desk.done("legal", "authorise", second)
    await desk.done("manager", "publish", authorised, effective_from=(started + timedelta(hours=3)).isoformat())
    for minutes, number in ((0, 1), (179, 1), (1, 2)):
        clock.pass_(minutes=minutes)
        assert (await held(desk, "tiers", site_id=site.id)).json()["number"] == number
    assert (await held(desk, "tiers", site_id=site.id, at=started.isoformat())).json()["number"] == 1


async def test_no_two_begin_together_and_none_begins_in_the_past(desk: Desk, site: Site) -> None:
    begins = (utc_now() + timedelta(hours=3)).isoformat()
    made = [await desk.done("legal", "authorise", await desk.draft("manager", content=tiers(), site_id=site.id)) for _ in range(2)]
    past = (utc_now() - timedelta(minutes=1)).isoformat()
    assert code(await desk.do("manager", "publish", made[0], effective_from=past)) == (409, "policy_time")
    await desk.done("manager", "publish", made[0], effective_from=begins)
    assert code(await desk.do("manager", "publish", made[1], effective_from=begins)) == (409, "policy_time")


async def test_retiring_a_sites_version_brings_the_general_one_back(desk: Desk, site: Site) -> None:
    own = await desk.in_force(site.id, content=tiers())
    retired = await desk.done("manager", "retire", own, reason="试行结束")
    assert (retired["status"], retired["retired_reason"]) == ("retired", "试行结束")
    assert (await held(desk, "tiers", site_id=site.id)).json()["site_id"] is None


async def test_the_last_tiers_and_deadlines_cannot_be_retired(desk: Desk) -> None:
    for kind in ("tiers", "deadlines"):
        general = (await held(desk, kind)).json()
        assert code(await desk.do("gm", "retire", general, reason="不再使用")) == (409, "policy_missing")
        await desk.in_force(None, copy_of=general["id"])
        assert (await held(desk, kind)).json()["number"] == 2
        await desk.done("gm", "retire", general, reason="已有新版本")
        assert (await held(desk, kind)).json()["number"] == 2


# --- four eyes and scope ---


async def test_nobody_authorises_their_own_draft(desk: Desk) -> None:
    own = await desk.draft("legal", content=tiers())
    assert code(await desk.do("legal", "authorise", own)) == (403, "policy_drafter")
    assert code(await desk.do("site_legal", "authorise", own)) == (403, "forbidden")


async def test_only_its_drafter_changes_a_draft(desk: Desk, site: Site) -> None:
    drafted = await desk.draft("manager", content=tiers(), site_id=site.id)
    for who in ("other", "legal"):
        answer = await desk.client.patch(f"/v1/policies/{drafted['id']}", headers=at(1, desk.people[who]), json={"content": tiers()})
        assert code(answer) == (403, "policy_drafter")
    other_kind = await desk.client.patch(f"/v1/policies/{drafted['id']}", headers=at(1, desk.people["manager"]), json={"content": REFUND})
    assert code(other_kind) == (422, "policy_kind")


ALLOWED = {
    "draft": {"manager", "other", "gm", "legal", "site_legal"},
    "authorise": {"legal", "site_legal"},
    "return": {"legal", "site_legal"},
    "publish": {"manager", "other", "gm"},
    "retire": {"manager", "other", "gm"},
}


@pytest.mark.parametrize("what", ALLOWED)
async def test_who_may_do_what_at_a_site(desk: Desk, site: Site, what: str) -> None:
    for who in desk.people:
        if what == "draft":
            body = {"content": tiers(), "site_id": site.id}
            answer = await desk.client.post("/v1/policies", headers=desk.people[who], json=body)
        else:
            policy = await desk.draft("manager", content=tiers(), site_id=site.id)
            if what == "publish":
                policy = await desk.done("legal", "authorise", policy)
            answer = await desk.do(who, what, policy, **({"reason": "不妥当"} if what in ("return", "retire") else {}))
        assert answer.is_success == (who in ALLOWED[what]), (who, answer.text)
        assert answer.is_success or answer.json()["code"] in ("forbidden", "not_found")


async def test_a_general_version_is_a_matter_for_people_who_work_everywhere(desk: Desk, site: Site) -> None:
    refused = await desk.client.post("/v1/policies", headers=desk.people["manager"], json={"content": tiers()})
    assert code(refused) == (403, "forbidden")
    general = await desk.draft("gm", content=tiers())
    assert code(await desk.do("site_legal", "authorise", general)) == (403, "forbidden")
    authorised = await desk.done("legal", "authorise", general)
    assert code(await desk.do("manager", "publish", authorised)) == (403, "forbidden")


async def test_another_sites_versions_do_not_exist(desk: Desk, other_site: Site) -> None:
    theirs = await desk.draft("gm", content=tiers(), site_id=other_site.id)
    for who in ("manager", "finance"):
        mine = desk.people[who]
        assert code(await desk.client.get(f"/v1/policies/{theirs['id']}", headers=mine)) == (404, "not_found")
        assert theirs["id"] not in (await desk.client.get("/v1/policies", headers=mine)).text
        asked = {"kind": "tiers", "site_id": other_site.id}
        assert code(await desk.client.get("/v1/policies/effective", headers=mine, params=asked)) == (404, "not_found")
    assert code(await desk.do("manager", "retire", theirs, reason="不该可见")) == (404, "not_found")
    copied = await desk.client.post("/v1/policies", headers=desk.people["manager"], json={"copy_of": theirs["id"], "site_id": "nowhere"})
    assert code(copied) == (403, "forbidden")
    nowhere = await desk.client.post("/v1/policies", headers=desk.people["gm"], json={"content": tiers(), "site_id": "nowhere"})
    assert code(nowhere) == (422, "site_unknown")


# --- states ---

STATES = ("draft", "authorised", "published", "retired")
LEADS = {
    ("edit", "draft"),
    ("authorise", "draft"),
    ("return", "draft"),
    ("return", "authorised"),
    ("publish", "authorised"),
    ("retire", "draft"),
    ("retire", "authorised"),
    ("retire", "published"),
}


@pytest.mark.parametrize("state", STATES)
async def test_each_state_allows_what_it_allows_and_nothing_else(desk: Desk, site: Site, state: str) -> None:
    for what, who in (("edit", "manager"), ("authorise", "legal"), ("return", "legal"), ("publish", "manager"), ("retire", "manager")):
        policy = await desk.draft("manager", content=tiers(), site_id=site.id)
        for step, by in (("authorise", "legal"), ("publish", "manager"), ("retire", "manager"))[: STATES.index(state)]:
            policy = await desk.done(by, step, policy, **({"reason": "结束"} if step == "retire" else {}))
        if what == "edit":
            headers = at(policy["version"], desk.people[who])
            answer = await desk.client.patch(f"/v1/policies/{policy['id']}", headers=headers, json={"content": tiers(7)})
        else:
            answer = await desk.do(who, what, policy, **({"reason": "不妥当"} if what in ("return", "retire") else {}))
        if (what, state) in LEADS:
            assert answer.status_code == 200, (what, answer.text)
        else:
            assert code(answer) == (409, "policy_state"), what
            assert (await desk.client.get(f"/v1/policies/{policy['id']}", headers=desk.people["manager"])).json()["status"] == state


async def test_a_change_is_based_on_the_version_that_was_read(desk: Desk, site: Site) -> None:
    drafted = await desk.draft("manager", content=tiers(), site_id=site.id)
    url = f"/v1/policies/{drafted['id']}/authorise"
    assert code(await desk.client.post(url, headers=desk.people["legal"])) == (428, "precondition_required")
    assert code(await desk.client.post(url, headers=at(7, desk.people["legal"]))) == (412, "version_conflict")


async def test_what_is_returned_is_drafted_again_and_needs_a_new_word(desk: Desk, site: Site) -> None:
    authorised = await desk.done("legal", "authorise", await desk.draft("manager", content=tiers(), site_id=site.id))
    returned = await desk.done("site_legal", "return", authorised, reason="上限须核实")
    assert (returned["status"], returned["authorised_by"], returned["returned_reason"]) == ("draft", None, "上限须核实")
    assert code(await desk.do("manager", "publish", returned)) == (409, "policy_state")
    assert (await desk.done("legal", "authorise", returned))["returned_reason"] == ""


# --- the refund rule ---


async def test_a_refund_rule_is_posted_before_it_is_published(desk: Desk, site: Site, other_site: Site) -> None:
    drafted = await desk.draft("manager", content=REFUND, site_id=site.id)
    assert code(await desk.do("manager", "postings", drafted, site_id=site.id, proof="公示栏")) == (409, "policy_state")
    assert code(await desk.do("site_legal", "authorise", drafted)) == (403, "forbidden")
    authorised = await desk.done("legal", "authorise", drafted)
    assert code(await desk.do("manager", "publish", authorised)) == (422, "policy_unposted")
    assert code(await desk.do("gm", "postings", authorised, site_id=other_site.id, proof="公示栏")) == (422, "site_unknown")
    assert code(await desk.do("legal", "postings", authorised, site_id=site.id, proof="公示栏")) == (403, "forbidden")
    assert code(await desk.do("manager", "postings", authorised, site_id=site.id, proof=" ")) == (422, "invalid_request")
    posted = await desk.done("manager", "postings", authorised, site_id=site.id, proof="大厅公示栏，照片 0917")
    assert code(await desk.do("other", "postings", posted, site_id=site.id, proof="再次")) == (409, "policy_state")
    assert code(await desk.do("legal", "return", posted, reason="想再改")) == (409, "policy_state")
    published = await desk.done("manager", "publish", posted)
    shown = (await desk.client.get(f"/v1/policies/{published['id']}", headers=desk.people["finance"])).json()
    assert [(row["site_id"], row["proof"]) for row in shown["postings"]] == [(site.id, "大厅公示栏，照片 0917")]


async def test_only_refund_rules_are_posted(desk: Desk, site: Site) -> None:
    general = (await held(desk, "tiers")).json()
    assert code(await desk.do("manager", "postings", general, site_id=site.id, proof="公示栏")) == (422, "policy_kind")


# --- several at once ---


async def test_of_two_who_authorise_at_once_one_does(desk: Desk, site: Site, rows: Rows) -> None:
    drafted = await desk.draft("manager", content=tiers(), site_id=site.id)
    answers = await asyncio.gather(*(desk.do(who, "authorise", drafted) for who in ("legal", "site_legal")))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len(await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:policy:authorise"))) == 1


async def test_drafts_made_at_once_are_numbered_one_after_the_other(desk: Desk, site: Site) -> None:
    made = await asyncio.gather(*(desk.draft(who, content=tiers(), site_id=site.id) for who in ("manager", "other", "legal", "gm")))
    assert sorted(row["number"] for row in made) == [1, 2, 3, 4]


async def test_a_repeated_command_is_done_once(desk: Desk, site: Site, rows: Rows) -> None:
    headers = desk.people["manager"] | {"Idempotency-Key": "draft-0001"}
    body = {"content": tiers(), "site_id": site.id}
    answers = [await desk.client.post("/v1/policies", headers=headers, json=body) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert len(await rows.scalars(select(PolicyVersion).where(PolicyVersion.site_id == site.id))) == 1
    assert code(await desk.client.post("/v1/policies", headers=headers, json=body | {"note": "x"})) == (422, "idempotency_key_reused")


# --- the database itself ---


async def forced(factory: Factory, statement: Any) -> None:
    async with transaction(factory) as db:
        await db.execute(statement)


async def test_the_database_keeps_what_legal_authorised(desk: Desk, site: Site, factory: Factory) -> None:
    published = await desk.in_force(site.id, content=tiers())
    row = update(PolicyVersion).where(PolicyVersion.id == published["id"])
    for values in (
        {"content": tiers(1)},
        {"number": 9},
        {"drafted_by": None},
        {"status": "draft", "effective_from": None},
        {"effective_from": utc_now()},
        {"authorised_by": None},
    ):
        with pytest.raises(DBAPIError):
            await forced(factory, row.values(values))
    with pytest.raises(DBAPIError, match="not changed"):
        await forced(factory, delete(PolicyVersion).where(PolicyVersion.id == published["id"]))
    retired = await desk.done("manager", "retire", published, reason="结束")
    for values in ({"status": "published", "retired_at": None}, {"retired_at": utc_now()}):
        with pytest.raises(DBAPIError, match="not changed"):
            await forced(factory, row.values(values))
    assert (await desk.client.get(f"/v1/policies/{retired['id']}", headers=desk.people["gm"])).json()["status"] == "retired"


async def test_the_database_wants_four_eyes_and_legals_word(desk: Desk, site: Site, factory: Factory) -> None:
    drafted = await desk.draft("manager", content=REFUND, site_id=site.id)
    row = update(PolicyVersion).where(PolicyVersion.id == drafted["id"])
    now = utc_now()
    for values in (
        {"status": "authorised", "authorised_by": drafted["drafted_by"]},
        {"status": "authorised"},
        {"status": "published", "published_at": now, "effective_from": now},
        {"status": "published"},
        {"status": "retired"},
        {"effective_from": now},
    ):
        with pytest.raises(DBAPIError):
            await forced(factory, row.values(values))
    shipped = update(PolicyVersion).where(PolicyVersion.kind == "refund", PolicyVersion.site_id.is_(None))
    with pytest.raises(DBAPIError):
        await forced(factory, shipped.values(status="published", published_at=now, effective_from=now))
    with pytest.raises(DBAPIError):
        await forced(factory, text("UPDATE policy_version SET scope = 'elsewhere' WHERE kind = 'tiers'"))


async def test_postings_stay_without_proof_never(desk: Desk, site: Site, factory: Factory, rows: Rows) -> None:
    authorised = await desk.done("legal", "authorise", await desk.draft("manager", content=REFUND, site_id=site.id))
    await desk.done("manager", "postings", authorised, site_id=site.id, proof="公示栏")
    with pytest.raises(DBAPIError):
        await forced(factory, update(PolicyPosting).values(proof=""))
    assert (await rows.one(select(PolicyPosting))).proof == "公示栏"
