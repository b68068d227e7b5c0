"""The store: what was put comes back, what was changed does not."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from case_api.evidence.store import BlobStore, EvidenceChanged
from case_api.problems import Problem
from models.settings import Settings
from models.settings_records import RecordsSettings

DATA = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["folder", "object store"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    url = None if request.param == "folder" else "memory:///"
    return BlobStore(Settings(data_dir=tmp_path / "data", records=RecordsSettings(store=url)))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "upload"
    path.write_bytes(DATA)
    return path


async def read(store: BlobStore, path: str, sha256: str = SHA256) -> bytes:
    return b"".join([block async for block in await store.get(path, sha256)])


async def test_what_was_put_comes_back_until_it_is_deleted(store: BlobStore, file: Path) -> None:
    places = [store.place(SHA256) for _ in range(2)]
    for place in places:
        await store.put(place, file)
    await store.delete(places[0])
    await store.delete(places[0])
    assert await read(store, places[1]) == DATA
    with pytest.raises(Problem) as missing:
        await store.get(places[0], SHA256)
    assert missing.value.code == "evidence_missing"


async def test_what_is_not_the_content_it_was_never_comes_whole(store: BlobStore, file: Path) -> None:
    place = store.place(SHA256)
    await store.put(place, file)
    got: list[bytes] = []

    async def take() -> None:
        async for block in await store.get(place, "0" * 64):
            got.append(block)

    with pytest.raises(EvidenceChanged):
        await take()
    assert len(b"".join(got)) < len(DATA)


async def test_old_objects_are_listed(store: BlobStore, file: Path) -> None:
    place = store.place(SHA256)
    assert await store.older_than(datetime.now(UTC)) == []
    await store.put(place, file)
    assert await store.older_than(datetime.now(UTC) - timedelta(hours=1)) == []
    assert await store.older_than(datetime.now(UTC) + timedelta(hours=1)) == [place]


async def test_a_folder_that_cannot_be_written_is_a_refusal(tmp_path: Path, file: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "evidence").write_text("in the way")
    store = BlobStore(Settings(data_dir=tmp_path / "data"))
    with pytest.raises(Problem) as refused:
        await store.put(store.place(SHA256), file)
    assert refused.value.code == "store_unavailable"
