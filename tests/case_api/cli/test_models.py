from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from case_api.cli.models import models_app
from models.settings import get_settings


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CALMDESK_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


def test_models_are_listed_before_and_after_they_are_prepared(data_dir: Path) -> None:
    runner = CliRunner(env={"COLUMNS": "300"})
    before = runner.invoke(models_app, ["list"])
    assert before.exit_code == 0, before.output
    assert "● bundled" in before.output
    assert "首次启动时准备" in before.output
    checked = runner.invoke(models_app, ["verify"])
    assert checked.exit_code == 0, checked.output
    assert "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9  model.bin" in checked.output
    assert "148 MB" in runner.invoke(models_app, ["list"]).output


def test_a_model_that_is_not_there_ends_with_status_1_and_says_so_in_both_languages(data_dir: Path) -> None:
    result = CliRunner().invoke(models_app, ["verify", "/no/such/model"])
    assert result.exit_code == 1
    assert "找不到模型文件夹" in result.output
    assert "There is no model folder" in result.output
