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


def readable(detail: str, language: Language) -> str:
    """`refund_bp: 6000 to 8000` → 退还比例：60%–80%. What is no such thing stays as it is."""
    found = _NAMED.fullmatch(detail)
    if found is None:
        return ("、" if language == "zh" else ", ").join(_name(part, language) for part in detail.split(", "))
    name, rest = found["name"], found["rest"]
    if "_bp" in name:
        rest = _NUMBER.sub(lambda number: percent(int(number[0])), rest)
    elif name.endswith("_fen") or name == "payees":
        rest = _NUMBER.sub(lambda number: yuan(int(number[0])), rest)
    for english, chinese in _WORDS[language]:
        rest = rest.replace(english, chinese)
    return f"{_name(name, language)}{'：' if language == 'zh' else ': '}{rest}"


def _name(code: str, language: Language) -> str:
    """The text of a field, a step or a role of this code; the code itself if there is none."""
    bare = code.rsplit(".", 1)[-1]
    for key in (f"field.{bare}", f"field.{bare.removesuffix('_fen')}", f"step.{bare}", f"role.{bare}", f"threshold.{bare}"):
        if key in TEXTS:
            return _UNIT.sub("", TEXTS[key][language == "en"])
    return code
