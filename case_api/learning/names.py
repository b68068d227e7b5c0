"""What the codes of the keyword log are called, in Chinese and in English."""

from __future__ import annotations

from typing import Final

from case_api.intake.causes import CAUSES

Pair = tuple[str, str]
VALUES: Final[dict[str, dict[str, Pair]]] = {
    "match": {"exact": ("原词", "as written"), "alias": ("别名", "other name"), "phonetic": ("近音", "sounds alike")},
    "speaker": {"customer": ("客户", "customer"), "unsure": ("未确定", "unsure")},
    "level": {
        "provisional": ("未判定", "not known"),
        "calm": ("平静", "calm"),
        "rising": ("升高", "rising"),
        "agitated": ("激动", "agitated"),
    },
    "causes": {code: (meaning.zh, meaning.en) for code, meaning in CAUSES.items()},
    "outcome": {
        "withdrawn": ("已退房", "withdrawn"),
        "kept": ("继续履约", "kept"),
        "open": ("办理中", "open"),
        "none": ("未立案", "no case"),
    },
    "verdict": {"right": ("说对了", "right")},
}
"""By what the log holds as codes."""
