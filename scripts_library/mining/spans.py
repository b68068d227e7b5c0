"""What masking finds: parts of a text that say who is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["name", "phone", "id", "account", "plate", "address"]
LABELS: dict[Kind, str] = {
    "name": "〔姓名〕",
    "phone": "〔电话〕",
    "id": "〔证件〕",
    "account": "〔账号〕",
    "plate": "〔车牌〕",
    "address": "〔地址〕",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start:end` of a text that say who is meant."""

    start: int
    end: int
    kind: Kind


DIGIT = "[0-9零〇一二三四五六七八九幺两]"
"""A digit, written or spoken."""
NUMBER = "(?:[0-9]{1,4}|[零〇一二三四五六七八九十百幺两]{1,6})"
"""A number of a house, a floor, a door."""
