"""One's own voice: enrolled with consent by the real network, replaced, deleted, and never sent to anybody."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import httpx2
import numpy as np
import pytest
import soundfile as sf
from fastapi import FastAPI
from numpy.typing import NDArray
from sqlalchemy import select

import case_api.demo
from audio_service.hearing import Enrolment, HearingModels
from case_api.enrolments.decode import MAX_SECONDS, decode
from case_api.notices import current_notice
from case_api.problems import Problem
from models.audit import AuditRecord
from models.enrolments import EMBEDDING_SIZE, VoiceEnrolment
from models.people import Person
from tests.conftest import MakePerson, Rows, SignIn

pytestmark = pytest.mark.in_turn

VOICE = Path(case_api.demo.__file__).parent / "enrolment.flac"
Headers = dict[str, str]


@pytest.fixture(scope="session")
def models() -> HearingModels:
    return HearingModels.load()


@pytest.fixture
def app(app: FastAPI, models: HearingModels) -> FastAPI:
    def embed(recordings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        return Enrolment.from_recordings(models, recordings).vectors

    app.state.embed = embed
    return app


@pytest.fixture
async def staff(make_person: MakePerson) -> Person:
    return await make_person("lijing", ("staff", None))


@pytest.fixture
async def headers(staff: Person, sign_in: SignIn) -> Headers:
    return await sign_in(staff)


def sound(seconds: float = 12.0, rate: int = 16000, form: str = "WAV") -> bytes:
    """The demo's staff voice as a file."""
    samples, native = sf.read(VOICE, dtype="float32")
    assert native == 16000
    cut = samples[: round(seconds * native)]
    if rate != native:
        cut = np.interp(np.arange(0, len(cut), native / rate), np.arange(len(cut)), cut)
    out = io.BytesIO()
    sf.write(out, cut, rate, format=form)
    return out.getvalue()


def webm(seconds: float = 12.0) -> bytes:
    """What a browser's MediaRecorder writes: Opus in WebM at 48 kHz."""
    samples, native = sf.read(VOICE, dtype="float32")
    out = io.BytesIO()
    with av.open(out, "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, : round(seconds * native)], format="flt", layout="mono")
        frame.sample_rate = native
        for resampled in av.AudioResampler(format="flt", layout="mono", rate=48000).resample(frame):
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))
    return out.getvalue()


async def enrol(
    client: httpx2.AsyncClient, headers: Headers, calm: bytes, raised: bytes | None = None, consent: str = "true"
) -> httpx2.Response:
    files: dict[str, Any] = {"calm": ("calm.wav", calm)} | ({"raised": ("raised.wav", raised)} if raised else {})
    return await client.post("/v1/enrolments", headers=headers, data={"consent": consent}, files=files)


async def test_a_voice_is_enrolled_replaced_and_deleted(client: httpx2.AsyncClient, headers: Headers, staff: Person, rows: Rows) -> None:
    assert (await client.get("/v1/enrolments/me", headers=headers)).json()["enrolled"] is False
    first = await enrol(client, headers, sound())
    assert (first.status_code, first.json()["raised"]) == (201, False)
    second = (await enrol(client, headers, sound(), sound(9.0, form="FLAC"))).json()
    assert (second["enrolled"], second["raised"], second["consent_text_version"]) == (True, True, current_notice("enrolment").version)
    old, new = await rows.scalars(select(VoiceEnrolment).order_by(VoiceEnrolment.created_at))
    assert (old.embedding, old.deleted_at is None) == (None, False)
    vectors = np.frombuffer(new.embedding or b"", "<f4").reshape(-1, EMBEDDING_SIZE)
    assert (len(vectors), new.person_id) == (new.windows, staff.id)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)
    assert (await client.delete("/v1/enrolments/me", headers=headers)).status_code == 204
    assert [row.embedding for row in await rows.scalars(select(VoiceEnrolment))] == [None, None]
    assert (await client.get("/v1/enrolments/me", headers=headers)).json()["enrolled"] is False
    assert (await client.delete("/v1/enrolments/me", headers=headers)).json()["code"] == "not_enrolled"
    actions = await rows.scalars(select(AuditRecord.action).order_by(AuditRecord.id))
    assert actions == ["api:enrolment:create", "api:enrolment:create", "api:enrolment:delete"]


async def test_what_is_repeated_under_its_key_is_done_once(client: httpx2.AsyncClient, headers: Headers, rows: Rows) -> None:
    key, gone = {"Idempotency-Key": "enrol-01"}, {"Idempotency-Key": "delete-1"}
    first, again = [await enrol(client, headers | key, sound(), sound(9.0)) for _ in range(2)]
    assert (first.status_code, first.json(), again.headers["Idempotency-Replayed"]) == (201, again.json(), "true")
    assert (await enrol(client, headers | key, sound(), sound(8.0))).json()["code"] == "idempotency_key_reused"
    assert len(await rows.scalars(select(VoiceEnrolment.id))) == 1
    assert [(await client.delete("/v1/enrolments/me", headers=headers | gone)).status_code for _ in range(2)] == [204, 204]
    assert (await client.delete("/v1/enrolments/me", headers=headers)).json()["code"] == "not_enrolled"


@pytest.mark.parametrize("consent", ["false", "0", "no"])
async def test_without_consent_nothing_is_computed(client: httpx2.AsyncClient, headers: Headers, rows: Rows, consent: str) -> None:
    answer = await enrol(client, headers, sound(), consent=consent)
    assert (answer.status_code, answer.json()["code"]) == (422, "consent_required")
    assert await rows.scalars(select(VoiceEnrolment.id)) == []


async def test_a_colleague_neither_sees_nor_deletes_it(
    client: httpx2.AsyncClient, headers: Headers, make_person: MakePerson, sign_in: SignIn
) -> None:
    await enrol(client, headers, sound())
    other = await sign_in(await make_person("other", ("site_manager", None)))
    assert (await client.get("/v1/enrolments/me", headers=other)).json()["enrolled"] is False
    assert (await client.delete("/v1/enrolments/me", headers=other)).status_code == 404
    assert (await client.get("/v1/enrolments/me", headers=headers)).json()["enrolled"] is True
    trainer = await sign_in(await make_person("trainer", ("trainer", None)))
    assert (await enrol(client, trainer, sound())).status_code == 403


@pytest.mark.parametrize(
    ("calm", "code"),
    [
        (b"", "audio_undecodable"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio_undecodable"),
        (b"\x00" * 5000, "audio_undecodable"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "audio_undecodable"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "audio_undecodable"),
        (sound(1.0), "audio_length"),
        (sound(12.0)[:60000], "audio_length"),
    ],
    ids=["empty", "header", "zeros", "playlist", "concat", "short", "cut"],
)
async def test_what_is_no_voice_is_refused_and_the_old_one_stays(
    client: httpx2.AsyncClient, headers: Headers, calm: bytes, code: str
) -> None:
    await enrol(client, headers, sound())
    answer = await enrol(client, headers, calm)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await client.get("/v1/enrolments/me", headers=headers)).json()["enrolled"] is True


async def test_silence_is_long_enough_but_no_speech(client: httpx2.AsyncClient, headers: Headers) -> None:
    out = io.BytesIO()
    sf.write(out, np.zeros(160_000, np.float32), 16000, format="WAV")
    assert (await enrol(client, headers, out.getvalue())).json()["code"] == "audio_length"


async def test_without_the_ear_nobody_enrols(client: httpx2.AsyncClient, headers: Headers, app: FastAPI) -> None:
    app.state.embed = None
    answer = await enrol(client, headers, sound())
    assert (answer.status_code, answer.json()["code"]) == (503, "voice_unavailable")


@pytest.mark.parametrize(
    "data", [sound(6.0), sound(6.0, rate=48000), sound(6.0, rate=44100, form="FLAC"), webm(6.0)], ids=["wav", "48k", "flac", "webm"]
)
def test_every_file_a_phone_makes_becomes_the_same_sound(data: bytes) -> None:
    samples = decode(data)
    known, _ = sf.read(VOICE, dtype="float32")
    assert samples.dtype == np.float32
    assert abs(len(samples) - 6 * 16000) < 800
    envelopes = [np.sqrt(np.convolve(one[:94_000] ** 2, np.ones(1600), "valid")) for one in (samples, known)]
    assert np.corrcoef(envelopes)[0, 1] > 0.97


def test_a_file_that_goes_on_for_ever_is_given_up() -> None:
    out = io.BytesIO()
    sf.write(out, np.zeros(round((MAX_SECONDS + 1) * 8000), np.float32), 8000, format="FLAC")
    with pytest.raises(Problem, match="audio_length"):
        decode(out.getvalue())
