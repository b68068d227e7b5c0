"""The log as a file. Pure, and slow for a long log: it runs in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Literal

from case_api.documents.csv_file import csv_file
from case_api.documents.excel import Cell, Sheet, Workbook, excel
from case_api.documents.pdf import Language
from case_api.learning.export.words import BY_TERM, COUNTS, FIELDS, LOG
from case_api.learning.names import VALUES, Pair
from scripts_library.mining.frequency import Count
from scripts_library.mining.masking import Masker
from scripts_library.mining.words import Segmenter

Form = Literal["csv", "xlsx", "json"]
MEDIA_TYPES: dict[Form, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
TEXTS = ("heard", "sentence")
"""What people said, and so what is masked."""
WIDE = ((tuple(FIELDS).index("sentence"), 60.0),)
Row = dict[str, str | float]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows as they came, by `FIELDS`, people who are known to be spoken of, and the lexicon's own words.

    `counts` are of every term, of `sessions` conversations: the rows hold none of those in which nothing was heard. `terms` says which
    category each term is of, `categories` what that is called.
    """

    made_at: datetime
    sessions: int
    counts: Sequence[Count]
    rows: Sequence[Row]
    names: Sequence[str]
    words: Sequence[str]
    terms: Mapping[str, str]
    categories: Mapping[str, Pair]


def render(table: Table, form: Form, language: Language = "zh") -> bytes:
    """The file, masked. A JSON file holds codes, whatever the language."""
    segmenter = Segmenter(words=table.words)  # the lexicon's words are no names: 周转 is not 周's
    mask = cache(Masker(segmenter, table.names).mask)  # a sentence has a row for each of its terms
    rows = [row | {name: mask(str(row[name])) for name in TEXTS} for row in table.rows]
    side = ("zh", "en").index(language)
    fields = {name: pair[side] for name, pair in FIELDS.items()}
    if form == "json":
        counts = [asdict(count) for count in table.counts]
        return json.dumps({"fields": fields, "sessions": table.sessions, "counts": counts, "rows": rows}, ensure_ascii=False).encode()
    values = VALUES | {"category": table.categories}
    lines: list[tuple[Cell, ...]] = [tuple(_named(row[name], values.get(name, {}), side) for name in FIELDS) for row in rows]
    if form == "csv":
        return csv_file(fields.values(), ([f"{cell:g}" if isinstance(cell, float) else str(cell) for cell in line] for line in lines))
    log = Sheet(LOG[side], tuple(fields.values()), lines, widths=WIDE, sifted=True)
    return excel(Workbook(table.made_at, [log, _counts(table, side)]))


def _counts(table: Table, side: int) -> Sheet:
    """How often each term came up: what cannot be counted from the rows, as they hold no conversation without a hit."""
    rows: list[tuple[Cell, ...]] = [
        (one.key, _named(table.terms.get(one.key, ""), table.categories, side), one.sessions, one.per_100, one.hits) for one in table.counts
    ]
    return Sheet(BY_TERM[side].format(sessions=table.sessions), tuple(pair[side] for pair in COUNTS), rows, sifted=True)


def _named(value: str | float, names: Mapping[str, Pair], side: int) -> str | float:
    """The name of a code, of each where there are several."""
    if not isinstance(value, str) or not names:
        return value
    return ("、", ", ")[side].join(names[one][side] if one in names else one for one in value.split("、"))
