"""The four closing actions over HTTP, archive, knowledge base and briefs."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from case_api.cases import flow
from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.closing import CustomerTag, KnowledgeEntry, TeamReview
from models.engine import Factory, transaction
from models.outbox import OutboxMessage
from models.people import Person
from models.registrations import Registration
from models.sites import Site
from tests.case_api.conftest import Clock, by_of
from tests.conftest import MakePerson, Rows, SignIn

Headers = dict[str, str]
KNOWLEDGE = {"title": "王先生配偶未看房导致退房", "summary": "王小明(13800138000)独自认购。", "lessons": "认购须核对《共居人知情确认书》。"}


@pytest.fixture
async def headers(manager: Person, sign_in: SignIn) -> Headers:
    return await sign_in(manager)


async def ended_case(factory: Factory, manager: Person, site: Site, clock: Clock, code: str = "HD-1") -> WithdrawalCase:
    """Kept in assessment, an hour after it was received."""
    async with transaction(factory) as db:
        case = WithdrawalCase(
            site_id=site.id, code=code, customer_label="王先生", causes=["family"], created_by=manager.id, received_at=clock()
        )
        db.add(case)
        await db.flush()
        form = Registration(
            case_id=case.id, customer_name="王小明", phone="+8613800138000", phone_verified_at=clock(), changed_by=manager.id
        )
        form.changed_at = clock()
        db.add(form)
        await flow.begin(db, by_of(manager, clock), case)
        await flow.advance(db, by_of(manager, clock), case, "submit")
        clock.pass_(hours=1)
        await flow.advance(db, by_of(manager, clock), case, "settle")
    return case


@pytest.fixture
async def case(factory: Factory, manager: Person, site: Site, clock: Clock) -> WithdrawalCase:
    return await ended_case(factory, manager, site, clock)


def actions(clock: Clock) -> dict[str, dict[str, Any]]:
    review = {"held_at": clock().isoformat(), "participants": ["张经理", "李静"], "findings": "接待及时。", "sop_change": "增加核对项。"}
    return {"customer-tag": {}, "knowledge-file": KNOWLEDGE, "regional-brief": {"remark": "王先生已平复"}, "team-review": review}


async def post(client: httpx2.AsyncClient, headers: Headers, case: WithdrawalCase, path: str, body: Any = None) -> httpx2.Response:
    """A command on the case as it is now."""
    version = (await client.get(f"/v1/cases/{case.id}", headers=headers)).json().get("version", 1)
    return await client.post(f"/v1/cases/{case.id}/{path}", headers=headers | {"If-Match": f'"{version}"'}, json=body)


async def close(client: httpx2.AsyncClient, headers: Headers, case: WithdrawalCase, clock: Clock) -> None:
    for action, body in actions(clock).items():
        answer = await post(client, headers, case, f"closing/{action}", body)
        assert answer.status_code == 200, answer.text


async def test_a_case_is_archived_when_all_four_actions_are_done(
    client: httpx2.AsyncClient, headers: Headers, case: WithdrawalCase, clock: Clock, rows: Rows
) -> None:
    clock.pass_(hours=20)
    for done, (action, body) in enumerate(actions(clock).items(), 1):
        refused = (await post(client, headers, case, "archive")).json()
        left = sorted(name.replace("-", "_") for name in list(actions(clock))[done - 1 :])
        assert (refused["code"], refused["detail"]) == ("case_state", f"closing; open: {', '.join(left)}")
        answer = (await post(client, headers, case, f"closing/{action}", body)).json()
        assert [one["status"] for one in answer["actions"]].count("done") == done
        again = await post(client, headers, case, f"closing/{action}", body)
        assert (again.status_code, again.json()["code"]) == (409, "task_closed")
    archived = (await post(client, headers, case, "archive")).json()
    assert archived["archived_at"] is not None
    for action, body in actions(clock).items():
        assert (await post(client, headers, case, f"closing/{action}", body)).json()["code"] == "case_state"
    noted = {row.action.split(":")[2] for row in await rows.scalars(select(AuditRecord))}
    assert {"customer_tag", "knowledge_file", "regional_brief", "team_review", "archive"} <= noted


async def test_a_case_that_has_not_ended_cannot_be_closed(
    client: httpx2.AsyncClient, headers: Headers, factory: Factory, manager: Person, site: Site, clock: Clock
) -> None:
    async with transaction(factory) as db:
        open_case = WithdrawalCase(site_id=site.id, code="HD-9", created_by=manager.id, received_at=clock())
        db.add(open_case)
    for action, body in actions(clock).items():
        answer = await post(client, headers, open_case, f"closing/{action}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "case_state")
    assert (await client.get(f"/v1/cases/{open_case.id}/closing", headers=headers)).json()["code"] == "case_state"


async def test_the_knowledge_base_is_searched_and_names_nobody(
    client: httpx2.AsyncClient,
    headers: Headers,
    case: WithdrawalCase,
    clock: Clock,
    rows: Rows,
    make_person: MakePerson,
    sign_in: SignIn,
    site: Site,
    other_site: Site,
) -> None:
    await close(client, headers, case, clock)
    trainer = await sign_in(await make_person("trainer", ("trainer", site.id)))
    elsewhere = await sign_in(await make_person("there", ("trainer", other_site.id)))
    for params, count in (
        ({}, 1),
        ({"q": "知情确认书"}, 1),
        ({"q": "家庭决策 配偶"}, 1),
        ({"q": "配偶 竞品"}, 0),
        ({"q": "王小明"}, 0),
        ({"q": "%"}, 0),
        ({"cause": "family"}, 1),
        ({"cause": "delay"}, 0),
        ({"outcome": "withdrawn"}, 0),
    ):
        page = (await client.get("/v1/knowledge", headers=trainer, params=params)).json()
        assert len(page["items"]) == count, params
        assert (await client.get("/v1/knowledge", headers=elsewhere, params=params)).json()["items"] == []
    stored = await rows.one(select(KnowledgeEntry))
    assert all(person not in stored.title + stored.summary + stored.lessons + stored.body for person in ("王小明", "王先生", "13800138000"))
    assert (await client.get(f"/v1/knowledge/{stored.id}", headers=trainer)).json()["title"] == "王**配偶未看房导致退房"
    assert (await client.get(f"/v1/knowledge/{stored.id}", headers=elsewhere)).status_code == 404


async def test_the_region_receives_the_brief(
    client: httpx2.AsyncClient, headers: Headers, case: WithdrawalCase, clock: Clock, make_person: MakePerson, sign_in: SignIn
) -> None:
    await close(client, headers, case, clock)
    region = await sign_in(await make_person("region", ("regional_ops", None)))
    assert (await client.get("/v1/briefs", headers=headers)).status_code == 403
    [brief] = (await client.get("/v1/briefs", headers=region, params={"received": False})).json()["items"]
    assert (brief["body"]["hours"], brief["body"]["causes"], brief["body"]["remark"]) == (1.0, ["family"], "王**已平复")
    url = f"/v1/briefs/{brief['id']}/receipt"
    assert (await client.post(url, headers=region)).json()["code"] == "precondition_required"
    first = (await client.post(url, headers=region | {"If-Match": f'"{brief["version"]}"'})).json()
    clock.pass_(hours=1)
    late = await client.post(url, headers=region | {"If-Match": f'"{brief["version"]}"'})
    assert late.json()["code"] == "version_conflict"
    again = await client.post(url, headers=region | {"If-Match": f'"{first["version"]}"'})
    assert again.json()["received_at"] == first["received_at"]
    assert (await client.get("/v1/briefs", headers=region, params={"received": False})).json()["items"] == []


async def test_the_same_customer_is_known_again(
    client: httpx2.AsyncClient, headers: Headers, case: WithdrawalCase, clock: Clock, factory: Factory, manager: Person, site: Site
) -> None:
    await close(client, headers, case, clock)
    second = await ended_case(factory, manager, site, clock, "HD-2")
    [found] = (await client.get(f"/v1/cases/{second.id}/customer-tags", headers=headers)).json()
    assert (found["tag"], found["case_id"]) == ("敏感类型", case.id)
    assert (await client.get(f"/v1/cases/{case.id}/customer-tags", headers=headers)).json() == []


@pytest.mark.parametrize("shift", [-2, 1])
async def test_a_review_is_held_after_the_end_and_not_in_the_future(
    client: httpx2.AsyncClient, headers: Headers, case: WithdrawalCase, clock: Clock, shift: int
) -> None:
    body = actions(clock)["team-review"]
    body["held_at"] = clock().replace(hour=clock().hour + shift).isoformat()
    answer = await post(client, headers, case, "closing/team-review", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_review_may_be_held_in_the_minute_of_the_end(
    client: httpx2.AsyncClient, headers: Headers, factory: Factory, manager: Person, site: Site, clock: Clock
) -> None:
    clock.pass_(seconds=30)
    case = await ended_case(factory, manager, site, clock)
    body = actions(clock)["team-review"] | {"held_at": clock().replace(second=0).isoformat()}
    assert case.ended_at is not None
    assert case.ended_at.second == 30
    assert (await post(client, headers, case, "closing/team-review", body)).status_code == 200


async def test_closing_is_the_site_managers(
    client: httpx2.AsyncClient, case: WithdrawalCase, clock: Clock, make_person: MakePerson, sign_in: SignIn, site: Site, other_site: Site
) -> None:
    staff = await sign_in(await make_person("staff", ("staff", site.id)))
    there = await sign_in(await make_person("there", ("site_manager", other_site.id)))
    for action, body in actions(clock).items():
        assert (await post(client, staff, case, f"closing/{action}", body)).json()["code"] == "forbidden"
        assert (await post(client, there, case, f"closing/{action}", body)).json()["code"] == "not_found"


async def test_what_a_review_says_of_people_stays_in_its_minutes(
    client: httpx2.AsyncClient, headers: Headers, case: WithdrawalCase, clock: Clock, rows: Rows
) -> None:
    body = actions(clock)["team-review"] | {"sop_change": "王小明(13800138000)反映的问题写入清单"}
    assert (await post(client, headers, case, "closing/team-review", body)).status_code == 200
    told = [row.payload for row in await rows.scalars(select(OutboxMessage))] + [
        row.after for row in await rows.scalars(select(AuditRecord))
    ]
    assert "13800138000" not in str(told)
    assert "王小明" not in str(told)
    assert (await rows.one(select(TeamReview))).sop_change == body["sop_change"]


async def test_an_action_is_based_on_the_case_as_it_was_seen(
    client: httpx2.AsyncClient, headers: Headers, case: WithdrawalCase, clock: Clock, rows: Rows
) -> None:
    """Missing or old: refused, and nothing is changed. The same key twice is one action with one answer."""
    url = f"/v1/cases/{case.id}"
    seen = (await client.get(f"{url}/closing", headers=headers)).headers["etag"]
    before = await rows.scalars(select(AuditRecord.id))
    for path, body in [*((f"closing/{action}", body) for action, body in actions(clock).items()), ("archive", None)]:
        for given, code in (({}, "precondition_required"), ({"If-Match": '"1"'}, "version_conflict")):
            assert (await client.post(f"{url}/{path}", headers=headers | given, json=body)).json()["code"] == code, path
    assert await rows.scalars(select(AuditRecord.id)) == before
    once = headers | {"If-Match": seen, "Idempotency-Key": "tag-00000001"}
    first, again = [await client.post(f"{url}/closing/customer-tag", headers=once, json={}) for _ in range(2)]
    assert (first.status_code, first.json(), first.headers["etag"]) == (again.status_code, again.json(), again.headers["etag"])
    assert (await client.post(f"{url}/closing/customer-tag", headers=once, json={"tag": "另一类"})).json()[
        "code"
    ] == "idempotency_key_reused"
    assert len(await rows.scalars(select(CustomerTag.id))) == 1
