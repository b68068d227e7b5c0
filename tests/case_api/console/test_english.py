"""In English the interface says nothing in Chinese: what is, people typed, said or were shown, and it stands in the database as such."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path

import httpx2
import pytest

from case_api.console.texts import TEXTS
from case_api.harness import own_database
from scripts_library.library import DATA
from tests.case_api.console.conftest import PATIENCE_SECONDS, Server
from tests.case_api.console.test_browser import EVERY_PAGE

HAN = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
SHOWN = ("placeholder", "title", "aria-label", "alt", "value", "defaultValue", "data-label", "aria-valuetext")
OURS = {"中文"}
"""The button that leads back."""


def strings(value: object) -> Iterator[str]:
    """Every text in what JSON holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def shown(page: str) -> Iterator[str]:
    """What a page says: the elements' texts, what their attributes say, and all that components are given."""
    found = re.search(r"parseElements\(String\.raw`(.*?)`\)", page, re.DOTALL)
    assert found is not None
    for element in json.loads(unescape(found[1])).values():
        props = element.get("props", {})
        if props.get("lang") == "zh-CN":
            continue
        yield element.get("text") or ""
        yield from (str(props[name]) for name in SHOWN if name in props)
        yield from strings([value for name, value in props.items() if isinstance(value, dict | list)])


def peoples_words(folder: Path) -> str:
    """Everything in the database, and what the library listens for and says."""
    with closing(sqlite3.connect(own_database(folder).partition("///")[2])) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")]
        cells = [cell for table in tables for row in db.execute(f'SELECT * FROM "{table}"') for cell in row if isinstance(cell, str)]
    files = [path.read_text(encoding="utf-8") for path in DATA.rglob("*.yaml")]
    return "\n".join([*(text for cell in cells for text in told(cell)), *files])


def told(cell: str) -> Iterator[str]:
    """A cell's text, or all texts of a cell that holds JSON, which is stored without a Chinese character."""
    try:
        yield from strings(json.loads(cell))
    except ValueError:
        yield cell


@pytest.fixture(scope="module")
def words(server: Server) -> str:
    return peoples_words(server.folder)


@pytest.mark.parametrize("username", list(EVERY_PAGE))
def test_no_page_says_anything_in_chinese_in_english(server: Server, words: str, username: str | None) -> None:
    chinese = {zh for zh, en in TEXTS.values() if zh != en and len(zh) > 1}
    found = []
    with httpx2.Client(cookies={"calmdesk_language": "en"}, timeout=PATIENCE_SECONDS) as browser:
        if username:
            browser.cookies.set("calmdesk_token", server.token(username))
        for path in EVERY_PAGE[username]:
            page = browser.get(f"{server.url}/console{path.format(**server.made)}")
            assert page.status_code == 200, path
            for text in set(shown(page.text)):
                if text.strip() in chinese - OURS or any(said not in words for said in HAN.findall(text) if said not in OURS):
                    found.append(f"{path}: {text[:120]}")
    assert found == []
