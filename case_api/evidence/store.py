"""Where uploads lie: a folder or S3, one object a content. What `put` has returned from survives a power failure."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import obstore
import structlog
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from case_api.problems import Problem, ProblemCode
from models.base import new_id
from models.files import sync
from models.settings import Settings

if TYPE_CHECKING:  # only the stubs name it
    from obstore import BytesStream

log = structlog.get_logger("calmdesk.evidence")

FOLDER: Final = "evidence"
CHUNK: Final = 256 * 1024


class EvidenceChanged(Exception):
    """What lies in the store is not what was uploaded. No OSError: those pass for clients that went away."""


class BlobStore:
    """The store of an installation."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.records.store
        self._root = settings.data_dir.resolve() / FOLDER if self._url is None else None

    @cached_property
    def _store(self) -> ObjectStore:
        """Opened when it is first needed: an application that is only asked for its contract makes no folder."""
        return LocalStore(self._root, mkdir=True) if self._url is None else from_url(self._url)

    @staticmethod
    def place(sha256: str) -> str:
        """A new place for this content. Never the same twice, so that removing one copy cannot take another."""
        return f"{sha256[:2]}/{sha256}/{new_id()}"

    async def put(self, path: str, file: Path) -> None:
        """Copy a file there. Raises Problem: store_unavailable."""
        try:
            await obstore.put_async(self._store, path, file)
            if self._root is not None:
                await asyncio.to_thread(_sync, self._root, path)
        except (BaseError, OSError) as error:
            raise Problem(ProblemCode.STORE_UNAVAILABLE) from error

    async def get(self, path: str, sha256: str) -> AsyncIterator[bytes]:
        """The content in blocks. Raises Problem: evidence_missing, store_unavailable.

        If it is no longer the content it was, the last block never comes: nobody takes changed evidence for whole.
        """
        try:
            found = await obstore.get_async(self._store, path)
        except (NotFoundError, FileNotFoundError) as error:
            raise Problem(ProblemCode.EVIDENCE_MISSING) from error
        except (BaseError, OSError) as error:
            raise Problem(ProblemCode.STORE_UNAVAILABLE) from error

        return _verified(found.stream(min_chunk_size=CHUNK), sha256)

    async def delete(self, path: str) -> None:
        """Remove it; nothing happens if it is gone. Raises Problem: store_unavailable."""
        try:
            await obstore.delete_async(self._store, path)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise Problem(ProblemCode.STORE_UNAVAILABLE) from error

    async def older_than(self, moment: datetime) -> list[str]:
        """Paths of everything stored before `moment`. Raises Problem: store_unavailable."""
        found: list[str] = []
        try:
            async for batch in obstore.list(self._store):
                found += [entry["path"] for entry in batch if entry["last_modified"] < moment]
        except (BaseError, OSError) as error:
            raise Problem(ProblemCode.STORE_UNAVAILABLE) from error
        return found


async def _verified(blocks: BytesStream, sha256: str) -> AsyncIterator[bytes]:
    digest, held = hashlib.sha256(), b""
    async for block in blocks:
        if held:
            yield held
        held = bytes(block)
        digest.update(held)
    if digest.hexdigest() != sha256:
        log.error("evidence.changed", sha256=sha256, found=digest.hexdigest())
        raise EvidenceChanged(sha256)
    yield held


def _sync(root: Path, path: str) -> None:
    """The local store renames a finished copy into place but leaves it to the system when it reaches the disk."""
    file = root / path
    for each in (file, *file.parents):
        sync(each)
        if each == root:
            return
