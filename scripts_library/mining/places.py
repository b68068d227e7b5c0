"""Addresses and unit numbers: where somebody lives or what they bought."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts_library.mining.spans import NUMBER, Span

_N = NUMBER
_BUILDING = re.compile(
    rf"(?:{_N}期)?(?:[东南西北A-Za-z]区)?(?:[A-Za-z]{_N}|{_N}[A-Za-z]?|[A-Za-z])\s?(?:栋|幢|号楼|座)"
    rf"(?:(?:[A-Za-z]|{_N})\s?单元)?(?:{_N}\s?[层楼])?(?:\s?{_N}(?:室|号房|房|户)?)?"
)
_UNIT = re.compile(rf"{_N}\s?单元\s?(?:{_N}(?:室|户)?)?|{_N}室")
_DASHED = re.compile(
    r"(?<![0-9A-Za-z\-])(?:[A-Za-z]?\d{1,3}[\-－—]\d{1,2}[\-－—]\d{3,4}|[A-Za-z]?\d{1,2}[\-－—]\d{3,4})(?![0-9\-])"
    rf"|{_N}[杠刚]{_N}(?:[杠刚]{_N})?"
)
_DOOR = re.compile(r"(?<![0-9])(?:[0-9]{3,4}|[零〇一二三四五六七八九幺两]{3,4})(?=那套|这套|那户|这户|的业主|业主|号房|那间|住户)")
_ROAD = re.compile(
    rf"[\u4e00-\u9fff]{{2,16}}?(?:路|街|大道|巷|弄|胡同)[东南西北中]?[段]?{_N}(?:号|弄)院?"
    rf"(?:[\u4e00-\u9fff]{{2,6}}(?:大厦|广场|花园|小区|公寓|中心|苑))?(?:{_BUILDING.pattern})?(?:{_N}\s?[楼层])?(?:{_N}室)?"
)
_ESTATE = re.compile(rf"[\u4e00-\u9fff]{{2,8}}?(?:小区|花园|公寓|家园|新村|苑|大厦|雅居|名城|新城|府)(?:{_BUILDING.pattern})")
_PARTS = "省|自治区|市|地区|州|盟|县|旗|区|镇|乡|街道|村|屯|社区"
_REGION = re.compile(rf"(?:[\u4e00-\u9fff]{{2,6}}?(?:{_PARTS})){{2,}}(?:{_N}(?:组|队|号))?(?:[\u4e00-\u9fff]{{1,3}}(?:屯|庄|湾|沟|寨))?")
_LEAD = re.compile(r".*(?:寄到|寄|住在|地址是|地址|送到|家在|家是|户口在|老家是|就在|现在住|租在|住|我在|位于|在|是|到)")
_COUNTED = ("共", "有", "建", "盖", "剩", "几", "这", "那", "前", "后")
SHORTEST = 4


def addresses(text: str) -> Iterator[Span]:
    """Where addresses stand. What leads up to one, 寄到 or 我住在, stays."""
    for pattern in (_ROAD, _ESTATE, _REGION):
        for match in pattern.finditer(text):
            lead = _LEAD.match(match[0][:-SHORTEST])
            yield Span(match.start() + (lead.end() if lead else 0), match.end(), "address")
    for pattern in (_DASHED, _DOOR):
        for match in pattern.finditer(text):
            yield Span(*match.span(), "address")
    for pattern in (_BUILDING, _UNIT):
        for match in pattern.finditer(text):
            counted = text[match.end() : match.end() + 1] == "楼" or (
                match[0][-1] in "栋幢座楼" and text[max(0, match.start() - 1) : match.start()] in _COUNTED
            )
            if not counted:
                yield Span(*match.span(), "address")
