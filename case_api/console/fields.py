"""What a form asks for, and how what was typed becomes the body of a command. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from pypinyin import Style, lazy_pinyin

from models.sites import CHINA

Kind = Literal["line", "prose", "yuan", "percent", "number", "seconds", "date", "moment", "choice", "many", "pick", "yes", "lines", "head"]
_NUMBER: Final = re.compile(r"\d{1,9}")


class Mistyped(Exception):
    """What was typed is no such thing; `key` is the text that says so."""

    def __init__(self, field: Field, key: str) -> None:
        super().__init__(f"{field.name}: {key}")
        self.field = field
        self.key = key


@dataclass(frozen=True, slots=True)
class Field:
    """One question. `name` is the place in the body (`commission.fen`); `label` a text key, `field.<name>` if there is none.

    What is left empty is left out, or is null where `clears`. `pick` is `many` of a long list, with a search. `head` is only a heading
    between the others.
    """

    name: str
    kind: Kind = "line"
    label: str = ""
    required: bool = False
    options: Sequence[tuple[str, str]] = ()
    value: Any = None
    help: str = ""
    clears: bool = False

    @property
    def text(self) -> str:
        """The key of what it is called."""
        return self.label or f"field.{self.name.rsplit('.', 1)[0] if self.name.endswith('.fen') else self.name}"


def fen(typed: str) -> int | None:
    """`1,234.5` yuan in fen; None if that is no sum."""
    cleaned = typed.replace(",", "").replace("，", "").replace("¥", "").replace("￥", "").strip()
    if not re.fullmatch(r"\d{1,12}(\.\d{1,2})?", cleaned):
        return None
    return int(Decimal(cleaned) * 100)


def yuan(fen: int | None) -> str:
    """Fen as people write yuan; whole ones without places."""
    if fen is None:
        return "—"
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}¥{whole:,}" + (f".{rest:02d}" if rest else "")


def percent(bp: int | None) -> str:
    """Basis points as a percentage."""
    return "—" if bp is None else f"{bp / 100:g}%"


def basis_points(typed: str) -> int | None:
    """`70` or `70.5 %` in basis points; None if that is no share."""
    cleaned = typed.replace("%", "").replace("％", "").strip()
    try:
        amount = Decimal(cleaned) * 100
    except InvalidOperation:
        return None
    return int(amount) if amount.is_finite() and amount == amount.to_integral_value() and 0 <= amount <= 1_000_000 else None


def seconds(typed: str) -> float | None:
    """`5:12`, `1:02:03` or `312.4` in seconds of audio; None if that is no position."""
    parts = typed.strip().replace("：", ":").split(":")
    if not 1 <= len(parts) <= 3 or not all(re.fullmatch(r"\d{1,6}(\.\d{1,3})?", part) for part in parts):
        return None
    total = 0.0
    for part in parts:
        total = total * 60 + float(part)
    return total


def typed(field: Field) -> str:
    """A field's value as an input shows it."""
    value = field.value
    if value is None:
        return ""
    if field.kind == "yuan":
        return f"{value // 100}.{value % 100:02d}" if value % 100 else str(value // 100)
    if field.kind == "percent":
        return f"{Decimal(value) / 100:f}"
    if field.kind == "moment":
        local = datetime.fromisoformat(value).astimezone(CHINA).replace(tzinfo=None)
        return local.isoformat(timespec="seconds" if local.second else "minutes")
    if field.kind == "lines":
        return "\n".join(value)
    return str(value)


def words_to_find(code: str, shown: str) -> str:
    """What a search looks through: the code, the words, and the first letters of their pinyin (「我完全」 by `wwq`)."""
    letters = "".join(lazy_pinyin(shown, style=Style.FIRST_LETTER, errors=lambda other: " "))
    return f"{code} {shown} {letters}".lower()


def body(fields: Sequence[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """The command's body from what was typed, nested as the names say. Raises Mistyped."""
    made: dict[str, Any] = {}
    for field in fields:
        if field.kind == "head":
            continue
        value = _value(field, given.get(field.name))
        if value is None and not field.clears:
            continue
        *path, last = field.name.split(".")
        place = made
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return made


def _value(field: Field, raw: Any) -> Any:
    if field.kind in ("many", "pick"):
        return [str(one) for one in (raw if isinstance(raw, list) else [raw] if raw else [])]
    if field.kind == "yes":
        return bool(raw)
    text = str(raw or "").strip()
    if not text:
        if field.required:
            raise Mistyped(field, "typed.required")
        return None
    match field.kind:
        case "yuan":
            return _known(field, fen(text), "typed.yuan")
        case "percent":
            return _known(field, basis_points(text), "typed.percent")
        case "seconds":
            return _known(field, seconds(text), "typed.seconds")
        case "number":
            return _known(field, int(text) if _NUMBER.fullmatch(text) else None, "typed.number")
        case "moment":
            return _known(field, _moment(text), "typed.moment")
        case "lines":
            return [line for line in re.split(r"[\n、,，;；]+", text) if line.strip()]
        case _:
            return text


def _known(field: Field, value: Any, key: str) -> Any:
    if value is None:
        raise Mistyped(field, key)
    return value


def _moment(text: str) -> str | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CHINA).isoformat()
    except ValueError:
        return None
