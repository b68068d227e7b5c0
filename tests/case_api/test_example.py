"""The case with curl that the documentation shows runs as it is shown, against the real service."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from case_api.harness import Service, own_database

SCRIPT = Path(__file__).parents[2] / "docs" / "examples" / "case.sh"
pytestmark = pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="needs bash and curl")


@pytest.mark.timeout(600)
def test_a_whole_case_with_curl(tmp_path: Path) -> None:
    with Service(tmp_path / "data") as service:
        (tmp_path / "calmdesk").write_text(f'#!/bin/sh\nexec {sys.executable} -m case_api.cli "$@"\n')
        (tmp_path / "calmdesk").chmod(0o755)
        environment = os.environ | {
            "BASE": f"http://127.0.0.1:{service.port}",
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "CALMDESK_DATA_DIR": str(service.data_dir),
            "CALMDESK_DATABASE_URL": own_database(service.data_dir),
        }
        done = subprocess.run(["bash", SCRIPT], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    code, status, outcome = done.stdout.split()
    assert (code[:3], status, outcome) == ("HD-", "archived", "withdrawn")


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_what_the_readme_shows_of_it_is_in_it(readme: str) -> None:
    script = SCRIPT.read_text(encoding="utf-8")
    lines = (SCRIPT.parents[2] / readme).read_text(encoding="utf-8").splitlines()
    shown = [line.split("  ")[0].removesuffix("…").removesuffix(" …)").strip() for line in lines if line.startswith(("api ", "CASE="))]
    assert len(shown) >= 12
    assert [line for line in shown if line not in script] == []
