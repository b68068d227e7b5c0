"""What the words of an utterance mean: complaint keywords, signals for the desk, staff wording that escalates."""

from __future__ import annotations

from dataclasses import dataclass

from audio_service.live.shelf import Shelf
from audio_service.live.utterances import Finished
from audio_service.messages import Keyword, Speaker
from scripts_library.listening import WordingHit
from scripts_library.matcher import Hit
from scripts_library.records import Cause, Signal


@dataclass(frozen=True, slots=True)
class SignalHeard:
    """Something the desk has to know: the customer (or somebody unsure) spoke of it. `at` in seconds of audio."""

    kind: Signal
    at: float
    term: str


@dataclass(frozen=True, slots=True)
class HeardWords:
    """One utterance's words. `hits` are the customer's, for prompts; `keywords` are everybody's, for the log."""

    keywords: tuple[Keyword, ...]
    signals: tuple[SignalHeard, ...]
    hits: tuple[Hit, ...]
    causes: dict[Cause, float]
    wording: tuple[WordingHit, ...]


class WordDesk:
    """Reads utterances with the newest library."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def read(self, done: Finished) -> HeardWords:
        """What is in an utterance. Its text may be empty; then nothing is."""
        tools, text = self._shelf.tools, done.transcription
        hits = tools.matcher.match(
            text.text, alternatives=[alternative.text for alternative in text.alternatives[1:]], quality=text.avg_logprob
        )
        keywords = tuple(_keyword(done, hit) for hit in hits)
        staff = done.speaker is Speaker.STAFF
        signals = tuple(
            SignalHeard(hit.signal, keyword.at, hit.term)
            for hit, keyword in zip(hits, keywords, strict=True)
            if hit.signal is not Signal.NONE and not staff
        )
        if staff:
            return HeardWords(keywords, signals, (), {}, tuple(tools.wording.match(text.text)))
        return HeardWords(keywords, signals, tuple(hits), tools.listener.causes(text.text, hits), ())


def _keyword(done: Finished, hit: Hit) -> Keyword:
    start, end = span_of(done, hit.start, hit.end)
    return Keyword(
        term=hit.term,
        category=hit.category,
        at=start,
        end=end,
        speaker=done.speaker,
        utterance=done.name,
        heard=hit.heard,
        match=hit.kind,
        score=hit.score,
    )


def span_of(done: Finished, start: int, end: int) -> tuple[float, float]:
    """Audio time of the characters start:end of an utterance's text; the whole utterance where there are no character times."""
    characters = done.transcription.characters[start:end]
    if not characters:
        return round(done.start, 2), round(done.end, 2)
    first = min(done.start + characters[0].start, done.end)
    return round(first, 2), round(max(first, min(done.start + characters[-1].end, done.end)), 2)
