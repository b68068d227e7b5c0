"""The table of commands says what the commands say, and asking for help imports none of them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from case_api.cli import COMMANDS, app, load

HEAVY = ("numpy", "sqlalchemy", "fastapi", "scipy", "ctranslate2", "onnxruntime", "alembic", "pypinyin")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_the_command_says(name: str) -> None:
    command, known = load(name), COMMANDS[name]
    assert command.name == name
    said = " ".join((command.help or "").split())
    assert said.startswith(known.help.removesuffix("."))


def test_help_lists_every_command_and_imports_none() -> None:
    script = (
        f"import sys; from case_api.cli import app; app(['--help'], standalone_mode=False); print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for name, known in COMMANDS.items():
        assert (f"│ {name} " in done.stdout) is not known.hidden


def test_a_mistyped_command_gets_a_suggestion() -> None:
    result = CliRunner().invoke(app, ["strem"])
    assert result.exit_code == 2
    assert "'stream'" in result.output


def test_a_command_gets_its_options() -> None:
    result = CliRunner().invoke(app, ["stream", "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "--packet-ms" in result.output
    assert "--install-completion" not in CliRunner().invoke(app, ["db", "--help"]).output
