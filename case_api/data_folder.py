"""One serving process a data folder: two would end each other's conversations and write each other's files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from audio_service.intake.locks import lock_file

LOCK_NAME = "serve.lock"
PATIENCE_SECONDS = 30.0
"""How long a process that is told to end may take for it: a restart begins the new one at once."""
_AGAIN_SECONDS = 0.2


class FolderInUse(Exception):
    """Another process serves this folder and did not end in time. `holder` is its process id, "?" if it is not known."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(f"{folder} is in use by process {holder}")
        self.folder = folder
        self.holder = holder


@contextmanager
def sole_use(folder: Path, waiting: Callable[[str], None], patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the folder. `waiting` is called once, with the holder's process id, if it is not free at once. Raises FolderInUse, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path, until, told = folder / LOCK_NAME, time.monotonic() + patience, False
    while True:
        try:
            lock = lock_file(path)
            break
        except BlockingIOError:
            if not told:
                waiting(_holder(path))
                told = True
            if time.monotonic() >= until:
                raise FolderInUse(folder, _holder(path)) from None
            time.sleep(_AGAIN_SECONDS)
    with lock:
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n".encode())
        lock.flush()
        yield


def _holder(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="ascii", errors="replace").strip() or "?"
    return "?"
