"""Every text of the console, Chinese and English, by key. Problems have theirs in `case_api.problem_texts`."""

from __future__ import annotations

import string
from typing import Any, Final

from case_api.console.texts import (
    admin,
    audit,
    cases,
    common,
    desk,
    fields,
    figures,
    inbox,
    learning,
    prevention,
    records,
    rules,
    warnings,
)

Pair = tuple[str, str]
_PARTS: Final = (
    admin.TEXTS,
    audit.TEXTS,
    common.TEXTS,
    cases.TEXTS,
    desk.TEXTS,
    fields.TEXTS,
    figures.TEXTS,
    inbox.TEXTS,
    learning.TEXTS,
    prevention.TEXTS,
    records.TEXTS,
    rules.TEXTS,
    warnings.TEXTS,
)
TEXTS: Final[dict[str, Pair]] = {key: pair for part in _PARTS for key, pair in part.items()}


class _Filled(string.Formatter):
    """`{count:prompt|}` is the number with its noun, which English has two of."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, between, many = format_spec.partition("|")
        if not between:
            return str(super().format_field(value, format_spec))
        return f"{value} {one if str(value) == '1' else many or f'{one}s'}"


_FILLED: Final = _Filled()


def filled(text: str, /, **values: Any) -> str:
    """A text with its values in their places."""
    return _FILLED.vformat(text, (), values) if "|" in text else text.format(**values)


assert len(TEXTS) == sum(map(len, _PARTS)), "a key is defined twice"
