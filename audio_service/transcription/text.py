"""Readable simplified Chinese out of raw decoder text, and the two measures taken of text: error rate and length in syllables."""

from __future__ import annotations

import re
from functools import lru_cache

from opencc import OpenCC
from rapidfuzz.distance import Levenshtein

HANZI = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")

_FULL_WIDTH = str.maketrans({"?": "？", "!": "！", ";": "；", "､": "、", "｡": "。", "…": "。"})
_SENTENCE_END = "。？！；"
_PAUSES = "，、："
_MARKS = _SENTENCE_END + _PAUSES
_LATIN_WORD = re.compile(r"[A-Za-z]+")


@lru_cache(maxsize=1)
def _converter() -> OpenCC:
    return OpenCC("t2s")


def simplify(text: str) -> str:
    """Traditional characters to simplified ones (OpenCC t2s); the decoder mixes both."""
    return str(_converter().convert(text))


def tidy(text: str) -> str:
    """Simplified characters, Chinese punctuation, one mark at a time, spaces only between Latin words. Digits stay as they are."""
    text = simplify(text).replace("\ufffd", "").translate(_FULL_WIDTH)
    # a comma, a colon or a full stop inside a number or a Latin word is part of it (3.5, 10:30, 1,000)
    text = re.sub(r"(?<![0-9A-Za-z]),|,(?![0-9A-Za-z])", "，", text)
    text = re.sub(r"(?<![0-9A-Za-z])\.|\.(?![0-9A-Za-z])", "。", text)
    text = re.sub(r"(?<![0-9]):|:(?![0-9])", "：", text)
    text = re.sub(r"(?<=[^A-Za-z0-9])\s+|\s+(?=[^A-Za-z0-9])", "", text.strip())
    text = re.sub(rf"([{_MARKS}])[{_MARKS}]+", _strongest, text)
    return text.lstrip(_MARKS)


def _strongest(run: re.Match[str]) -> str:
    """Of several marks in a row, the first that ends a sentence says most."""
    return next((mark for mark in run.group() if mark in _SENTENCE_END), run.group(1))


def hanzi(text: str) -> str:
    """Only the Chinese characters of a text."""
    return "".join(HANZI.findall(text))


def hanzi_errors(reference: str, heard: str) -> tuple[int, int]:
    """Edit distance between the Chinese characters of two texts, and how many the reference has."""
    expected = hanzi(reference)
    return int(Levenshtein.distance(expected, hanzi(heard))), len(expected)


def hanzi_error_rate(pairs: list[tuple[str, str]]) -> float:
    """Share of wrong characters over all (reference, heard) pairs together. Raises ValueError without any reference character."""
    counts = [hanzi_errors(reference, heard) for reference, heard in pairs]
    total = sum(length for _, length in counts)
    if total == 0:
        raise ValueError("the references contain no Chinese characters")
    return sum(errors for errors, _ in counts) / total


def _latin_syllables(word: str) -> int:
    """Capitals are spelled letter by letter (VIP; W has three); other words have a syllable a vowel group, a silent final e aside."""
    if word.isupper():
        return len(word) + 2 * word.count("W")
    lower = word.lower()
    groups = len(re.findall(r"[aeiouy]+", lower))
    if groups > 1 and lower.endswith("e") and not lower.endswith(("le", "ee")):
        groups -= 1
    return max(groups, 1)


def _number_syllables(number: str) -> int:
    """A number of up to four digits is read with its units (118 一百一十八), a longer one digit by digit (phone, card, 12345)."""
    whole, _, fraction = number.partition(".")
    tail = 1 + len(fraction) if fraction else 0
    if len(whole) > 4 or whole.startswith("0"):
        return len(whole) + tail
    digits = whole.rstrip("0") or "0"
    zeros = len(whole) - len(digits)
    spoken = len(digits) + sum(1 for position, digit in enumerate(digits[::-1], start=zeros) if position and digit != "0")
    repeated_zeros = len(re.findall("0{2,}", digits))
    silent = sum(len(run) - 1 for run in re.findall("0{2,}", digits)) if repeated_zeros else 0
    return spoken - silent + tail


def syllables(text: str) -> int:
    """Spoken length of a text: one a Chinese character, digits and Latin words as they are read out, punctuation none."""
    latin = sum(_latin_syllables(word) for word in _LATIN_WORD.findall(text))
    numbers = sum(_number_syllables(number) for number in re.findall(r"\d+(?:\.\d+)?", text))
    return len(hanzi(text)) + latin + numbers + 2 * text.count("%")
