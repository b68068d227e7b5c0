"""From the outbox to a person's decision."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.signals import desk as desks
from case_api.signals.desk import ATTEMPTS, SignalDesk
from models import outbox
from models.audit import AuditRecord
from models.base import utc_now
from models.cases import WithdrawalCase
from models.consents import Consent
from models.engine import Factory, transaction
from models.outbox import OutboxMessage, publish
from models.people import Person
from models.sessions import Session
from models.signals import CaseSignal
from models.sites import Site
from tests.case_api.evidence.conftest import MakeCase
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, Rows, SignIn

Hear = Callable[..., Awaitable[None]]
INTENT = {"kind": "withdrawal_intent", "term": "退房", "utterance": "u1", "speaker": "customer"}
THREAT = {"kind": "litigation", "term": "起诉", "utterance": "u1", "speaker": "customer"}


@pytest.fixture
async def lijing(make_person: MakePerson, site: Site) -> Person:
    return await make_person("lijing", ("staff", site.id))


@pytest.fixture
async def headers(lijing: Person, sign_in: SignIn) -> dict[str, str]:
    return await sign_in(lijing)


@pytest.fixture
async def talk(make_session: MakeSession, lijing: Person, site: Site) -> Session:
    return await make_session(lijing, site.id)


@pytest.fixture
def hear(factory: Factory) -> Hear:
    """`await hear(session, INTENT, at=3.0)`: the ear publishes, the desk takes it."""

    async def publish_and_take(session: Session, *payloads: dict[str, Any], at: float = 1.0) -> None:
        async with transaction(factory) as db:
            for n, payload in enumerate(payloads):
                told = {"at": at + n, "session_id": session.id, "case_id": session.case_id} | payload
                key = f"{session.id}:{payload.get('kind')}:{payload.get('cause', '')}:{told['at']}"
                await publish(db, "session.signal", told, key=key, site_id=session.site_id, session_id=session.id)
        await SignalDesk(factory).drain()

    return publish_and_take


async def test_signals_become_rows_once_whoever_takes_them(factory: Factory, talk: Session, hear: Hear, rows: Rows) -> None:
    async with transaction(factory) as db:
        for n in range(50):
            payload = {"kind": "escalation", "at": n, "level": "rising", "strength": 1.5}
            await publish(db, "session.signal", payload, key=f"k{n}", site_id=talk.site_id, session_id=talk.id)
        await publish(db, "session.ended", {}, key="ended", site_id=talk.site_id, session_id=talk.id)
    taken = await asyncio.gather(*(SignalDesk(factory).drain() for _ in range(3)))
    assert sum(taken) == 50
    found = await rows.scalars(select(CaseSignal).order_by(CaseSignal.at))
    assert [one.at for one in found] == list(range(50))
    assert {(one.kind, one.status, one.session_id) for one in found} == {("escalation", "noted", talk.id)}
    assert found[0].detail == {"level": "rising", "strength": 1.5}
    [left] = await rows.scalars(select(OutboxMessage.topic).where(OutboxMessage.done_at.is_(None)))
    assert left == "session.ended"


async def test_a_worker_that_dies_after_its_effect_leaves_one_row(
    factory: Factory, talk: Session, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with transaction(factory) as db:
        await publish(db, "session.signal", INTENT | {"at": 1}, key="k", site_id=talk.site_id, session_id=talk.id)

    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(desks, "complete", dies)
        assert await SignalDesk(factory).drain() == 0
    assert await rows.scalars(select(CaseSignal)) == []
    await expire(factory)
    assert await SignalDesk(factory).drain() == 1
    assert len(await rows.scalars(select(CaseSignal))) == 1


async def expire(factory: Factory) -> None:
    """Time passes until every lease has run out."""
    async with transaction(factory) as db:
        await db.execute(update(OutboxMessage).values(claimed_at=utc_now() - 2 * outbox.LEASE))


async def test_what_cannot_be_read_is_put_aside_at_once_and_holds_up_nothing(talk: Session, hear: Hear, rows: Rows) -> None:
    await hear(talk, {"kind": "joy"}, INTENT)
    assert len(await rows.scalars(select(CaseSignal))) == 1
    [parked] = await rows.scalars(select(OutboxMessage).where(OutboxMessage.parked_at.is_not(None)))
    assert (parked.error, parked.done_at) == ("unknown kind 'joy'", None)


async def test_what_fails_again_and_again_is_put_aside(
    factory: Factory, talk: Session, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with transaction(factory) as db:
        await publish(db, "session.signal", INTENT | {"at": 1}, key="k", site_id=talk.site_id, session_id=talk.id)
    calls = 0

    async def breaks(*_: object) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError("no")

    monkeypatch.setattr(desks, "take", breaks)
    for _ in range(ATTEMPTS + 2):
        await SignalDesk(factory).drain()
        await expire(factory)
    assert calls == ATTEMPTS
    [parked] = await rows.scalars(select(OutboxMessage))
    assert (parked.error, parked.attempts, parked.done_at) == ("RuntimeError", ATTEMPTS, None)


async def test_one_that_fails_takes_no_other_along(factory: Factory, talk: Session, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    async with transaction(factory) as db:
        for n in range(3):
            await publish(
                db, "session.signal", INTENT | {"at": n, "session_id": talk.id}, key=f"k{n}", site_id=talk.site_id, session_id=talk.id
            )
    takes = desks.take

    async def breaks(db: AsyncSession, message: OutboxMessage) -> None:
        await takes(db, message)
        if message.payload["at"] == 1:
            raise RuntimeError("no")

    monkeypatch.setattr(desks, "take", breaks)
    assert await SignalDesk(factory).drain() == 2
    done = await rows.scalars(select(OutboxMessage.done_at.is_not(None)).order_by(OutboxMessage.id))
    assert done == [True, False, True]
    assert sorted(await rows.scalars(select(CaseSignal.at))) == [0, 2]


async def test_a_threat_of_litigation_is_told_at_once_and_once(talk: Session, hear: Hear, rows: Rows) -> None:
    await hear(talk, THREAT, THREAT, INTENT)
    [told] = await rows.scalars(select(OutboxMessage).where(OutboxMessage.topic == "case.litigation_signal"))
    assert (told.payload["session_id"], told.payload["role"], told.payload["case_id"]) == (talk.id, "hq_risk", None)
    assert "起诉" not in str(told.payload)
    assert len(await rows.scalars(select(AuditRecord).where(AuditRecord.action == "ear:session:litigation_signal"))) == 1
    assert await rows.one(select(func.count()).select_from(WithdrawalCase)) == 0


async def test_a_confirmed_signal_opens_a_draft_and_attaches_everything_heard(
    client: httpx2.AsyncClient, headers: dict[str, str], talk: Session, hear: Hear, rows: Rows, lijing: Person
) -> None:
    await hear(talk, INTENT, THREAT, {"kind": "cause", "cause": "cash_flow", "weight": 2.5}, {"kind": "media", "term": "曝光"})
    waiting = (await client.get("/v1/signals", headers=headers, params={"status": "open"})).json()["items"]
    assert {one["kind"] for one in waiting} == {"withdrawal_intent", "litigation"}
    named = headers | {"If-Match": '"1"', "Idempotency-Key": "confirm-1"}
    url, body = f"/v1/signals/{waiting[0]['id']}/confirm", {"customer_label": "王先生", "unit_label": "3栋1202"}
    made = await client.post(url, headers=named, json=body)
    assert (made.status_code, made.json()["status"], made.json()["decided_by"]) == (200, "confirmed", lijing.id)
    assert (await client.post(url, headers=named, json=body)).json() == made.json()
    case = await rows.one(select(WithdrawalCase))
    assert (case.source, case.status, case.customer_label, made.json()["case_id"]) == ("speech", "draft", "王先生", case.id)
    assert case.received_at <= min(one.heard_at for one in await rows.scalars(select(CaseSignal))) + timedelta(seconds=1)
    assert set(await rows.scalars(select(CaseSignal.status))) == {"confirmed", "noted"}

    found = (await client.get(f"/v1/cases/{case.id}/suggestions", headers=headers)).json()
    places = [{"session_id": talk.id, "at": 3.0, "utterance_id": None}]
    assert found["causes"] == [{"cause": "cash_flow", "weight": 2.5, "suggested": True, "places": places}]
    assert [(one["kind"], one["terms"]) for one in found["risks"]] == [
        ("withdrawal_intent", ["退房"]),
        ("litigation", ["起诉"]),
        ("media", ["曝光"]),
    ]
    assert case.causes == []
    assert len((await client.get("/v1/signals", headers=headers, params={"case_id": case.id})).json()["items"]) == 4
    actions = await rows.scalars(select(AuditRecord.action))
    assert actions.count("api:case:confirm_signal") == actions.count("api:session:link_case") == 1


async def test_two_people_decide_at_once_and_one_wins(
    client: httpx2.AsyncClient, headers: dict[str, str], talk: Session, hear: Hear, rows: Rows
) -> None:
    await hear(talk, INTENT, THREAT)
    first, second = await rows.scalars(select(CaseSignal).order_by(CaseSignal.at))
    match = headers | {"If-Match": '"1"'}
    answers = await asyncio.gather(
        client.post(f"/v1/signals/{first.id}/confirm", headers=match, json={}),
        client.post(f"/v1/signals/{second.id}/confirm", headers=match, json={}),
        client.post(f"/v1/signals/{second.id}/dismiss", headers=match, json={"reason": "只是询问"}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"signal_decided"}
    assert await rows.one(select(func.count()).select_from(WithdrawalCase)) == (answers[2].status_code != 200)


async def test_a_dismissed_signal_is_no_case_and_a_later_one_asks_again(
    client: httpx2.AsyncClient, headers: dict[str, str], talk: Session, hear: Hear, rows: Rows
) -> None:
    await hear(talk, INTENT, THREAT)
    signal = (await rows.scalars(select(CaseSignal)))[0]
    url, body = f"/v1/signals/{signal.id}/dismiss", {"reason": "客户只是询问流程"}
    assert (await client.post(url, headers=headers, json=body)).status_code == 428
    assert (await client.post(url, headers=headers | {"If-Match": '"7"'}, json=body)).status_code == 412
    done = await client.post(url, headers=headers | {"If-Match": '"1"'}, json=body)
    assert (done.json()["status"], done.json()["reason"]) == ("dismissed", body["reason"])
    again = await client.post(url, headers=headers | {"If-Match": '"2"'}, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "signal_decided")
    await hear(talk, INTENT, at=60.0)
    assert sorted(await rows.scalars(select(CaseSignal.status))) == ["dismissed", "dismissed", "open"]
    assert await rows.one(select(func.count()).select_from(WithdrawalCase)) == 0


async def test_who_links_the_conversation_by_hand_has_answered_its_signals(
    client: httpx2.AsyncClient, headers: dict[str, str], make_case: MakeCase, talk: Session, lijing: Person, site: Site, hear: Hear
) -> None:
    case = await make_case(lijing, site.id)
    await hear(talk, INTENT)
    waiting = {"status": "open"}
    assert len((await client.get("/v1/signals", headers=headers, params=waiting)).json()["items"]) == 1
    await client.patch(f"/v1/sessions/{talk.id}", headers=headers, json={"case_id": case.id})
    assert (await client.get("/v1/signals", headers=headers, params=waiting)).json()["items"] == []
    [attached] = (await client.get("/v1/signals", headers=headers, params={"case_id": case.id})).json()["items"]
    assert attached["case_id"] == case.id


async def test_a_conversation_with_a_case_asks_nobody(
    client: httpx2.AsyncClient,
    headers: dict[str, str],
    make_session: MakeSession,
    make_case: MakeCase,
    lijing: Person,
    site: Site,
    hear: Hear,
    rows: Rows,
) -> None:
    case = await make_case(lijing, site.id)
    await hear(await make_session(lijing, site.id, case_id=case.id), INTENT)
    signal = await rows.one(select(CaseSignal))
    assert signal.status == "noted"
    match = headers | {"If-Match": '"1"'}
    assert (await client.post(f"/v1/signals/{signal.id}/confirm", headers=match, json={})).json()["code"] == "signal_decided"


@pytest.mark.parametrize(("status", "elsewhere", "code"), [("archived", False, "case_state"), ("draft", True, "case_unknown")])
async def test_a_signal_goes_to_no_closed_case_and_to_no_other_site(
    client: httpx2.AsyncClient,
    make_person: MakePerson,
    sign_in: SignIn,
    make_case: MakeCase,
    talk: Session,
    site: Site,
    other_site: Site,
    hear: Hear,
    rows: Rows,
    status: str,
    elsewhere: bool,
    code: str,
) -> None:
    everywhere = await make_person("all", ("staff", None))
    case = await make_case(everywhere, (other_site if elsewhere else site).id, status=status)
    await hear(talk, INTENT)
    signal = await rows.one(select(CaseSignal))
    match = await sign_in(everywhere) | {"If-Match": '"1"'}
    answer = await client.post(f"/v1/signals/{signal.id}/confirm", headers=match, json={"case_id": case.id})
    assert answer.json()["code"] == code
    assert (await rows.one(select(CaseSignal))).status == "open"
    assert (await rows.one(select(Session))).case_id is None


async def test_a_signal_attaches_to_a_case_that_is_there(
    client: httpx2.AsyncClient,
    headers: dict[str, str],
    make_case: MakeCase,
    talk: Session,
    lijing: Person,
    site: Site,
    hear: Hear,
    rows: Rows,
) -> None:
    case = await make_case(lijing, site.id)
    await hear(talk, INTENT)
    signal = await rows.one(select(CaseSignal))
    answer = await client.post(f"/v1/signals/{signal.id}/confirm", headers=headers | {"If-Match": '"1"'}, json={"case_id": case.id})
    assert answer.json()["case_id"] == case.id
    assert (await rows.one(select(WithdrawalCase))).version == 2


async def test_withdrawn_consent_takes_the_words_back(
    client: httpx2.AsyncClient,
    headers: dict[str, str],
    factory: Factory,
    make_session: MakeSession,
    make_case: MakeCase,
    lijing: Person,
    site: Site,
    hear: Hear,
) -> None:
    case = await make_case(lijing, site.id)
    await hear(await make_session(lijing, site.id, case_id=case.id), INTENT)
    async with transaction(factory) as db:
        await db.execute(update(Consent).values(withdrawn_at=case.created_at))
    [signal] = (await client.get("/v1/signals", headers=headers)).json()["items"]
    assert signal["detail"] == {}
    assert (await client.get(f"/v1/cases/{case.id}/suggestions", headers=headers)).json() == {"causes": [], "risks": []}
    [recording] = (await client.get(f"/v1/cases/{case.id}/recordings", headers=headers)).json()
    assert (recording["recording"], recording["audio_url"]) == (False, None)


async def test_a_case_lists_its_recordings_and_finance_may_not_listen(
    client: httpx2.AsyncClient,
    headers: dict[str, str],
    make_person: MakePerson,
    sign_in: SignIn,
    make_session: MakeSession,
    make_case: MakeCase,
    lijing: Person,
    site: Site,
) -> None:
    case = await make_case(lijing, site.id)
    session = await make_session(lijing, site.id, case_id=case.id)
    cited = {"session_id": session.id, "utterance_id": "u1"}
    await client.post(f"/v1/cases/{case.id}/evidence/citations", headers=headers, json=cited)
    url = f"/v1/cases/{case.id}/recordings"
    [mine] = (await client.get(url, headers=headers)).json()
    assert (mine["session_id"], mine["audio_url"], mine["cited"]) == (session.id, f"/v1/sessions/{session.id}/audio", 1)
    finance = await sign_in(await make_person("money", ("finance", site.id)))
    [theirs] = (await client.get(url, headers=finance)).json()
    assert (theirs["recording"], theirs["audio_url"]) == (True, None)


async def test_another_sites_signals_do_not_exist_and_finance_decides_nothing(
    client: httpx2.AsyncClient,
    make_person: MakePerson,
    sign_in: SignIn,
    talk: Session,
    site: Site,
    other_site: Site,
    hear: Hear,
    rows: Rows,
) -> None:
    await hear(talk, INTENT)
    signal = await rows.one(select(CaseSignal))
    there = await sign_in(await make_person("there", ("site_manager", other_site.id))) | {"If-Match": '"1"'}
    assert (await client.get("/v1/signals", headers=there)).json()["items"] == []
    assert (await client.get(f"/v1/signals/{signal.id}", headers=there)).status_code == 404
    reason = {"reason": "不是退房"}
    assert (await client.post(f"/v1/signals/{signal.id}/dismiss", headers=there, json=reason)).status_code == 404
    assert (await client.post(f"/v1/signals/{signal.id}/confirm", headers=there, json={})).status_code == 404
    for role in ("finance", "legal", "marketing", "city_gm", "hq_risk", "regional_ops"):
        person = await sign_in(await make_person(role, (role, site.id))) | {"If-Match": '"1"'}
        assert (await client.get(f"/v1/signals/{signal.id}", headers=person)).status_code == 200
        assert (await client.post(f"/v1/signals/{signal.id}/dismiss", headers=person, json=reason)).status_code == 403
        assert (await client.post(f"/v1/signals/{signal.id}/confirm", headers=person, json={})).status_code == 403
