"""Labels: drafted from what was heard, corrected, exported as a corpus that `calmdesk eval` reads; by whom, and of what."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import soundfile as sf
from sqlalchemy import select, update

from audio_service.evaluation.corpus import read_corpus
from models.audit import AuditRecord
from models.base import utc_now
from models.consents import Consent
from models.engine import Factory, transaction
from models.people import Person
from models.sessions import Session
from models.settings import Settings
from models.sites import Site
from tests.case_api.sessions.conftest import MakeSession, make_session
from tests.conftest import MakePerson, Rows, SignIn

__all__ = ["make_session"]
RATE = 16_000
TURNS: list[dict[str, Any]] = [
    {"role": "customer", "start": 2.0, "end": 4.25, "text": "我要退房，不然就找媒体曝光", "keywords": ["退房", "曝光"]},
    {"role": "staff", "start": 0.1, "end": 1.5, "text": "您请先坐下喝杯茶", "keywords": []},
]
WHOLE: dict[str, Any] = {"kind": "escalate", "onset": 2.0, "offset": 4.5, "turns": TURNS}


@pytest.fixture
async def trainer(make_person: MakePerson, site: Site) -> Person:
    return await make_person("zhaomin", ("trainer", site.id))


@pytest.fixture
async def talk(make_person: MakePerson, make_session: MakeSession, settings: Settings, factory: Factory, site: Site) -> Session:
    """Eight seconds of a conversation of lijing's, its recording finished."""
    session = await make_session(await make_person("lijing", ("staff", site.id)), site.id)
    folder = settings.data_dir / "recordings" / session.id
    folder.mkdir(parents=True)
    sf.write(folder / "recording.flac", np.random.default_rng(1).integers(-9000, 9000, 8 * RATE).astype(np.int16), RATE)
    async with transaction(factory) as db:
        path = f"recordings/{session.id}/recording.flac"
        await db.execute(update(Session).where(Session.id == session.id).values(recording_path=path))
    return session


async def put(client: httpx2.AsyncClient, headers: dict[str, str], session: str, version: int, body: Any = WHOLE) -> Any:
    return await client.put(f"/v1/sessions/{session}/labels", json=body, headers=headers | {"If-Match": f'"{version}"'})


async def test_the_draft_is_what_was_heard(client: httpx2.AsyncClient, trainer: Person, sign_in: SignIn, talk: Session) -> None:
    answer = await client.get(f"/v1/sessions/{talk.id}/labels", headers=await sign_in(trainer))
    body = answer.json()
    assert (answer.headers["etag"], body["version"], body["kind"], body["seconds"], body["onset"]) == ('"0"', 0, "draft", 8.0, None)
    assert [(turn["role"], turn["start"], turn["end"], turn["keywords"]) for turn in body["turns"]] == [
        ("staff", 0.0, 1.5, []),
        ("customer", 2.0, 4.25, ["曝光"]),
        ("unsure", 5.0, 6.0, []),
    ]


async def test_what_is_exported_is_a_corpus_of_calmdesk_eval(
    client: httpx2.AsyncClient, trainer: Person, sign_in: SignIn, talk: Session, settings: Settings, rows: Rows, tmp_path: Path
) -> None:
    headers = await sign_in(trainer)
    assert (await client.get("/v1/labels/corpus", headers=headers)).json()["code"] == "labels_none"
    assert (await put(client, headers, talk.id, 0)).status_code == 200
    answer = await client.get("/v1/labels/corpus", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert set(archive.namelist()) == {"labels.json", f"{talk.id}.flac"}
        archive.extractall(tmp_path)
    [conversation] = read_corpus(tmp_path).conversations
    assert (conversation.kind, conversation.onset, conversation.offset, conversation.staff_voice) == ("escalate", 2.0, 4.5, None)
    assert [(turn.role, turn.start, turn.keywords) for turn in conversation.turns] == [
        ("staff", 0.1, []),
        ("customer", 2.0, ["退房", "曝光"]),
    ]
    assert "lijing" not in (tmp_path / "labels.json").read_text().lower()
    recording = settings.data_dir / "recordings" / talk.id / "recording.flac"
    assert (tmp_path / f"{talk.id}.flac").read_bytes() == recording.read_bytes()
    actions = [one.action for one in await rows.scalars(select(AuditRecord).where(AuditRecord.subject_id == talk.id))]
    assert actions == ["api:session:label", "api:session:label_export"]
    listed = (await client.get("/v1/labels?kind=escalate", headers=headers)).json()["items"]
    assert [(one["session_id"], one["turns"], one["labelled_by"]) for one in listed] == [(talk.id, 2, trainer.id)]


async def test_a_draft_is_kept_and_not_exported(client: httpx2.AsyncClient, trainer: Person, sign_in: SignIn, talk: Session) -> None:
    headers = await sign_in(trainer)
    draft = {"kind": "draft", "turns": [TURNS[0] | {"role": "unsure"}]}
    assert (await put(client, headers, talk.id, 0, draft)).json()["version"] == 1
    assert (await client.get("/v1/labels/corpus", headers=headers)).json()["code"] == "labels_none"
    assert (await put(client, headers, talk.id, 0)).json()["code"] == "version_conflict"
    assert (await put(client, headers, talk.id, 1)).json()["version"] == 2
    assert (await client.get("/v1/labels/corpus?kind=calm", headers=headers)).json()["code"] == "labels_none"
    assert (await client.get(f"/v1/labels/corpus?session_id={talk.id}", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"onset": None, "offset": None}, "body.onset", "onset_missing"),
        ({"offset": None}, "body.offset", "offset_without_onset"),
        ({"kind": "draft", "offset": None}, "body.offset", "offset_without_onset"),
        ({"offset": 1.0}, "body.offset", "interval_empty"),
        ({"turns": [TURNS[0] | {"end": 9.0}]}, "body.turns.0.end", "outside_audio"),
        ({"turns": [TURNS[0], TURNS[0] | {"start": 3.0}]}, "body.turns.1.start", "turns_overlap"),
        ({"turns": [TURNS[0] | {"role": "unsure"}]}, "body.turns.0.role", "role_open"),
    ],
)
async def test_labels_that_contradict_themselves_change_nothing(
    client: httpx2.AsyncClient, trainer: Person, sign_in: SignIn, talk: Session, change: dict[str, Any], field: str, code: str
) -> None:
    headers = await sign_in(trainer)
    refused = (await put(client, headers, talk.id, 0, WHOLE | change)).json()
    assert (refused["code"], refused["errors"][0]) == ("labels_invalid", {"field": field, "message": code})
    assert (await client.get(f"/v1/sessions/{talk.id}/labels", headers=headers)).json()["version"] == 0


async def test_who_may_not_and_what_may_not(
    client: httpx2.AsyncClient, make_person: MakePerson, trainer: Person, sign_in: SignIn, talk: Session, factory: Factory, other_site: Site
) -> None:
    path = f"/v1/sessions/{talk.id}/labels"
    stranger = await sign_in(await make_person("qianfang", ("trainer", other_site.id)))
    legal = await sign_in(await make_person("sunli", ("legal", None)))
    headers = await sign_in(trainer)
    assert (await put(client, headers, talk.id, 0)).status_code == 200
    assert (await client.get(path, headers=stranger)).json()["code"] == "not_found"
    assert (await put(client, stranger, talk.id, 1)).json()["code"] == "not_found"
    assert (await client.get("/v1/labels", headers=stranger)).json()["items"] == []
    assert (await client.get(f"/v1/labels/corpus?session_id={talk.id}", headers=stranger)).json()["code"] == "labels_none"
    for refused in (await client.get(path, headers=legal), await put(client, legal, talk.id, 1)):
        assert refused.json()["code"] == "forbidden"
    async with transaction(factory) as db:
        await db.execute(update(Consent).where(Consent.id == talk.consent_id).values(withdrawn_at=utc_now()))
    assert (await client.get(path, headers=headers)).json()["code"] == "not_recorded"
    assert (await client.get("/v1/labels", headers=headers)).json()["items"] == []
    assert (await client.get("/v1/labels/corpus", headers=headers)).json()["code"] == "labels_none"
