"""What a refusal is about, as people read it: the API names fields, shares in basis points and sums in fen. Pure."""

from __future__ import annotations

import re
from typing import Final

from case_api.console.fields import percent, yuan
from case_api.console.look import Language, Look
from case_api.console.texts import TEXTS

_NAMED: Final = re.compile(r"(?:\w+\.)*(?P<name>[a-z_]+): (?P<rest>.+)")
_NUMBER: Final = re.compile(r"\d+")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_UNIT: Final = re.compile(r"（[%元]）| \((%|yuan)\)$")
_FAULTS: Final = tuple(
    (re.compile(pattern), said)
    for pattern, *said in (
        ("Field required", "请填写", "has to be filled in"),
        (r"Input should be greater than or equal to (\S+)", "不能小于 {}", "cannot be less than {}"),
        (r"Input should be less than or equal to (\S+)", "不能大于 {}", "cannot be more than {}"),
        (r"Input should be greater than (\S+)", "须大于 {}", "has to be more than {}"),
        (r"Input should be less than (\S+)", "须小于 {}", "has to be less than {}"),
        (r"(?:String|Value) should have at least (\d+) (?:characters?|items?).*", "至少 {} 个字", "{} characters at least"),
        (r"(?:String|Value) should have at most (\d+) (?:characters?|items?).*", "最多 {} 个字", "{} characters at most"),
        (r"List should have at least (\d+) items?.*", "至少 {} 项", "{} of them at least"),
        (r"List should have at most (\d+) items?.*", "最多 {} 项", "{} of them at most"),
        (r"Input should be a valid integer.*", "请填写整数", "has to be a whole number"),
        (r"Input should be a valid number.*", "请填写数字", "has to be a number"),
        (r"Input should be a valid (?:date|datetime).*", "日期不正确", "is no date"),
        (r"Input should be .*", "不在可选范围内", "is none of the choices"),
        (r"String should match pattern .*", "格式不正确", "is not written as it has to be"),
        (r"at most (\S+)", "不超过 {}", "{} at most"),
        (r"(\S+) to (\S+)", "{}–{}", "{} to {}"),
    )
)
"""What pydantic and the rules of the paths say of one field, which holds more often than it is worth two languages where it is said."""


def readable(detail: str, language: Language) -> str:
    """`refund_bp: 6000 to 8000` → 退还比例：60%–80%. What is no such thing stays as it is."""
    return Look(language).sentences(_readable(part, language) for part in detail.split("; "))


def _readable(detail: str, language: Language) -> str:
    found = _NAMED.fullmatch(detail)
    if found is None:
        return in_language(detail, language) or _names(detail, language)
    name, wrong = found["name"], fault(found["name"], found["rest"], language)
    return wrong if name == "together" else Look(language).pair(_name(name, language), wrong)  # no field alone is at fault


def _names(listed: str, language: Language) -> str:
    return Look(language).listed(filter(None, (_name(part, language) for part in listed.split(", "))))


def fault(field: str, message: str, language: Language) -> str:
    """What is wrong with one field; bounds in percent or yuan where it is a share or a sum."""
    text = in_language(message, language) or _known(message, language) or _names(message, language)
    if "_bp" in field:
        return _NUMBER.sub(lambda number: percent(int(number[0])), text)
    if field.endswith("_fen") or field == "payees":
        return _NUMBER.sub(lambda number: yuan(int(number[0])), text)
    return text


def in_language(message: str, language: Language) -> str | None:
    """What is said in both languages (`zh / en`) in the reader's; None where it is not."""
    chinese, _, english = message.partition(" / ")
    if not (english and _HAN.search(chinese)):
        return None
    return chinese if language == "zh" else english


def _known(message: str, language: Language) -> str | None:
    for pattern, said in _FAULTS:
        found = pattern.fullmatch(message)
        if found is not None:
            return said[language == "en"].format(*found.groups())
    return None


def bare(name: str) -> str:
    """A field's name without its unit, which what is said of it carries."""
    return _UNIT.sub("", name)


def _name(code: str, language: Language) -> str:
    """The text of a field, a step or a role of this code; else the code, or nothing where it is only a place in a request."""
    last = code.rsplit(".", 1)[-1]
    for key in (
        f"field.{last}",
        f"field.{last.removesuffix('_fen')}",
        f"step.{last}",
        f"task.{last}",
        f"role.{last}",
        f"threshold.{last}",
        f"stage.{last}",
    ):
        if key in TEXTS:
            return bare(TEXTS[key][language == "en"])
    return "" if code.startswith(("body.", "query.")) else code
