"""Tables as offices have them: CSV in UTF-8 with or without a mark or in GB18030, Excel files, headers in Chinese or English. Pure."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import BinaryIO, Final, Literal

from python_calamine import CalamineError, CalamineWorkbook

ENCODINGS: Final = ("utf-8-sig", "gb18030")
BLOCK: Final = 1 << 20
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")

FaultCode = Literal[
    "encoding",
    "empty",
    "too_many_lines",
    "unreadable",
    "column_unknown",
    "column_twice",
    "column_missing",
    "too_many_values",
    "value_missing",
    "value_invalid",
    "reference_twice",
    "person_unknown",
    "site_unknown",
    "customer_missing",
    "later_than_now",
    "time_invalid",
    "kind_unknown",
]

FAULTS: dict[FaultCode, tuple[str, str]] = {
    "encoding": ("文件编码无法识别，请存为 UTF-8 或 GB18030", "The file is neither UTF-8 nor GB18030"),
    "empty": ("文件没有内容", "The file is empty"),
    "too_many_lines": ("行数过多，请分成多个文件", "Too many lines; split the file"),
    "unreadable": ("该行不是有效的 CSV", "The line is not CSV"),
    "column_unknown": ("不认识的列名", "No column has this name"),
    "column_twice": ("列重复", "The column is there twice"),
    "column_missing": ("缺少必需的列", "A column that is needed is missing"),
    "too_many_values": ("该行的值多于列数", "The line has more values than there are columns"),
    "value_missing": ("必填项为空", "A value that is needed is empty"),
    "value_invalid": ("内容不符合要求", "The value does not fit"),
    "reference_twice": ("外部编号在文件中重复", "The external reference is in the file twice"),
    "person_unknown": ("该案场没有这名人员", "There is no such person at this site"),
    "site_unknown": ("没有这个案场代码，或数据来源不属于该案场", "No site has this code, or the source does not tell of it"),
    "customer_missing": ("客户编号与房号至少填一项", "Either the customer's number or the unit is needed"),
    "later_than_now": ("时间在将来", "The time is still to come"),
    "time_invalid": ("时间看不懂，请写成 2026-11-23 10:00", "No time that can be read: write 2026-11-23 10:00"),
    "kind_unknown": (
        "不认识的事件类型，请在「列对应」里写明，如：带看 = 到访",
        "No such kind: say what it is in the mapping, such as 带看 = visit",
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong where. `line` counts from 1 (the header); `column` is the header as written, or empty for the whole line.

    `value` is what the cell says, where that helps and is nobody's number.
    """

    line: int
    column: str
    code: FaultCode
    value: str = ""


class SheetError(Exception):
    """The file as a whole cannot be read. `header` is what it calls its columns, where one of them is the trouble."""

    def __init__(self, faults: Sequence[Fault], header: Sequence[str] = ()) -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults, self.header = list(faults), list(header)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: stripped text by field; a field that is empty or has no column is not there."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that could be read. `headers` gives each field's header as written; `faults` tells of the lines that are not in `rows`."""

    headers: Mapping[str, str]
    rows: Sequence[Row]
    faults: Sequence[Fault]


Line = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file whose header could be read. `rows` gives its lines one after the other, once; a line that is wrong gives its fault."""

    headers: Mapping[str, str]
    rows: Iterator[Row | Fault]


def read_sheet(data: bytes, columns: Mapping[str, Sequence[str]], *, required: Sequence[str], rows_max: int, strict: bool = True) -> Sheet:
    """Read a CSV file with the `columns` (field → the names that its header may have).

    `strict` refuses columns that are not known; an export of another program may have any. Raises SheetError.
    """
    lines = csv_lines(io.StringIO(_text(data), newline=""))
    reading = open_sheet(lines, columns, required=required, rows_max=rows_max, strict=strict)
    found = list(reading.rows)
    return Sheet(reading.headers, [row for row in found if isinstance(row, Row)], [fault for fault in found if isinstance(fault, Fault)])


def open_sheet(
    lines: Iterator[Line | Fault], columns: Mapping[str, Sequence[str]], *, required: Sequence[str], rows_max: int, strict: bool = True
) -> Reading:
    """Read the header of any kind of file, and its rows as they are asked for; those may raise SheetError too (too_many_lines)."""
    header = next(lines, None)
    if header is None or isinstance(header, Fault):
        raise SheetError([header or Fault(1, "", "empty")])
    places, headers = _places(header[1], columns, required, strict=strict)
    return Reading(headers, _rows(lines, places, len(header[1]), rows_max))


def _rows(lines: Iterator[Line | Fault], places: Mapping[str, int], width: int, rows_max: int) -> Iterator[Row | Fault]:
    count = 0
    for found in lines:
        if isinstance(found, Fault):
            yield found
            return
        line, cells = found
        if not any(cell.strip() for cell in cells):
            continue
        if count == rows_max:
            raise SheetError([Fault(line, "", "too_many_lines")])
        count += 1
        if any(cell.strip() for cell in cells[width:]):
            yield Fault(line, "", "too_many_values")
            continue
        values = {field: cells[place].strip() for field, place in places.items() if place < len(cells)}
        yield Row(line, {field: text for field, text in values.items() if text})


def encoding_of(stream: BinaryIO) -> str:
    """The encoding of a text file, which is read to its end for it and left at its begin. Raises SheetError."""
    for encoding in ENCODINGS:
        stream.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            while block := stream.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        if decoder.getstate()[0]:  # the first bytes of a byte order mark alone: utf-8-sig does not count them as a fault
            continue
        stream.seek(0)
        return encoding
    raise SheetError([Fault(1, "", "encoding")])


def _text(data: bytes) -> str:
    return data.decode(encoding_of(io.BytesIO(data)))


def csv_lines(text: Iterable[str]) -> Iterator[Line | Fault]:
    """(number of the line it begins on, cells); a Fault, and then nothing, where the file stops being CSV."""
    reader = csv.reader(text, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Fault(line, "", "unreadable")
            return


def xlsx_lines(stream: BinaryIO) -> Iterator[Line | Fault]:
    """The first sheet of an Excel file, cells as text: times as ISO writes them, whole numbers without a point. Raises SheetError."""
    try:
        rows = CalamineWorkbook.from_filelike(stream).get_sheet_by_index(0).iter_rows()
        for line, cells in enumerate(rows, start=1):
            yield line, [_cell(cell) for cell in cells]
    except (CalamineError, IndexError, OSError):
        raise SheetError([Fault(1, "", "unreadable")]) from None


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _places(
    header: Sequence[str], columns: Mapping[str, Sequence[str]], required: Sequence[str], *, strict: bool
) -> tuple[dict[str, int], dict[str, str]]:
    names = {_plain(name): field for field, known in columns.items() for name in known}
    places: dict[str, int] = {}
    faults: list[Fault] = []
    for place, written in enumerate(header):
        field = names.get(_plain(written))
        if field in places:
            faults.append(Fault(1, written.strip(), "column_twice"))
        elif field is not None:
            places[field] = place
        elif strict and written.strip():
            faults.append(Fault(1, written.strip(), "column_unknown"))
    faults += [Fault(1, columns[field][0], "column_missing") for field in required if field not in places]
    if faults:
        raise SheetError(faults, [written.strip()[:80] for written in header if written.strip()][:100])
    return places, {field: header[place].strip() for field, place in places.items()}


def _plain(name: str) -> str:
    """Blanks, underscores, case and the width of brackets do not count in a header."""
    kept = name.strip().casefold().replace("（", "(").replace("）", ")")
    return "".join(c for c in kept if c not in " _\u3000")


def yuan(text: str) -> int:
    """Fen of an amount in yuan (`1,234.50`, `¥1234.5`). Raises ValueError, also for parts of a fen."""
    plain = text.strip().lstrip("¥￥").replace(",", "").replace("，", "")
    if not _AMOUNT.fullmatch(plain):
        raise ValueError("not an amount")
    fen = Decimal(plain) * 100
    if fen != int(fen):
        raise ValueError("not an amount")
    return int(fen)


def day(text: str) -> date:
    """A date as `2026-11-23`, `2026/11/23`, `2026.11.23` or `2026年11月23日`. Raises ValueError."""
    plain = text.strip().replace("年", "-").replace("月", "-").removesuffix("日").replace("/", "-").replace(".", "-")
    parts = plain.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        raise ValueError("not a date")
    year, month, number = map(int, parts)
    return date(year, month, number)


def moment(text: str) -> datetime:
    """A day with or without a time of day, and with or without a zone; without one, the caller knows which. Raises ValueError."""
    head, _, clock = text.strip().replace("T", " ").partition(" ")
    return datetime.fromisoformat(f"{day(head).isoformat()}T{clock.strip() or '00:00'}")
