"""Every text exists in both languages, with the same blanks, and every text is used."""

from __future__ import annotations

import json
import re

import pytest

from case_api.mic.router import STATIC

HAN = re.compile(r"[\u4e00-\u9fff]")
MODULES = [path.read_text(encoding="utf-8") for path in sorted((STATIC / "js").rglob("*.js")) if path.name != "strings.js"]


@pytest.fixture(scope="module")
def strings() -> dict[str, list[str]]:
    """The table, read as the JSON that it almost is."""
    source = (STATIC / "js" / "strings.js").read_text(encoding="utf-8")
    table = source[source.index("{") : source.rindex("}") + 1]
    return dict(json.loads(re.sub(r",(\s*[\]}])", r"\1", table)))


def used(strings: dict[str, list[str]]) -> list[str]:
    """Keys as written in the modules, also where a condition chooses one; `${…}` in a key stands for any one part."""
    sections = {key.partition(".")[0] for key in strings}
    keys = [key for text in MODULES for key in re.findall(r'\bt\(\s*"([a-z.0-9]+)"', text)]
    keys += [key for text in MODULES for key in re.findall(r'"([a-z]+(?:\.[a-z0-9]+)+)"', text) if key.partition(".")[0] in sections]
    return keys + [re.sub(r"\$\{.*?\}(?=[.`]|$)", "*", key) for text in MODULES for key in re.findall(r"\bt\(\s*`(.+?)`[,)]", text)]


def test_every_key_in_the_modules_has_its_text(strings: dict[str, list[str]]) -> None:
    for key in used(strings):
        pattern = re.compile(re.escape(key).replace(r"\*", r"[a-z0-9]+"))
        assert any(pattern.fullmatch(known) for known in strings), key


def test_every_text_is_used(strings: dict[str, list[str]]) -> None:
    patterns = [re.compile(re.escape(key).replace(r"\*", r"[a-z0-9]+")) for key in used(strings)]
    assert [known for known in strings if not any(pattern.fullmatch(known) for pattern in patterns)] == []


def test_chinese_first_and_both_with_the_same_blanks(strings: dict[str, list[str]]) -> None:
    for key, (zh, en) in strings.items():
        assert HAN.search(zh) or key in {"app.title"}, key
        assert not HAN.search(en) or key.endswith(".text"), key
        assert sorted(re.findall(r"\{\w+\}", zh)) == sorted(re.findall(r"\{\w+\}", en)), key
