"""The scan of an upload before it is kept: a command by setting, refused unless it says that all is well."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from case_api.problems import Problem, ProblemCode

log = structlog.get_logger("calmdesk.evidence")

CLEAN: Final = 0
FOUND: Final = 1


async def scan(command: str | None, file: Path, seconds: float) -> None:
    """Let the configured command look at a file. Raises Problem: evidence_unsafe, scan_unavailable (not started, too slow, failed)."""
    if command is None:
        return
    status = await _status([*shlex.split(command), str(file)], seconds)
    if status == FOUND:
        raise Problem(ProblemCode.EVIDENCE_UNSAFE)
    if status != CLEAN:
        log.error("evidence.scan_failed", status=status)
        raise Problem(ProblemCode.SCAN_UNAVAILABLE)


async def _status(arguments: list[str], seconds: float) -> int | None:
    """The command's exit status; None if it could not be started or took too long. What it started goes with it."""
    quiet = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(*arguments, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    except (OSError, ValueError):
        return None
    try:
        async with asyncio.timeout(seconds):
            return await process.wait()
    except TimeoutError:
        return None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
