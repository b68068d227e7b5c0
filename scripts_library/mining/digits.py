"""Numbers that lead to somebody: phones, ID and account numbers, number plates, handles, as written and as spoken."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts_library.mining.spans import DIGIT, Kind, Span

_SPOKEN = "[0-9零〇一二三四五六七八九幺两洞拐]"
_TIMES = "[两二三四五六]个"
_ONE = rf"(?:{_TIMES}{_SPOKEN}|{_SPOKEN}(?!个))"
_GAP = r"(?:[\s\-,，、.。·—－]|呃|嗯|啊|哦|那个|然后|再){0,4}"
_IS = r"(?:号码|号|是|为|写|叫|就|你|记|加|搜|：|:|\s|，|,){0,5}"
_RUN = re.compile(rf"(?:\+?86[\s\-]?)?{_ONE}(?:{_GAP}{_ONE}){{3,}}(?:{_GAP}[xX叉])?")
_COUNT = {"两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}
FEWEST = 7
"""Digits of which at least one number consists that leads to somebody."""
_DATE = re.compile(r"(?:19|20)\d\d[\-.](?:0?[1-9]|1[0-2])[\-.](?:0?[1-9]|[12]\d|3[01])")
_TAIL = re.compile(rf"(?:尾号|末四位|后四位|后几位|尾数){_IS}({_ONE}(?:{_ONE}){{0,5}})")
_MAIL = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}")
_HANDLE = re.compile(rf"(?:微信|威信|[Ww][Xx]|[Vv][Xx]?信?|[Qq]{{2}}|扣扣)(?:同)?{_IS}((?:[A-Za-z_\-]|{DIGIT}){{5,}})", re.ASCII)
_MIXED = re.compile(r"(?<![A-Za-z0-9_\-])(?=[A-Za-z0-9_\-]*[A-Za-z])(?=[A-Za-z0-9_\-]*[0-9])[A-Za-z][A-Za-z0-9_\-]{5,}")
_PAPER = re.compile(rf"(?:护照|通行证|台胞证|身份证|证件)(?:号码|号)?{_IS}([A-Za-z]{{0,2}}{DIGIT}{{6,}}[xX叉]?)")
_PLATE = re.compile(
    rf"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]\s?[A-Za-z][\s·.\-]?(?:(?:[A-Za-z]|{DIGIT})\s?){{4,5}}(?:[A-Za-z]|{DIGIT})"
)
_PAPER_WORDS = ("身份", "证件", "护照", "通行证", "台胞证", "证号")
_ACCOUNT_WORDS = ("卡", "账", "帐", "户", "行", "退到", "退款")


def numbers(text: str) -> Iterator[Span]:
    """Where such numbers stand."""
    singles: tuple[tuple[re.Pattern[str], Kind], ...] = (
        (_MAIL, "phone"),
        (_HANDLE, "phone"),
        (_MIXED, "phone"),
        (_PAPER, "id"),
        (_PLATE, "plate"),
        (_TAIL, "phone"),
    )
    for pattern, kind in singles:
        for match in pattern.finditer(text):
            account = pattern is _TAIL and "卡" in text[max(0, match.start() - 4) : match.start()]
            yield Span(*match.span(1 if match.lastindex else 0), "account" if account else kind)
    for match in _RUN.finditer(text):
        if _digits(match[0]) >= FEWEST and not _DATE.fullmatch(match[0]):
            yield Span(*match.span(), _kind_of_run(text, match))


def _digits(run: str) -> int:
    """How many digits are spoken; 四个八 is four."""
    repeated = re.findall(rf"([两二三四五六])个{_SPOKEN}", run)
    return len(re.findall(_SPOKEN, re.sub(rf"{_TIMES}{_SPOKEN}", "", run))) + sum(_COUNT[one] for one in repeated)


def _kind_of_run(text: str, match: re.Match[str]) -> Kind:
    before, digits = text[max(0, match.start() - 10) : match.start()], _digits(match[0])
    if match[0][-1] in "xX叉" or any(word in before for word in _PAPER_WORDS):
        return "id"
    if (any(word in before for word in _ACCOUNT_WORDS) and digits > 9) or digits > 13:
        return "account"
    return "phone"
