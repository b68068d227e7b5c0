"""What a log to take away says, in Chinese and in English. What was said stays as it was."""

from __future__ import annotations

from typing import Final

from case_api.learning.names import Pair

FIELDS: Final[dict[str, Pair]] = {
    "week": ("周（周一）", "Week (its Monday)"),
    "site": ("案场", "Site"),
    "conversation": ("会话", "Conversation"),
    "seconds": ("位置（秒）", "Position (s)"),
    "term": ("词条", "Term"),
    "category": ("类别", "Category"),
    "heard": ("听作", "Heard as"),
    "match": ("匹配方式", "Match"),
    "speaker": ("说话人", "Speaker"),
    "sentence": ("原话（已隐去身份信息）", "Sentence (masked)"),
    "level": ("最高情绪", "Customer at most"),
    "causes": ("原因", "Causes"),
    "outcome": ("结果", "Outcome"),
    "verdict": ("人工核对", "Judged"),
}
COUNTS: Final[tuple[Pair, ...]] = (
    ("词条", "Term"),
    ("类别", "Category"),
    ("会话", "Conversations"),
    ("每百场会话", "Of every 100"),
    ("次数", "Hits"),
)
LOG: Final[Pair] = ("逐条", "Hits")
BY_TERM: Final[Pair] = ("按词条（共{sessions}场录音会话）", "By term ({sessions} recorded)")
