"""Small drawings (SVG) beside figures. What they show is also written out: a screen reader is given the label."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from nicegui.element import Element

from case_api.console.parts import div, el

WIDE, HIGH = 1000.0, 100.0
RING: Final = 105.0
Value = float | None


def _drawing(cls: str, label: str = "") -> Element:
    told = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return el("svg", "", f"drawing {cls}", viewBox=f"0 0 {WIDE:g} {HIGH:g}", preserveAspectRatio="none", **told)


def bars(values: Sequence[Value], names: Sequence[str], label: str, turns: Iterable[int] = ()) -> None:
    """A bar for each value, its name on hovering; a line before each index of `turns`. Highest value, first and last name beside it."""
    top = max((value for value in values if value is not None), default=0.0) or 1.0
    step = WIDE / max(len(values), 1)
    with div("plot"):
        el("small", f"{top:g}")
        with _drawing("bars", label):
            for place, (value, name) in enumerate(zip(values, names, strict=True)):
                high = HIGH * (value or 0) / top
                with el(
                    "rect", x=f"{place * step + step * 0.1:.1f}", y=f"{HIGH - high:.1f}", width=f"{step * 0.8:.1f}", height=f"{high:.1f}"
                ):
                    el("title", f"{name} · {'—' if value is None else f'{value:g}'}")
            for turn in turns:
                el("line", "", "turn", x1=f"{turn * step:.1f}", x2=f"{turn * step:.1f}", y1="0", y2=f"{HIGH:g}")
        _ends(names)


def lines(
    curves: Sequence[tuple[str, Sequence[Value]]],
    names: Sequence[str],
    label: str,
    *,
    measured: str = "",
    goal: Value = None,
    day: int | None = None,
) -> None:
    """A line for each curve `(class, values)`, broken where a value is missing; `measured` has a dot at each value. The goal across, the
    day upright.
    """
    known = [value for _, values in curves for value in values if value is not None]
    top = max([*known, goal or 0.0], default=0.0) * 1.05 or 1.0
    step = WIDE / max(len(names), 1)

    def high(value: float) -> float:
        return HIGH - HIGH * max(value, 0) / top

    with div("plot"):
        el("small", f"{top / 1.05:.3g}")
        with _drawing("lines", label):
            for cls, values in curves:
                for piece in _pieces(values):
                    points = " ".join(f"{(place + 0.5) * step:.1f},{high(value):.1f}" for place, value in piece)
                    el("polyline", "", cls, points=points)
                    if cls == measured:  # a stroke without length is a round dot, however the drawing is stretched
                        el("path", "", f"dots {cls}", d="".join(f"M{point}h0" for point in points.split(" ")))
            if goal is not None:
                el("line", "", "goal", x1="0", x2=f"{WIDE:g}", y1=f"{high(goal):.1f}", y2=f"{high(goal):.1f}")
            if day is not None:
                el("line", "", "turn", x1=f"{day * step:.1f}", x2=f"{day * step:.1f}", y1="0", y2=f"{HIGH:g}")
        _ends(names)


def graph(pairs: Sequence[tuple[str, str, float]], label: str) -> None:
    """Names on a ring, a chord for each pair `(one, other, weight)`, thicker for more; what hangs together stands side by side."""
    names = around(pairs)
    places = {name: 2 * math.pi * number / len(names) - math.pi / 2 for number, name in enumerate(names)}
    most = max(weight for *_, weight in pairs) or 1.0
    with el("svg", "", "drawing graph", viewBox="-200 -150 400 300", role="img", aria_label=label):
        for one, other, weight in pairs:
            (x1, y1), (x2, y2) = (_on_ring(places[name], RING) for name in (one, other))
            with el("path", d=f"M{x1:.1f} {y1:.1f}Q0 0 {x2:.1f} {y2:.1f}", stroke_width=f"{1 + 5 * weight / most:.1f}"):
                el("title", f"{one} + {other} · {weight:g}")
        for name, angle in places.items():
            x, y = _on_ring(angle, RING)
            el("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r="4")
            x, y = _on_ring(angle, RING + 12)
            anchor = "middle" if abs(math.cos(angle)) < 0.2 else "start" if x > 0 else "end"
            el("text", name, x=f"{x:.1f}", y=f"{y + 4:.1f}", text_anchor=anchor)


def around(pairs: Sequence[tuple[str, str, float]]) -> list[str]:
    """The names of the pairs in an order in which strong pairs are near each other: that of the second eigenvector of their Laplacian."""
    names = list(dict.fromkeys(name for one, other, _ in pairs for name in (one, other)))
    weights = np.zeros((len(names), len(names)))
    for one, other, weight in pairs:
        weights[names.index(one), names.index(other)] += weight
    weights += weights.T
    _, vectors = np.linalg.eigh(np.diag(weights.sum(axis=1)) - weights)
    second = vectors[:, min(1, len(names) - 1)]
    return [names[place] for place in np.argsort(second * np.sign(second[0] or 1.0), kind="stable")]


def _on_ring(angle: float, radius: float) -> tuple[float, float]:
    return radius * math.cos(angle), radius * math.sin(angle)


def _pieces(values: Sequence[Value]) -> list[list[tuple[int, float]]]:
    made: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            made.append([])
        else:
            made[-1].append((place, value))
    return [piece for piece in made if piece]


def _ends(names: Sequence[str]) -> None:
    with div("plot-ends"):
        for name in dict.fromkeys([*names[:1], *names[-1:]]):
            el("small", name)


def interval(low: float, mean: float, high: float, reach: float) -> None:
    """A mean with its interval on a line from -reach to reach, zero in the middle."""

    def place(value: float) -> str:
        return f"{WIDE / 2 * (1 + min(max(value / reach, -1), 1)):.1f}"

    with _drawing("interval"):
        el("line", "", "zero", x1=f"{WIDE / 2:g}", x2=f"{WIDE / 2:g}", y1="0", y2=f"{HIGH:g}")
        cls = "reach calmer" if high < 0 else "reach angrier" if low > 0 else "reach"
        el("line", "", cls, x1=place(low), x2=place(high), y1=f"{HIGH / 2:g}", y2=f"{HIGH / 2:g}")
        el("line", "", "mean", x1=place(mean), x2=place(mean), y1="15", y2="85")
