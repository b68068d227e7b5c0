"""A conversation as drawings on paper: who spoke, loudness, rate and pitch over what is usual, levels behind, what happened below. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from case_api.documents.picture import Box, Colour, Picture, Shape, Stroke, Words
from case_api.sessions.course import clock
from case_api.sessions.exports import Said
from case_api.sessions.schemas import Course, Track

STRIP_SECONDS: Final = 1800
"""What one drawing shows at the most."""
WIDTH, LEFT, NAMES = 174.0, 15.0, 1.0  # mm: of the line; where the drawing and its names begin
LANE, GRAPH, MARKS, FOOT, GAP = 3.2, 13.0, 9.0, 6.0, 1.6
LANES: Final = ("customer", "staff", "unsure")
GRAPHS: Final = (("loudness_momentary", "loudness"), ("rate", "rate"), ("pitch", "pitch"))
NAMED: Final = ("speaker", *(cue for _, cue in GRAPHS), "events")
"""What has a name at its left."""
STEPS: Final = (5, 10, 15, 30, 60, 120, 300)
TICK_MM: Final = 14.0
SOFT: Colour = (110, 120, 116)
BLUE: Colour = (31, 95, 174)
ACCENT: Colour = (11, 107, 96)
WARM: Colour = (168, 72, 15)
WHO: Final[Mapping[str, Colour]] = {"customer": WARM, "staff": ACCENT, "unsure": SOFT}
LEVEL: Final[Mapping[str, Colour]] = {"calm": (226, 241, 237), "rising": (251, 237, 202), "agitated": (251, 220, 217)}


class Sign(NamedTuple):
    """Something that happened: `kind` is prompt, keyword, moment or mark."""

    kind: str
    at: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn of a conversation; times are seconds."""

    seconds: float
    said: Sequence[Said]
    course: Course
    track: Track
    signs: Sequence[Sign]


def strips(drawn: Drawn, names: Mapping[str, str]) -> list[Picture]:
    """One drawing, or as many of equal length as a long conversation needs; `names` are those of `NAMED`."""
    count = max(math.ceil(drawn.seconds / STRIP_SECONDS), 1)
    length = max(drawn.seconds, 1.0) / count
    return [_Strip(drawn, names, number * length, (number + 1) * length).draw() for number in range(count)]


class _Strip:
    """The seconds [start, end) of a conversation."""

    def __init__(self, drawn: Drawn, names: Mapping[str, str], start: float, end: float) -> None:
        self._drawn, self._names, self._start, self._end = drawn, names, start, end
        self._lanes = 1.0
        self._graphs = [self._lanes + 3 * LANE + GAP + n * (GRAPH + GAP) for n in range(len(GRAPHS))]
        self._marks = self._graphs[-1] + GRAPH + GAP
        self._bottom = self._marks + MARKS

    def draw(self) -> Picture:
        shapes: list[Box | Shape | Stroke | Words] = [*self._levels(), *self._speakers()]
        for top, (column, cue) in zip(self._graphs, GRAPHS, strict=True):
            shapes += self._graph(top, column, cue)
        return Picture(self._bottom + FOOT + GAP, (*shapes, *self._signs(), *self._axis()))

    def _x(self, at: float) -> float:
        share = (at - self._start) / (self._end - self._start)
        return LEFT + (WIDTH - LEFT) * min(max(share, 0.0), 1.0)

    def _shown(self, start: float, end: float) -> bool:
        return start < self._end and end >= self._start

    def _bar(self, start: float, end: float, y: float, height: float, fill: Colour) -> Box:
        return Box(self._x(start), y, max(self._x(end) - self._x(start), 0.25), height, fill)

    def _levels(self) -> Iterator[Box]:
        for band in self._drawn.course.bands:
            if band.level in LEVEL and self._shown(band.start, band.end):
                yield self._bar(band.start, band.end, 0, self._bottom, LEVEL[band.level])

    def _speakers(self) -> Iterator[Box | Words]:
        yield Words(NAMES, self._lanes + 1.5 * LANE, self._names["speaker"], SOFT)
        for said in self._drawn.said:
            if self._shown(said.start, said.end):
                top = self._lanes + LANES.index(said.speaker) * LANE
                yield self._bar(said.start, said.end, top, LANE - 0.7, WHO[said.speaker])

    def _graph(self, top: float, column: str, cue: str) -> Iterator[Box | Stroke | Words]:
        yield Words(NAMES, top + GRAPH / 2, self._names[cue], SOFT)
        track = self._drawn.track
        points = [(track.start + n * track.step, value) for n, value in enumerate(track.columns.get(column, ())) if value is not None]
        if not points:
            return
        known = [value for _, value in points]
        low, high = (float(edge) for edge in np.percentile(known, (3, 98.5)))
        high = max(high, low + 1)

        def y(value: float) -> float:
            return top + GRAPH * (high - min(max(value, low), high)) / (high - low)

        usual = list(self._drawn.course.usual.get(cue, ())) or [(0.0, float(np.median(known)))]
        yield from self._steps(usual, y)
        seen = [(at, value) for at, value in points if self._start <= at < self._end]
        if cue == "loudness":
            for at, value in seen:
                yield self._bar(at, at + track.step, y(value), top + GRAPH - y(value), (143, 178, 219))
            return
        for line in _unbroken(seen, track.step):
            yield Stroke(tuple((self._x(at), y(value)) for at, value in line), BLUE, 0.3)

    def _steps(self, usual: Sequence[tuple[float, float]], y: Callable[[float], float]) -> Iterator[Stroke]:
        """The usual value holds until the next one."""
        ends = [at for at, _ in usual[1:]] + [self._drawn.seconds]
        points = [(at, value) for (start, value), end in zip(usual, ends, strict=True) for at in (start, end) if self._shown(start, end)]
        if points:
            yield Stroke(tuple((self._x(at), y(value)) for at, value in points), SOFT, 0.2, dashed=True)

    def _signs(self) -> Iterator[Shape | Box | Words]:
        yield Words(NAMES, self._marks + MARKS / 2, self._names["events"], SOFT)
        for sign in self._drawn.signs:
            if not self._start <= sign.at < self._end:
                continue
            x, y = self._x(sign.at), self._marks + 1.5
            match sign.kind:
                case "prompt":
                    yield Shape(((x, y - 1.1), (x + 1.2, y + 1), (x - 1.2, y + 1)), ACCENT)
                case "keyword":
                    yield Box(x - 0.7, y + 2.2, 1.4, 1.4, WARM)
                case "moment":
                    yield Box(x - 0.25, y + 4.6, 0.5, 2.2, SOFT)
                case _:
                    yield Shape(((x, y + 4.4), (x + 1.2, y + 5.7), (x, y + 7), (x - 1.2, y + 5.7)), BLUE)

    def _axis(self) -> Iterator[Stroke | Words]:
        yield Stroke(((LEFT, self._bottom), (WIDTH, self._bottom)), SOFT, 0.2)
        span = self._end - self._start
        step = next((step for step in STEPS if (WIDTH - LEFT) * step / span >= TICK_MM), STEPS[-1])
        for at in range(math.ceil(self._start / step) * step, math.floor(self._end) + 1, step):
            yield Stroke(((self._x(at), self._bottom), (self._x(at), self._bottom + 1)), SOFT, 0.2)
            yield Words(min(self._x(at), WIDTH - 4), self._bottom + 3.2, clock(at), SOFT, 7, "C")


def _unbroken(points: Sequence[tuple[float, float]], step: float) -> Iterator[list[tuple[float, float]]]:
    """Runs of neighbours, of two points at least."""
    run: list[tuple[float, float]] = []
    for at, value in points:
        if run and at - run[-1][0] > 1.5 * step:
            if len(run) > 1:
                yield run
            run = []
        run.append((at, value))
    if len(run) > 1:
        yield run
