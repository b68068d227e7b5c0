"""What a refusal is about, as people read it: the API names fields, shares in basis points and sums in fen. Pure."""

from __future__ import annotations

import re
from typing import Final

from case_api.console.fields import percent, yuan
from case_api.console.look import Language
from case_api.console.texts import TEXTS

_NAMED: Final = re.compile(r"(?:\w+\.)*(?P<name>[a-z_]+): (?P<rest>.+)")
_NUMBER: Final = re.compile(r"\d+")
_UNIT: Final = re.compile(r"（[%元]）| \((%|yuan)\)$")
_WORDS: Final = {
    "zh": (
        ("Input should be less than or equal to ", "不能大于 "),
        ("Input should be greater than or equal to ", "不能小于 "),
        ("at most ", "不超过 "),
        (" to ", "–"),
    ),
    "en": (),
}
_FAULTS: Final = tuple(
    (re.compile(pattern), chinese)
    for pattern, chinese in (
        ("Field required", "请填写"),
        (r"Input should be greater than or equal to (\S+)", "不能小于 {}"),
        (r"Input should be less than or equal to (\S+)", "不能大于 {}"),
        (r"Input should be greater than (\S+)", "须大于 {}"),
        (r"Input should be less than (\S+)", "须小于 {}"),
        (r"(?:String|Value) should have at least (\d+) (?:characters?|items?).*", "至少 {} 个字"),
        (r"(?:String|Value) should have at most (\d+) (?:characters?|items?).*", "最多 {} 个字"),
        (r"List should have at least (\d+) items?.*", "至少 {} 项"),
        (r"List should have at most (\d+) items?.*", "最多 {} 项"),
        (r"Input should be a valid integer.*", "请填写整数"),
        (r"Input should be a valid (?:date|datetime).*", "日期不正确"),
        (r"Input should be .*", "不在可选范围内"),
        (r"String should match pattern .*", "格式不正确"),
        (r"Value error, .*", "内容不符合要求"),
    )
)


def readable(detail: str, language: Language) -> str:
    """`refund_bp: 6000 to 8000` → 退还比例：60%–80%. What is no such thing stays as it is."""
    found = _NAMED.fullmatch(detail)
    if found is None:
        return ("、" if language == "zh" else ", ").join(filter(None, (_name(part, language) for part in detail.split(", "))))
    name, rest = found["name"], found["rest"]
    if "_bp" in name:
        rest = _NUMBER.sub(lambda number: percent(int(number[0])), rest)
    elif name.endswith("_fen") or name == "payees":
        rest = _NUMBER.sub(lambda number: yuan(int(number[0])), rest)
    for english, chinese in _WORDS[language]:
        rest = rest.replace(english, chinese)
    return f"{_name(name, language)}{'：' if language == 'zh' else ': '}{rest}"


def fault(field: str, message: str, language: Language) -> str:
    """What is wrong with one field, which the API's checks say in English; bounds in percent or yuan where it is a share or a sum."""
    for pattern, chinese in _FAULTS:
        found = pattern.fullmatch(message)
        if found is None:
            continue
        text = chinese.format(*found.groups()) if language == "zh" else message.removeprefix("Input ")
        if field.endswith("_bp"):
            return _NUMBER.sub(lambda number: percent(int(number[0])), text)
        if field.endswith("_fen"):
            return _NUMBER.sub(lambda number: yuan(int(number[0])), text)
        return text
    return message


def bare(name: str) -> str:
    """A field's name without its unit, which what is said of it carries."""
    return _UNIT.sub("", name)


def _name(code: str, language: Language) -> str:
    """The text of a field, a step or a role of this code; else the code, or nothing where it is only a place in a request."""
    last = code.rsplit(".", 1)[-1]
    for key in (f"field.{last}", f"field.{last.removesuffix('_fen')}", f"step.{last}", f"role.{last}", f"threshold.{last}"):
        if key in TEXTS:
            return bare(TEXTS[key][language == "en"])
    return "" if code.startswith(("body.", "query.")) else code
