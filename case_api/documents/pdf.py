"""A printable document, Chinese unless it says otherwise: plain blocks, so that another process can take it and lay it out on paper.

The same description gives the same bytes: the only time in the file is the one the caller states, and the font is embedded and
cut down to the characters used. Nothing is fetched and nothing is written to disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pylopdf_fonts_zh_cn
import segno
from fpdf import FPDF, XPos, YPos
from fpdf.enums import Align, TableBordersLayout, WrapMode
from fpdf.fonts import FontFace

from case_api.documents import picture
from case_api.documents.picture import Picture

MARGIN = 18.0  # mm, all round
LINE = 6.2  # mm, one line of running text
LABEL_WIDTH = 42.0  # mm, the left column of facts
BODY, SMALL, HEADING, TITLE = 10.5, 8.5, 12.5, 17.0  # pt
GREY, SHADE, SHADE_OF_BARS = (110, 110, 110), (238, 240, 242), (11, 107, 96)
FONT = "sans"

PAD_HEIGHT = 22.0  # mm, a signature that was drawn
QR_WIDTH = 0.55  # of the line
BAR_HEIGHT, BAR_SHARE = 4.2, 0.55  # mm; of the line

Column = Literal["text", "number"]
Paper = Literal["A4", "A5"]
Language = Literal["zh", "en"]
SIZES: dict[Paper, tuple[float, float]] = {"A4": (210, 297), "A5": (148, 210)}  # mm


@dataclass(frozen=True, slots=True)
class Heading:
    """A section begins."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; `small` for what has to be there without being read first, `link` for where a click on it leads."""

    text: str
    small: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and what they stand for, one a line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table; `number` columns stand to the right. `widths` are shares of the line. The last row can be a total."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[Column, ...]
    widths: tuple[int, ...]
    total: bool = False


@dataclass(frozen=True, slots=True)
class Signatures:
    """Who signs: a line and a date for each, kept together on one page."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A signature that was drawn on a screen: lines of points in a field of 1000 × 400, whose it is, and when."""

    label: str
    when: str
    strokes: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class Qr:
    """A code to scan, in the middle of the line."""

    text: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Lengths beside each other: label, value, how the value reads. The longest fills the space."""

    rows: tuple[tuple[str, float, str], ...]


Block = Heading | Paragraph | Facts | Table | Signatures | Drawn | Qr | Bars | Picture


@dataclass(slots=True)
class Document:
    """What is printed, in order. `created_at` is the only time that gets into the file; `reference` stands on every page."""

    title: str
    reference: str
    created_at: datetime
    size: Paper = "A4"
    language: Language = "zh"
    blocks: list[Block] = field(default_factory=list)

    def heading(self, text: str) -> None:
        """Begin a section."""
        self.blocks.append(Heading(text))

    def paragraph(self, text: str, *, small: bool = False, link: str = "") -> None:
        """Running text."""
        self.blocks.append(Paragraph(text, small, link))

    def facts(self, rows: Sequence[tuple[str, str]]) -> None:
        """Labels and values, one a line."""
        self.blocks.append(Facts(tuple(rows)))

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        columns: Sequence[Column],
        widths: Sequence[int],
        total: bool = False,
    ) -> None:
        """A ruled table; every row has as many cells as the header. Raises ValueError if one does not."""
        if any(len(row) != len(header) for row in [columns, widths, *rows]):
            raise ValueError("a row has another number of cells than the header")
        self.blocks.append(Table(tuple(header), tuple(map(tuple, rows)), tuple(columns), tuple(widths), total))

    def signatures(self, labels: Sequence[str]) -> None:
        """Lines to sign on."""
        self.blocks.append(Signatures(tuple(labels)))

    def drawn(self, label: str, when: str, strokes: Sequence[Sequence[tuple[int, int]]]) -> None:
        """A signature as it was drawn."""
        self.blocks.append(Drawn(label, when, tuple(map(tuple, strokes))))

    def qr(self, text: str) -> None:
        """A code to scan."""
        self.blocks.append(Qr(text))

    def bars(self, rows: Sequence[tuple[str, float, str]]) -> None:
        """A simple chart: (label, value, how it reads) from top to bottom."""
        self.blocks.append(Bars(tuple(rows)))

    def picture(self, drawn: Picture) -> None:
        """A line drawing."""
        self.blocks.append(drawn)


class _Sheet(FPDF):
    """Pages with the reference and the page number at the foot."""

    def __init__(self, document: Document) -> None:
        super().__init__(format=SIZES[document.size])
        self.reference = document.reference
        self.set_creation_date(document.created_at)
        self.set_title(document.title)
        self.set_creator("Calmdesk")
        self.language = document.language
        self.set_lang("zh-CN" if self.language == "zh" else "en")
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + LINE)
        self.add_font(FONT, fname=str(pylopdf_fonts_zh_cn.sans_path()))

    @property
    def wrapping(self) -> WrapMode:
        """Chinese has no spaces to break at, so its lines are broken between any two characters."""
        return WrapMode.CHAR if self.language == "zh" else WrapMode.WORD

    def footer(self) -> None:
        self.set_y(-MARGIN)
        self.set_font(FONT, size=SMALL)
        self.set_text_color(GREY)
        self.cell(self.epw / 2, LINE, self.reference)
        pages = f"第 {self.page_no()} 页 / 共 {{nb}} 页" if self.language == "zh" else f"Page {self.page_no()} of {{nb}}"
        self.cell(self.epw / 2, LINE, pages, align=Align.R)
        self.set_text_color(0)


def render(document: Document) -> bytes:
    """The document as a PDF file. Takes half a second or so and holds the interpreter: see `pool`."""
    paper = _Sheet(document)
    paper.add_page()
    paper.set_font(FONT, size=TITLE)
    _text(paper, document.title, height=TITLE * 0.55, align=Align.C)
    paper.ln(LINE / 2)
    for block in document.blocks:
        paper.set_font(FONT, size=BODY)
        _draw(paper, block)
    return bytes(paper.output())


def _draw(paper: _Sheet, block: Block) -> None:
    match block:
        case Heading():
            _heading(paper, block)
        case Paragraph():
            paper.set_font(FONT, size=SMALL if block.small else BODY)
            _text(paper, block.text, height=LINE * (0.8 if block.small else 1.0), link=block.link)
            paper.ln(LINE / 4)
        case Facts():
            for label, value in block.rows:
                _fact(paper, label, value)
            paper.ln(LINE / 4)
        case Table():
            _table(paper, block)
        case Signatures():
            _signatures(paper, block)
        case Drawn():
            _drawn(paper, block)
        case Qr():
            _qr(paper, block)
        case Bars():
            _bars(paper, block)
        case Picture():
            picture.draw(paper, block)


def _text(paper: _Sheet, text: str, *, height: float, width: float = 0, align: Align = Align.L, link: str = "") -> None:
    paper.multi_cell(width, height, text, align=align, wrapmode=paper.wrapping, new_x=XPos.LMARGIN, new_y=YPos.NEXT, link=link)


def _heading(paper: _Sheet, block: Heading) -> None:
    if paper.will_page_break(4 * LINE):  # a heading never stands alone at the foot of a page
        paper.add_page()
    paper.ln(LINE / 2)
    paper.set_font(FONT, size=HEADING)
    _text(paper, block.text, height=LINE * 1.2)


def _fact(paper: _Sheet, label: str, value: str) -> None:
    if paper.will_page_break(LINE):
        paper.add_page()
    paper.set_text_color(GREY)
    if paper.get_string_width(label) > LABEL_WIDTH - 2 * paper.c_margin:  # a line of its own: it would run into the value
        _text(paper, label, height=LINE)
        paper.set_x(paper.l_margin + LABEL_WIDTH)
    else:
        paper.cell(LABEL_WIDTH, LINE, label)
    paper.set_text_color(0)
    _text(paper, value, height=LINE, width=paper.epw - LABEL_WIDTH)


def _table(paper: _Sheet, block: Table) -> None:
    last = len(block.rows)
    with paper.table(
        col_widths=block.widths,
        text_align=tuple(Align.R if column == "number" else Align.L for column in block.columns),
        line_height=LINE,
        padding=1.2,
        borders_layout=TableBordersLayout.ALL,
        headings_style=FontFace(fill_color=SHADE),
        wrapmode=paper.wrapping,
    ) as table:
        table.row(block.header)
        for number, row in enumerate(block.rows, 1):
            table.row(row, style=FontFace(fill_color=SHADE) if block.total and number == last else None)
    paper.ln(LINE / 2)


def _signatures(paper: _Sheet, block: Signatures) -> None:
    height = 2 * LINE
    if paper.will_page_break(height * len(block.labels) + LINE):
        paper.add_page()
    paper.ln(LINE)
    for label in block.labels:
        paper.cell(paper.epw * 0.62, height, f"{label}：{'_' * 26}")
        paper.cell(paper.epw * 0.38, height, f"日期：{'_' * 16}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _drawn(paper: _Sheet, block: Drawn) -> None:
    """Lines, not a picture: sharp at any size."""
    height, width = PAD_HEIGHT, PAD_HEIGHT * 2.5
    if paper.will_page_break(height + LINE):
        paper.add_page()
    top, left = paper.get_y(), paper.l_margin + LABEL_WIDTH
    paper.cell(LABEL_WIDTH, height, f"{block.label}：")
    for stroke in block.strokes:
        points = [(left + x * width / 1000, top + y * height / 400) for x, y in stroke]
        paper.polyline([*points, *points[:1]] if len(points) == 1 else points)
    paper.set_xy(left + width, top)
    paper.cell(0, height, f"日期：{block.when}", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.ln(LINE / 4)


def _qr(paper: _Sheet, block: Qr) -> None:
    """Drawn module by module: sharp at any size, and no picture in the file."""
    rows = list(segno.make(block.text, error="m", micro=False).matrix_iter(border=0))
    width = paper.epw * QR_WIDTH
    if paper.will_page_break(width + LINE):
        paper.add_page()
    module, left, top = width / len(rows), paper.l_margin + (paper.epw - width) / 2, paper.get_y() + LINE / 2
    paper.set_fill_color(0)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                paper.rect(left + x * module, top + y * module, module * 1.01, module * 1.01, style="F")
    paper.set_y(top + width + LINE)


def _bars(paper: _Sheet, block: Bars) -> None:
    longest = max((value for _, value, _ in block.rows), default=0) or 1
    space = paper.epw * BAR_SHARE
    for label, value, text in block.rows:
        if paper.will_page_break(LINE):
            paper.add_page()
        paper.cell(LABEL_WIDTH, LINE, label)
        paper.set_fill_color(SHADE_OF_BARS)
        paper.rect(paper.get_x(), paper.get_y() + (LINE - BAR_HEIGHT) / 2, max(0.3, space * value / longest), BAR_HEIGHT, style="F")
        paper.set_x(paper.l_margin + LABEL_WIDTH + space + 2)
        paper.cell(0, LINE, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    paper.set_fill_color(0)
    paper.ln(LINE / 4)
