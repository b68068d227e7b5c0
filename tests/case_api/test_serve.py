"""`calmdesk serve` as a person meets it: what it prints at the first start, and how it refuses what it cannot run with."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from case_api.harness import free_port
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
    _, first = serve(tmp_path, "Uvicorn running")
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
