"""The live wall: the newest of what runs, of whom one oversees; as it stands now, and without reading what lies before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from sqlalchemy import event, update
from sqlalchemy.ext.asyncio import AsyncEngine

from case_api.wall.service import MOST, TERMS
from models.base import utc_now
from models.companions import SessionHint, SessionListener
from models.consents import Consent
from models.corrections import UtteranceCorrection
from models.engine import Factory, transaction
from models.keywords import KeywordHit
from models.people import Person
from models.prompts import PromptShown
from models.sessions import Session
from models.sites import Site
from models.states import StateEvent
from models.utterances import Utterance
from tests.case_api.sessions.conftest import MakeSession, make_session
from tests.conftest import MakePerson, SignIn

__all__ = ["make_session"]
Headers = dict[str, str]
STRAIGHT = [("staff", float(n), n + 0.5, f"第 {n} 句") for n in range(40)]


@pytest.fixture
async def manager(make_person: MakePerson, site: Site) -> Person:
    return await make_person("zhangwei", ("site_manager", site.id))


@pytest.fixture
async def headers(manager: Person, sign_in: SignIn) -> Headers:
    return await sign_in(manager)


async def seen(client: httpx2.AsyncClient, headers: Headers) -> list[dict[str, Any]]:
    answer = await client.get("/v1/wall", headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def change(factory: Factory, table: Any, *where: Any, **values: Any) -> None:
    async with transaction(factory) as db:
        await db.execute(update(table).where(*where).values(**values))


@contextmanager
def statements(engine: AsyncEngine) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        found.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield found
    event.remove(engine.sync_engine, "before_cursor_execute", note)


async def test_the_newest_of_a_conversation_as_it_stands_now(
    client: httpx2.AsyncClient, factory: Factory, make_session: MakeSession, staff: Person, manager: Person, headers: Headers, site: Site
) -> None:
    session = await make_session(staff, site.id, status="live", seconds=6.0)
    [one] = await seen(client, headers)
    assert [said["text"] for said in one["said"]] == ["您请先坐下喝杯茶", "我要退房，不然就找媒体曝光"]  # the third has no words
    assert (one["level"], one["speaker"], one["prompt"], one["terms"]) == ("rising", "customer", "我完全理解您的心情", ["曝光"])
    assert (one["seconds"], one["notice_version"], one["hints"], one["listeners"]) == (6.0, "rec-2026-11", [], [])
    of = {"session_id": session.id}
    hit = {"utterance_id": "u1", "category": "媒体", "at": 7.0, "end": 7.5, "speaker": "customer", "heard": "x"}
    hit |= {"match": "exact", "score": 1.0}
    words = {"start": 7.0, "end": 8.0, "text": "你听好", "quality": {"avg_logprob": -0.9}}
    async with transaction(factory) as db:
        await db.execute(update(Session).values(seconds=5.0))
        db.add(Utterance(**of, ordinal=3, id="u3", speaker="customer", confidence=0.4, **words))
        db.add(StateEvent(**of, ordinal=1, at=9.5, speaker="staff", confidence=0.9, level="agitated", score=3.0))
        db.add(PromptShown(**of, prompt_key="p2", kind="calming", at=8.0, script_id="calm-02", text="您先喝口水", reasons=[]))
        db.add_all([KeywordHit(**of, ordinal=n, term=f"词{n % 8}", **hit) for n in range(1, 21)])
        db.add(KeywordHit(**of, ordinal=21, term="误报", false_hit=True, **hit))
        db.add_all([SessionHint(**of, person_id=manager.id, text=f"提示{n}", created_at=utc_now()) for n in range(4)])
        db.add(SessionListener(**of, person_id=manager.id))
        db.add(SessionListener(**of, person_id=staff.id, ended_at=utc_now(), reason="stopped"))
    [one] = await seen(client, headers)
    assert [(said["text"], said["doubtful"]) for said in one["said"]] == [("我要退房，不然就找媒体曝光", False), ("你听好", True)]
    assert (one["level"], one["speaker"], one["seconds"], one["prompt"]) == ("agitated", "staff", 9.5, "您先喝口水")
    assert one["terms"] == ["词4", "词3", "词2", "词1", "词0", "词7"]
    assert len(one["terms"]) == TERMS
    told = [(hint["text"], hint["person_name"], hint["state"]) for hint in one["hints"]]
    assert told == [(f"提示{n}", "Zhangwei", "waiting") for n in (1, 2, 3)]
    assert [listener["person_name"] for listener in one["listeners"]] == ["Zhangwei"]

    await change(factory, Session, seconds=20.0)  # the recorder went on, the ear has heard nobody since
    [one] = await seen(client, headers)
    assert (one["level"], one["speaker"], one["seconds"]) == ("agitated", None, 20.0)

    # The ear thinks better of who spoke, and somebody corrects the words: both are rows that were there before.
    await change(factory, Utterance, Utterance.ordinal == 1, speaker="unsure")
    async with transaction(factory) as db:
        version = {"text": "您听好", "speaker": "customer", "reason": "听错", "person_id": manager.id, "created_at": utc_now()}
        db.add(UtteranceCorrection(session_id=session.id, ordinal=3, version=1, **version))
    await change(factory, Utterance, Utterance.ordinal == 3, text="您听好", heard_text="你听好", heard_speaker="customer", version=1)
    [one] = await seen(client, headers)
    assert [said["speaker"] for said in one["said"]] == ["unsure", "customer"]
    assert (one["said"][1]["text"], one["said"][1]["corrected"], one["said"][1]["doubtful"]) == ("您听好", True, False)


async def test_only_what_runs_where_one_oversees_and_only_with_consent(
    client: httpx2.AsyncClient,
    factory: Factory,
    make_session: MakeSession,
    make_person: MakePerson,
    sign_in: SignIn,
    staff: Person,
    headers: Headers,
    site: Site,
    other_site: Site,
) -> None:
    made = {status: await make_session(staff, site.id, status=status) for status in ("live", "interrupted", "finishing", "ended")}
    unrecorded = await make_session(staff, site.id, status="live", recording=False, peak_level="agitated")
    elsewhere = await sign_in(await make_person("qianfang", ("site_manager", other_site.id)))
    trainer = await sign_in(await make_person("linna", ("trainer", site.id)))
    expected = {made["live"].id, made["interrupted"].id, unrecorded.id}
    assert {one["id"] for one in await seen(client, headers)} == expected
    assert {one["id"] for one in await seen(client, trainer)} == expected
    assert await seen(client, elsewhere) == []
    assert (await client.get("/v1/wall", headers=await sign_in(staff))).json()["code"] == "forbidden"

    await change(factory, Consent, Consent.id == made["live"].consent_id, withdrawn_at=utc_now())
    silent = {one["id"]: one for one in await seen(client, headers) if not one["recording"]}
    assert silent.keys() == {made["live"].id, unrecorded.id}
    assert all((one["said"], one["terms"], one["prompt"], one["speaker"]) == ([], [], None, None) for one in silent.values())
    assert silent[unrecorded.id]["level"] == "agitated"  # the counts say so


async def test_more_conversations_ask_no_more_questions(
    client: httpx2.AsyncClient, engine: AsyncEngine, make_session: MakeSession, staff: Person, headers: Headers, site: Site
) -> None:
    await make_session(staff, site.id, status="live")
    await seen(client, headers)  # what is asked but once, such as when a token was last used
    with statements(engine) as few:
        await seen(client, headers)
    for _ in range(MOST):
        await make_session(staff, site.id, lines=STRAIGHT, status="live")
    with statements(engine) as many:
        found = await seen(client, headers)
    assert len(many) == len(few)
    assert len(found) == MOST
    assert [said["text"] for said in found[0]["said"]] == ["第 38 句", "第 39 句"]
