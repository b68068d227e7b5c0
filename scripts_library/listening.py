"""What words say beyond the terms: the moment, the causes, staff wording that escalates, and signs that a raised voice is not anger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scripts_library.library import Library
from scripts_library.matcher import Hit
from scripts_library.records import Cause, Cue, Moment, WordingRule
from scripts_library.sounds import SoundIndex
from scripts_library.syllables import Heard, hear

STRICT = 0.04  # homophones and single accent confusions only
FEWEST_FOR_SOUND = 3  # shorter phrases must stand as written

# Of several moments in one utterance the gravest is answered.
_GRAVEST_FIRST = tuple(Moment)


class PhraseFinder:
    """Phrases as written or as a homophone; 「…」 in a phrase stands for up to five characters of filler."""

    FILLER = 5

    def __init__(self, phrases: Sequence[str]) -> None:
        self._parts = [[hear(part).plain for part in phrase.split("…") if hear(part).plain] for phrase in phrases]
        whole = [parts[0] if len(parts) == 1 else "" for parts in self._parts]
        self._sounds = SoundIndex(whole, [STRICT if len(one) >= FEWEST_FOR_SOUND else -1.0 for one in whole])

    def find(self, text: Heard) -> list[tuple[int, int, int]]:
        """(phrase, start, end) in `plain`, the longest first; several may overlap."""
        found = {(index, *span) for index, parts in enumerate(self._parts) for span in self._written(parts, text.plain)}
        found |= {(one.form, one.start, one.end) for one in self._sounds.search([text])}
        return sorted(found, key=lambda one: (one[1] - one[2], one[1], one[0]))

    def _written(self, parts: list[str], plain: str) -> Iterable[tuple[int, int]]:
        start = plain.find(parts[0]) if parts else -1
        while start >= 0:
            end = start + len(parts[0])
            for part in parts[1:]:
                at = plain.find(part, end, end + self.FILLER + len(part))
                end = at + len(part) if at >= 0 else -1
                if end < 0:
                    break
            if end >= 0 and "。" not in plain[start:end]:
                yield start, end
            start = plain.find(parts[0], start + 1)


@dataclass(frozen=True, slots=True)
class WordingHit:
    """Staff wording that escalates, at `start:end` of the text, with the rule that says what to say instead."""

    rule: WordingRule
    phrase: str
    start: int
    end: int
    heard: str


class WordingMatcher:
    """Staff wording to avoid. Immutable; safe from many threads."""

    def __init__(self, library: Library) -> None:
        self._phrases = [(rule, phrase) for rule in library.wording for phrase in rule.phrases]
        self._finder = PhraseFinder([phrase for _, phrase in self._phrases])

    def match(self, text: str) -> list[WordingHit]:
        """Hits in order, none overlapping another."""
        heard = hear(text)
        kept: list[tuple[int, int, int]] = []
        for index, start, end in self._finder.find(heard):
            rule, _ = self._phrases[index]
            around = heard.plain[max(0, start - 6) : end + 6]
            free = all(end <= other[1] or other[2] <= start for other in kept)
            if free and not any(hear(excuse).plain in around for excuse in rule.unless):
                kept.append((index, start, end))
        return [self._hit(heard, *one) for one in sorted(kept, key=lambda one: one[1])]

    def _hit(self, heard: Heard, index: int, first: int, last: int) -> WordingHit:
        rule, phrase = self._phrases[index]
        start, end = heard.span(first, last)
        return WordingHit(rule, phrase, start, end, heard.text[start:end])


class Listener:
    """Causes and holdback words in what the customer says. Immutable; safe from many threads."""

    def __init__(self, library: Library) -> None:
        self._causes = _CueFinder(library.causes)
        self._holdback = _CueFinder(library.holdback)

    def causes(self, text: str, hits: Sequence[Hit] = ()) -> dict[Cause, float]:
        """Evidence for each cause in one utterance; add these up over a conversation (`merge_causes`)."""
        weights: dict[Cause, float] = defaultdict(float)
        for group, weight in self._causes.weights(text).items():
            weights[Cause(group)] += weight
        for hit in hits:
            if hit.cause is not None and not hit.negated:
                weights[hit.cause] += hit.score
        return dict(weights)

    def holdback(self, text: str) -> float:
        """Evidence against anger in these words, 0 (none) to 1: thanks, praise, laughter, glad surprise."""
        return min(1.0, sum(self._holdback.weights(text).values()) / 2)


class _CueFinder:
    def __init__(self, cues: Sequence[Cue]) -> None:
        self._cues = cues
        self._finder = PhraseFinder([cue.phrase for cue in cues])

    def weights(self, text: str) -> dict[str, float]:
        """Sum of weights by group; of overlapping phrases only the longest counts."""
        weights: dict[str, float] = defaultdict(float)
        taken: list[tuple[int, int]] = []
        for index, start, end in self._finder.find(hear(text)):
            if all(end <= first or last <= start for first, last in taken):
                taken.append((start, end))
                weights[self._cues[index].group] += self._cues[index].weight
        return weights


def merge_causes(so_far: dict[Cause, float], new: dict[Cause, float]) -> dict[Cause, float]:
    """What a conversation has said about its cause, with one more utterance."""
    return {cause: so_far.get(cause, 0.0) + new.get(cause, 0.0) for cause in sorted({*so_far, *new})}


def moment_of(hits: Sequence[Hit]) -> Moment | None:
    """The gravest moment that the terms of an utterance make; a negated term makes none (「我不是要投诉」)."""
    moments = {hit.moment for hit in hits if hit.moment is not None and not hit.negated}
    return min(moments, key=_GRAVEST_FIRST.index, default=None)


def intensity(hits: Sequence[Hit]) -> float:
    """How grave the words of an utterance are, 0 (nothing) to 1: severities of its terms, weighted by how surely each was heard."""
    total = sum(hit.score * hit.severity for hit in hits if not hit.negated)
    return min(1.0, total / 6)  # two terms of the highest severity say everything
