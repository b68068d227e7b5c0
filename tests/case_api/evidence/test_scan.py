"""The scan hook: only a command that says all is well lets a file in."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from case_api.evidence.scan import scan
from case_api.problems import Problem


def command(code: str) -> str:
    return f"{sys.executable} -c '{code}'"


async def test_a_clean_file_passes_and_the_command_gets_its_path(tmp_path: Path) -> None:
    file = tmp_path / "a b"
    file.write_bytes(b"clean")
    await scan(command('import sys; sys.exit(open(sys.argv[1],"rb").read() != b"clean")'), file, 30)
    await scan(None, tmp_path / "nothing", 30)


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (command("import sys; sys.exit(1)"), "evidence_unsafe"),
        (command("import sys; sys.exit(2)"), "scan_unavailable"),
        (command("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), "scan_unavailable"),
        ("/nowhere/scanner --quiet", "scan_unavailable"),
    ],
)
async def test_anything_else_refuses(tmp_path: Path, told: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        await scan(told, tmp_path / "x", 30)
    assert refused.value.code == code


async def test_a_slow_scan_is_ended_with_all_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = f'import os, time; child = os.fork(); open("{pids}", "a").write(str(os.getpid()) + " "); time.sleep(600)'
    with pytest.raises(Problem) as refused:
        await scan(command(script), tmp_path / "x", 2)
    assert refused.value.code == "scan_unavailable"
    async with asyncio.timeout(20):  # killed is not gone: a busy machine takes its time
        for pid in pids.read_text().split():
            await asyncio.to_thread(until_gone, pid)


def until_gone(pid: str) -> None:
    while alive(pid):
        time.sleep(0.05)


def alive(pid: str) -> bool:
    """Whether the process still runs; one that ended may stay on the list until its parent looks."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
