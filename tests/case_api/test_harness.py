"""The service of the demo and the benchmarks: in its own folder, whatever is configured where it is started."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from case_api.harness import Service, own_settings, prepare


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder whose file and environment name another database and TLS; where that database would be."""
    database = tmp_path / "production.db"
    (tmp_path / "calmdesk.toml").write_text(f'database_url = "sqlite:///{database}"\ntls = "self-signed"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return database


@pytest.mark.parametrize("where", ["file", "environment"])
def test_the_configured_database_is_never_touched(configured: Path, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if where == "environment":
        monkeypatch.setenv("CALMDESK_DATABASE_URL", f"sqlite:///{configured}")
        monkeypatch.setenv("CALMDESK_TLS", "self-signed")
    own = tmp_path / "own"
    staff = asyncio.run(prepare(own_settings(own), "demo"))
    with Service(own):
        pass  # ready means that it answers without TLS
    assert not configured.exists()
    with closing(sqlite3.connect(own / "calmdesk.db")) as db:
        assert db.execute("SELECT username FROM person WHERE username <> 'admin'").fetchall() == [(staff.username,)]


@pytest.mark.parametrize(("measures", "roles"), [(False, {"staff", "site_manager"}), (True, {"staff", "site_manager", "admin"})])
def test_only_who_measures_is_an_administrator(tmp_path: Path, measures: bool, roles: set[str]) -> None:
    staff = asyncio.run(prepare(own_settings(tmp_path), "demo", measures=measures))
    with closing(sqlite3.connect(tmp_path / "calmdesk.db")) as db:
        found = db.execute("SELECT role FROM person_role WHERE person_id = ?", (staff.person_id,)).fetchall()
    assert {role for (role,) in found} == roles
