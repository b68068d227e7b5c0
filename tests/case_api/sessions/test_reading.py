"""Reading sessions back: everything that was kept, to those who may, and nothing that was not agreed to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from sqlalchemy import select, update

from models.audit import AuditRecord
from models.base import utc_now
from models.consents import Consent
from models.engine import Factory, transaction
from models.learning import PromptWithheld
from models.people import Person
from models.sites import Site
from tests.case_api.documents.reading import pdf_text
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, Rows, SignIn

PARTS = ("", "/states", "/track", "/audio", "/export")


async def test_a_session_is_read_back_whole(
    client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, make_session: MakeSession, site: Site
) -> None:
    session = await make_session(staff, site.id, peak_level="rising", counts={"prompts": 1})
    body = (await client.get(f"/v1/sessions/{session.id}", headers=await sign_in(staff))).json()
    assert [(u["id"], u["speaker"], u["start"], u["end"]) for u in body["utterances"]] == [
        ("u0", "staff", 0.0, 1.5),
        ("u1", "customer", 2.0, 4.25),
        ("u2", "unsure", 5.0, 6.0),
    ]
    [prompt] = body["prompts"]
    assert (prompt["id"], prompt["kind"], prompt["reasons"], [tap["verdict"] for tap in prompt["feedback"]]) == (
        "p1",
        "calming",
        ["语速加快"],
        ["used", "helpful"],
    )
    assert [(k["term"], k["heard"], k["at"], k["end"], k["utterance_id"]) for k in body["keywords"]] == [("曝光", "报光", 3.8, 4.2, "u1")]
    assert [mark["note"] for mark in body["marks"]] == ["提到媒体"]
    assert [warning["code"] for warning in body["warnings"]] == ["clipping"]
    assert (body["staff_name"], body["peak_level"], body["counts"], body["recording"]) == ("Lijing", "rising", {"prompts": 1}, True)
    assert body["consent"]["notice_text"] == "告知"
    assert body["audio_url"] == f"/v1/sessions/{session.id}/audio"


async def test_what_the_lot_withheld_is_told_once_the_conversation_is_over(
    client: httpx2.AsyncClient,
    staff: Person,
    make_person: MakePerson,
    sign_in: SignIn,
    make_session: MakeSession,
    site: Site,
    factory: Factory,
) -> None:
    running, over, withdrawn = [await make_session(staff, site.id, status=status) for status in ("live", "ended", "ended")]
    async with transaction(factory) as db:
        told = {"text": "我先了解您的情况", "reasons": ["刚才说了“没有办法”"], "lot": 2000}
        made = {"prompt_key": "w0", "kind": "wording", "at": 4.0, "script_id": "say-options", "situation": "staff_wording", "level": "calm"}
        db.add_all(PromptWithheld(session_id=one.id, evidence=told, **made) for one in (running, over, withdrawn))
        await db.execute(update(Consent).where(Consent.id == withdrawn.consent_id).values(withdrawn_at=utc_now()))
    headers = await sign_in(await make_person("wangmanager", ("site_manager", site.id)))
    withheld = {
        one.id: (await client.get(f"/v1/sessions/{one.id}", headers=headers)).json()["withheld"] for one in (running, over, withdrawn)
    }
    assert (withheld[running.id], withheld[withdrawn.id]) == ([], [])
    expected = {"id" if name == "prompt_key" else name: value for name, value in (made | told).items() if name != "lot"}
    assert withheld[over.id] == [expected]
    report = await client.get(f"/v1/sessions/{over.id}/report.pdf?lang=en", headers=headers)
    assert "Withheld by lot, not shown" in " ".join(pdf_text(report.content).split())


@pytest.mark.parametrize(
    ("role", "where", "sees"),
    [
        ("staff", "here", False),
        ("receptionist", "everywhere", False),
        ("finance", "here", False),
        ("marketing", "everywhere", False),
        ("admin", "everywhere", False),
        ("site_manager", "here", True),
        ("site_manager", "elsewhere", False),
        ("legal", "here", True),
        ("trainer", "elsewhere", False),
        ("hq_risk", "everywhere", True),
    ],
)
async def test_who_sees_a_colleagues_session(
    client: httpx2.AsyncClient,
    staff: Person,
    make_person: MakePerson,
    sign_in: SignIn,
    make_session: MakeSession,
    site: Site,
    other_site: Site,
    role: str,
    where: str,
    sees: bool,
) -> None:
    session = await make_session(staff, site.id)
    scope = {"here": site.id, "elsewhere": other_site.id, "everywhere": None}[where]
    headers = await sign_in(await make_person("other", (role, scope)))
    statuses = {part: (await client.get(f"/v1/sessions/{session.id}{part}", headers=headers)).status_code for part in PARTS}
    hidden = {403} if role in {"finance", "marketing", "admin"} else {404}
    assert set(statuses.values()) - {404 if sees else None} == ({200} if sees else hidden), statuses
    listed = (await client.get("/v1/sessions", headers=headers)).json()
    assert [item["id"] for item in listed.get("items", [])] == ([session.id] if sees else [])


async def test_who_left_the_desk_no_longer_reads_what_was_said_there(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, make_session: MakeSession, site: Site, other_site: Site
) -> None:
    moved = await make_person("moved", ("staff", other_site.id))
    session = await make_session(moved, site.id)
    headers = await sign_in(moved)
    assert (await client.get(f"/v1/sessions/{session.id}", headers=headers)).status_code == 404
    assert (await client.get("/v1/sessions", headers=headers)).json()["items"] == []


@pytest.mark.parametrize("refusal", ["never agreed", "withdrawn"])
async def test_without_consent_there_are_counts_and_nothing_else(
    client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, make_session: MakeSession, site: Site, factory: Factory, refusal: str
) -> None:
    session = await make_session(staff, site.id, recording=refusal == "withdrawn", counts={"prompts": 1})
    if refusal == "withdrawn":
        async with transaction(factory) as db:
            await db.execute(update(Consent).values(withdrawn_at=utc_now()))
    headers = await sign_in(staff)
    answer = await client.get(f"/v1/sessions/{session.id}", headers=headers)
    body = answer.json()
    assert (body["recording"], body["counts"], body["audio_url"]) == (False, {"prompts": 1}, None)
    assert [body[name] for name in ("utterances", "prompts", "keywords", "marks", "warnings")] == [[]] * 5
    assert "退房" not in answer.text
    for part in PARTS[1:]:
        refused = await client.get(f"/v1/sessions/{session.id}{part}", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_recorded"), part
    assert (await client.get("/v1/sessions?q=退房", headers=headers)).json()["items"] == []


async def test_the_list_is_narrowed_and_paged(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, make_session: MakeSession, site: Site, other_site: Site
) -> None:
    people = [await make_person(name, ("staff", site.id)) for name in ("one", "two")]
    start = datetime(2026, 11, 20, tzinfo=UTC)
    made = [
        await make_session(
            people[n % 2],
            (site, other_site)[n == 5].id,
            started_at=start + timedelta(days=n),
            peak_level=("calm", "agitated")[n % 3 == 0],
            status=("ended", "live")[n == 4],
            lines=[("customer", 0.0, 1.0, f"第{n}次来，100%要退")],
        )
        for n in range(6)
    ]
    headers = await sign_in(await make_person("boss", ("site_manager", None)))

    async def found(**params: Any) -> list[int]:
        page = (await client.get("/v1/sessions", headers=headers, params=params)).json()
        return [[session.id for session in made].index(item["id"]) for item in page["items"]]

    assert await found() == [5, 4, 3, 2, 1, 0]
    assert await found(site_id=other_site.id) == [5]
    assert await found(staff_id=people[0].id) == [4, 2, 0]
    assert await found(level="agitated") == [3, 0]
    assert await found(status="live") == [4]
    assert await found(**{"from": "2026-11-21T08:00:00+08:00", "to": "2026-11-23T00:00:00Z"}) == [2, 1]
    assert await found(q="第3次") == [3]
    assert await found(q="100%要") == [5, 4, 3, 2, 1, 0]
    assert await found(q="1%要") == []
    first = (await client.get("/v1/sessions", headers=headers, params={"limit": 4})).json()
    rest = (await client.get("/v1/sessions", headers=headers, params={"limit": 4, "cursor": first["next_cursor"]})).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [session.id for session in reversed(made)]
    assert rest["next_cursor"] is None


async def test_sessions_that_began_together_are_paged_too(
    client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, make_session: MakeSession, site: Site
) -> None:
    made = {(await make_session(staff, site.id, started_at=datetime(2026, 11, 20, tzinfo=UTC))).id for _ in range(5)}
    headers, cursor, seen = await sign_in(staff), None, []
    while True:
        page = (await client.get("/v1/sessions", headers=headers, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 5
    assert set(seen) == made


@pytest.mark.parametrize(
    "query",
    [
        "from=2026-11-21",
        "from=2026-11-21T00:00:00",
        "from=0001-01-01T00:00:00%2B08:00",
        "to=9999-12-31T23:59:59-08:00",
        "level=angry",
        "status=x",
        "site_id=a%00",
        "q=%F0",
    ],
)
async def test_senseless_filters_are_refused(client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, query: str) -> None:
    answer = await client.get(f"/v1/sessions?{query}", headers=await sign_in(staff))
    assert answer.status_code == (200 if query == "q=%F0" else 422)


async def test_a_session_is_linked_to_a_case_of_its_own_site(
    client: httpx2.AsyncClient,
    staff: Person,
    make_person: MakePerson,
    sign_in: SignIn,
    make_session: MakeSession,
    site: Site,
    other_site: Site,
    rows: Rows,
) -> None:
    session = await make_session(staff, site.id)
    both = await make_person("both", ("site_manager", site.id), ("site_manager", other_site.id))
    headers = await sign_in(both)
    cases = [
        (await client.post("/v1/cases", headers=headers, json={"customer_label": "王", "site_id": s.id})).json() for s in (site, other_site)
    ]
    path = f"/v1/sessions/{session.id}"
    key = headers | {"Idempotency-Key": "link-0000001"}
    linked, again = [await client.patch(path, headers=key, json={"case_id": cases[0]["id"]}) for _ in range(2)]
    assert (again.json(), again.headers["idempotency-replayed"]) == (linked.json(), "true")
    assert (await client.patch(path, headers=key, json={"case_id": None})).json()["code"] == "idempotency_key_reused"
    assert (linked.json()["case_id"], linked.json()["case_code"]) == (cases[0]["id"], cases[0]["code"])
    for wrong in (cases[1]["id"], "nowhere"):
        assert (await client.patch(path, headers=headers, json={"case_id": wrong})).json()["code"] == "case_unknown"
    assert (await client.get(f"/v1/sessions?case_id={cases[0]['id']}", headers=headers)).json()["items"] == [linked.json()]
    audit = await rows.one(select(AuditRecord).where(AuditRecord.action == "api:session:link_case"))
    assert (audit.before, audit.after) == ({"case_id": None}, {"case_id": cases[0]["id"]})
    hearer = await sign_in(await make_person("legal", ("legal", site.id)))
    assert (await client.patch(path, headers=hearer, json={"case_id": None})).status_code == 403
    assert (await client.patch(path, headers=headers, json={"case_id": None})).json()["case_code"] is None
    cancelled = cases[0]["id"]
    await client.patch(path, headers=headers, json={"case_id": cancelled})
    version = (await client.get(f"/v1/cases/{cancelled}", headers=headers)).headers["etag"]
    ended = await client.post(f"/v1/cases/{cancelled}/cancel", headers=headers | {"If-Match": version}, json={"reason": "客户咨询"})
    assert ended.status_code == 200, ended.text
    gone = await client.patch(path, headers=headers, json={"case_id": None})
    assert (gone.status_code, gone.json()["code"]) == (409, "case_state")  # what an ended case rests on stays with it


async def test_the_track_is_thinned_by_means_of_what_was_measured(
    client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, make_session: MakeSession, site: Site
) -> None:
    session = await make_session(staff, site.id)
    headers = await sign_in(staff)

    async def track(**params: Any) -> Any:
        return (await client.get(f"/v1/sessions/{session.id}/track", headers=headers, params=params)).json()

    whole = await track()
    assert (whole["start"], whole["step"], len(whole["columns"]["clock"])) == (0.0, 1.0, 70)
    assert whole["columns"]["clock"][31] == pytest.approx(31.45, abs=0.001)
    assert whole["columns"]["rate"][:4] == [5.0, None, 5.0, None]
    part = await track(**{"from": 29.5, "to": 30.5, "step": 0.1})
    assert part["columns"]["clock"] == pytest.approx([29.5 + n / 10 for n in range(10)], abs=0.001)
    assert (part["start"], part["step"]) == (29.5, 0.1)
    assert (await track(**{"from": 500}))["columns"] == {}
    assert (await track(step=2))["columns"]["rate"][0] == 5.0


async def test_the_states_are_read_back(
    client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, make_session: MakeSession, site: Site
) -> None:
    session = await make_session(staff, site.id)
    body = (await client.get(f"/v1/sessions/{session.id}/states", headers=await sign_in(staff))).json()
    assert [(state["at"], state["level"], state["score"]) for state in body["items"]] == [(4.0, "rising", 2.1)]


@pytest.mark.parametrize(
    ("form", "media", "holds"),
    [
        ("srt", "application/x-subrip", "00:00:02,000 --> 00:00:04,250\n客户：我要退房"),
        ("vtt", "text/vtt", "00:00:02.000 --> 00:00:04.250\n<v 客户>我要退房"),
        ("txt", "text/plain", "[00:00:00] 员工：您请先坐下喝杯茶\n"),
        ("json", "application/json", "我要退房"),
    ],
)
async def test_a_session_is_exported(
    client: httpx2.AsyncClient,
    staff: Person,
    sign_in: SignIn,
    make_session: MakeSession,
    site: Site,
    rows: Rows,
    form: str,
    media: str,
    holds: str,
) -> None:
    session = await make_session(staff, site.id)
    answer = await client.get(f"/v1/sessions/{session.id}/export?format={form}", headers=await sign_in(staff))
    assert answer.headers["content-type"].startswith(media)
    assert answer.headers["content-disposition"] == f'attachment; filename="{session.id}.{form}"'
    assert holds in answer.text
    told = await rows.one(select(AuditRecord).where(AuditRecord.action == "api:session:export"))
    assert (told.subject_id, told.actor_id, told.after) == (session.id, staff.id, {"format": form})
    if form == "txt":
        assert f"开始时间 {session.started_at.astimezone(ZoneInfo(site.timezone)):%Y-%m-%d %H:%M:%S}（Asia/Shanghai）" in answer.text
    if form == "json":
        assert len(json.loads(answer.text)["utterances"]) == 3
