"""Phrases that one kind of conversation holds more often than another: new complaint terms, and new causes.

Counted are conversations, not occurrences: one customer who repeats a phrase twenty times is one customer. Two kinds of conversation are
compared by log-odds with an informative Dirichlet prior (Monroe, Colaresi & Quinn 2008, eq. 16 and 22): the prior is what all
conversations say, so rare words do not win by chance and common ones do not by their mass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts_library.checks import hanzi
from scripts_library.mining.words import BATCH, BREAK, Segmenter, word_list

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Progress = Callable[[float], None]

LONGEST_WORDS = 4
LONGEST_HANZI = 8
VOCABULARY = 50_000
"""Words kept: four of them have to fit one 64-bit key."""
PRIOR_SESSIONS = 200.0
"""Weight of the prior, in conversations."""
FEWEST_SESSIONS = 5
COHESION = 3.0
"""How many times more often than by chance the words of a phrase stand together, over its weakest joint."""
ABSORBED = 0.8
"""A phrase that stands within a longer one this often is only a piece of it."""

_WORD = re.compile(r"[\u3400-\u9fff]+")
# Words that no complaint begins or ends with; a phrase made of them says nothing.
FUNCTION_WORDS = word_list(
    "的 了 吗 呢 吧 啊 呀 嘛 哦 嗯 呃 哎 唉 哈 我 你 您 他 她 它 我们 你们 您们 他们 咱们 咱 人家 自己 "
    "大家 这 那 这个 那个 这样 那样 这么 那么 这边 那边 这里 那里 这些 那些 什么 怎么 哪里 哪个 为什么 怎么样 "
    "是 就是 不是 还是 也是 都是 有 没有 没 在 和 跟 与 或 或者 把 被 给 对 对于 从 到 向 往 让 叫 就 也 "
    "都 还 又 再 才 只 很 太 最 更 挺 真 好 不 别 会 要 想 能 可以 可能 应该 得 地 着 过 吧 啦 个 一个 "
    "一下 一点 一些 两个 几个 上 下 里 外 来 去 说 说的 看 看看 知道 觉得 然后 所以 因为 但是 不过 如果 的话 "
    "而且 其实 现在 今天 昨天 明天 当时 时候 之前 之后 以后 以前 已经 刚才 一直 先生 女士 小姐 对吧 是吧 好吧 "
    "行 好的 谢谢 请 请问 麻烦"
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase and how often it was said. `score` is the log-odds in standard deviations: above 2 is hardly chance."""

    text: str
    sessions: int
    others: int
    per_100: float
    per_100_others: float
    score: float


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts as numbers: a word a place (0 ends a text or stands for a rare word), and whose conversation it is."""

    words: tuple[str, ...]
    ids: Ints
    owner: Ints
    sessions: int


def index(
    texts: Sequence[str], owner: Sequence[int], segmenter: Segmenter, sessions: int, progress: Progress = lambda share: None
) -> Corpus:
    """Cut the texts into words. `owner[i]` is the number of text i's conversation, of `sessions`."""
    numbers: dict[str, int] = {BREAK: 0}
    parts: list[Ints] = []
    for batch in segmenter.stream(texts):
        parts.append(np.fromiter((numbers.setdefault(word, len(numbers)) for word in batch), np.int64, len(batch)))
        progress(min(1.0, len(parts) * BATCH / max(len(texts), 1)))
    raw = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    text_of = np.cumsum(raw == 0) - (raw == 0)
    said = np.asarray(owner, np.int64)
    whose = said[text_of] if len(raw) else np.zeros(0, np.int64)
    words, ids = _common(list(numbers), raw)
    return Corpus(words, ids, whose, sessions)


def _common(names: list[str], raw: Ints) -> tuple[tuple[str, ...], Ints]:
    """The vocabulary's most frequent words, renumbered; whatever is no Chinese word ends a phrase as a rare word does."""
    counts = np.bincount(raw, minlength=len(names))
    counts[[number for number, name in enumerate(names) if not _WORD.fullmatch(name)]] = 0
    kept = np.argsort(-counts, kind="stable")[: VOCABULARY - 1]
    kept = kept[counts[kept] > 1]
    place = np.zeros(len(names), np.int64)
    place[kept] = np.arange(1, len(kept) + 1)
    return ("", *(names[number] for number in kept)), place[raw]


@dataclass(frozen=True, slots=True)
class _Grams:
    """Phrases of one length: their keys, sorted, and in how many conversations of each kind they stand."""

    length: int
    keys: Ints
    inside: Ints
    outside: Ints


def over_represented(
    corpus: Corpus, chosen: NDArray[np.bool_], known: Collection[str] = (), *, most: int = 50, progress: Progress = lambda share: None
) -> list[Phrase]:
    """Phrases of the chosen conversations against all others, the surest first.

    `chosen[i]` says whether conversation i is one of them. `known` are terms that need no finding.
    """
    inside, outside = int(chosen.sum()), int(corpus.sessions - chosen.sum())
    if not inside or not outside:
        return []
    found: list[tuple[Phrase, tuple[int, ...]]] = []
    singles: dict[int, int] = {}
    for length in range(1, LONGEST_WORDS + 1):
        grams = _count(corpus, chosen, length)
        total = grams.inside + grams.outside
        if length == 1:
            singles = dict(zip(grams.keys.tolist(), total.tolist(), strict=True))
        scores = log_odds(grams.inside, grams.outside, inside, outside)
        for place in np.flatnonzero((grams.inside >= FEWEST_SESSIONS) & (scores > 1.0)):
            ids = _words_of(int(grams.keys[place]), length)
            text = "".join(corpus.words[one] for one in ids)
            if _says_something(text, [corpus.words[one] for one in ids]) and _coheres(ids, int(total[place]), singles, corpus.sessions):
                found.append((_phrase(text, grams, int(place), inside, outside, float(scores[place])), ids))
        progress(length / LONGEST_WORDS)
    return _distinct([phrase for phrase, _ in found], known)[:most]


def log_odds(inside: Ints, outside: Ints, sessions_in: int, sessions_out: int) -> Floats:
    """Standardised log-odds of being said in a conversation of either kind, (n,); the prior is both kinds together.

    The error counts the conversations without it, too: Monroe et al. leave them out as their words are rare, but what everybody says
    would then be found wherever there are more conversations of one kind.
    """
    prior = PRIOR_SESSIONS * (inside + outside) / (sessions_in + sessions_out)
    without = [
        np.maximum(sessions + PRIOR_SESSIONS - said - prior, 0.5) for sessions, said in ((sessions_in, inside), (sessions_out, outside))
    ]
    spread = 1 / (inside + prior) + 1 / (outside + prior) + 1 / without[0] + 1 / without[1]
    scores: Floats = (np.log((inside + prior) / without[0]) - np.log((outside + prior) / without[1])) / np.sqrt(spread)
    return scores


def _count(corpus: Corpus, chosen: NDArray[np.bool_], length: int) -> _Grams:
    ids, base = corpus.ids, len(corpus.words)
    n = len(ids) - length + 1
    if n <= 0:
        return _Grams(length, *(np.zeros(0, np.int64),) * 3)
    keys, whole = np.zeros(n, np.int64), np.ones(n, bool)
    for step in range(length):
        part = ids[step : step + n]
        keys, whole = keys * base + part, whole & (part > 0)
    keys, owner = keys[whole], corpus.owner[:n][whole]
    unique, place = np.unique(keys, return_inverse=True)
    often = np.bincount(place, minlength=len(unique)) >= FEWEST_SESSIONS  # most are said once; they need not be sorted again
    kept = often[place]
    renumbered = np.cumsum(often) - 1
    pairs = np.unique(renumbered[place[kept]] * corpus.sessions + owner[kept])
    gram, session = pairs // corpus.sessions, pairs % corpus.sessions
    total = np.bincount(gram, minlength=int(often.sum()))
    inside = np.bincount(gram[chosen[session]], minlength=int(often.sum()))
    return _Grams(length, _renamed(unique[often], base, length), inside, total - inside)


def _renamed(keys: Ints, base: int, length: int) -> Ints:
    """Keys to the vocabulary's fixed base, so that they can be read back whatever the corpus."""
    renamed = np.zeros(len(keys), np.int64)
    for step in reversed(range(length)):
        renamed = renamed * VOCABULARY + keys // base**step % base
    return renamed


def _words_of(key: int, length: int) -> tuple[int, ...]:
    return tuple(key // VOCABULARY**step % VOCABULARY for step in reversed(range(length)))


def _phrase(text: str, grams: _Grams, place: int, inside: int, outside: int, score: float) -> Phrase:
    here, there = int(grams.inside[place]), int(grams.outside[place])
    return Phrase(text, here, there, round(100 * here / inside, 2), round(100 * there / outside, 2), round(score, 2))


def _says_something(text: str, words: Sequence[str]) -> bool:
    if not 2 <= hanzi(text) <= LONGEST_HANZI or words[0] in FUNCTION_WORDS or words[-1] in FUNCTION_WORDS:
        return False
    return len(words) == 1 or any(len(word) > 1 for word in words) or len(words) <= 3


def _coheres(ids: tuple[int, ...], count: int, singles: dict[int, int], sessions: int) -> bool:
    """Whether the words stand together more often than words that common would by chance."""
    if len(ids) == 1:
        return True
    expected = float(sessions)
    for one in ids:
        expected *= singles.get(one, count) / sessions
    return count >= COHESION * expected


def _distinct(phrases: list[Phrase], known: Collection[str]) -> list[Phrase]:
    """The surest first, without what a longer one says better, a shorter one says as well, or the lexicon has."""
    kept: list[Phrase] = []
    for phrase in sorted(phrases, key=lambda one: (-one.score, -len(one.text), one.text)):
        if any(term in phrase.text or phrase.text in term for term in known):
            continue
        if not any(_same(phrase, other) for other in kept):
            kept = [other for other in kept if not (other.text in phrase.text and phrase.sessions >= ABSORBED * other.sessions)]
            kept.append(phrase)
    return sorted(kept, key=lambda one: (-one.score, one.text))


def _same(phrase: Phrase, other: Phrase) -> bool:
    if phrase.text in other.text:
        return other.sessions >= ABSORBED * phrase.sessions
    return other.text in phrase.text and phrase.sessions < ABSORBED * other.sessions
