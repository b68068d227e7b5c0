"""A trainer types a sentence and sees everything the library makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from scripts_library.library import Library
from scripts_library.listening import Listener, WordingHit, WordingMatcher, intensity, moment_of
from scripts_library.matcher import Hit, Matcher
from scripts_library.records import Cause, Moment


@dataclass(frozen=True, slots=True)
class Tried:
    """Terms, staff wording, moment, causes, gravity (0–1) and holdback (0–1) of one sentence."""

    hits: list[Hit]
    wording: list[WordingHit]
    moment: Moment | None
    causes: dict[Cause, float]
    intensity: float
    holdback: float


def try_sentence(text: str, library: Library | None = None) -> Tried:
    """What the library hears in a sentence (the shipped library unless another is given)."""
    library = library or Library.load()
    hits, listener = Matcher(library).match(text), Listener(library)
    return Tried(
        hits, WordingMatcher(library).match(text), moment_of(hits), listener.causes(text, hits), intensity(hits), listener.holdback(text)
    )
