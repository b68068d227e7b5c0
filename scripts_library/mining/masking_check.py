"""How well masking works on marked sentences: what it missed, and what it masked without need."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from scripts_library.mining.masking import Masker
from scripts_library.mining.spans import Span

_MARK = re.compile(r"\{(name|phone|id|account|plate|address):([^}]*)\}")
HELD_OUT = "[held-out]"


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence and what has to be masked in it."""

    text: str
    spans: tuple[Span, ...]
    held_out: bool


@dataclass(slots=True)
class Tally:
    """Marks found whole of all, characters masked without need of all that need none, right spans of all, and what was missed."""

    marks: int = 0
    found: int = 0
    needless: int = 0
    harmless: int = 0
    spans: int = 0
    right: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    found_by_kind: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the marks of which no character is left."""
        return self.found / max(self.marks, 1)

    @property
    def precision(self) -> float:
        """Share of the spans masked that hide something which had to be."""
        return self.right / max(self.spans, 1)

    @property
    def spoilt(self) -> float:
        """Share of the characters that need no masking and were masked."""
        return self.needless / max(self.harmless, 1)


def read(lines: Iterable[str]) -> list[Marked]:
    """Sentences with `{kind:text}` marks, one a line; `#` begins a remark, `[…]` a part."""
    marked: list[Marked] = []
    held_out = False
    for line in map(str.strip, lines):
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            held_out = line == HELD_OUT
            continue
        text, spans, place = "", [], 0
        for mark in _MARK.finditer(line):
            text += line[place : mark.start()]
            spans.append(Span(len(text), len(text) + len(mark[2]), mark[1]))  # type: ignore[arg-type]
            text += mark[2]
            place = mark.end()
        marked.append(Marked(text + line[place:], tuple(spans), held_out))
    return marked


def check(sentences: Iterable[Marked], masker: Masker) -> Tally:
    """Mask every sentence and compare."""
    tally = Tally()
    for one in sentences:
        masked = [set(range(span.start, span.end)) for span in masker.spans(one.text)]
        hidden = set().union(*masked)
        wanted = {place for span in one.spans for place in range(span.start, span.end)}
        tally.harmless += len(one.text) - len(wanted)
        tally.needless += len(hidden - wanted)
        tally.spans += len(masked)
        tally.right += sum(not places.isdisjoint(wanted) for places in masked)
        for span in one.spans:
            whole = all(place in hidden for place in range(span.start, span.end) if one.text[place].isalnum())
            tally.marks += 1
            tally.found += whole
            tally.by_kind[span.kind] += 1
            tally.found_by_kind[span.kind] += whole
            if not whole:
                tally.missed.append(f"{span.kind} {one.text[span.start : span.end]} — {masker.mask(one.text)}")
    return tally
