"""In English the interface says nothing in Chinese: what is, people typed, said or were shown, and it stands in the database as such."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from case_api.console.texts import TEXTS
from case_api.harness import own_database
from scripts_library.library import DATA
from tests.case_api.console.conftest import PATIENCE_SECONDS, Server, elements
from tests.case_api.console.in_chromium.test_every_page import EVERY_PAGE

HAN = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")
WORD = re.compile(r"[^\s\[\]{},:\"]+")
SHOWN = ("placeholder", "title", "aria-label", "alt", "value", "defaultValue", "data-label", "aria-valuetext")
BACK = {"中文"}
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
    for element in elements(page):
        props = element.get("props", {})
        if props.get("lang") == "zh-CN":
            continue
        yield element.get("text") or ""
        yield from (str(props[name]) for name in SHOWN if name in props)
        yield from strings([value for name, value in props.items() if isinstance(value, dict | list)])


def peoples_words(folder: Path) -> list[str]:
    """Everything in the database, a cell each; what the library listens for and says, a file each and word by word."""
    with closing(sqlite3.connect(own_database(folder).partition("///")[2])) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")]
        cells = [cell for table in tables for row in db.execute(f'SELECT * FROM "{table}"') for cell in row if isinstance(cell, str)]
    files = [path.read_text(encoding="utf-8") for path in DATA.rglob("*.yaml")]
    return [*(text for cell in cells for text in told(cell)), *files, *(word for text in files for word in WORD.findall(text))]


def told(cell: str) -> Iterator[str]:
    """A cell's text, or all texts of a cell that holds JSON, which is stored without a Chinese character."""
    try:
        yield from strings(json.loads(cell))
    except ValueError:
        yield cell


def strays(server: Server, username: str | None) -> list[str]:
    """Texts with Chinese that nobody wrote, or that the interface has in English, by page."""
    words = peoples_words(server.folder)
    ours = {zh for zh, _ in TEXTS.values() if HAN.search(zh)} - set(words)
    whole, found = "\n".join(words), []
    with httpx2.Client(cookies={"calmdesk_language": "en"}, timeout=PATIENCE_SECONDS) as browser:
        if username:
            browser.cookies.set("calmdesk_token", server.token(username))
        for path in EVERY_PAGE[username]:
            page = browser.get(f"{server.url}/console{path.format(**server.made)}")
            assert page.status_code == 200, path
            for text in set(shown(page.text)) - BACK:
                if text.strip() in ours or any(said not in whole for said in HAN.findall(text)):
                    found.append(f"{path}: {text[:120]}")
    return sorted(found)


@pytest.mark.parametrize("username", list(EVERY_PAGE))
def test_no_page_says_anything_in_chinese_in_english(server: Server, username: str | None) -> None:
    assert strays(server, username) == []
