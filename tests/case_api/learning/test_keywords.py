"""The keyword log over REST: who sees what, where to listen, and hits that were none."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import httpx2
import pytest
from sqlalchemy import func, literal, select, true, union_all

from case_api import pieces as pieces_module
from case_api.learning.digest import repository
from case_api.learning.scope import Scope
from case_api.pieces import pieces
from models.audit import AuditRecord
from models.base import utc_now
from models.consents import Consent
from models.crm import CrmCustomer
from models.engine import Factory, transaction
from models.keywords import KeywordHit
from models.outbox import OutboxMessage
from models.people import Person
from models.settings import Settings
from models.sites import Site
from scripts_library.library import NOT_HEARD
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, SignIn

LINES = [("staff", 0.0, 1.5, "您好我是王芳"), ("customer", 2.0, 4.25, "我叫张伟电话13800138000，不然就找媒体报光你们")]


async def hits(client: httpx2.AsyncClient, headers: dict[str, str], query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/v1/keywords{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_staff_see_their_own_and_overseers_their_sites(
    client: httpx2.AsyncClient,
    make_person: MakePerson,
    sign_in: SignIn,
    make_session: MakeSession,
    staff: Person,
    site: Site,
    other_site: Site,
    trainer: dict[str, str],
    factory: Factory,
) -> None:
    colleague = await make_person("zhao", ("staff", site.id), ("staff", other_site.id))
    own = await make_session(staff, site.id, lines=LINES)
    await make_session(colleague, site.id, lines=LINES)
    await make_session(colleague, other_site.id, lines=LINES)
    gone = await make_session(staff, site.id, lines=LINES)
    async with transaction(factory) as db:
        consent = await db.get(Consent, gone.consent_id)
        assert consent is not None
        consent.withdrawn_at = utc_now()
    headers = await sign_in(staff)
    [hit] = await hits(client, headers)
    assert (hit["session_id"], hit["keyword"], hit["before"][-2:], hit["after"]) == (own.id, "报光", "媒体", "你们")
    assert (hit["play_from"], hit["play_to"], hit["verdict"]) == (1.8, 6.2, None)
    assert len(await hits(client, trainer)) == 2
    counts = (await client.get("/v1/keywords/frequencies?by=staff", headers=headers)).json()
    assert (counts["sessions"], [one["label"] for one in counts["items"]]) == (1, ["Lijing"])
    everybody = (await client.get("/v1/keywords/frequencies?by=term", headers=trainer)).json()
    assert [(one["key"], one["sessions"], one["per_100"]) for one in everybody["items"]] == [("曝光", 2, 100.0)]
    outcome = (await client.get("/v1/keywords/frequencies?by=outcome", headers=trainer)).json()
    assert outcome["items"][0]["label"] == "未立案"
    trend = (await client.get("/v1/keywords/trend", headers=trainer)).json()
    assert sum(week["hits"] for week in trend["weeks"]) == 2
    assert trend["changes"] == []
    assert (await client.get("/v1/keywords/together", headers=trainer)).json()["items"] == []


async def test_the_list_to_listen_to_can_hold_what_the_counts_hold(
    client: httpx2.AsyncClient, make_session: MakeSession, staff: Person, site: Site, trainer: dict[str, str], factory: Factory
) -> None:
    for _ in range(2):
        await make_session(staff, site.id, lines=LINES)
    first, _ = await hits(client, trainer)
    async with transaction(factory) as db:
        (await db.get_one(KeywordHit, first["id"])).speaker = "staff"
    [count] = (await client.get("/v1/keywords/frequencies", headers=trainer)).json()["items"]
    for asked, listed in (("", 2), ("?counted=true", count["hits"]), ("?speaker=staff", 1)):
        assert len((await client.get(f"/v1/keywords{asked}", headers=trainer)).json()["items"]) == listed


@pytest.mark.parametrize("query", ["?from=2026-01-01T00:00:00Z&to=2025-01-01T00:00:00Z", "?from=2020-01-01T00:00:00Z", "?by=1&cursor=x"])
async def test_a_period_that_cannot_be_is_refused(client: httpx2.AsyncClient, trainer: dict[str, str], query: str) -> None:
    answer = await client.get(f"/v1/keywords{query}", headers=trainer)
    assert (answer.status_code, answer.json()["code"]) in [(422, "period_too_long"), (422, "invalid_request")]


async def test_a_false_pair_is_never_shown_again_and_not_matched_again(
    client: httpx2.AsyncClient,
    make_session: MakeSession,
    staff: Person,
    site: Site,
    trainer: dict[str, str],
    sign_in: SignIn,
    settings: Settings,
    factory: Factory,
) -> None:
    for _ in range(2):
        await make_session(staff, site.id, lines=LINES)
    first, second = await hits(client, trainer)
    refused = await client.put(f"/v1/keywords/{first['id']}/review", headers=await sign_in(staff), json={"verdict": "false"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    for hidden in (2, 0):  # a repetition changes nothing
        marked = await client.put(f"/v1/keywords/{first['id']}/review", headers=trainer, json={"verdict": "false"})
        assert marked.json() == {"hit_id": first["id"], "verdict": "false", "scope": "pair", "hidden": hidden}
    other = await client.put(f"/v1/keywords/{first['id']}/review", headers=trainer, json={"verdict": "right"})
    assert (other.status_code, other.json()["code"]) == (409, "hit_reviewed")
    await make_session(staff, site.id, lines=LINES)  # heard again, perhaps with an old library
    assert await hits(client, trainer) == []
    assert (await client.get("/v1/keywords/frequencies", headers=trainer)).json()["items"] == []
    [precision] = (await client.get("/v1/keywords/precision", headers=trainer)).json()["items"]
    assert (precision["term"], precision["right"], precision["false"], precision["precision"]) == ("曝光", 0, 1, 0.0)
    file = settings.data_dir / "library" / NOT_HEARD
    assert "报光" in file.read_text("utf-8")
    body = {"text": "我要找媒体报光你们"}
    tried = (await client.post("/v1/library/try", headers=trainer, json=body)).json()
    assert "报光" not in [hit["heard"] for hit in tried["hits"]]
    [pair] = (await client.get("/v1/keywords/false-pairs", headers=trainer)).json()["items"]
    assert (pair["term"], pair["heard"]) == ("曝光", "报光")
    assert (await client.delete(f"/v1/keywords/false-pairs/{pair['id']}", headers=trainer)).status_code == 204
    assert {one["id"] for one in await hits(client, trainer)} >= {second["id"]}
    async with factory() as db:
        told = (await db.scalars(select(OutboxMessage.topic).where(OutboxMessage.topic.startswith("keyword.")))).all()
        audited = await db.scalar(select(func.count()).select_from(AuditRecord).where(AuditRecord.action.startswith("api:keyword:")))
    assert (sorted(told), audited) == (["keyword.review", "keyword.unmark"], 2)


async def test_a_term_as_it_is_written_is_only_wrong_in_this_place(
    client: httpx2.AsyncClient, make_session: MakeSession, staff: Person, site: Site, trainer: dict[str, str], factory: Factory
) -> None:
    session = await make_session(staff, site.id)
    await make_session(staff, site.id)
    async with transaction(factory) as db:
        for hit in await db.scalars(select(KeywordHit)):
            hit.heard, hit.match = "曝光", "exact"
    [found] = [hit for hit in await hits(client, trainer) if hit["session_id"] == session.id]
    marked = await client.put(f"/v1/keywords/{found['id']}/review", headers=trainer, json={"verdict": "false"})
    assert (marked.json()["scope"], marked.json()["hidden"]) == ("hit", 1)
    assert len(await hits(client, trainer)) == 1
    assert (await client.get("/v1/keywords/false-pairs", headers=trainer)).json()["items"] == []
    assert (await client.delete(f"/v1/keywords/{found['id']}/review", headers=trainer)).status_code == 204
    assert [hit["verdict"] for hit in await hits(client, trainer)] == [None, None]
    assert (await client.get("/v1/keywords/precision", headers=trainer)).json()["items"] == []
    twice = await client.delete(f"/v1/keywords/{found['id']}/review", headers=trainer)
    assert (twice.status_code, twice.json()["code"]) == (404, "not_found")
    right = await client.put(f"/v1/keywords/{found['id']}/review", headers=trainer, json={"verdict": "right"})
    assert right.status_code == 200


async def test_a_judgement_is_taken_back_with_its_pair_unless_another_hit_was_judged_so_too(
    client: httpx2.AsyncClient,
    make_session: MakeSession,
    staff: Person,
    site: Site,
    trainer: dict[str, str],
    sign_in: SignIn,
    settings: Settings,
    factory: Factory,
) -> None:
    for _ in range(2):
        await make_session(staff, site.id, lines=LINES)
    first, second = [f"/v1/keywords/{hit['id']}/review" for hit in await hits(client, trainer)]
    for path in (first, second):
        assert (await client.put(path, headers=trainer, json={"verdict": "false"})).status_code == 200
    assert (await client.delete(first, headers=await sign_in(staff))).json()["code"] == "forbidden"
    file = settings.data_dir / "library" / NOT_HEARD
    for path, left, heard_again in ((first, 0, False), (second, 2, True)):
        assert (await client.delete(path, headers=trainer)).status_code == 204
        assert len(await hits(client, trainer)) == left
        assert ("报光" not in file.read_text("utf-8")) == heard_again
    async with factory() as db:
        actions = (await db.scalars(select(AuditRecord.action).where(AuditRecord.action.startswith("api:keyword:un")))).all()
    assert sorted(actions) == ["api:keyword:unmark", "api:keyword:unreview", "api:keyword:unreview"]


async def test_people_of_the_sites_are_known_and_nobody_elsewhere(
    make_session: MakeSession, staff: Person, site: Site, other_site: Site, factory: Factory
) -> None:
    """Customers, buyers and CRM customers, whether or not their case is linked to a conversation."""
    await make_session(staff, site.id, lines=LINES)
    async with transaction(factory) as db:
        for at, label in ((site, "万古霉"), (other_site, "别处人")):
            db.add(CrmCustomer(site_id=at.id, key=f"c:{label}", reference=label, label=label))
    async with factory() as db:
        everything = Scope(true(), utc_now() - timedelta(days=3000), utc_now() + timedelta(days=3000))
        names = await repository.names(db, everything)
    assert {"万古霉", "Lijing"} <= set(names)
    assert "别处人" not in names


async def test_many_rows_come_in_pieces_in_order(factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces_module, "PIECE", 3)
    query = union_all(*(select(literal(number).label("number")) for number in range(8))).subquery()
    async with factory() as db:
        found = [[row.number for row in piece] async for piece in pieces(db, select(query.c.number).order_by(query.c.number))]
    assert found == [[0, 1, 2], [3, 4, 5], [6, 7]]


async def test_the_export_names_nobody_and_is_audited(
    client: httpx2.AsyncClient,
    make_session: MakeSession,
    staff: Person,
    site: Site,
    other_site: Site,
    trainer: dict[str, str],
    make_person: MakePerson,
    sign_in: SignIn,
    factory: Factory,
) -> None:
    session = await make_session(staff, site.id, lines=LINES)
    elsewhere = await make_person("zhao", ("staff", other_site.id))
    await make_session(elsewhere, other_site.id, lines=LINES)
    files = {form: await client.get(f"/v1/keywords/export?format={form}", headers=trainer) for form in ("csv", "json", "xlsx")}
    assert {answer.status_code for answer in files.values()} == {200}
    [row] = json.loads(files["json"].content)["rows"]
    assert (row["site"], row["term"], row["sentence"]) == (site.code, "曝光", "我叫〔姓名〕电话〔电话〕，不然就找媒体报光你们")
    with ZipFile(io.BytesIO(files["xlsx"].content)) as book:
        sheet = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    table = files["csv"].content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(table)))) == 2
    for text in (files["json"].text, table, sheet):
        assert not any(secret in text for secret in ("张伟", "13800138000", session.id, staff.id, "Lijing"))
    told = json.loads(files["json"].content)
    assert (told["sessions"], told["counts"]) == (1, [{"key": "曝光", "hits": 1, "sessions": 1, "of": 1, "per_100": 100.0}])
    assert all(text in sheet for text in ("逐条", "按词条（共1场录音会话）", "近音", "未立案"))  # names, not codes: people read it
    english = (await client.get("/v1/keywords/export?lang=en", headers=trainer)).content.decode("utf-8-sig")
    assert all(text in english for text in ("Heard as", "sounds alike", "no case"))
    other = (await client.get("/v1/keywords/export?format=json&term=退房", headers=trainer)).json()
    assert (other["sessions"], other["counts"], other["rows"]) == (1, [], [])
    refused = await client.get("/v1/keywords/export", headers=await sign_in(staff))
    assert refused.json()["code"] == "forbidden"
    async with factory() as db:
        audited = (await db.scalars(select(AuditRecord.after).where(AuditRecord.action == "api:keyword:export"))).all()
    assert [one["rows"] for one in audited if one] == [1, 1, 1, 1, 0]
