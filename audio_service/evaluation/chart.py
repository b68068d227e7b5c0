"""One conversation as a picture: who spoke, how excited the customer was, pace, loudness and pitch over what is usual, prompts, truth.

The same drawing is made for a wide and for a narrow screen, so that letters keep their size on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from audio_service.evaluation import svg
from audio_service.evaluation.tracks import CueTrack, Span, View

WIDE, NARROW = 860, 350
MARGIN = 6.0
LABEL = 17.0
"""Height of a lane's caption."""
ROW, GRAPH = 12.0, 58.0
HEAD, FOOT = 30.0, 22.0
STEPS = (5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 28_800)
"""Seconds between two ticks of the time axis."""
SPARSE = 48.0
"""Least pixels between two ticks of the time axis."""

WHO = {"customer": "客户", "staff": "员工", "unsure": "未确定"}
LEVELS = {"provisional": "了解中", "calm": "平静", "rising": "升温", "agitated": "激动"}
VERDICTS = {"hit": "✓ 提示", "more": "· 提示", "late": "✗ 迟到的提示", "false": "✗ 误提示"}
CAPTIONS = {
    "rate": ("语速 · pace", "字/秒"),
    "loudness": ("音量 · loudness", "分贝"),
    "pitch": ("音高 · pitch", "赫兹"),
}
STRAY = (2.5, 97.5)
"""Percentiles beyond which a value is a stray: a breath measured as a voice would flatten everything else."""
LEAST_SPAN = {"rate": 2.0, "loudness": 10.0, "pitch": 60.0}
"""Smallest range of a graph: a steady voice has to look steady."""


class Chart:
    """A drawing of `width` pixels; `shapes` from top to bottom."""

    def __init__(self, shown: View, width: float) -> None:
        self._shown = shown
        self._width = width
        self._seconds = shown.conversation.seconds
        self._y = HEAD
        self._shapes: list[str] = []

    def draw(self, key: str, title: str, description: str) -> str:
        """The whole picture; `key` names it on the page."""
        turns = [Span(turn.start, turn.end, turn.role) for turn in self._shown.conversation.turns]
        self._caption("谁在说话 · who speaks", "上：标注　下：听到")
        self._row(turns, "who", WHO)
        self._row(self._shown.heard, "who", WHO)
        self._caption("客户情绪 · level", "")
        self._row(self._shown.levels, "level", LEVELS)
        for track in self._shown.cues:
            self._graph(track)
        bottom = self._y + 4
        shapes = [*self._truth(bottom), *self._shapes, *self._prompts(bottom), *self._axis(bottom)]
        return svg.picture(self._width, bottom + FOOT, key, title, description, shapes)

    def _x(self, at: float) -> float:
        return MARGIN + (self._width - 2 * MARGIN) * min(at / self._seconds, 1.0)

    def _caption(self, words: str, unit: str) -> None:
        self._y += LABEL
        self._shapes.append(svg.text(MARGIN, self._y - 4, words, "caption"))
        self._shapes.append(svg.text(self._width - MARGIN, self._y - 4, unit, "unit", anchor="end"))

    def _row(self, spans: list[Span] | tuple[Span, ...], group: str, names: dict[str, str]) -> None:
        for span in spans:
            tip = f"{names[span.name]} {span.start:.1f}–{span.end:.1f} s"
            left, right = self._x(span.start), self._x(min(span.end, self._seconds))
            self._shapes.append(svg.box(left, self._y, right - left, ROW - 2, f"{group} {span.name}", tip, round_=2))
        self._y += ROW

    def _graph(self, track: CueTrack) -> None:
        words, unit = CAPTIONS[track.cue]
        self._caption(words, unit)
        top, self._y = self._y, self._y + GRAPH
        self._shapes.append(svg.box(MARGIN, top, self._width - 2 * MARGIN, GRAPH, "lane"))
        if not track.values:
            self._shapes.append(svg.text(MARGIN + 4, top + GRAPH / 2, "没有测量 · nothing measured", "unit"))
            return
        low, high = bounds(track.values, LEAST_SPAN[track.cue])

        def place(value: float) -> float:
            return top + GRAPH * (high - min(max(value, low), high)) / (high - low)

        for value, y in ((high, top + 10), (low, top + GRAPH - 3)):
            self._shapes.append(svg.text(MARGIN + 3, y, f"{value:g}", "scale"))
        if track.usual:
            self._shapes.append(svg.line(self._steps(track, place), "usual"))
        for line in track.lines:
            points = [(self._x(at), place(value)) for at, value in line]
            self._shapes.append(svg.line(points, f"cue {track.cue}") if len(points) > 1 else "")
            self._shapes += [svg.dot(x, y, 1.8, f"cue {track.cue}") for x, y in points]

    def _steps(self, track: CueTrack, place: Callable[[float], float]) -> Iterator[tuple[float, float]]:
        """The usual value holds until the next report says otherwise."""
        before: float | None = None
        for at, value in track.usual:
            if before is not None and before != value:
                yield self._x(at), place(before)
            yield self._x(at), place(value)
            before = value

    def _truth(self, bottom: float) -> Iterator[str]:
        onset, offset = self._shown.conversation.onset, self._shown.conversation.offset
        if onset is None or offset is None:
            return
        left, right = self._x(onset), self._x(offset)
        yield svg.box(left, HEAD - 12, right - left, bottom - HEAD + 12, "truth", f"标注为激动 {onset:.1f}–{offset:.1f} s")
        yield svg.text(right - 3, HEAD - 1, "标注：激动", "truth-name", anchor="end")

    def _prompts(self, bottom: float) -> Iterator[str]:
        for prompt in self._shown.prompts:
            x = self._x(prompt.at)
            yield svg.line([(x, 14), (x, bottom)], f"prompt {prompt.verdict}")
            near_end = x > self._width - 90
            words = f"{VERDICTS[prompt.verdict]} {prompt.at:.0f} 秒"
            yield svg.text(x - 3 if near_end else x + 3, 11, words, f"prompt-name {prompt.verdict}", anchor="end" if near_end else "start")

    def _axis(self, bottom: float) -> Iterator[str]:
        for at, _ in self._shown.keywords:
            yield svg.box(self._x(at) - 1, bottom - 6, 2, 6, "keyword")
        step = next((step for step in STEPS if self._width * step >= SPARSE * self._seconds), STEPS[-1])
        for at in range(0, math.floor(self._seconds) + 1, step):
            yield svg.box(self._x(at), bottom, 0.7, 4, "tick")
            yield svg.text(self._x(at), bottom + 15, f"{at // 60}:{at % 60:02d}", "scale", anchor="middle" if at else "start")


def bounds(values: list[float], least: float) -> tuple[float, float]:
    """Round limits that span at least `least` and hold all values but strays, which are drawn at the edge."""
    low, high = (float(edge) for edge in np.percentile(values, STRAY))
    missing = max(0.0, least - (high - low)) / 2
    step = least / 4
    return math.floor((low - missing) / step) * step, math.ceil((high + missing) / step) * step
