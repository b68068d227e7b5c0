"""`calmdesk mine` on an empty database: every command answers, writes what its file's name says, and refuses what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.case_api.cli.test_db_and_user import Command, calmdesk

__all__ = ["calmdesk"]


def test_an_empty_database_is_told_as_such(calmdesk: Command, tmp_path: Path) -> None:
    said = {name: calmdesk("mine", name) for name in ("keywords", "terms", "scripts")}
    assert {name: (one.exit_code, one.stdout.strip()) for name, one in said.items()} == {
        "keywords": (0, "没有投诉词 · no complaint term"),
        "terms": (0, "没有明显的新说法 · nothing new"),
        "scripts": (0, "还没有提示 · no prompt yet"),
    }
    learned = json.loads(calmdesk("mine", "scripts", "--learn", "--json").stdout)
    assert learned["ranking"]["scripts"] == []
    for name, begins in {"week.pdf": b"%PDF", "week.html": b"<!doctype html>", "week.json": b"{"}.items():
        assert calmdesk("mine", "digest", "--out", str(tmp_path / name), "--week", "2026-11-16").exit_code == 0
        assert (tmp_path / name).read_bytes().startswith(begins)
    for name, begins in {"log.csv": "\ufeff周".encode(), "log.xlsx": b"PK", "log.json": b"{"}.items():
        assert calmdesk("mine", "export", "--out", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize(
    "words",
    [
        ("keywords", "--by", "shoe"),
        ("terms", "--compare", "x"),
        ("export", "--out", "log.doc"),
        ("digest", "--out", "week.pdf", "--week", "2026-11-17"),
        ("digest", "--out", "week.pdf", "--week", "soon"),
        ("digest", "--out", "week.pdf", "--week", "2031-01-06"),
        ("digest", "--out", "no-such-directory/week.pdf"),
        ("export", "--out", "no-such-directory/log.csv"),
        ("keywords", "--site", "no-such-site"),
        ("export", "--out", "log.csv", "--site", "no-such-site"),
        ("scripts", "--learn", "--site", "no-such-site"),
        ("masking", "no-such-file"),
        ("groups", "no-such-file"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(calmdesk: Command, words: tuple[str, ...]) -> None:
    refused = calmdesk("mine", *words)
    assert (refused.exit_code, "Traceback" in refused.output) == (2, False)


def test_masking_below_the_floor_is_a_failure(calmdesk: Command, tmp_path: Path) -> None:
    file = tmp_path / "marked.txt"
    file.write_text("打{phone:13800138000}\n[held-out]\n那个{name:不是名字的}说\n", "utf-8")
    found = calmdesk("mine", "masking", str(file), "--json")
    assert found.exit_code == 1
    assert json.loads(found.stdout)["held_out"]["recall"] == 0.0


def test_grouping_is_measured_beside_plainer_ways(calmdesk: Command, tmp_path: Path) -> None:
    file = tmp_path / "meant.txt"
    file.write_text("钱 | 我要退定金\n钱 | 把预付款还给我\n水 | 卫生间天花板漏水\n水 | 一下雨阳台就渗进来\n", "utf-8")
    found = json.loads(calmdesk("mine", "groups", str(file), "--json").stdout)[""]
    assert found["meaning"] == {"groups": 2, "adjusted_rand": 1.0, "v_measure": 1.0}
    file.write_text("钱 | 我要退定金\n钱 | 把预付款还给我\n", "utf-8")
    assert calmdesk("mine", "groups", str(file)).exit_code == 2
