"""Line drawings on paper: shapes in millimetres from the left margin and the picture's top, drawn in order. Sharp at any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from fpdf import FPDF
from fpdf.enums import Align

Colour = tuple[int, int, int]
Point = tuple[float, float]
BLACK: Colour = (0, 0, 0)


class Box(NamedTuple):
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: Colour


class Shape(NamedTuple):
    """A filled polygon."""

    points: tuple[Point, ...]
    fill: Colour


class Stroke(NamedTuple):
    """A line through points."""

    points: tuple[Point, ...]
    colour: Colour = BLACK
    width: float = 0.25
    dashed: bool = False


class Words(NamedTuple):
    """One line of text, its middle at `y`."""

    x: float
    y: float
    text: str
    colour: Colour = BLACK
    size: float = 7.5
    align: Literal["L", "C"] = "L"


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as wide as the line; it is never broken over two pages."""

    height: float
    shapes: tuple[Box | Shape | Stroke | Words, ...]


def draw(paper: FPDF, picture: Picture) -> None:
    """At the place where the paper is; leaves it below the picture."""
    if paper.will_page_break(picture.height):
        paper.add_page()
    left, top = paper.l_margin, paper.get_y()
    for shape in picture.shapes:
        _draw(paper, left, top, shape)
    paper.set_fill_color(0)  # a table that comes next would be filled with any other
    paper.set_draw_color(0)
    paper.set_text_color(0)
    paper.set_line_width(0.2)
    paper.set_xy(left, top + picture.height)


def _draw(paper: FPDF, left: float, top: float, shape: Box | Shape | Stroke | Words) -> None:
    match shape:
        case Box():
            paper.set_fill_color(*shape.fill)
            paper.rect(left + shape.x, top + shape.y, shape.width, shape.height, style="F")
        case Shape():
            paper.set_fill_color(*shape.fill)
            paper.polygon([(left + x, top + y) for x, y in shape.points], style="F")
        case Stroke():
            paper.set_draw_color(*shape.colour)
            paper.set_line_width(shape.width)
            if shape.dashed:
                paper.set_dash_pattern(dash=0.9, gap=0.7)
            paper.polyline([(left + x, top + y) for x, y in shape.points])
            paper.set_dash_pattern()
        case Words():
            _words(paper, left + shape.x, top + shape.y, shape)


def _words(paper: FPDF, x: float, y: float, shape: Words) -> None:
    paper.set_font_size(shape.size)
    paper.set_text_color(*shape.colour)
    width, height = paper.get_string_width(shape.text) + 0.2, shape.size * 0.42
    paper.set_xy(x - (width / 2 if shape.align == "C" else 0), y - height / 2)
    # No margin of the cell's own: the words begin where they are said to.
    margin, paper.c_margin = paper.c_margin, 0
    paper.cell(width, height, shape.text, align=Align.L)
    paper.c_margin = margin
