"""What the words of an utterance mean: complaint keywords, signals for the desk, staff wording that escalates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from audio_service.live.finished import Finished
from audio_service.live.shelf import Tools
from audio_service.messages import Keyword, Speaker
from audio_service.transcription.results import Transcription
from scripts_library.listening import WordingHit
from scripts_library.matcher import Hit, Listening
from scripts_library.records import Cause, Signal

GLAD = 0.5
"""Evidence of gladness that counts: one plain word of thanks or praise; 「听你的」 alone is not."""


@dataclass(frozen=True, slots=True)
class SignalHeard:
    """Something the desk has to know: the customer (or somebody unsure) spoke of it. `at` in seconds of audio."""

    kind: Signal
    at: float
    term: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the library finds in a text, whoever said it."""

    hits: tuple[Hit, ...] = ()
    wording: tuple[WordingHit, ...] = ()
    causes: Mapping[Cause, float] = field(default_factory=dict)
    gladness: float = 0.0


@dataclass(frozen=True, slots=True)
class HeardWords:
    """One utterance's words. `hits` and `causes` are the customer's, `wording` the staff member's; `keywords` are everybody's.

    `anger` is what the ear is told of it: −1 (praise, laughter) to 1 (a threat), whoever spoke; the ear knows whether it was the customer.
    """

    keywords: tuple[Keyword, ...]
    signals: tuple[SignalHeard, ...]
    hits: tuple[Hit, ...]
    causes: Mapping[Cause, float]
    wording: tuple[WordingHit, ...]
    anger: float = 0.0


def propose(tools: Tools, text: Transcription) -> list[str]:
    """Readings of the audio with a term in them that the text only sounds a little like: the recogniser is asked how likely each is."""
    return tools.matcher.readings(text.text, alternatives=_beside(text), quality=text.avg_logprob)


def find(tools: Tools, text: Transcription) -> Found:
    """Search a text. Takes milliseconds of Python, so it runs outside the event loop; an empty text holds nothing."""
    if not text.text:
        return Found()
    others = [alternative for alternative in text.alternatives if alternative.other]
    second = Listening([other.text for other in others], others[0].score) if others else None
    found = tools.matcher.match(
        text.text, alternatives=_beside(text), quality=text.avg_logprob, second=second, rescored=dict(text.rescored)
    )
    hits = tuple(found)
    causes, gladness = tools.listener.causes(text.text, hits), tools.listener.holdback(text.text)
    return Found(hits, tuple(tools.wording.match(text.text)), causes, gladness)


def _beside(text: Transcription) -> list[str]:
    """The other hypotheses of the listening whose text is shown."""
    return [alternative.text for alternative in text.alternatives[1:] if not alternative.other]


def read(done: Finished, found: Found) -> HeardWords:
    """What was found, seen as the words of whoever spoke: complaints of the customer (or somebody unsure), wording of staff."""
    keywords = tuple(_keyword(done, hit) for hit in found.hits)
    anger = anger_of(found)
    if done.speaker is Speaker.STAFF:
        return HeardWords(keywords, (), (), {}, found.wording, anger)
    signals = tuple(
        SignalHeard(hit.signal, keyword.at, hit.term)
        for hit, keyword in zip(found.hits, keywords, strict=True)
        if hit.signal is not Signal.NONE and not hit.negated
    )
    return HeardWords(keywords, signals, found.hits, found.causes, (), anger)


def anger_of(found: Found) -> float:
    """−1 to 1: one threat said plainly is all of it, a reproach half; what every visit is about (money, withdrawing, why) is nothing."""
    grave = sum(hit.score * (hit.severity - 1) / 2 for hit in found.hits if not hit.negated and _blames(hit))
    return min(1.0, grave) - (found.gladness if found.gladness >= GLAD else 0.0)


def _blames(hit: Hit) -> bool:
    """A cause is a reason to withdraw, told calmly as often as not; only delay is at once a reproach."""
    return hit.signal is not Signal.WITHDRAWAL_INTENT and hit.cause in (None, Cause.DELAY)


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
