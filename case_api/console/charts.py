"""Small charts: bars in table cells, which a screen reader reads as the table they are, and one drawing of months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from case_api.console.parts import div, el

WIDE: Final = 720
HIGH: Final = 190
FOOT: Final = 22
HEAD: Final = 16
"""Of the drawing of months: its size, and what is left for the months' names and for the numbers."""


@dataclass(frozen=True, slots=True)
class Column:
    """One month: everything, the part that is told apart, and whether it is framed."""

    name: str
    whole: int
    part: int
    framed: bool


def bar(part: float | None, tone: str = "", *, mark: float | None = None) -> None:
    """A bar from 0 to 1, with a line at `mark`. Says nothing to a screen reader: its number stands beside it."""
    with div(f"bar {tone}".strip(), aria_hidden="true"):
        div("bar-fill").style(f"width: {min(max(part or 0.0, 0.0), 1.0) * 100:.2f}%")
        if mark is not None:
            div("bar-mark").style(f"left: {min(max(mark, 0.0), 1.0) * 100:.2f}%")


def columns(shown: Sequence[Column], said: str) -> None:
    """A column a month from zero, with its number on top; `said` is the drawing in words."""
    most = max((one.whole for one in shown), default=0) or 1
    step = WIDE / max(len(shown), 1)
    width = min(step * 0.64, 46)
    every = -(-len(shown) // 13)
    with el("svg", "", "months", viewBox=f"0 0 {WIDE} {HIGH}", role="img", aria_label=said):
        el("path", "", "axis", d=f"M0 {HIGH - FOOT}H{WIDE}")
        for number, one in enumerate(shown):
            left, middle = number * step + (step - width) / 2, number * step + step / 2
            room = HIGH - FOOT - HEAD
            for amount, kind in ((one.whole, "whole"), (one.part, "part")):
                height = room * amount / most
                if height:
                    el("rect", "", kind, x=f"{left:.1f}", y=f"{HIGH - FOOT - height:.1f}", width=f"{width:.1f}", height=f"{height:.1f}")
            if one.framed:
                el("rect", "", "framed", x=f"{number * step + 1:.1f}", y="1", width=f"{step - 2:.1f}", height=f"{HIGH - 2}", rx="6")
            if number % every == 0:
                top = HIGH - FOOT - room * one.whole / most
                el("text", str(one.whole), "value", x=f"{middle:.1f}", y=f"{top - 4:.1f}", text_anchor="middle")
                el("text", one.name, "name", x=f"{middle:.1f}", y=f"{HIGH - 6}", text_anchor="middle")
