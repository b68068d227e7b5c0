"""Tables as a spreadsheet. Made in another process (see `pool`), so this module imports as little as it can."""

from __future__ import annotations

import io
from datetime import datetime
from typing import NamedTuple

import xlsxwriter

Cell = str | int | float | None


class Sheet(NamedTuple):
    """One table. Columns in `shares` hold parts of one; `widths`: (column, characters); `sifted`: with filters in its head."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    shares: frozenset[int] = frozenset()
    widths: tuple[tuple[int, float], ...] = ((0, 34.0),)
    sifted: bool = False


class Workbook(NamedTuple):
    """What becomes a file, in another process."""

    created_at: datetime
    sheets: list[Sheet]


def excel(book: Workbook) -> bytes:
    """The file. Text is written as text: what begins like a formula stays what it is."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as made:
        made.set_properties({"title": "Calmdesk", "created": book.created_at.replace(tzinfo=None)})
        bold, part = made.add_format({"bold": True, "bg_color": "#EEF0F2"}), made.add_format({"num_format": "0.0%"})
        for sheet in book.sheets:
            page = made.add_worksheet(sheet.title)
            page.write_row(0, 0, sheet.header, bold)
            page.freeze_panes(1, 0)
            page.set_column(0, len(sheet.header), 16)
            for column, width in sheet.widths:
                page.set_column(column, column, width)
            if sheet.sifted:
                page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.header) - 1)
            for number, row in enumerate(sheet.rows, 1):
                for column, value in enumerate(row):
                    page.write(number, column, value, part if column in sheet.shares else None)
    return file.getvalue()
