"""Tables as CSV, for people who open them in a spreadsheet. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

_FORMULA: Final = tuple("=+-@＝＋－＠\t\r")


def _inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula: names and remarks come from people who are not to be trusted with one."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def csv_file(header: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """UTF-8 with a byte order mark (else Excel takes Chinese for something else), a line a row, CRLF. No cell of a row is a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(map(_inert, row) for row in rows)
    return out.getvalue().encode("utf-8-sig")
