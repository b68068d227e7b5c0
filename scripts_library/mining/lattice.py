"""Names that nothing announces: what a sentence is most likely made of, words of the dictionary or names (a class-based word lattice).

Each way through the sentence costs what its words and names are unlikely. A name is taken where the best way through it is hardly worse
than the best way of all: rather a word too many. (The idea is that of Sproat et al. 1996 and ICTCLAS; the figures are ours.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from scripts_library.mining.given import is_given, is_rare_surname, is_strange, log_given, log_surname
from scripts_library.mining.people import COMPOUND, KIN, ROLES, TITLES
from scripts_library.mining.words import Segmenter, word_list

TOTAL: Final = math.log(60_101_967)
"""Words that the dictionary's figures were counted in."""
LONGEST: Final = 5
NAME: Final = -3.2
"""How likely the next thing said is a name."""
GIVEN_ONLY, PET_NAME = -5.6, -4.6
"""A given name alone; 小芳, 丽丽."""
WORSE: Final = 4.5
"""By so much a way through a name may be worse than the best."""
NOT_HANZI: Final = -7.0
TAGGED: Final = 3.0
"""What a word of the dictionary that is a person's name loses as a word."""
LEFT, RIGHT, ALONE = 1.8, 1.6, -0.5
"""For whatever announces a name before it, or follows one; for the characters that do neither."""
HOUSE_TRADE: Final = word_list(
    "定金 订金 首付 公摊 江景 海景 湖景 顾问 老公 老婆 申请人 合同 房号 房价 银行卡 石材 石头 高层 户型 安全门 盖章 "
    "温泉 马路 老家 一平 利息 何时 何必 向阳 挡光 成天 金融 金额 全款 全部 全是 花园 水电 毛坯 于情于理 能办 周末 "
    "周围 万一 温馨 黄金 白天 常年 常常 平时 谢谢 阳光 安全 小区 小时 小心 小学 小孩 小姐 小朋友 阿姨 老师 老板 大家 "
    "大小 明白 明明 明天 明年 来年 今年 去年 天天 关系 关于 方便 方案 马上 于是 高兴 严重 公平 家家 来来 进来 出来 "
    "上来 下来 学位 学区 单价 车位 余款 解释 承诺 周一 周二 周三 周四 周五 周六 周日 小红书 "
    "应该 时间 时候 相当于 包括 从来 胡说 许多 尚未 张口"
)
"""Words of the trade, and others that look like names and are none: always words, never dear."""
HOUSE_WORD: Final = -7.5
SELDOM_COUNTED: Final = 100
"""A word of the dictionary counts as if counted so often at the least: it is more likely than a name that nobody has heard of."""
OFTEN, WORD_ELSE = 10_000, -2.3
VERB, VERB_ELSE = 1_000, -4.6
"""A rare surname that is a word counted so often (那, 都, 越), and a character that names seldom hold and that is such a verb (退, 修,
交), are somebody's so much more seldom: of a tenth and of a hundredth of the people."""
_CUES = tuple(
    sorted(
        KIN
        | ROLES
        | word_list(
            "叫 叫做 是 找 和 跟 与 同 给 让 请 问 见 把 被 对 有 由 向 听 像 姓 喊 叫来 那个 这个 除了 就是 因为 还有 当时 "
            "昨天 今天 前天 上回 上次 本来 反正 去年 问题是 打给 写的 写着 签的 名字 麻烦 群里 后来 而 的"
        ),
        key=len,
        reverse=True,
    )
)
_FOLLOW = tuple(
    sorted(
        word_list(
            "说 讲 带 让 叫 也 都 在 不 没 的 了 是 就 来 去 当 答应 承诺 保证 告诉 给 把 拿 收 签 和 跟 同 与 他 她 那 又 还 "
            "已 可 会 要 能 呢 吧 呀 啊 自己 介绍 接待 过来 昨天 今天 陪 发 开 打 退 买 从 先 家 户 两 负责 办 替 名下 离职 "
            "根本 拍 电话 清楚 批 点 你 我 女士 先生 一 转 帮 对"
        ),
        key=len,
        reverse=True,
    )
)


@dataclass(frozen=True, slots=True)
class _Arc:
    """Characters `start:end` taken as one thing."""

    start: int
    end: int
    score: float
    is_name: bool = False


class Lattice:
    """Finds names in texts. Safe from several threads."""

    def __init__(self, segmenter: Segmenter) -> None:
        self._segmenter = segmenter
        self._word = lru_cache(maxsize=50_000)(self._log_word)
        self._else = lru_cache(maxsize=10_000)(self._log_else)

    def names(self, text: str) -> list[tuple[int, int]]:
        """Where names stand: (start, end), which may overlap."""
        arcs = [arc for start in range(len(text)) for arc in self._arcs(text, start)]
        before = _best(arcs, len(text))
        after = _best([_Arc(len(text) - arc.end, len(text) - arc.start, arc.score) for arc in arcs], len(text))
        least = before[len(text)] - WORSE
        return [(arc.start, arc.end) for arc in arcs if arc.is_name and before[arc.start] + arc.score + after[len(text) - arc.end] >= least]

    def _arcs(self, text: str, start: int) -> Iterator[_Arc]:
        if not _hanzi(text[start]):
            yield _Arc(start, start + 1, NOT_HANZI)
            return
        for end in range(start + 1, min(len(text), start + LONGEST) + 1):
            score = self._word(text[start:end])
            if score is not None:
                yield _Arc(start, end, score)
        for end, score in self._names(text, start):
            yield _Arc(start, end, score + _around(text, start, end), is_name=True)

    def _log_word(self, word: str) -> float | None:
        """How likely a word is (nat); None where it is none. A character is always one."""
        if not all(map(_hanzi, word)):
            return None
        if word in HOUSE_TRADE:
            return HOUSE_WORD
        if not self._segmenter.knows(word):
            return -TOTAL if len(word) == 1 else None
        counted = self._segmenter.frequency(word)
        if len(word) == 1:
            return math.log(max(1, counted)) - TOTAL
        person = self._segmenter.tag(word)[0][1].startswith("nr")
        return math.log(max(1, counted)) - TOTAL - TAGGED if person else math.log(max(SELDOM_COUNTED, counted)) - TOTAL

    def _log_else(self, character: str, *, surname: bool) -> float:
        """What a character loses as a part of a name, as it is a frequent word itself (nat)."""
        counted = self._segmenter.frequency(character)
        if surname:
            return WORD_ELSE if counted >= OFTEN and is_rare_surname(character) else 0.0
        verb = is_strange(character) and counted >= VERB and self._segmenter.tag(character)[0][1].startswith("v")
        return VERB_ELSE if verb else 0.0

    def _names(self, text: str, start: int) -> Iterator[tuple[int, float]]:
        """Whatever has the shape of a name that begins here: its end, and how likely it is."""
        for head in (2, 1):
            surname = text[start : start + head]
            titled = text[start + head : start + head + 2] in TITLES  # 詹主管 is no 詹主
            likely = log_surname(surname) if not titled and (head == 1 or surname in COMPOUND) else -math.inf
            if likely == -math.inf:
                continue
            likely += self._else(surname, surname=True) if head == 1 else 0.0
            for length, share in ((1, 0.2), (2, 0.8)):
                given = text[start + head : start + head + length]
                if len(given) == length and all(map(_hanzi, given)) and given not in TITLES:
                    used = sum(self._else(character, surname=False) for character in given)
                    yield start + head + length, NAME + likely + math.log(share) + log_given(given) + used
        pair = text[start : start + 2]
        if len(pair) == 2 and pair not in HOUSE_TRADE:
            if pair[0] == pair[1] and is_given(pair[0]):
                yield start + 2, PET_NAME + log_given(pair[0])
            elif pair[0] in "小阿" and is_given(pair[1]):
                yield start + 2, PET_NAME + log_given(pair[1])
            elif is_given(pair[0]) and is_given(pair[1]):
                yield start + 2, GIVEN_ONLY + log_given(pair)


def _around(text: str, start: int, end: int) -> float:
    left, right = text[max(0, start - 4) : start], text[end : end + 2]
    before = LEFT if not left or not _hanzi(left[-1]) or left.endswith(_CUES) else ALONE
    after = RIGHT if not right or not _hanzi(right[0]) or right.startswith(_FOLLOW) else ALONE
    return before + after


def _hanzi(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _best(arcs: list[_Arc], length: int) -> list[float]:
    """The score of the best way from the beginning to each place."""
    best = [-math.inf] * (length + 1)
    best[0] = 0.0
    for arc in sorted(arcs, key=lambda arc: arc.start):
        best[arc.end] = max(best[arc.end], best[arc.start] + arc.score)
    return best
