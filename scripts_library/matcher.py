"""Complaint terms in an utterance: as written, by another name, or by their sound where recognition went wrong."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
from rapidfuzz.distance import Levenshtein

from scripts_library.checks import hanzi
from scripts_library.library import Library
from scripts_library.records import Cause, Listen, Moment, Signal, Term
from scripts_library.sounds import Sound, SoundIndex, weight_of
from scripts_library.syllables import Heard, hear

MatchKind = Literal["exact", "alias", "phonetic"]

# Highest effective cost per syllable at which a term counts as heard, by how far a term may be listened for and its syllables.
# Longer terms carry more evidence: a fifth of six syllables may be wrong where two syllables must be nearly right.
LIMITS: dict[Listen, tuple[float, float, float]] = {
    Listen.EXACT: (-1.0, -1.0, -1.0),
    Listen.NEAR: (0.02, 0.05, 0.07),
    Listen.NORMAL: (0.10, 0.12, 0.14),
    Listen.FAR: (0.17, 0.18, 0.19),
}
_STRICTER = {Listen.FAR: Listen.NORMAL, Listen.NORMAL: Listen.NEAR, Listen.NEAR: Listen.NEAR, Listen.EXACT: Listen.EXACT}
NEAR_BONUS = 0.06  # a word that goes with the term stands close by
LONELY = 0.06  # no other hypothesis agrees
RANK = 0.015  # a hypothesis further down the list
EVERYDAY = 0.15  # what was heard is an ordinary word in its own right
REACH = 8  # characters on either side in which a `near` word counts
WIDER = 0.15  # beyond its limit a term only sounds a little like what was recognised: whether it was said, the recogniser is asked
READINGS = 3  # asked about at most; each costs a decoder pass
SURE = -0.2  # mean log probability a token above which nothing is asked: the recogniser was sure of what it wrote
# Log likelihood of the text with the term over the text as recognised, from which the term counts as heard. The recogniser, trained on
# everything, does not expect complaints; at this table they are e^3 times likelier. An everyday word is expected at this table, too.
GAIN = -3.0
GAIN_EVERYDAY = -2.0
QUALITY_FLOOR = -1.0  # mean log probability a token below which only exact text counts
SECOND_SCORE = 0.99  # at most, for what only the second listening holds: the text that is shown says something else
FEWEST_HANZI = 2
FEWEST_FOR_SOUND = 4  # in a shorter text a near miss is not evidence of anything

_CONTIGUOUS = re.compile(r"\w+")

# 「不要投诉」 denies; 「要不要投诉」 asks. A question of that shape repeats the verb before 不.
_NEGATION = re.compile(r"(?:(?<![要想会能用是])不|没有|没|别|未|无需|(?<!是)不是|(?<!是)不是要)(?:去|想|再|会|要|能|用|打算|准备)?$")
# 「这不是骗人吗」 reproaches: a 不是 that 吗 answers affirms, if both belong to one clause and 吗 is no tag (「不是骗人，你知道吗」)
_IS_NOT = re.compile(r"不是(?:去|想|再|会|要|能|用|打算|准备)?$")
_ASKED_BACK = re.compile(r"^[^，,、。！？!?;；：:…\n]{0,4}?(?<!知道)(?<!明白)(?<![懂好行对是以])吗")


@dataclass(frozen=True, slots=True)
class Hit:
    """A term heard. `start:end` are offsets in the matched text; `heard` is what stands there."""

    term: str
    category: str
    kind: MatchKind
    start: int
    end: int
    heard: str
    score: float
    severity: int
    signal: Signal
    cause: Cause | None
    moment: Moment | None
    negated: bool


class Listening(NamedTuple):
    """What a second hearing of the same audio made of it: hypotheses, best first, and the mean log probability a token of the best."""

    texts: Sequence[str]
    quality: float | None = None


@dataclass(frozen=True, slots=True)
class _Form:
    """One way a term is said. `misheard` forms are texts that recognition makes of it."""

    term: Term
    text: str
    plain: str
    misheard: bool

    @property
    def limit(self) -> float:
        """Another name is listened for one step more strictly than the name: it adds words, not sound."""
        listen = self.term.listen if self.text == self.term.name else _STRICTER[self.term.listen]
        low, middle, high = LIMITS[listen]
        return float(np.interp(sum(map(weight_of, self.plain)), (2, 3, 4), (low, middle, high)))


@dataclass(slots=True)
class _Candidate:
    form: _Form
    start: int  # in the top text's `plain`
    end: int
    cost: float
    kind: MatchKind
    hypotheses: set[int]
    gain: float | None = None  # as rescored

    @property
    def score(self) -> float:
        """0–1, 1 for what is written."""
        if self.kind != "phonetic":
            return 1.0
        return round(max(0.0, min(0.99, 1 - 2 * self.cost if self.gain is None else 0.9 + 0.05 * self.gain)), 3)

    @property
    def weight(self) -> tuple[bool, float, int, str]:
        """Written terms before sounded ones, then the most evidence; ties by place and name."""
        return (self.kind == "phonetic", -(1 - 2 * self.cost) * len(self.form.plain), self.start, self.form.term.name)


class Matcher:
    """Finds the library's terms in recognised text. Immutable: make a new one when the library changes; safe from many threads."""

    def __init__(self, library: Library) -> None:
        self._forms = list(_forms(library.terms.values()))
        self._sounds = SoundIndex([form.plain for form in self._forms], [_reach(form) for form in self._forms])
        self._everyday = sorted(library.everyday)
        self._not_heard = {term: {hear(text).plain for text in texts} for term, texts in library.not_heard.items()}

    def match(
        self,
        text: str,
        *,
        alternatives: Sequence[str] = (),
        quality: float | None = None,
        second: Listening | None = None,
        rescored: Mapping[str, float] | None = None,
    ) -> list[Hit]:
        """Terms in `text`, in order, none overlapping another.

        `alternatives` are the recogniser's other hypotheses of the same audio, best first; `quality` its mean log probability a token
        (None: not known). `rescored` has what the recogniser says to those of `readings`: log likelihood over that of the text. What only
        the `second` listening holds is told too, by its sound, where nothing else stands in the text. Never raises, whatever the text.
        """
        hits = self._hits(text, alternatives, quality)
        if rescored:
            hits += self._confirmed(text, hits, rescored)
            hits.sort(key=lambda hit: hit.start)
        if second is not None and second.texts and hanzi(text) >= FEWEST_HANZI:
            hits += _besides(hits, self._hits(second.texts[0], second.texts[1:], second.quality), second.texts[0], text)
            hits.sort(key=lambda hit: hit.start)
        return hits

    def readings(self, text: str, *, alternatives: Sequence[str] = (), quality: float | None = None) -> list[str]:
        """The text with one term each in place of what sounds a little like it, the most alike first: worth being rescored."""
        top = hear(text)
        if (quality is not None and not QUALITY_FLOOR <= quality <= SURE) or hanzi(top.plain) < FEWEST_FOR_SOUND:
            return []
        doubtful = self._doubtful(top, self._hits(text, alternatives, quality))
        return [reading for reading, _ in sorted(doubtful.items(), key=lambda item: (item[1].cost, item[0]))[:READINGS]]

    def _doubtful(self, top: Heard, hits: Sequence[Hit]) -> dict[str, _Candidate]:
        """Reading → the term in it, where no term stands and nothing but syllables: a form that sounds best a term and place."""
        taken, terms = [(hit.start, hit.end) for hit in hits], {hit.term for hit in hits}
        found: dict[tuple[str, int], tuple[str, _Candidate]] = {}
        for sound in self._sounds.search([top], beyond=WIDER - NEAR_BONUS):
            form = self._forms[sound.form]
            start, end = top.span(sound.start, sound.end)
            one = _Candidate(form, sound.start, sound.end, sound.cost, "phonetic", {0})
            if form.term.name in terms or any(start < until and since < end for since, until in taken):
                continue
            if not _CONTIGUOUS.fullmatch(top.text[start:end]) or self._is_false(one, top.plain):
                continue
            if not self._may_be(form, top.plain, sound.start, sound.end):
                continue
            place = form.term.name, sound.start
            if place not in found or one.cost < found[place][1].cost:
                found[place] = (top.text[:start] + form.text + top.text[end:], one)
        return dict(found.values())

    def _confirmed(self, text: str, hits: Sequence[Hit], rescored: Mapping[str, float]) -> list[Hit]:
        """Terms whose reading the recogniser finds likely enough."""
        top = hear(text)
        likely: list[_Candidate] = []
        for reading, one in self._doubtful(top, hits).items():
            ordinary = any(_covers(word, top.plain, one.start, one.end) for word in self._everyday)
            one.gain = rescored.get(reading)
            if one.gain is not None and one.gain >= (GAIN_EVERYDAY if ordinary else GAIN):
                likely.append(one)
        best: dict[str, _Candidate] = {}
        for one in sorted(likely, key=lambda one: (-(one.gain or 0.0), one.cost, one.start)):
            best.setdefault(one.form.term.name, one)
        return [self._hit(top, one) for one in _apart(best.values())]

    def _hits(self, text: str, alternatives: Sequence[str], quality: float | None) -> list[Hit]:
        """Terms in what one listening came to."""
        top = hear(text)
        if hanzi(top.plain) < FEWEST_HANZI:
            return []
        clear = quality is None or quality >= QUALITY_FLOOR
        candidates = [one for one in self._written(top) if clear or one.kind != "phonetic"]
        if clear and hanzi(top.plain) >= FEWEST_FOR_SOUND:
            others = [other for other in map(hear, dict.fromkeys(alternatives)) if other.plain and other.plain != top.plain]
            candidates += self._sounded([top, *others])
        believed = [one for one in candidates if not self._is_false(one, top.plain)]
        return [self._hit(top, one) for one in sorted(_resolve(believed), key=lambda one: one.start)]

    def _is_false(self, one: _Candidate, plain: str) -> bool:
        """Whether a trainer marked what stands there as not this term. What is written is the term, whoever says otherwise."""
        return one.kind == "phonetic" and plain[one.start : one.end] in self._not_heard.get(one.form.term.name, ())

    def _written(self, top: Heard) -> Iterable[_Candidate]:
        for form in self._forms:
            at = top.plain.find(form.plain)
            while at >= 0:
                end = at + len(form.plain)
                if self._may_be(form, top.plain, at, end):
                    kind: MatchKind = "phonetic" if form.misheard else "exact" if form.text == form.term.name else "alias"
                    yield _Candidate(form, at, end, form.limit / 2 if form.misheard else 0.0, kind, {0})
                at = top.plain.find(form.plain, at + 1)

    def _may_be(self, form: _Form, plain: str, start: int, end: int) -> bool:
        """Whether nothing around it says that this is something else."""
        beside = plain[max(0, start - 1) : start] + plain[end : end + 1]
        if plain[start:end].isnumeric() and any(map(str.isnumeric, beside)):
            return False  # a piece of a longer number
        if _ASKS.match(plain, max(0, start - 1)) and start > 0:
            return False
        if form.misheard and form.term.near and not _stands_near(form.term.near, plain, start, end):
            return False
        return not any(_covers(word, plain, start, end) for word in form.term.not_if)

    def _sounded(self, texts: list[Heard]) -> Iterable[_Candidate]:
        """Candidates of all hypotheses, brought together where they speak of the same place."""
        ordinary = [[word for word in self._everyday if word in text.plain] for text in texts]
        maps: dict[int, list[int]] = {0: list(range(len(texts[0].plain) + 1))}
        groups: dict[str, list[_Candidate]] = defaultdict(list)
        for sound in self._sounds.search(texts):
            form, plain = self._forms[sound.form], texts[sound.hypothesis].plain
            if not self._may_be(form, plain, sound.start, sound.end):
                continue
            if sound.hypothesis not in maps:
                maps[sound.hypothesis] = _positions(plain, texts[0].plain)
            place = maps[sound.hypothesis]
            cost = self._effective(form, sound, plain, ordinary[sound.hypothesis])
            candidate = _Candidate(form, place[sound.start], place[sound.end], cost, "phonetic", {sound.hypothesis})
            _gather(groups[form.term.name], candidate)
        for group in groups.values():
            for candidate in group:
                candidate.cost += LONELY * (1 - len(candidate.hypotheses) / len(texts))
                if candidate.cost <= candidate.form.limit and candidate.end > candidate.start:
                    yield candidate

    @staticmethod
    def _effective(form: _Form, sound: Sound, plain: str, ordinary: Sequence[str]) -> float:
        cost = sound.cost + RANK * sound.hypothesis
        if _stands_near(form.term.near, plain, sound.start, sound.end):
            cost -= NEAR_BONUS
        piece = plain[sound.start : sound.end]
        if piece != form.plain and any(_covers(word, plain, sound.start, sound.end) for word in ordinary):
            cost += EVERYDAY
        return max(cost, 0.0)

    @staticmethod
    def _hit(top: Heard, one: _Candidate) -> Hit:
        start, end = top.span(one.start, one.end)
        term = one.form.term
        return Hit(
            term.name,
            term.category,
            one.kind,
            start,
            end,
            top.text[start:end],
            one.score,
            term.severity,
            term.signal,
            term.cause,
            term.moment,
            _is_negated(top.plain[max(0, one.start - 5) : one.start], top.text[end:]),
        )


def _forms(terms: Iterable[Term]) -> Iterable[_Form]:
    for term in terms:
        for text in (term.name, *term.aliases):
            yield _Form(term, text, hear(text).plain, False)
        for text in term.misheard:
            yield _Form(term, text, hear(text).plain, True)


def _reach(form: _Form) -> float:
    """Cost up to which the search must report a form, so that every bonus can still bring it under its limit."""
    return form.limit + NEAR_BONUS if form.limit >= 0 and not form.misheard else -1.0


_ASKS = re.compile("有没有(?!人)")
"""「附近有没有地铁」 only asks; 「有没有人管」 is said by whoever finds that there is nobody."""


def _is_negated(before: str, after: str) -> bool:
    """Whether the words around a term deny it. `before` is plain, `after` as written: only there a comma ends the clause."""
    if not _NEGATION.search(before):
        return False
    return not (_IS_NOT.search(before) and _ASKED_BACK.match("".join(after[:12].split(" "))))


def _stands_near(words: Sequence[str], plain: str, start: int, end: int) -> bool:
    before, after = plain[max(0, start - REACH) : start], plain[end : end + REACH]
    return any(word in before or word in after for word in words)


def _covers(word: str, plain: str, start: int, end: int) -> bool:
    """Whether `word` stands in the text over all of start:end, or over most of it."""
    first = plain.find(word, max(0, start - len(word) + 1), end + len(word) - 1)
    while first >= 0:
        shared = min(end, first + len(word)) - max(start, first)
        if shared * 2 > end - start or (shared and len(word) > end - start):
            return True
        first = plain.find(word, first + 1, end + len(word) - 1)
    return False


def _positions(source: str, target: str) -> list[int]:
    """For each offset in `source` the offset in `target` that it corresponds to."""
    place = [0] * (len(source) + 1)
    for block in Levenshtein.opcodes(source, target):
        width, room = block.src_end - block.src_start, block.dest_end - block.dest_start
        for step in range(width + 1):
            place[block.src_start + step] = block.dest_start + min(room, round(step * room / width) if width else 0)
    place[len(source)] = len(target)
    return place


def _gather(group: list[_Candidate], new: _Candidate) -> None:
    """Add to the candidate of the same term at the same place, keeping the better account of it."""
    for old in group:
        if new.start < old.end and old.start < new.end:
            old.hypotheses |= new.hypotheses
            if new.cost < old.cost and new.end > new.start:
                old.form, old.start, old.end, old.cost = new.form, new.start, new.end, new.cost
            return
    group.append(new)


def _resolve(candidates: list[_Candidate]) -> list[_Candidate]:
    """The best set without overlaps: best first, what overlaps it goes."""
    return _apart(sorted(candidates, key=lambda one: one.weight))


def _apart(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """Those that overlap none before them."""
    kept: list[_Candidate] = []
    for one in candidates:
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return kept


def _besides(hits: Sequence[Hit], others: Sequence[Hit], heard: str, shown: str) -> list[Hit]:
    """Those of `others`, found in `heard`, whose term and whose place in `shown` are still free. There they are sounds, not writing."""
    place = _positions(heard, shown)
    terms, taken = {hit.term for hit in hits}, [(hit.start, hit.end) for hit in hits]
    found: list[Hit] = []
    for other in others:
        start = min(place[other.start], len(shown) - 1)
        end = max(place[other.end], start + 1)
        if other.term in terms or any(start < until and since < end for since, until in taken):
            continue
        terms.add(other.term)
        while start and not any(map(str.isalnum, shown[start:end])) and all(not since < start <= until for since, until in taken):
            start -= 1  # nobody says a full stop
        taken.append((start, end))
        score = min(other.score, SECOND_SCORE)
        found.append(replace(other, kind="phonetic", start=start, end=end, heard=shown[start:end], score=score))
    return found
