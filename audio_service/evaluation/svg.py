"""The few SVG shapes that the plots need, written by hand: no library, no script, colours by class."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


def attributes(**values: float | str) -> str:
    """`x=1.234, class_="lane"` → ` x="1.2" class="lane"`: underscores become hyphens, numbers keep one digit (a tenth of a pixel)."""
    return "".join(f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"' for name, value in values.items())


def _value(value: float | str) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def box(x: float, y: float, width: float, height: float, name: str, tip: str = "", *, round_: float = 0) -> str:
    """A rectangle of class `name`; `tip` shows on hover."""
    return f"<rect{attributes(x=x, y=y, width=max(width, 0.5), height=height, class_=name, rx=round_)}>{_tip(tip)}</rect>"


def line(points: Iterable[tuple[float, float]], name: str) -> str:
    """A polyline of class `name`."""
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{joined}" class="{escape(name)}"/>'


def dot(x: float, y: float, radius: float, name: str, tip: str = "") -> str:
    """A circle of class `name`."""
    return f"<circle{attributes(cx=x, cy=y, r=radius, class_=name)}>{_tip(tip)}</circle>"


def text(x: float, y: float, words: str, name: str, *, anchor: str = "start") -> str:
    """Words of class `name`; `y` is their baseline."""
    return f"<text{attributes(x=x, y=y, class_=name, text_anchor=anchor)}>{escape(words)}</text>"


def picture(width: float, height: float, key: str, title: str, description: str, shapes: Iterable[str]) -> str:
    """A whole drawing that a screen reader can name and describe; it scales with the page. `key` is unique on the page."""
    head = attributes(viewBox=f"0 0 {width:g} {height:g}", role="img", aria_labelledby=f"{key}-t {key}-d")
    names = f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{escape(description)}</desc>'
    return f"<svg{head}>{names}{''.join(shapes)}</svg>"


def _tip(words: str) -> str:
    return f"<title>{escape(words)}</title>" if words else ""
