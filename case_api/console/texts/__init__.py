"""Every text of the console, Chinese and English, by key. Problems have theirs in `case_api.problem_texts`."""

from __future__ import annotations

from typing import Final

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
assert len(TEXTS) == sum(map(len, _PARTS)), "a key is defined twice"
