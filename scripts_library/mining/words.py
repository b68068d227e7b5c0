"""Words of Chinese text, with the lexicon's own among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import rjieba

from scripts_library.library import Library

BREAK = "\n"
BATCH = 2000
"""Utterances that are cut at once: a call costs more than a sentence."""


def word_list(text: str) -> frozenset[str]:
    """Words written with blanks between them."""
    return frozenset(text.split())


class Segmenter:
    """Cuts text into words. Safe from several threads once made."""

    def __init__(self, library: Library | None = None, words: Iterable[str] = ()) -> None:
        self._jieba = rjieba.Jieba()
        named = [] if library is None else [form for form, _ in library.forms]
        for word in dict.fromkeys([*named, *words]):
            self._jieba.add_word(word, None, None)

    def cut(self, text: str) -> list[str]:
        """The words, in order; joined they are the text."""
        return list(self._jieba.cut(text))

    def stream(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """The words of many texts in batches, `BREAK` after each text."""
        for first in range(0, len(texts), BATCH):
            batch = [text.replace(BREAK, " ") for text in texts[first : first + BATCH]]
            yield self._jieba.cut(BREAK.join([*batch, ""]))

    def plain(self, text: str) -> list[str]:
        """The words of the dictionary; what it does not have falls apart into characters."""
        return list(self._jieba.cut(text, False))

    def knows(self, word: str) -> bool:
        """Whether it is an ordinary word of the dictionary or a term of the lexicon."""
        return bool(self._jieba.has_word(word))

    def frequency(self, word: str) -> int:
        """How often the dictionary counted a word that it knows."""
        return int(self._jieba.suggest_freq(word))

    def tag(self, text: str) -> list[tuple[str, str]]:
        """The words with their part of speech (ICTCLAS letters: nr is a person's name)."""
        return list(self._jieba.tag(text))
