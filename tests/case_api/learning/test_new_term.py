"""A new term all the way, with nothing put in anybody's place: mined, accepted, heard in the next conversation, logged and found."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import numpy as np
import pytest
import uvicorn
from sqlalchemy.ext.asyncio import AsyncEngine

from audio_service.client.phone import Phone
from audio_service.client.source import read_audio
from audio_service.hearing import Enrolment, HearingModels
from case_api import demo
from case_api.application import create_app
from case_api.listening import listening
from models.base import utc_now
from models.engine import Factory, transaction
from models.enrolments import VoiceEnrolment
from models.people import Person
from models.settings import Settings
from models.sites import Site
from tests.audio_service.live.conftest import CONSENT, local_port
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, SignIn

pytestmark = pytest.mark.in_turn

PHRASE = "一分钱都不退"
"""Said by the customer of the bundled recording after 56 s; no term of the lexicon."""
SPEED = 30.0
SECONDS = slice(45, 66)


@pytest.fixture
async def staff(make_person: MakePerson, site: Site, factory: Factory) -> Person:
    person = await make_person("lijing", ("staff", site.id))
    voice = Enrolment.from_recordings(HearingModels.load(), [read_audio(demo.ENROLMENT).astype(np.float32) / np.float32(32768)])
    async with transaction(factory) as db:
        row = VoiceEnrolment(person_id=person.id, windows=len(voice.vectors), consent_at=utc_now(), consent_text_version="v")
        row.embedding = voice.vectors.astype("<f4").tobytes()
        db.add(row)
    return person


async def test_a_mined_phrase_is_heard_in_the_next_conversation_once_it_is_accepted(
    settings: Settings,
    engine: AsyncEngine,
    staff: Person,
    site: Site,
    make_person: MakePerson,
    make_session: MakeSession,
    sign_in: SignIn,
) -> None:
    for number in range(24):
        said = f"现在{PHRASE}吗" if number < 8 else "我再跟家里人商量商量"
        await make_session(staff, site.id, lines=[("customer", 2.0, 4.0, said)], peak_level="agitated" if number < 8 else "calm")
    trainer = await sign_in(await make_person("chenhong", ("trainer", None)))
    phone_token = (await sign_in(staff))["Authorization"].removeprefix("Bearer ")
    app = create_app(settings, engine=engine, listening=listening)
    with local_port() as listener:
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws_max_size=1 << 16))
        async with app.router.lifespan_context(app), httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=trainer) as client:
            serving = asyncio.create_task(server.serve([listener]))
            try:
                await _accept(client)
                async with asyncio.timeout(60):
                    while PHRASE not in app.state.registry.ear.shelf.tools.library.terms:  # noqa: ASYNC110 - files are followed, nothing is sent
                        await asyncio.sleep(0.1)
                heard: list[dict[str, Any]] = []
                phone = Phone(f"ws://127.0.0.1:{port}/v1/stream", phone_token, CONSENT, heard.append)
                await phone.play(read_audio(demo.NEGOTIATION)[SECONDS.start * 16000 : SECONDS.stop * 16000], SPEED)
                keyword = next(one for one in heard if one["type"] == "keyword" and one["term"] == PHRASE)
                assert (keyword["category"], keyword["match"], keyword["speaker"]) == ("learned", "exact", "customer")
                await _is_logged_and_found(client, str(phone.session), keyword)
            finally:
                await app.state.registry.close()
                server.should_exit = True
                await serving


async def _accept(client: httpx2.AsyncClient) -> None:
    """What a trainer does in the console."""
    mined = (await client.get("/v1/learning/terms")).json()
    assert PHRASE in mined["items"][0]["text"]
    body = {"phrase": PHRASE, "verdict": "accepted", "aliases": ["一分都不退"], "severity": 2}
    assert (await client.post("/v1/learning/terms", json=body)).status_code == 201
    assert PHRASE not in {one["text"] for one in (await client.get("/v1/learning/terms")).json()["items"]}


async def _is_logged_and_found(client: httpx2.AsyncClient, session: str, keyword: dict[str, Any]) -> None:
    [logged] = (await client.get("/v1/keywords", params={"term": PHRASE})).json()["items"]
    assert (logged["session_id"], logged["heard"]) == (session, keyword["heard"])
    counted = (await client.get("/v1/keywords/frequencies", params={"by": "category"})).json()["items"]
    assert ("learned", 1) in {(one["key"], one["sessions"]) for one in counted}
    found = (await client.get("/v1/utterances", params={"q": PHRASE, "category": "learned"})).json()["items"]
    assert [one["session_id"] for one in found] == [session]
