"""Clips: cut by managers and trainers, heard by whom the conversation is open to or the clip is shared with, gone with the recording."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import httpx2
import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray
from sqlalchemy import select, update

from audio_service.intake.finalise import finalise
from audio_service.intake.recording import Recording
from case_api.retention.service import remove
from models.audit import Actor, AuditRecord
from models.base import utc_now
from models.clips import SessionClip
from models.consents import Consent
from models.engine import Factory, transaction
from models.people import Person
from models.sessions import Session
from models.settings import Settings
from models.sites import Site
from models.utterances import Utterance
from tests.case_api.conftest import Clock
from tests.case_api.sessions.conftest import MakeSession, make_session
from tests.conftest import MakePerson, Rows, SignIn

__all__ = ["make_session"]
Headers = dict[str, str]
CUT: dict[str, Any] = {"name": "先让客户把话说完", "start": 2.5, "end": 5.5, "note": "注意停顿"}


@pytest.fixture
async def manager(make_person: MakePerson, sign_in: SignIn, site: Site) -> Headers:
    return await sign_in(await make_person("zhangwei", ("site_manager", site.id)))


@pytest.fixture
def samples() -> NDArray[np.int16]:
    return np.random.default_rng(5).integers(-9000, 9000, 16000 * 6).astype(np.int16)


@pytest.fixture
async def talk(make_session: MakeSession, staff: Person, site: Site, settings: Settings, samples: NDArray[np.int16]) -> Session:
    """Ended long ago, with six seconds of sound."""
    long_ago = utc_now() - timedelta(days=1200)
    session = await make_session(staff, site.id, seconds=6.0, started_at=long_ago, ended_at=long_ago)
    folder = settings.data_dir / "recordings" / session.id
    with Recording(folder) as recording:
        recording.append(enumerate(np.split(samples, 60)))
    assert finalise(folder) is not None
    return session


async def test_a_clip_is_the_span_and_nothing_else(
    client: httpx2.AsyncClient, manager: Headers, talk: Session, samples: NDArray[np.int16], rows: Rows
) -> None:
    made = await client.post(f"/v1/sessions/{talk.id}/clips", json=CUT, headers=manager)
    assert made.status_code == 201
    path = f"/v1/clips/{made.json()['id']}"
    sound = await client.get(f"{path}/audio", headers=manager)
    heard, rate = sf.read(io.BytesIO(sound.content), dtype="int16")
    assert (sound.headers["content-type"], rate) == ("audio/flac", 16000)
    np.testing.assert_array_equal(heard, samples[40000:88000])
    part = await client.get(f"{path}/audio", headers=manager | {"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, sound.content[10:20])
    detail = (await client.get(path, headers=manager)).json()
    said = {"speaker": "customer", "start": 0.0, "end": 1.75, "text": "我要退房，不然就找媒体曝光", "corrected": False, "doubtful": False}
    assert detail["said"] == [said]

    for wrong, code in (({"end": 3.0}, "invalid_request"), ({"end": 700.0}, "invalid_request"), ({"end": 9.0}, "clip_outside")):
        assert (await client.post(f"/v1/sessions/{talk.id}/clips", json=CUT | wrong, headers=manager)).json()["code"] == code
    records = await rows.scalars(select(AuditRecord).where(AuditRecord.subject_id == talk.id).order_by(AuditRecord.id))
    assert [record.action for record in records] == ["api:session:clip", "api:session:clip_listen"]
    assert all(CUT["name"] not in str((record.before, record.after)) for record in records)


async def test_one_playing_is_audited_once_whatever_the_browser_asks_for(
    client: httpx2.AsyncClient,
    manager: Headers,
    make_person: MakePerson,
    sign_in: SignIn,
    site: Site,
    talk: Session,
    rows: Rows,
    clock: Clock,
) -> None:
    other = await sign_in(await make_person("zhouyan", ("site_manager", site.id)))
    paths = []
    for name in ("一", "二"):
        made = await client.post(f"/v1/sessions/{talk.id}/clips", json=CUT | {"name": name}, headers=manager)
        paths.append(f"/v1/clips/{made.json()['id']}/audio")

    async def plays(path: str, who: Headers) -> int:
        for start in (0, 10, 20):
            assert (await client.get(path, headers=who | {"Range": f"bytes={start}-{start + 9}"})).status_code == 206
        return len(await rows.scalars(select(AuditRecord.id).where(AuditRecord.action == "api:session:clip_listen")))

    assert [await plays(paths[0], manager), await plays(paths[0], manager)] == [1, 1]
    assert await plays(paths[1], manager) == 2
    assert await plays(paths[0], other) == 3
    clock.pass_(minutes=11)
    assert await plays(paths[0], manager) == 4


async def test_what_may_be_misheard_says_so_until_it_is_corrected(
    client: httpx2.AsyncClient, manager: Headers, talk: Session, factory: Factory
) -> None:
    path = f"/v1/clips/{(await client.post(f'/v1/sessions/{talk.id}/clips', json=CUT, headers=manager)).json()['id']}"

    async def told() -> list[tuple[bool, bool]]:
        return [(said["doubtful"], said["corrected"]) for said in (await client.get(path, headers=manager)).json()["said"]]

    async with transaction(factory) as db:
        await db.execute(update(Utterance).where(Utterance.session_id == talk.id).values(quality={"avg_logprob": -0.9}))
    assert await told() == [(True, False)]
    correction = {"text": "我要退房，不然找媒体曝光", "reason": "听录音核对"}
    corrected = await client.patch(f"/v1/sessions/{talk.id}/utterances/u1", json=correction, headers=manager | {"If-Match": '"0"'})
    assert corrected.status_code == 200
    assert await told() == [(False, True)]


async def test_it_is_heard_by_who_hears_the_conversation_and_by_the_site_once_it_is_shared(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, manager: Headers, talk: Session, site: Site, other_site: Site
) -> None:
    colleague = await sign_in(await make_person("zhouyan", ("staff", site.id)))
    stranger = await sign_in(await make_person("qianfang", ("staff", other_site.id), ("trainer", other_site.id)))
    finance = await sign_in(await make_person("chenfang", ("finance", site.id)))
    refused = await client.post(f"/v1/sessions/{talk.id}/clips", json=CUT, headers=colleague)
    assert refused.json()["code"] == "not_found"
    key = manager | {"Idempotency-Key": "cut-it-once"}
    made = [(await client.post(f"/v1/sessions/{talk.id}/clips", json=CUT, headers=key)).json() for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
    path = f"/v1/clips/{made[0]['id']}"

    async def heard_by(*people: Headers) -> list[int]:
        return [(await client.get(f"{path}/audio", headers=headers)).status_code for headers in people]

    assert await heard_by(manager, colleague, stranger, finance) == [200, 404, 404, 404]
    stale = await client.patch(path, json={"shared": True}, headers=manager | {"If-Match": '"7"'})
    assert stale.json()["code"] == "version_conflict"
    shared = await client.patch(path, json={"shared": True}, headers=manager | {"If-Match": '"1"'})
    assert (shared.json()["shared"], shared.json()["name"], shared.headers["etag"]) == (True, CUT["name"], '"2"')
    assert await heard_by(colleague, stranger, finance) == [200, 404, 404]
    [seen] = (await client.get("/v1/clips", headers=colleague)).json()["items"]
    assert (seen["id"], seen["whole"]) == (made[0]["id"], False)
    assert (await client.get("/v1/clips", headers=stranger)).json()["items"] == []
    assert (await client.get(f"/v1/sessions/{talk.id}/audio", headers=colleague)).json()["code"] == "not_found"
    undone = await client.patch(path, json={"shared": False}, headers=colleague | {"If-Match": '"2"'})
    assert undone.json()["code"] == "forbidden"
    assert (await client.delete(path, headers=colleague | {"If-Match": '"2"'})).json()["code"] == "forbidden"
    assert (await client.delete(path, headers=manager | {"If-Match": '"2"'})).status_code == 204
    assert await heard_by(manager, colleague) == [404, 404]


async def test_it_goes_with_the_consent_and_with_the_recording(
    client: httpx2.AsyncClient, manager: Headers, talk: Session, factory: Factory, settings: Settings, rows: Rows
) -> None:
    made = (await client.post(f"/v1/sessions/{talk.id}/clips", json=CUT, headers=manager)).json()
    path, consent = f"/v1/clips/{made['id']}", update(Consent).where(Consent.id == talk.consent_id)
    async with transaction(factory) as db:
        await db.execute(consent.values(withdrawn_at=utc_now()))
    assert (await client.get(f"{path}/audio", headers=manager)).json()["code"] == "not_found"
    assert (await client.get("/v1/clips", headers=manager)).json()["items"] == []
    async with transaction(factory) as db:
        removal = await remove(db, Actor("retention"), "session", talk.id, settings, utc_now())
    assert removal.counts["session_clip"] == 1
    assert await rows.scalars(select(SessionClip)) == []
