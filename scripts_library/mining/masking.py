"""Takes out of a text who is meant: names, phones, ID and account numbers, addresses, as written and as spoken.

When in doubt it masks: a word too many is missed by nobody, a name too many is. The original does not come back from the mask.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from scripts_library.mining.digits import numbers
from scripts_library.mining.given import is_given
from scripts_library.mining.known import Known
from scripts_library.mining.lattice import HOUSE_TRADE, Lattice
from scripts_library.mining.people import COMPOUND, KIN, LATIN_WORDS, ORDINARY, ROLES, SELDOM_ELSE, SURNAMES, THINGS, TITLES
from scripts_library.mining.places import addresses
from scripts_library.mining.spans import LABELS, Span
from scripts_library.mining.words import Segmenter

_SUR = f"(?:{'|'.join(sorted(COMPOUND))}|[{''.join(sorted(SURNAMES))}])"
_TITLED = re.compile(rf"({_SUR}[\u4e00-\u9fff]{{0,2}}?)(?:{'|'.join(sorted(TITLES, key=len, reverse=True))})")
_SURNAMED = re.compile(rf"(?:我?姓(?!名))({_SUR}[\u4e00-\u9fff]{{0,2}})")
_FAMILIAR = re.compile(rf"(?:小|老)({_SUR})(?![\u4e00-\u9fff]?(?:层|区|盘))|阿([\u4e00-\u9fff])(?!姨)")
_RELATED = "|".join(sorted(KIN | ROLES, key=len, reverse=True))
_CUE = re.compile(
    rf"(?:(?:我们?|你们?|他们?|她)?(?:{_RELATED})(?:写的?|叫|是|的)?|叫(?:做)?|我是|写的是|写|打给|签字的是|找(?:一下)?|请(?:叫)?|和|跟|去问|问一下|给)[，,：:\s]?({_SUR}[\u4e00-\u9fff]{{1,2}})"
)
_ACTS = re.compile("带|说|让|介绍|接待|答应|承诺|保证|负责|通知")
_ACTED = re.compile(rf"(?:是|{_RELATED})({_SUR}[\u4e00-\u9fff]{{1,2}}?)(?={_ACTS.pattern})")
_NAMED = re.compile(
    r"(?:(?:我|他|她|人|儿|的|字|名)叫|名字[是叫]?|姓名[是叫]?|户名[是叫]?|本名|真名|写的是?|单名一个|法人[是叫]?|我是|我这边是)[：:，,]?"
    r"([\u4e00-\u9fff]{1,4}?)(?=字|[，,。、；;！!？?\s]|$)"
)
_OF_ROLE = re.compile(rf"(?:{'|'.join(sorted(ROLES, key=len, reverse=True))})({_SUR}[\u4e00-\u9fff]{{1,2}})(?=[，,。、；;！!？?\s和跟]|$)")
_PET = re.compile(r"(?<![大小表堂二三老])([\u4e00-\u9fff])(?:哥|姐|妹|弟|叔|姨|嫂|婶|伯)(?![\u4e00-\u9fff]?夫)")
_LATIN = re.compile(r"(?<![A-Za-z0-9_@.\-])[A-Za-z]{3,}(?:[ ·][A-Z][a-z]{2,})?(?![A-Za-z0-9_@\-])")
_DOTTED = re.compile(r"[\u4e00-\u9fff]{2,6}(?:[·•・][\u4e00-\u9fff]{2,6})+")
_CALLED = re.compile(r"叫做?([\u4e00-\u9fff]{2,3})(?=$|[，,。、；;！!？?\s]|的|，)")
_VERBS = frozenset("说问找带帮接签卖买叫请来去做办看打走拿送交退换写住想当出拍坐")
_GIVEN = "nazirvbfgs"
_STOP = re.compile(r"[的了吗呢吧是在有说要和跟给到不没都也就还来去让把被对你我他她这那什怎过]")


class Masker:
    """Masks texts. `names` are people who are known to be spoken of (the customer, the staff), masked wherever they stand
    and as they may be misheard."""

    def __init__(self, segmenter: Segmenter | None = None, names: Collection[str] = ()) -> None:
        self._segmenter = segmenter or Segmenter()
        self._lattice = Lattice(self._segmenter)
        self._known = Known(names)

    def mask(self, text: str) -> str:
        """The text with a label in place of whatever says who is meant."""
        out, place = [], 0
        for span in self.spans(text):
            out += [text[place : span.start], LABELS[span.kind]]
            place = span.end
        return "".join([*out, text[place:]])

    def spans(self, text: str) -> list[Span]:
        """What is masked, in order, without overlaps: what overlaps becomes one span of the first kind."""
        plain = "".join(_narrow(character) for character in text)
        found = sorted([*numbers(plain), *addresses(plain), *self._names(plain)], key=lambda one: (one.start, -one.end))
        merged: list[Span] = []
        for span in found:
            if merged and span.start < merged[-1].end:
                merged[-1] = Span(merged[-1].start, max(span.end, merged[-1].end), merged[-1].kind)
            else:
                merged.append(span)
        return merged

    def _names(self, text: str) -> Iterator[Span]:
        tokens = list(_placed(self._segmenter.tag(text)))
        for start, end in [*self._known.spans(text, self._segmenter), *self._lattice.names(text)]:
            yield Span(start - self._lone_surname(text, start - 1, tokens), end, "name")
        yield from self._tagged(text, tokens)
        yield from self._unknown(text)
        for pattern in (_DOTTED, _NAMED, _OF_ROLE):
            for match in pattern.finditer(text):
                yield Span(*match.span(match.lastindex or 0), "name")
        for match in _LATIN.finditer(text):
            if match[0].lower() not in LATIN_WORDS:
                yield Span(*match.span(), "name")
        for match in _PET.finditer(text):
            if is_given(match[1]) and not self._segmenter.knows(match[0]):
                yield Span(*match.span(1), "name")
        for match in _TITLED.finditer(text):
            single = match.end(1) - match.start(1) == 1
            ordinary = single and self._segmenter.knows(match[0]) and (match[1] in ORDINARY or not self._somebody(match[0]))
            ordinary |= match[1] in HOUSE_TRADE or self._inside_word(text, match.end(1), tokens)  # 全是 工地, 都在施 工
            if not ordinary and not self._inside_word(text, match.start(1), tokens):
                yield Span(*match.span(1), "name")
        for match in _SURNAMED.finditer(text):
            yield Span(match.start(1), self._given_end(text, match.start(1), match.end(1), tokens, least=1), "name")
        for match in _FAMILIAR.finditer(text):
            surname = match[1] or match[2]
            if surname not in THINGS and match[0] not in KIN | HOUSE_TRADE and not self._inside_word(text, match.start(), tokens):
                yield Span(*match.span(), "name")
        for match in _ACTED.finditer(text):
            if not self._segmenter.knows(match[1]):
                yield Span(*match.span(1), "name")
        for match in [*_CUE.finditer(text), *_CALLED.finditer(text)]:
            if match[1][:2] in ROLES or self._inside_word(text, match.start(), tokens):
                continue  # 客户 经理讲, 大家 都看看
            end = self._given_end(text, match.start(1), match.end(1), tokens, least=2)
            if end > match.start(1) + 1:
                yield Span(match.start(1), end, "name")

    def _somebody(self, word: str) -> bool:
        """Whether the tagger takes a word of the dictionary for a person."""
        return self._segmenter.tag(word)[0][1].startswith("nr")

    def _ordinary(self, word: str, after: str) -> bool:
        """Whether a word that the tagger takes for a person is one of the trade and does nothing that people do, begins with a word
        (宣传册), or is too long (石沉大海)."""
        trade = word in HOUSE_TRADE and (word in TITLES or not _ACTS.match(after))
        begins = len(word) == 3 and self._segmenter.knows(word[:2]) and not self._somebody(word[:2]) and word[:2] not in COMPOUND
        return trade or begins or (len(word) > 3 and word[:2] not in COMPOUND)

    def _unknown(self, text: str) -> Iterator[Span]:
        """A surname that belongs to no word, with the characters after it that belong to none, or a word that may be a given name."""
        tokens = list(_placed((word, "") for word in self._segmenter.plain(text)))
        for place, (start, end, _) in enumerate(tokens):
            if text[start:end] not in SELDOM_ELSE:
                continue
            for first, last, _ in tokens[place + 1 : place + 3]:
                given = text[first:last]
                if given in TITLES:
                    break
                single = last - first == 1 and "\u4e00" <= given <= "\u9fff" and not _STOP.search(given) and given not in _VERBS
                if single or (end == start + 1 and last - first == 2 and self._segmenter.tag(given)[0][1][:1] in _GIVEN):
                    end = last
                    continue
                break
            yield Span(start, end, "name")

    def _tagged(self, text: str, tokens: list[tuple[int, int, str]]) -> Iterator[Span]:
        """What the tagger takes for a person: whole tokens, or a lone surname with what follows it."""
        for place, (start, end, tag) in enumerate(tokens):
            word = text[start:end]
            surname = word[:2] in COMPOUND or word[:1] in SURNAMES
            if tag.startswith("nr") and len(word) >= 2 and surname and not _STOP.search(word[1:]) and not self._ordinary(word, text[end:]):
                yield Span(start, end, "name")
            elif len(word) == 1 and word in SURNAMES and place + 1 < len(tokens):
                after_start, after_end, after_tag = tokens[place + 1]
                given = text[after_start:after_end]
                if after_tag.startswith("nr") and len(given) <= 2 and not _STOP.search(given):
                    yield Span(start, after_end, "name")
            if word[:2] in COMPOUND and len(word) == 2 and place + 1 < len(tokens) and not _STOP.search(text[end : end + 1]):
                yield Span(start, min(tokens[place + 1][1], end + 2), "name")

    def _given_end(self, text: str, start: int, end: int, tokens: list[tuple[int, int, str]], *, least: int) -> int:
        """Where a name that begins at `start` ends: before a function word, and not within an ordinary word that goes on."""
        head = 2 if text[start : start + 2] in COMPOUND else 1
        stop = _STOP.search(text, start + head, end)
        if stop:
            end = stop.start()
        words = [(first, last) for first, last, tag in tokens if not tag.startswith("nr") and self._segmenter.knows(text[first:last])]
        for first, last in words:
            if start + head <= first < end < last:
                end = first
        if least > 1 and any(first == start and last >= end and last - first >= 2 for first, last in words):
            return start  # 和方案, 找关系
        return max(end, start + min(head, least))

    @staticmethod
    def _lone_surname(text: str, place: int, tokens: list[tuple[int, int, str]]) -> bool:
        """Whether a character before a name is a surname that belongs to no word."""
        alone = any((first, last) == (place, place + 1) for first, last, _ in tokens)
        return alone and text[place] in SURNAMES and not _STOP.search(text[place])

    def _inside_word(self, text: str, start: int, tokens: list[tuple[int, int, str]]) -> bool:
        """Whether it is only the end of a longer ordinary word (方 in 对方)."""
        return any(first < start < last and self._segmenter.knows(text[first:last]) for first, last, _ in tokens)


def _narrow(character: str) -> str:
    """Half-width, one for one."""
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


def _placed(words: Iterable[tuple[str, str]]) -> Iterator[tuple[int, int, str]]:
    place = 0
    for word, tag in words:
        yield place, place + len(word), tag
        place += len(word)
