"""Files that only one process may write: the lock ends with the process, however it ends."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO


def lock_file(path: Path) -> IO[bytes]:
    """An exclusive lock, held until the file is closed. Raises BlockingIOError while another process (or this one) holds it."""
    handle = path.open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise
    return handle
