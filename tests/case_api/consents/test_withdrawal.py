"""Withdrawing the consent to a recording: who may write it down, what goes with it, and who can still read anything of it (nobody)."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from audio_service.live import ledger
from audio_service.live.ledger import SignalRow
from case_api.assessments import repository as assessments
from case_api.consents import service
from case_api.events.fanout import EventDesk
from case_api.figures import repository as figures
from case_api.intake import repository as intake
from case_api.learning.progress import repository as progress
from case_api.retention.service import remove
from case_api.security import GRANTS, Permission
from case_api.signals.desk import SignalDesk
from case_api.solutions import repository as solutions
from models.audit import Actor, AuditRecord
from models.base import utc_now
from models.cases import WithdrawalCase
from models.clips import SessionClip
from models.comments import SessionComment
from models.consents import Consent
from models.corrections import UtteranceCorrection
from models.engine import Factory, transaction
from models.evidence import Evidence
from models.holds import LegalHold
from models.keywords import KeywordHit
from models.labels import SessionLabel
from models.outbox import OutboxMessage, publish
from models.people import Person
from models.sessions import Session
from models.settings import Settings
from models.settings_records import TWO_YEARS
from models.signals import CaseSignal
from models.sites import Site
from models.utterances import Utterance
from models.webhooks import Webhook, WebhookDelivery
from tests.case_api.conftest import Clock
from tests.case_api.evidence.conftest import MakeCase
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, Rows, SignIn

Headers = dict[str, str]


@pytest.fixture
async def lijing(make_person: MakePerson, site: Site) -> Person:
    return await make_person("lijing", ("staff", site.id))


@pytest.fixture
async def staff(lijing: Person, sign_in: SignIn) -> Headers:
    return await sign_in(lijing)


@pytest.fixture
async def manager(make_person: MakePerson, sign_in: SignIn, site: Site) -> Headers:
    return await sign_in(await make_person("zhangwei", ("site_manager", site.id)))


@pytest.fixture
async def talk(make_session: MakeSession, lijing: Person, site: Site) -> Session:
    ended = utc_now() - timedelta(hours=1)
    summary = {"keywords": {"曝光": 1}, "moments": [], "utterances": 3}
    return await make_session(lijing, site.id, counts={"keywords": 1}, started_at=ended, ended_at=ended, summary=summary)


async def withdraw(client: httpx2.AsyncClient, session: Session, headers: Headers, **body: Any) -> httpx2.Response:
    return await client.post(f"/v1/sessions/{session.id}/consent/withdrawal", json=body, headers=headers)


async def test_it_is_written_down_once_with_who_when_and_why(
    client: httpx2.AsyncClient, staff: Headers, lijing: Person, manager: Headers, talk: Session, rows: Rows, clock: Clock
) -> None:
    key = staff | {"Idempotency-Key": "withdraw-0001"}
    made = await withdraw(client, talk, key, asked_by="co_resident", reason="家人不同意留录音")
    assert made.status_code == 201
    assert made.json() | {"withdrawn_at": ""} == {
        "session_id": talk.id,
        "withdrawn_at": "",
        "withdrawn_by": lijing.id,
        "withdrawn_by_name": "Lijing",
        "asked_by": "co_resident",
        "reason": "家人不同意留录音",
        "ended": False,
    }
    consent = await rows.one(select(Consent))
    assert (consent.withdrawn_at, consent.withdrawn_by) == (clock(), lijing.id)
    assert (consent.withdrawal_asked_by, consent.withdrawal_reason) == ("co_resident", "家人不同意留录音")
    told = {"session_id": talk.id, "case_id": None, "asked_by": "co_resident", "ended": False}
    record = await rows.one(select(AuditRecord).where(AuditRecord.action == "api:session:consent_withdraw"))
    assert (record.actor_id, record.subject_id, record.at, record.after) == (lijing.id, talk.id, clock(), told)
    message = await rows.one(select(OutboxMessage))
    assert (message.topic, message.payload) == ("session.consent_withdrawn", told)

    again = await withdraw(client, talk, key, asked_by="co_resident", reason="家人不同意留录音")
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (201, made.json(), "true")
    for headers in (staff, manager):
        refused = await withdraw(client, talk, headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "consent_withdrawn")
    assert (await rows.one(select(Consent))).withdrawn_by == lijing.id
    assert len(await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:session:consent_withdraw"))) == 1
    shown = (await client.get(f"/v1/sessions/{talk.id}", headers=manager)).json()["consent"]
    assert (shown["withdrawn_by_name"], shown["withdrawal_asked_by"], shown["withdrawal_reason"]) == (
        "Lijing",
        "co_resident",
        "家人不同意留录音",
    )


async def test_what_is_wrong_changes_nothing(
    client: httpx2.AsyncClient, staff: Headers, lijing: Person, talk: Session, make_session: MakeSession, site: Site, rows: Rows
) -> None:
    for wrong in ({"asked_by": "nobody"}, {"reason": "长" * 201}, {"reason": "a\u0000b"}, {"because": "x"}):
        refused = await withdraw(client, talk, staff, **wrong)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request"), wrong
    assert (await withdraw(client, talk, {})).status_code == 401
    unrecorded = await make_session(lijing, site.id, recording=False)
    refused = await withdraw(client, unrecorded, staff)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_recorded")
    assert {one.withdrawn_at for one in await rows.scalars(select(Consent))} == {None}
    assert await rows.scalars(select(OutboxMessage)) == []
    assert (await withdraw(client, talk, staff, reason="长" * 200)).status_code == 201


async def test_all_of_it_or_nothing(
    client: httpx2.AsyncClient, staff: Headers, talk: Session, rows: Rows, monkeypatch: pytest.MonkeyPatch, factory: Factory
) -> None:
    async def broken(*_: Any, **__: Any) -> bool:
        raise OSError("the outbox is gone")

    async with transaction(factory) as db:
        await db.execute(update(Session).values(status="live", ended_at=None))
        await publish(db, "session.signal", {"kind": "media", "at": 3.8}, session_id=talk.id)
    monkeypatch.setattr(service.outbox, "publish", broken)
    assert (await withdraw(client, talk, staff)).status_code == 500
    assert (await rows.one(select(Consent))).withdrawn_at is None
    assert (await rows.one(select(Session))).status == "live"
    assert [one.topic for one in await rows.scalars(select(OutboxMessage))] == ["session.signal"]
    assert await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:session:consent_withdraw")) == []


@pytest.mark.parametrize("role", [role for role in GRANTS if role != "admin"])
async def test_it_is_the_staff_members_the_managers_and_legals(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, talk: Session, site: Site, other_site: Site, role: str
) -> None:
    """A consultant only of conversations of their own; whoever may not see one is not told that it is there."""
    here, elsewhere = await make_person("here", (role, site.id)), await make_person("there", (role, other_site.id))
    reads, writes = (permission in GRANTS[role] for permission in (Permission.SESSION_READ_SITE, Permission.CONSENT_WITHDRAW))
    assert writes == (role in ("staff", "receptionist", "site_manager", "legal"))
    assert (await withdraw(client, talk, await sign_in(elsewhere))).json()["code"] == "not_found"
    answer = await withdraw(client, talk, await sign_in(here))
    if reads and writes:
        assert answer.status_code == 201
    else:
        assert answer.json()["code"] == ("forbidden" if reads else "not_found")


async def test_a_conversation_that_goes_on_is_over_with_it(
    client: httpx2.AsyncClient, manager: Headers, lijing: Person, site: Site, make_session: MakeSession, rows: Rows, clock: Clock
) -> None:
    for status in ("live", "interrupted", "finishing"):
        session = await make_session(lijing, site.id, status=status)
        assert (await withdraw(client, session, manager)).json()["ended"] is True
        after = await rows.one(select(Session).where(Session.id == session.id))
        assert (after.status, after.ended_at) == ("ended", clock())
        assert (await client.post(f"/v1/sessions/{session.id}/listeners", headers=manager)).json()["code"] == "session_over"


async def test_nobody_reads_any_of_it_any_more(
    client: httpx2.AsyncClient,
    factory: Factory,
    make_person: MakePerson,
    make_case: MakeCase,
    sign_in: SignIn,
    lijing: Person,
    talk: Session,
    site: Site,
    rows: Rows,
) -> None:
    """Asked with every role there is at once; counts stay."""
    case = await make_case(lijing, site.id, status="assessing")
    boss = await make_person("boss", *((role, site.id) for role in GRANTS if role != "admin"))
    headers = await sign_in(boss)
    async with transaction(factory) as db:
        await db.execute(update(Session).values(case_id=case.id))
        await _notes(db, talk, boss, case)
    words = ("退房", "曝光", "报光", "喝杯茶", "标注的话", "评论的话", "片段的话", "更正的话")
    path = f"/v1/sessions/{talk.id}"
    lists = (
        "/v1/sessions?q=退房",
        "/v1/utterances?q=退房",
        "/v1/clips",
        "/v1/labels",
        "/v1/keywords",
        "/v1/keywords/frequencies",
        "/v1/keywords/export",
        "/v1/signals",
        f"/v1/cases/{case.id}/evidence",
        f"/v1/cases/{case.id}/suggestions",
        f"/v1/cases/{case.id}/timeline",
        f"/v1/cases/{case.id}/recordings",
        f"{path}?utterances=true",
    )
    before = "".join([(await client.get(one, headers=headers)).text for one in lists])
    seen = {word for word in words if word in before}
    assert seen >= {"退房", "曝光", "片段的话"}, "the test asks what tells something"
    hit = await rows.one(select(KeywordHit))

    assert (await withdraw(client, talk, headers)).status_code == 201
    for one in lists:
        answer = await client.get(one, headers=headers)
        assert answer.status_code == 200, (one, answer.text)
        assert [word for word in words if word in answer.text.replace("退房=", "")] == [], one
    assert (await client.get("/v1/labels", headers=headers)).json()["items"] == []
    assert (await client.get("/v1/labels/corpus", headers=headers)).json()["code"] == "labels_none"
    refused = {
        "GET": ("states", "course", "track", "audio", "export", "export?format=srt", "report.pdf", "comments", "labels", "clips"),
        "POST": ("comments", "clips"),
    }
    bodies = {"comments": {"at": 1, "text": "好"}, "clips": {"name": "片段", "start": 0.5, "end": 2.5}}
    for method, parts in refused.items():
        for part in parts:
            answer = await client.request(method, f"{path}/{part}", headers=headers, json=bodies[part] if method == "POST" else None)
            assert (answer.status_code, answer.json()["code"]) == (409, "not_recorded"), (method, part)
    versions = await client.get(f"{path}/utterances/u1/versions", headers=headers)
    assert versions.json()["code"] == "not_recorded"
    assert (await client.get("/v1/clips/c1", headers=headers)).json()["code"] == "not_found"
    assert (await client.get("/v1/clips/c1/audio", headers=headers)).json()["code"] == "not_found"
    judged = await client.put(f"/v1/keywords/{hit.id}/review", headers=headers, json={"verdict": "right"})
    assert judged.status_code == 404
    cited = await client.post(
        f"/v1/cases/{case.id}/evidence/citations", headers=headers, json={"session_id": talk.id, "utterance_id": "u1"}
    )
    assert cited.json()["code"] == "not_recorded"
    shown = (await client.get(path, headers=headers)).json()
    assert (shown["recording"], shown["counts"], shown["audio_url"], shown["recording_sha256"]) == (False, {"keywords": 1}, None, None)
    listed = (await client.get("/v1/sessions", headers=headers)).json()["items"]
    assert [(one["recording"], one["consent_withdrawn"]) for one in listed] == [(False, True)]
    assert shown["summary"] == {"moments": [], "utterances": 3}
    assert len(await rows.scalars(select(Utterance))) == 3, "nothing is deleted before its time"


async def _notes(db: Any, talk: Session, boss: Person, case: WithdrawalCase) -> None:
    """What people made of a conversation, and what the desk did."""
    db.add(SessionClip(id="c1", session_id=talk.id, made_by=boss.id, name="片段的话", start=0.5, end=2.5, shared=True))
    db.add(SessionComment(session_id=talk.id, at=1.0, text="评论的话", person_id=boss.id))
    turns = [{"role": "customer", "start": 2.0, "end": 4.2, "text": "标注的话", "keywords": []}]
    db.add(SessionLabel(session_id=talk.id, kind="calm", seconds=70.0, turns=turns, labelled_by=boss.id, labelled_at=utc_now()))
    correction = {"text": "更正的话", "speaker": "customer", "reason": "听录音核对", "person_id": boss.id}
    db.add(UtteranceCorrection(session_id=talk.id, ordinal=0, version=1, **correction))
    detail = {"term": "曝光", "speaker": "customer"}
    for kind in ("media", "litigation"):
        signal = {"message_key": kind, "site_id": talk.site_id, "session_id": talk.id, "kind": kind, "status": "noted", "at": 3.8}
        db.add(CaseSignal(**signal, utterance_id="u1", detail=detail))
    quote = {"session_id": talk.id, "utterance_id": "u1", "start": 2.0, "end": 4.25, "speaker": "customer", "text": "我要退房"}
    db.add(Evidence(case_id=case.id, site_id=case.site_id, kind="utterance", added_by=boss.id, **quote))


async def test_it_no_longer_counts_where_words_are_counted(
    client: httpx2.AsyncClient, staff: Headers, talk: Session, site: Site, factory: Factory
) -> None:
    since, until = talk.started_at - timedelta(days=1), utc_now() + timedelta(days=1)

    async def counted() -> tuple[Any, int]:
        async with transaction(factory) as db:
            await db.execute(update(KeywordHit).values(category="complaint"))
            found = await progress.conversations(db, site.id, until, ["曝光"])
            return await figures.sessions(db, None, since, until), len(found)

    assert await counted() == ((1, 1), 1)
    await withdraw(client, talk, staff)
    assert await counted() == ((0, 0), 0)


async def test_it_proves_nothing_any_more(
    client: httpx2.AsyncClient, staff: Headers, lijing: Person, talk: Session, make_case: MakeCase, site: Site, factory: Factory
) -> None:
    """Neither an oral answer, in the form or to an offer, nor a risk."""
    case = await make_case(lijing, site.id, status="assessing")
    async with transaction(factory) as db:
        await db.execute(update(Session).values(case_id=case.id))
        signal = {"message_key": "m", "site_id": talk.site_id, "session_id": talk.id, "kind": "media", "status": "noted", "at": 3.8}
        db.add(CaseSignal(**signal, detail={}))

    async def proved() -> tuple[bool, bool, list[str]]:
        async with transaction(factory) as db:
            form = await intake.recorded_session(db, case.id, talk.id) is not None
            return form, await solutions.was_recorded(db, case.id, talk.id, 3.0), await assessments.heard_risks(db, case.id)

    assert await proved() == (True, True, ["media"])
    await withdraw(client, talk, staff)
    assert await proved() == (False, False, [])
    moments = (await client.get(f"/v1/cases/{case.id}/timeline", headers=staff)).json()
    assert [(one["what"], one["who"]) for one in moments if one["source"] == "audit"] == [("api:session:consent_withdraw", "Lijing")]


async def test_a_process_that_writes_at_the_same_moment_comes_before_it_or_not_at_all(
    client: httpx2.AsyncClient, staff: Headers, talk: Session, factory: Factory, rows: Rows
) -> None:
    """The ear's batch has asked and found the consent standing: the withdrawal waits for it, and then drops what it told."""
    signal = SignalRow("session.signal", f"{talk.id}:now", {"kind": "media", "at": 1.0}, talk.site_id, talk.id)
    async with transaction(factory) as db:
        assert await ledger.closed(db, {talk.id}) == set()
        withdrawing = asyncio.create_task(withdraw(client, talk, staff))
        await asyncio.sleep(0.3)
        assert not withdrawing.done()
        await ledger.write(db, signal)
    assert (await withdrawing).status_code == 201
    assert [one.topic for one in await rows.scalars(select(OutboxMessage))] == ["session.consent_withdrawn"]
    async with transaction(factory) as db:
        assert await ledger.closed(db, {talk.id}) == {talk.id}


async def test_what_was_not_told_yet_is_told_without_its_words(
    client: httpx2.AsyncClient,
    app: FastAPI,
    staff: Headers,
    manager: Headers,
    make_person: MakePerson,
    talk: Session,
    make_session: MakeSession,
    lijing: Person,
    site: Site,
    factory: Factory,
    rows: Rows,
    clock: Clock,
) -> None:
    other = await make_session(lijing, site.id)
    admin = await make_person("root", ("admin", None))
    hook = Webhook(name="CRM", url="https://crm.example.com/", topics=["*"], secret="s" * 32, created_by=admin.id, created_at=clock())
    signal = {"kind": "withdrawal_intent", "at": 3.8, "term": "退房", "utterance": "u1"}
    async with transaction(factory) as db:
        db.add(hook)
        for session in (talk, other):
            ended = {"session_id": session.id, "keywords": {"曝光": 1}, "seconds": 70.0}
            await publish(db, "session.signal", signal, key=f"{session.id}:early", site_id=site.id, session_id=session.id)
            await publish(db, "session.ended", ended, key=f"{session.id}:ended", site_id=site.id, session_id=session.id)
    await SignalDesk(factory).drain()
    await EventDesk(factory, clock).drain()
    async with transaction(factory) as db:
        for session in (talk, other):
            await publish(db, "session.signal", signal, key=f"{session.id}:late", site_id=site.id, session_id=session.id)
            ended = {"session_id": session.id, "keywords": {"曝光": 2}, "seconds": 71.0}
            await publish(db, "session.ended", ended, key=f"{session.id}:again", site_id=site.id, session_id=session.id)
    asking = (await client.get("/v1/signals?status=open", headers=staff)).json()["items"]
    assert len(asking) == 2

    assert (await withdraw(client, talk, staff)).status_code == 201
    async with transaction(factory) as db:  # a process that did not know yet
        await publish(db, "session.signal", signal, key=f"{talk.id}:last", site_id=site.id, session_id=talk.id)
        ended = {"session_id": talk.id, "keywords": {"曝光": 3}, "seconds": 72.0}
        await publish(db, "session.ended", ended, key=f"{talk.id}:last-end", site_id=site.id, session_id=talk.id)
    await SignalDesk(factory).drain()
    await EventDesk(factory, clock).drain()
    signals = [one.session_id for one in await rows.scalars(select(CaseSignal))]
    assert (signals.count(talk.id), signals.count(other.id)) == (1, 2)
    bodies = [(json.loads(one.body)["data"], one.topic) for one in await rows.scalars(select(WebhookDelivery))]
    mine = [data for data, topic in bodies if topic == "session.ended" and data["session_id"] == talk.id]
    assert [data.get("keywords") for data in mine] == [None, None, None]
    assert sorted(data["seconds"] for data in mine) == [70.0, 71.0, 72.0]
    assert [data["keywords"] for data, topic in bodies if topic == "session.ended" and data["session_id"] == other.id] != []
    assert [data["session_id"] for data, topic in bodies if topic == "session.consent_withdrawn"] == [talk.id]
    inbox = (await client.get("/v1/notifications", headers=manager)).json()["items"]
    assert [one["link"] for one in inbox if one["topic"] == "session.consent_withdrawn"] == [f"/v1/sessions/{talk.id}"]
    waiting = (await client.get("/v1/signals?status=open", headers=staff)).json()["items"]
    assert {one["session_id"] for one in waiting} == {other.id}
    mine_open = next(one for one in asking if one["session_id"] == talk.id)
    decided = await client.post(
        f"/v1/signals/{mine_open['id']}/confirm", json={}, headers=manager | {"If-Match": f'"{mine_open["version"]}"'}
    )
    assert decided.json()["code"] == "not_recorded"


async def test_it_is_kept_for_its_time_and_while_a_hold_lasts(
    client: httpx2.AsyncClient, staff: Headers, lijing: Person, talk: Session, site: Site, factory: Factory, settings: Settings, rows: Rows
) -> None:
    assert (await withdraw(client, talk, staff)).status_code == 201
    folder = settings.data_dir / "recordings" / talk.id
    folder.mkdir(parents=True)

    async def removed(after: timedelta) -> str:
        try:
            async with transaction(factory) as db:
                await remove(db, Actor("retention"), "session", talk.id, settings, utc_now() + after)
        except Exception as problem:
            return str(getattr(problem, "code", problem))
        return "removed"

    later = timedelta(days=TWO_YEARS, hours=1)
    assert await removed(timedelta()) == "retention_running"
    async with transaction(factory) as db:
        ends = utc_now() + later + timedelta(days=30)
        db.add(LegalHold(site_id=site.id, session_id=talk.id, reason="诉讼", ends_at=ends, placed_by=lijing.id))
    assert await removed(later) == "legal_hold"
    assert (await client.get(f"/v1/sessions/{talk.id}/audio", headers=staff)).json()["code"] == "not_recorded", (
        "a hold keeps, it opens nothing"
    )
    assert len(await rows.scalars(select(Utterance))) == 3
    assert await removed(later + timedelta(days=31)) == "removed"
    assert await rows.scalars(select(Utterance)) == []
    assert await rows.scalars(select(Consent)) == []
