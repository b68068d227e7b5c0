"""The sound of a session: whole, in ranges, while it is still being recorded, and never anybody else's file."""

from __future__ import annotations

import io
from pathlib import Path

import httpx2
import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sqlalchemy import select

from audio_service.intake.finalise import finalise
from audio_service.intake.recording import Recording
from case_api.problems import Problem
from case_api.sessions.audio import wanted_bytes, wav_bytes
from models.audit import AuditRecord
from models.people import Person
from models.settings import Settings
from models.sites import Site
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import Rows, SignIn

pytestmark = pytest.mark.in_turn


def store(folder: Path, seconds: float = 2.0) -> NDArray[np.int16]:
    """A recording as the intake writes it; returns its samples."""
    samples = np.random.default_rng(7).integers(-9000, 9000, round(seconds * 16000)).astype(np.int16)
    with Recording(folder) as recording:
        recording.append(enumerate(np.split(samples, len(samples) // 1600)))
    return samples


async def test_the_finished_recording_is_flac_whole_and_in_ranges(
    client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, make_session: MakeSession, site: Site, settings: Settings, rows: Rows
) -> None:
    samples = store(settings.data_dir / "recordings" / "one")
    final = finalise(settings.data_dir / "recordings" / "one")
    assert final is not None
    session = await make_session(staff, site.id, recording_path=str(final.path.relative_to(settings.data_dir)))
    headers, path = await sign_in(staff), f"/v1/sessions/{session.id}/audio"
    whole = await client.get(path, headers=headers)
    heard, rate = sf.read(io.BytesIO(whole.content), dtype="int16")
    assert (whole.headers["content-type"], whole.headers["accept-ranges"], rate) == ("audio/flac", "bytes", 16000)
    np.testing.assert_array_equal(heard, samples)
    middle = await client.get(path, headers=headers | {"Range": "bytes=100-299"})
    assert (middle.status_code, middle.headers["content-range"]) == (206, f"bytes 100-299/{len(whole.content)}")
    assert middle.content == whole.content[100:300]
    beyond = await client.get(path, headers=headers | {"Range": f"bytes={len(whole.content)}-"})
    assert beyond.status_code == 416
    listened = await rows.scalars(select(AuditRecord.actor_id).where(AuditRecord.action == "api:session:listen"))
    assert listened == [staff.id]  # once for all three


async def test_a_running_session_plays_what_is_stored_so_far(
    client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, make_session: MakeSession, site: Site, settings: Settings
) -> None:
    session = await make_session(staff, site.id, status="live")
    headers, path = await sign_in(staff), f"/v1/sessions/{session.id}/audio"
    nothing = await client.get(path, headers=headers)
    assert (nothing.status_code, nothing.json()["code"]) == (404, "audio_gone")
    samples = store(settings.data_dir / "recordings" / session.id)
    answer = await client.get(path, headers=headers)
    heard, rate = sf.read(io.BytesIO(answer.content), dtype="int16")
    assert (answer.headers["content-type"], rate, len(answer.content)) == ("audio/wav", 16000, int(answer.headers["content-length"]))
    np.testing.assert_array_equal(heard, samples)


async def test_a_running_session_plays_in_ranges(
    client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, make_session: MakeSession, site: Site, settings: Settings
) -> None:
    session = await make_session(staff, site.id, status="live")
    store(settings.data_dir / "recordings" / session.id)
    headers, path = await sign_in(staff), f"/v1/sessions/{session.id}/audio"
    whole = (await client.get(path, headers=headers)).content
    for wanted, first, last in (
        ("100-299", 100, 299),
        ("0-1", 0, 1),
        (f"{len(whole) - 5}-", len(whole) - 5, len(whole) - 1),
        ("-7", -7, None),
    ):
        part = await client.get(path, headers=headers | {"Range": f"bytes={wanted}"})
        assert part.status_code == 206
        first, last = (len(whole) + first, len(whole) - 1) if last is None else (first, last)
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
        assert part.content == whole[first : last + 1]
    beyond = await client.get(path, headers=headers | {"Range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{len(whole)}"


@given(first=st.integers(0, 9700), length=st.integers(1, 9700))
def test_any_bytes_of_the_wav_are_those_of_the_whole(tmp_path_factory: pytest.TempPathFactory, first: int, length: int) -> None:
    folder = tmp_path_factory.getbasetemp() / "some-seconds"
    samples = np.arange(4800, dtype=np.int16) if (folder / "000000.seg").exists() else store(folder, 0.3)
    whole = b"".join(wav_bytes(folder, samples.size, 0, 43 + 2 * samples.size))
    first %= len(whole)
    last = min(first + length - 1, len(whole) - 1)
    assert b"".join(wav_bytes(folder, samples.size, first, last)) == whole[first : last + 1]


@given(st.text(alphabet="bytes=-0123456789, ", max_size=20), st.integers(1, 10_000))
def test_a_range_header_is_a_span_within_the_size_or_all_or_refused(header: str, size: int) -> None:
    span, refused = None, None
    try:
        span = wanted_bytes(header, size)
    except Problem as problem:
        refused = problem.code
    assert refused in (None, "range_not_satisfiable")
    assert span is None or 0 <= span[0] <= span[1] < size


@pytest.mark.parametrize("path", ["../secret.flac", "/etc/passwd", "recordings/../../secret.flac", "recordings", "gone.flac", "link.flac"])
async def test_a_row_cannot_lead_out_of_the_data_folder(
    client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, make_session: MakeSession, site: Site, settings: Settings, path: str
) -> None:
    secret = settings.data_dir.parent / "secret.flac"
    secret.write_bytes(b"secret")
    (settings.data_dir / "link.flac").symlink_to(secret)
    (settings.data_dir / "recordings").mkdir()
    session = await make_session(staff, site.id, recording_path=path)
    answer = await client.get(f"/v1/sessions/{session.id}/audio", headers=await sign_in(staff))
    assert (answer.status_code, answer.json()["code"]) == (404, "audio_gone")


@pytest.mark.parametrize("id_", ["..", "%2e%2e", "..%2f..%2fetc", "a" * 65, "%00", "x'--"])
async def test_an_id_is_only_an_id(client: httpx2.AsyncClient, staff: Person, sign_in: SignIn, id_: str) -> None:
    answer = await client.get(f"/v1/sessions/{id_}/audio", headers=await sign_in(staff))
    assert answer.status_code in {404, 422}
