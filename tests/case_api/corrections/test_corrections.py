"""Correcting a transcript: in versions, by others than who held the conversation; the database keeps what was recognised."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DatabaseError

from models.audit import AuditRecord
from models.base import utc_now
from models.consents import Consent
from models.corrections import UtteranceCorrection
from models.engine import Factory, transaction
from models.people import Person
from models.sessions import Session
from models.sites import Site
from models.utterances import Utterance
from tests.case_api.sessions.conftest import MakeSession, make_session
from tests.conftest import MakePerson, Rows, SignIn

__all__ = ["make_session"]
HEARD = "我要退房，不然就找媒体曝光"
RIGHT = "我要退订金，不然就找媒体曝光"
WHY = "听录音核对"


@pytest.fixture
async def session(make_session: MakeSession, staff: Person, site: Site) -> Session:
    return await make_session(staff, site.id)


@pytest.fixture
async def manager(make_person: MakePerson, site: Site, sign_in: SignIn) -> dict[str, str]:
    return await sign_in(await make_person("zhangwei", ("site_manager", site.id)))


def at(session: Session) -> str:
    return f"/v1/sessions/{session.id}/utterances/u1"


async def correct(client: httpx2.AsyncClient, session: Session, who: dict[str, str], version: int, **body: Any) -> httpx2.Response:
    return await client.patch(at(session), json={"reason": WHY} | body, headers=who | {"If-Match": f'"{version}"'})


async def test_a_correction_is_a_version_and_what_was_heard_can_be_restored(
    client: httpx2.AsyncClient, session: Session, manager: dict[str, str], staff: Person, sign_in: SignIn, rows: Rows
) -> None:
    made = await correct(client, session, manager, 0, text=f" {RIGHT} ")
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    assert made.json() == {"id": "u1", "text": RIGHT, "speaker": "customer", "version": 1, "corrected": True}
    assert (await correct(client, session, manager, 1, text=RIGHT)).json()["version"] == 1  # nothing new
    assert (await correct(client, session, manager, 1, speaker="staff")).json()["version"] == 2
    own = await sign_in(staff)
    versions = (await client.get(f"{at(session)}/versions", headers=own)).json()["items"]
    assert [(one["version"], one["text"], one["speaker"], one["person_name"]) for one in versions] == [
        (2, RIGHT, "staff", "Zhangwei"),
        (1, RIGHT, "customer", "Zhangwei"),
        (0, HEARD, "customer", ""),
    ]
    assert [("退认购" in one["terms"], "曝光" in one["terms"]) for one in versions] == [(True, True), (True, True), (False, True)]
    body = {"version": 0, "reason": "改错了句子"}
    back = await client.post(f"{at(session)}/restore", json=body, headers=manager | {"If-Match": '"2"'})
    assert back.json() == {"id": "u1", "text": HEARD, "speaker": "customer", "version": 3, "corrected": False}
    body["version"] = 9
    assert (await client.post(f"{at(session)}/restore", json=body, headers=manager | {"If-Match": '"3"'})).json()["code"] == "not_found"
    records = await rows.scalars(select(AuditRecord).where(AuditRecord.subject_id == session.id).order_by(AuditRecord.id))
    assert [record.action for record in records] == ["api:session:correct"] * 2 + ["api:session:restore"]
    assert all(RIGHT not in str((record.before, record.after)) for record in records)


async def test_who_may_not(
    client: httpx2.AsyncClient,
    session: Session,
    manager: dict[str, str],
    staff: Person,
    make_session: MakeSession,
    make_person: MakePerson,
    site: Site,
    other_site: Site,
    sign_in: SignIn,
    factory: Factory,
) -> None:
    assert (await correct(client, session, await sign_in(staff), 0, text=RIGHT)).json()["code"] == "forbidden"
    away = await sign_in(await make_person("away", ("site_manager", other_site.id)))
    assert (await correct(client, session, away, 0, text=RIGHT)).json()["code"] == "not_found"
    both = await make_person("both", ("staff", site.id), ("site_manager", site.id))
    held = await make_session(both, site.id)
    assert (await correct(client, held, await sign_in(both), 0, text=RIGHT)).json()["code"] == "correction_own"
    live = await make_session(staff, site.id, status="live")
    assert (await correct(client, live, manager, 0, text=RIGHT)).json()["code"] == "session_not_ended"
    assert (await correct(client, session, manager, 0, text=RIGHT)).status_code == 200
    for stale in (0, 2):
        assert (await correct(client, session, manager, stale, text="另一个人的更正")).json()["code"] == "version_conflict"
    assert (await client.patch(at(session), json={"text": RIGHT, "reason": WHY}, headers=manager)).json()["code"] == "precondition_required"
    for wrong in ({"text": ""}, {"reason": ""}, {"speaker": "nobody"}):
        assert (await correct(client, session, manager, 1, **wrong)).json()["code"] == "invalid_request"
    async with transaction(factory) as db:
        await db.execute(update(Consent).values(withdrawn_at=utc_now()))
    assert (await correct(client, session, manager, 1, text=HEARD)).json()["code"] == "not_recorded"
    assert (await client.get(f"{at(session)}/versions", headers=manager)).json()["code"] == "not_recorded"


async def test_what_is_read_search_and_exports_hold_what_is_right_and_say_so(
    client: httpx2.AsyncClient, session: Session, manager: dict[str, str]
) -> None:
    await correct(client, session, manager, 0, text="我要退订金，不然就找律师", speaker="unsure")
    for characters in (True, False):
        said = (await client.get(f"/v1/sessions/{session.id}?characters={characters}", headers=manager)).json()["utterances"]
        assert [(one["version"], one["corrected"]) for one in said] == [(0, False), (1, True), (0, False)]
    for form in ("srt", "vtt", "txt"):
        whole = (await client.get(f"/v1/sessions/{session.id}/export?format={form}", headers=manager)).text
        assert "我要退订金，不然就找律师（已更正）" in whole
        assert ("媒体" in whole, whole.count("已更正")) == (False, 1)
    [found] = (await client.get("/v1/utterances?q=dingjin", headers=manager)).json()["items"]
    assert (found["utterance_id"], found["corrected"], found["speaker"]) == ("u1", True, "unsure")
    assert (await client.get("/v1/utterances?q=媒体", headers=manager)).json()["items"] == []
    [hit] = (await client.get("/v1/keywords", headers=manager)).json()["items"]
    assert (hit["heard"], hit["corrected"]) == ("报光", "我要退订金，不然就找律师")


async def test_the_database_keeps_what_was_heard(
    client: httpx2.AsyncClient, session: Session, manager: dict[str, str], factory: Factory, rows: Rows
) -> None:
    await correct(client, session, manager, 0, text=RIGHT)
    one = "session_id = :session AND ordinal = 1"
    for change in (
        f"UPDATE utterance SET text = 'x' WHERE {one}",
        f"UPDATE utterance SET text = 'x', version = 2 WHERE {one}",
        f"UPDATE utterance SET heard_text = 'x' WHERE {one}",
        f"UPDATE utterance SET heard_text = NULL, heard_speaker = NULL WHERE {one}",
        f"UPDATE utterance SET heard_speaker = 'staff' WHERE {one}",
        f"UPDATE utterance_correction SET text = 'x' WHERE {one}",
        "UPDATE utterance SET text = 'x' WHERE session_id = :session AND ordinal = 0",
        "UPDATE utterance SET heard_text = 'x', heard_speaker = speaker WHERE session_id = :session AND ordinal = 0",
    ):
        with pytest.raises(DatabaseError):
            async with transaction(factory) as db:
                await db.execute(text(change), {"session": session.id})
    [said] = await rows.scalars(select(Utterance).where(Utterance.ordinal == 1))
    assert (said.text, said.heard) == (RIGHT, (HEARD, "customer"))
    async with transaction(factory) as db:
        await db.execute(delete(Utterance).where(Utterance.session_id == session.id))
        await db.execute(delete(UtteranceCorrection).where(UtteranceCorrection.session_id == session.id))


async def test_other_readings_are_offered_those_of_the_second_listening_first(
    client: httpx2.AsyncClient, session: Session, manager: dict[str, str], factory: Factory
) -> None:
    heard = [
        [HEARD, -0.4, False],
        [HEARD.replace("，", ""), -0.5, False],  # says nothing else
        ["我要退饭，不然就找媒体曝光", -0.6, False],
        ["我要退房，不然就找每题暴光", -0.7, False],
        [RIGHT, -0.9, True],
        ["我要退定金，不然就找媒体", -0.8, True],
        ["我要退饭不然就找媒体曝光。", -0.9, False],
    ]
    async with transaction(factory) as db:
        await db.execute(update(Utterance).where(Utterance.session_id == session.id, Utterance.id == "u1").values(alternatives=heard))
    offered = (await client.get(f"{at(session)}/versions", headers=manager)).json()["readings"]
    assert offered == ["我要退定金，不然就找媒体", RIGHT, "我要退饭，不然就找媒体曝光", "我要退房，不然就找每题暴光"]
    assert (await correct(client, session, manager, 0, text=RIGHT)).status_code == 200
    offered = (await client.get(f"{at(session)}/versions", headers=manager)).json()["readings"]
    assert offered == ["我要退定金，不然就找媒体", "我要退饭，不然就找媒体曝光", "我要退房，不然就找每题暴光"], (
        "neither what stands nor what stood there"
    )
