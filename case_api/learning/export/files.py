"""The log as a file. Pure, and slow for a long log: it runs in a process of its own."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import xlsxwriter

from case_api.documents.csv_file import csv_file
from scripts_library.mining.masking import Masker

Form = Literal["csv", "xlsx", "json"]
MEDIA_TYPES: dict[Form, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
FIELDS = {
    "week": "周（周一）",
    "site": "案场",
    "conversation": "会话",
    "seconds": "位置（秒）",
    "term": "词条",
    "category": "类别",
    "heard": "听作",
    "match": "匹配方式",
    "speaker": "说话人",
    "sentence": "原话（已隐去身份信息）",
    "level": "最高情绪",
    "causes": "原因",
    "outcome": "结果",
    "verdict": "人工核对",
}
TEXTS = ("heard", "sentence")
"""What people said, and so what is masked."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows as they came, by `FIELDS`, and people who are known to be spoken of."""

    rows: Sequence[dict[str, str | float]]
    names: Sequence[str]


def render(table: Table, form: Form) -> bytes:
    """The file, masked."""
    mask = cache(Masker(names=table.names).mask)  # a sentence has a row for each of its terms
    rows = [row | {name: mask(str(row[name])) for name in TEXTS} for row in table.rows]
    if form == "json":
        return json.dumps({"fields": FIELDS, "rows": rows}, ensure_ascii=False).encode()
    return _xlsx(rows) if form == "xlsx" else csv_file(FIELDS.values(), ([str(row[name]) for name in FIELDS] for row in rows))


def _xlsx(rows: Sequence[dict[str, str | float]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("关键词")
        bold = book.add_format({"bold": True, "bg_color": "#EEF0F2"})
        for column, title in enumerate(FIELDS.values()):
            sheet.write_string(0, column, title, bold)
        for number, row in enumerate(rows, 1):
            for column, name in enumerate(FIELDS):
                value = row[name]
                if isinstance(value, float):
                    sheet.write_number(number, column, value)
                else:
                    sheet.write_string(number, column, value)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(FIELDS) - 1, 14)
        sheet.set_column(9, 9, 60)
        sheet.autofilter(0, 0, max(len(rows), 1), len(FIELDS) - 1)
    return out.getvalue()
