"""`calmdesk db` and `calmdesk user`: a shell on the server, the same rules."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import NullPool, create_engine, text
from typer.testing import CliRunner

from case_api.cli import app, docs
from models import migrations
from models.engine import database_url
from models.settings import Settings, get_settings

Command = Callable[..., Result]


@pytest.fixture
def calmdesk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs the program on the test's database."""
    monkeypatch.setenv("CALMDESK_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("CALMDESK_DATABASE_URL", settings.database_url)
    get_settings.cache_clear()
    yield lambda *words, **more: CliRunner().invoke(app, list(words), **more)
    get_settings.cache_clear()


def query(settings: Settings, statement: str) -> list[tuple[object, ...]]:
    url = database_url(settings)
    engine = create_engine(url.set(drivername="sqlite") if url.get_backend_name() == "sqlite" else url, poolclass=NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


@pytest.fixture
def site(settings: Settings) -> None:
    url = database_url(settings)
    engine = create_engine(url.set(drivername="sqlite") if url.get_backend_name() == "sqlite" else url, poolclass=NullPool)
    with engine.begin() as connection:
        values = "'s1', 'HD', '海德', '', 'Asia/Shanghai', '2026-11-23 00:00:00'"
        connection.execute(text(f"INSERT INTO site (id, code, name, name_en, timezone, created_at) VALUES ({values})"))


@pytest.mark.usefixtures("site")
def test_an_account_from_the_shell(calmdesk: Command, settings: Settings) -> None:
    added = calmdesk("user", "add", "LiJing", "--name", "李静", "--role", "staff@HD", "--role", "trainer", "--json")
    told = json.loads(added.stdout)
    assert (added.exit_code, told["username"]) == (0, "lijing")
    assert len(told["one_time_password"]) == 19
    [listed] = json.loads(calmdesk("user", "list", "--json").stdout)
    assert listed["roles"] == [{"role": "staff", "site_id": "s1"}, {"role": "trainer", "site_id": None}]
    assert "staff@HD trainer" in calmdesk("user", "list").stdout.replace("\n", "")
    assert calmdesk("user", "role", "LIJING", "--role", "finance@HD").exit_code == 0
    assert query(settings, "SELECT role, site_id FROM person_role") == [("finance", "s1")]
    assert calmdesk("user", "disable", "lijing").exit_code == 0
    assert calmdesk("user", "enable", "lijing").exit_code == 0
    reset = json.loads(calmdesk("user", "reset-password", "lijing", "--json").stdout)
    assert reset["one_time_password"] != told["one_time_password"]
    actions = [action for (action,) in query(settings, "SELECT action FROM audit_record ORDER BY id")]
    assert actions == [f"cli:person:{verb}" for verb in ("create", "set_roles", "disable", "enable", "reset_password")]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["user", "disable", "nobody"], 1, "找不到"),
        (["user", "add", "x", "--role", "staff@NO"], 1, "没有这个案场"),
        (["user", "add", "x", "--role", "emperor"], 2, "no role"),
        (["user", "add", "a b"], 2, "username"),
        (["user", "role", "boss"], 1, "最后一名管理员"),
        (["user", "disable", "boss"], 1, "最后一名管理员"),
        (["user", "add", "boss"], 1, "已被使用"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(calmdesk: Command, words: list[str], status: int, says: str) -> None:
    assert calmdesk("user", "add", "boss", "--role", "admin").exit_code == 0
    result = calmdesk(*words)
    assert result.exit_code == status
    assert says in result.stderr
    assert "Traceback" not in result.output


def test_a_database_without_tables_says_what_to_do(calmdesk: Command) -> None:
    assert calmdesk("db", "downgrade", "base", "--yes").exit_code == 0
    result = calmdesk("user", "list")
    assert (result.exit_code, "calmdesk db upgrade" in result.stderr) == (1, True)
    assert calmdesk("db", "check").exit_code == 1
    assert calmdesk("db", "upgrade").exit_code == 0
    assert calmdesk("db", "check").exit_code == 0
    assert f"database {migrations.head()}, program {migrations.head()}" in calmdesk("db", "current").stdout


def test_losing_data_is_asked_about(calmdesk: Command, settings: Settings) -> None:
    assert calmdesk("db", "downgrade", "base", input="n\n").exit_code == 1
    assert migrations.current(settings) == migrations.head()


@pytest.mark.parametrize(
    ("name", "value"), [("CALMDESK_PORT", "x"), ("CALMDESK_CONFIG", "/nowhere.toml"), ("CALMDESK_DATABASE_URL", "mysql://db/x")]
)
def test_wrong_settings_are_said_in_one_line(calmdesk: Command, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    result = calmdesk("db", "current")
    assert (result.exit_code, "设置有误" in result.stderr) == (2, True)


def test_every_generated_page_is_written(calmdesk: Command, settings: Settings) -> None:
    assert calmdesk("docs", str(settings.data_dir)).exit_code == 0
    assert {path.name for path in settings.data_dir.glob("*.md")} == set(docs.GENERATED)


def test_a_backup_holds_what_is_still_in_the_log_and_is_written_once(calmdesk: Command, settings: Settings, tmp_path: Path) -> None:
    assert calmdesk("user", "add", "lijing", "--role", "trainer").exit_code == 0
    target = tmp_path / "copy.db"
    if not settings.database_url.startswith("sqlite"):
        assert calmdesk("db", "backup", str(target)).exit_code == 2
        return
    with sqlite3.connect(settings.data_dir / "calmdesk.db") as writer:  # a service that runs, in the middle of something
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("UPDATE person SET display_name = '李静' WHERE username = 'lijing'")
        writer.commit()
        writer.execute("UPDATE person SET display_name = '' WHERE username = 'lijing'")
        made = calmdesk("db", "backup", str(target))
        writer.rollback()
    assert (made.exit_code, made.stdout.startswith("已备份，审计记录 1 条")) == (0, True), made.output
    assert (target.stat().st_mode & 0o777, [*tmp_path.glob("copy.db*")]) == (0o600, [target])
    restored = settings.model_copy(update={"database_url": f"sqlite+aiosqlite:///{target}"})
    assert query(restored, "SELECT display_name FROM person") == [("李静",)]
    assert migrations.differences(restored) == []
    assert calmdesk("db", "backup", str(target)).exit_code == 1
    assert calmdesk("db", "backup", str(tmp_path / "nowhere" / "copy.db")).exit_code == 1
    with sqlite3.connect(settings.data_dir / "calmdesk.db") as writer:  # as every conversation with words has
        writer.execute("INSERT INTO utterance_search_block (session_id, block) VALUES ('s', 1)")
    made = calmdesk("db", "backup", str(tmp_path / "words.db"))
    assert made.exit_code == 0, made.output
