"""`calmdesk serve` as a person meets it: what it prints at the first start, and how it refuses what it cannot run with, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from audio_service.intake.packets import build_packet
from case_api.cli.serve import _greet, _of_a_demonstration
from case_api.harness import Service, free_port, own_settings, prepare
from models.settings import Settings
from scripts_library.library import DATA


def serve(data_dir: Path, wait_for: str, **environment: str) -> tuple[int, str]:
    """Run until `wait_for` is printed (then stop politely) or it ends by itself: exit status and everything printed."""
    own = {"CALMDESK_DATA_DIR": str(data_dir), "CALMDESK_PORT": str(free_port()), "COLUMNS": "200"}
    command = [sys.executable, "-m", "case_api.cli", "serve"]
    log = data_dir / "out.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=os.environ | own | environment, stdout=out, stderr=subprocess.STDOUT)
    until = time.monotonic() + 90
    while process.poll() is None and wait_for not in log.read_text(encoding="utf-8") and time.monotonic() < until:
        time.sleep(0.1)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    return process.wait(30), log.read_text(encoding="utf-8")


def test_the_first_start_tells_the_password_once_even_after_a_start_that_failed(tmp_path: Path) -> None:
    assert serve(tmp_path, "never", CALMDESK_ASR__MODEL="/nowhere")[0] == 1
    status, first = serve(tmp_path, "Uvicorn running")
    assert status == 0
    assert "首次启动" in first
    assert "/mic" in first
    _, second = serve(tmp_path, "Uvicorn running")
    assert "首次启动" not in second


@pytest.mark.parametrize("files", [{}, {"model.bin": "x", "config.json": "{}", "tokenizer.json": "{}"}])
def test_a_broken_model_is_refused_in_one_line(tmp_path: Path, files: dict[str, str]) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for name, text in files.items():
        (model / name).write_text(text)
    status, printed = serve(tmp_path, "never", CALMDESK_ASR__MODEL=str(model))
    assert status == 1
    assert "模型" in printed
    assert "Traceback" not in printed


def test_a_broken_library_is_refused_with_file_and_line(tmp_path: Path) -> None:
    library = tmp_path / "library"
    shutil.copytree(DATA, library)
    wording = library / "wording.yaml"
    lines = wording.read_text(encoding="utf-8").count("\n")
    wording.write_text(wording.read_text(encoding="utf-8") + "oops: ]\n", encoding="utf-8")
    status, printed = serve(tmp_path, "never", CALMDESK_LIBRARY_DIR=str(library))
    assert status == 1
    assert f"wording.yaml:{lines + 1}" in printed
    assert "Traceback" not in printed


def test_a_demonstration_never_touches_the_database_that_the_settings_name(tmp_path: Path) -> None:
    real = Settings(data_dir=tmp_path, database_url="postgresql+psycopg://calmdesk@db/real")
    made = real.model_copy(update=_of_a_demonstration(real))
    assert made.data_dir == tmp_path / "demo-year"
    assert made.database_url == f"sqlite+aiosqlite:///{tmp_path / 'demo-year' / 'calmdesk.db'}"


def test_an_ipv6_address_is_printed_whole(capsys: pytest.CaptureFixture[str]) -> None:
    _greet(Settings(host="fd00::1", port=8443, tls="self-signed"), None, None)
    assert "https://[fd00::1]:8443/mic" in capsys.readouterr().out


def interrupted(service: Service) -> None:
    os.kill(service.pid, signal.SIGINT)


def left_alone(service: Service) -> None:
    """What the system does when the process that started the service is killed; the service sends itself SIGTERM."""
    assert service._process is not None
    assert service._process.stdin is not None
    service._process.stdin.close()


@pytest.mark.parametrize("end", [interrupted, left_alone])
async def test_a_polite_end_tells_the_clients_and_keeps_what_they_sent(tmp_path: Path, end: Callable[[Service], None]) -> None:
    staff = await prepare(own_settings(tmp_path), "end")
    with Service(tmp_path) as service:
        received, code = await talk_until(service, staff.token, end)
        status = await asyncio.to_thread(service.wait)
    assert status == 0
    assert received[-1]["type"] == "error"
    assert received[-1]["code"] == "shutting_down"
    assert code == 1012
    with closing(sqlite3.connect(tmp_path / "calmdesk.db")) as db:
        assert db.execute("SELECT id, status FROM session").fetchall() == [(received[0]["session"], "interrupted")]
        assert db.execute("SELECT note FROM session_mark").fetchall() == [("客户提到退房",)]


async def talk_until(service: Service, token: str, end: Callable[[Service], None]) -> tuple[list[dict[str, Any]], int | None]:
    """Two seconds of silence and a mark, then the service's `end`: what the client received, and the code of the close."""
    hello = {"type": "hello", "version": 1, "token": token, "codec": "pcm_s16le"}
    hello["consent"] = {"recording": True, "notice_version": "rec-2026-11"}
    async with connect(service.url) as line:
        await line.send(json.dumps(hello))
        received = [json.loads(await line.recv())]
        for seq in range(20):
            await line.send(build_packet(seq, bytes(3200)))
        await line.send(json.dumps({"type": "mark", "note": "客户提到退房"}))
        await line.send(json.dumps({"type": "feedback", "prompt_id": "none", "verdict": "used"}))
        while received[-1].get("code") != "unknown_prompt":  # the answer to the line above: the mark has been taken
            received.append(json.loads(await line.recv()))
        end(service)
        try:
            while True:
                received.append(json.loads(await line.recv()))
        except ConnectionClosed:
            return received, line.close_code
