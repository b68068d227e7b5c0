"""`calmdesk library`: the files of the library in force, and what a file would change."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from case_api.cli import app
from scripts_library.library import DATA, Library


def test_the_command_writes_the_files_and_says_what_one_would_change(tmp_path: Path) -> None:
    run = CliRunner().invoke
    folder, file = tmp_path / "files", tmp_path / "new.yaml"
    assert run(app, ["library", "export", str(folder), "--folder", str(DATA)]).exit_code == 0
    assert Library.load(folder).scripts == Library.load().scripts
    assert run(app, ["library", "export", str(folder), "--folder", str(DATA)]).exit_code == 1
    file.write_text("rules:\n  - {id: no-way, phrases: [没办法], instead: {scripts: [say-options]}}\n", "utf-8")
    assert run(app, ["library", "diff", str(file), "--folder", str(folder)]).output.startswith("rule no-way\n  phrases: ")
    file.write_text("rules:\n  - {id: no-way, phrases: [没办法]}\n", "utf-8")
    refused = run(app, ["library", "diff", str(file), "--folder", str(folder)])
    assert (refused.exit_code, refused.output.startswith("new.yaml:2:5: ")) == (1, True)
