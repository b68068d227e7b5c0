"""`calmdesk warnings` on a real database: a file is tried, taken, taken again, and everybody is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from typer.testing import CliRunner

from case_api.cli import app
from models.base import utc_now
from models.settings import Settings, get_settings
from models.sites import Site

Command = Callable[..., Result]


@pytest.fixture
def calmdesk(settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs the program on the test's database."""
    monkeypatch.setenv("CALMDESK_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("CALMDESK_DATABASE_URL", settings.database_url)
    get_settings.cache_clear()
    yield lambda *words: CliRunner().invoke(app, ["warnings", *words])
    get_settings.cache_clear()


def test_import_examine_backtest(calmdesk: Command, tmp_path: Path) -> None:
    local = utc_now().astimezone(ZoneInfo("Asia/Shanghai"))
    days = [f"{local - timedelta(days=day):%Y-%m-%d %H:%M}" for day in (65, 64, 63)]
    file, mapping = tmp_path / "events.csv", tmp_path / "crm.yaml"
    file.write_text("客户ID,发生时间\n" + "".join(f"C1,{day}\n" for day in days), encoding="utf-8")
    mapping.write_text("columns: {customer_reference: 客户ID}\n", encoding="utf-8")
    words = ["import", str(file), "--source", "CRM", "--site", "HD", "--mapping", str(mapping), "--kind", "policy_query", "--json"]

    def told(*more: str) -> dict[str, int]:
        result = calmdesk(*words, *more)
        assert result.exit_code == 0, result.output
        counts: dict[str, int] = json.loads(result.stdout)
        return counts

    assert told("--dry-run")["taken"] == 0
    assert told()["taken"] == 3
    assert (told()["taken"], told()["known"]) == (0, 3)
    assert "customers examined: 1" in calmdesk("examine").stdout
    period = ["--since", f"{local - timedelta(days=90):%Y-%m-%d}", "--until", f"{local - timedelta(days=1):%Y-%m-%d}"]
    found = calmdesk("backtest", "--site", "HD", *period, "--json")
    assert json.loads(found.stdout)["alarms"] == 1
    assert "policy_queries" in calmdesk("backtest", "--site", "HD", *period).stdout

    file.write_text("客户ID,发生时间\nC1,昨天\n", encoding="utf-8")
    wrong = calmdesk(*words)
    assert (wrong.exit_code, json.loads(wrong.stdout)["faults"][0]["code"]) == (1, "time_invalid")
    assert calmdesk(*words[:4], "--site", "XX").exit_code == 1
