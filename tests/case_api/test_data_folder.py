from __future__ import annotations

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from case_api.cli import app, serve
from case_api.data_folder import FolderInUse, sole_use


def nobody(holder: str) -> None:
    raise AssertionError(f"waited for {holder}")


def test_a_second_process_is_refused_and_told_whom_it_waits_for(tmp_path: Path) -> None:
    told: list[str] = []
    with sole_use(tmp_path, nobody):
        with pytest.raises(FolderInUse) as refused, sole_use(tmp_path, told.append, patience=0.5):
            pass
        assert (refused.value.holder, told) == (str(os.getpid()), [str(os.getpid())])
    with sole_use(tmp_path, nobody):
        pass


def test_a_process_that_is_ending_is_waited_for(tmp_path: Path) -> None:
    with ExitStack() as first:
        first.enter_context(sole_use(tmp_path, nobody))
        with sole_use(tmp_path, lambda holder: first.close()):
            assert (tmp_path / "serve.lock").read_text() == f"{os.getpid()}\n"


def test_serve_refuses_a_folder_that_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "sole_use", partial(sole_use, patience=0))
    monkeypatch.setenv("CALMDESK_DATA_DIR", str(tmp_path))
    with sole_use(tmp_path, nobody):
        result = CliRunner().invoke(app, ["serve", "--port", "0"])
    assert result.exit_code == 1
    assert f"另一个 Calmdesk 进程（{os.getpid()}）" in result.output
    assert "Traceback" not in result.output
