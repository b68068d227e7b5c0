"""Faults in the files: each is found, and named at its file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts_library import Library, LibraryError, validate
from scripts_library.checks import promise_in
from scripts_library.problems import PROBLEMS

SCRIPT = "id: a-1, kind: calming, situation: silence, tone: warm, zh: 您慢慢说, en: Take your time"
REVIEW = "review: {status: approved, by: 法务, on: 2026-01-31}"
HEAD = "category: {id: new, zh: 新, en: New}\nterms:\n"
MARK = "¦"  # stands before the place where a fault is expected


def _expected(text: str, codes: list[str]) -> tuple[str, list[tuple[str, int, int]]]:
    """The text without its marks, and the codes at the places where the marks stood."""
    places = []
    for number, line in enumerate(text.split("\n"), 1):
        while MARK in line:
            places.append((number, line.index(MARK) + 1))
            line = line.replace(MARK, "", 1)
    assert len(places) == len(codes)
    return text.replace(MARK, ""), [(code, *place) for code, place in zip(codes, places, strict=True)]


def _faults(folder: Path, name: str, text: str) -> list[tuple[str, int, int]]:
    (folder / name).write_text(text, encoding="utf-8")
    return [(one.code, one.line, one.column) for one in validate(folder) if one.file == name]


def _script(old: str = "", new: str = "", rest: str = REVIEW) -> str:
    assert old in SCRIPT
    return f"  - {{{SCRIPT.replace(old, new) if old else SCRIPT}, {rest}}}\n"


SCRIPT_FAULTS = [
    ("scripts: [\n¦", ["syntax"]),
    ("¦", ["empty_text"]),
    ("¦- a\n", ["not_mapping"]),
    ("scripts: ¦1\n", ["not_list"]),
    ("scripts:\n  - ¦text\n", ["not_mapping"]),
    ("defaults: ¦1\nscripts: []\n", ["not_mapping"]),
    ("¦extra: 1\nscripts: []\n", ["unknown_field"]),
    ("¦{}\n", ["missing_field"]),
    (f"scripts:\n  - ¦{{{SCRIPT}}}\n", ["missing_field"]),
    ("scripts:\n" + _script(rest="review: ¦yes"), ["not_mapping"]),
    ("scripts:\n" + _script(rest="review: ¦{status: approved, by: 法务}"), ["missing_field"]),
    ("scripts:\n" + _script(rest="review: ¦{by: 法务}"), ["missing_field"]),
    ("scripts:\n" + _script(rest="review: {status: pending, on: ¦tomorrow}"), ["bad_date"]),
    ("scripts:\n" + _script(rest=f"{REVIEW}, ¦tone: brief"), ["duplicate_field"]),
    ("scripts:\n" + _script(rest=f"levels: [¦loud], {REVIEW}"), ["unknown_value"]),
    ("scripts:\n" + _script("calming", "¦shouting"), ["unknown_value"]),
    ("scripts:\n" + _script("a-1", "¦A 1"), ["bad_id"]),
    ("scripts:\n" + _script("您慢慢说", "¦slowly"), ["no_hanzi"]),
    ("scripts:\n" + _script("您慢慢说", "¦" + "说" * 46), ["too_long"]),
    ("scripts:\n" + _script("Take your time", "¦" + "x" * 221), ["too_long"]),
    ("scripts:\n" + _script("您慢慢说", "¦我们一定退给您"), ["promise"]),
    ("scripts:\n" + _script("Take your time", "¦You will be refunded"), ["promise"]),
    ("scripts:\n" + _script("您慢慢说", "¦[说]"), ["not_text"]),
    ("scripts:\n" + _script("您慢慢说", "¦''"), ["empty_text"]),
    ("scripts:\n" + _script() + _script("a-1", "¦a-1").replace("您", "¦您"), ["duplicate_id", "duplicate_text"]),
]


@pytest.mark.parametrize(("text", "codes"), SCRIPT_FAULTS)
def test_faults_in_scripts(folder: Path, text: str, codes: list[str]) -> None:
    text, faults = _expected(text, codes)
    assert _faults(folder, "scripts/new.yaml", text) == faults


def test_a_promise_may_wait_for_review(folder: Path) -> None:
    pending = SCRIPT.replace("您慢慢说", "我们一定退给您")
    assert _faults(folder, "scripts/new.yaml", f"scripts:\n  - {{{pending}, review: {{status: pending}}}}\n") == []


LEXICON_FAULTS = [
    ("¦terms: []\n", ["missing_field"]),
    ("category: ¦{id: new, zh: 新}\nterms: []\n", ["missing_field"]),
    ("category: {id: ¦money, zh: 新, en: New}\nterms: []\n", ["duplicate_id"]),
    (HEAD + "  - ¦{aliases: [什么词]}\n", ["missing_field"]),
    (HEAD + "  - {term: 新词, ¦colour: red}\n", ["unknown_field"]),
    (HEAD + "  - {term: 新词, severity: ¦9}\n", ["bad_number"]),
    (HEAD + "  - {term: 新词, severity: ¦high}\n", ["bad_number"]),
    (HEAD + "  - {term: 新词, signal: ¦police}\n", ["unknown_value"]),
    (HEAD + "  - {term: 新词, cause: ¦money}\n", ["unknown_value"]),
    (HEAD + "  - {term: 新词, moment: ¦lunch}\n", ["unknown_value"]),
    (HEAD + "  - {term: 新词, listen: ¦hard}\n", ["unknown_value"]),
    (HEAD + "  - {term: 新词, aliases: [甲乙, ¦甲乙]}\n", ["duplicate_word"]),
    (HEAD + "  - {term: 新词, aliases: [¦甲乙丙丁戊己庚辛壬癸子丑寅]}\n", ["too_long"]),
    (HEAD + "  - {term: 新词, near: [¦甲乙丙丁戊己庚辛壬癸子丑寅]}\n", ["too_long"]),
    (HEAD + "  - {term: ¦'，'}\n", ["no_sound"]),
]


@pytest.mark.parametrize(("text", "codes"), LEXICON_FAULTS)
def test_faults_in_the_lexicon(folder: Path, text: str, codes: list[str]) -> None:
    text, faults = _expected(text, codes)
    assert _faults(folder, "lexicon/99-new.yaml", text) == faults


def test_a_word_of_two_terms_names_the_first(folder: Path) -> None:
    (folder / "lexicon/99-new.yaml").write_text(HEAD + "  - {term: 新词, aliases: [订金]}\n", encoding="utf-8")
    (fault,) = validate(folder)
    assert (fault.file, fault.line, fault.code) == ("lexicon/99-new.yaml", 3, "duplicate_word")
    assert "定金" in fault.zh
    assert "lexicon/02-money.yaml:5" in fault.en


WORDING_FAULTS = [
    ("¦{id: new, instead: {scripts: [say-feel]}}", ["missing_field"]),
    ("{id: new, phrases: [¦不], instead: {scripts: [say-feel]}}", ["too_short"]),
    ("¦{id: new, phrases: [不能]}", ["no_instead"]),
    ("{id: new, phrases: [不能], instead: ¦{zh: 好}}", ["no_instead"]),
    ("{id: new, phrases: [不能], instead: ¦{zh: 保证退, en: ok}}", ["promise"]),
    ("{id: new, phrases: [不能], instead: {scripts: [¦nothing]}}", ["unknown_script"]),
    ("{id: new, phrases: [不能], instead: {scripts: [¦pending-benefit]}}", ["unapproved_script"]),
    ("{id: new, phrases: [不能, ¦不能], instead: {scripts: [say-feel]}}", ["duplicate_word"]),
]


@pytest.mark.parametrize(("rule", "codes"), WORDING_FAULTS)
def test_faults_in_wording(folder: Path, rule: str, codes: list[str]) -> None:
    text, faults = _expected(f"rules:\n  - {rule}\n", codes)
    assert _faults(folder, "wording.yaml", text) == faults


CUE_FAULTS = [
    ("causes.yaml", "{group: ¦weather, phrases: [下雨了]}", ["unknown_value"]),
    ("holdback.yaml", "{group: joy, weight: ¦9, phrases: [好, ¦好]}", ["bad_number", "duplicate_word"]),
]


@pytest.mark.parametrize(("name", "group", "codes"), CUE_FAULTS)
def test_faults_in_cues(folder: Path, name: str, group: str, codes: list[str]) -> None:
    text, faults = _expected(f"groups:\n  - {group}\n", codes)
    assert _faults(folder, name, text) == faults


def test_a_file_that_is_no_utf8_and_one_with_a_forbidden_character(folder: Path) -> None:
    (folder / "causes.yaml").write_bytes("groups: 感谢".encode("gb18030"))
    (folder / "holdback.yaml").write_bytes(b"groups: \x00")
    assert [(one.file, one.code) for one in validate(folder)] == [("causes.yaml", "not_utf8"), ("holdback.yaml", "syntax")]


def test_all_faults_are_reported_at_once_and_print_as_editors_read_them(folder: Path) -> None:
    (folder / "wording.yaml").write_text("rules: 1\n", encoding="utf-8")
    (folder / "causes.yaml").write_text("groups: 1\n", encoding="utf-8")
    with pytest.raises(LibraryError) as caught:
        Library.load(folder)
    assert str(caught.value).splitlines() == [
        "causes.yaml:1:9: 此处应为列表 / Expected a list here",
        "wording.yaml:1:8: 此处应为列表 / Expected a list here",
    ]


def test_every_problem_speaks_chinese_and_english() -> None:
    for zh, en in PROBLEMS.values():
        assert any("一" <= character <= "鿿" for character in zh)
        assert en.isascii() or "“" in en


@pytest.mark.parametrize(
    "text", ["一定退", "全额退还", "我保证", "退百分之八十", "退80%", "明天到账", "三个工作日内办好", "退您五万元", "A full refund"]
)
def test_promises_are_found(text: str) -> None:
    assert promise_in(text)


@pytest.mark.parametrize("text", ["我们一起看看怎么解决最合适", "您是三号楼二单元吗", "这件事我来跟进", "请您留几分钟"])
def test_plain_sentences_are_no_promises(text: str) -> None:
    assert promise_in(text) is None
