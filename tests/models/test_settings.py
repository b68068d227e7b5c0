"""Settings: where they come from, what they refuse, and that each is documented."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from models.settings import Settings, settings_table

DOCS = Path(__file__).parents[2] / "docs"


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "desk.toml"
    file.write_text("port = 9000\nhost = '0.0.0.0'\n[auth]\ntoken_hours = 2\n", encoding="utf-8")
    monkeypatch.setenv("CALMDESK_CONFIG", str(file))
    monkeypatch.setenv("CALMDESK_PORT", "9100")
    monkeypatch.setenv("CALMDESK_AUTH__LOCKOUT_FAILURES", "7")
    settings = Settings()
    assert (settings.port, settings.host, settings.tls) == (9100, "0.0.0.0", "off")
    assert (settings.auth.token_hours, settings.auth.lockout_failures) == (2, 7)


def test_the_database_lies_in_the_data_folder_unless_it_is_named(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).database_url == f"sqlite+aiosqlite:///{tmp_path}/calmdesk.db"
    assert Settings(data_dir=tmp_path, database_url="postgresql://db/x").database_url == "postgresql://db/x"


def test_a_config_file_that_is_named_has_to_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALMDESK_CONFIG", "/nowhere/desk.toml")
    with pytest.raises(FileNotFoundError, match="CALMDESK_CONFIG"):
        Settings()


@pytest.mark.parametrize(
    "toml",
    ["prot = 9000", "[auth]\ntoken_hour = 2", "port = 70000", "[stream]\nmax_sessions = 0", "tls = 'files'", "tls = 'maybe'"],
)
def test_typing_errors_and_senseless_values_are_refused(toml: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "calmdesk.toml").write_text(toml, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValidationError):
        Settings()


def test_every_setting_has_a_meaning_and_the_page_is_current() -> None:
    table = settings_table()
    assert "| None |" not in table
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == table, "run `calmdesk docs`"
