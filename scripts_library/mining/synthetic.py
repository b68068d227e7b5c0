"""Made-up logs with known truth: for tests of what mining finds, and for measuring how fast it is."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Mapping

import numpy as np

from scripts_library.mining.tracks import HORIZONS, Moment, band
from scripts_library.mining.words import word_list

SENTENCES = tuple(
    sorted(
        word_list(
            "这个房子我再考虑一下 你们的贷款利率是多少 我跟我老婆商量商量 学区到底能不能确定 什么时候能交房呢 车位多少钱一个 "
            "物业费是怎么算的 我想把房子退了 定金还能不能退 首付还差一点没凑齐 你们经理在不在 我要投诉你们 样板间看着挺好的 "
            "这边采光怎么样 隔壁楼盘便宜多了 合同里面怎么写的 这个户型我不太喜欢 附近有没有地铁站 小区绿化做得怎么样 "
            "上次说好的优惠没有了 银行那边一直没批下来 装修跟宣传册不一样 延期交房你们怎么赔 我家里人不同意买 钱什么时候能到账 "
            "你们当时不是这么说的 我就问一句行不行 这个电梯品牌换了吗 楼间距太近了吧 公摊面积是多少"
        )
    )
)
OPENINGS = ("你们", "现在", "怎么")
TAILS = ("", "", "啊", "吧", "你说呢", "对不对", "我想问一下", "到底怎么回事", "麻烦您看看", "我等了很久了")


def conversations(
    sessions: int, utterances: int, *, planted: str = "", share: float = 0.0, seed: int = 0
) -> Iterator[tuple[int, bool, str]]:
    """(conversation, whether it escalated, text) of every utterance. A fifth escalates; `planted` is said in `share` of those, and in an
    eighth as many of the others."""
    chance = random.Random(seed)
    for number in range(sessions):
        escalated = chance.random() < 0.2
        says = bool(planted) and chance.random() < (share if escalated else share / 8)
        place = chance.randrange(utterances)
        for turn in range(utterances):
            said = f"{chance.choice(OPENINGS)}{planted}" if says and turn == place else chance.choice(SENTENCES)
            yield number, escalated, said + chance.choice(TAILS)


def moments(effects: Mapping[str, float], each: int, controls: int, *, randomised: bool = False, seed: int = 0) -> list[Moment]:
    """Moments in which each script shifts the state by its true effect, and `controls` without a prompt.

    A raised voice comes down by itself, and prompts come when it is raised: without matching every script would seem to work. With
    `randomised` the controls are prompts that were withheld, and every prompt was in the lot.
    """
    source = np.random.default_rng(seed)
    lot = 1000 if randomised else 0
    made = [_moment(source, seed, n, script, True, value, 1.0, lot) for script, value in effects.items() for n in range(each)]
    names, raised = sorted(effects) if randomised else [""], float(randomised)
    return made + [_moment(source, seed, n, names[n % len(names)], False, 0.0, raised, lot) for n in range(controls)]


def _moment(source: np.random.Generator, seed: int, n: int, script: str, shown: bool, shift: float, raised: float, lot: int) -> Moment:
    person = int(source.integers(12))
    session = f"{script}{'s' if shown else 'c'}{n // 3}"
    state = source.normal(1.0 + 0.8 * raised, 0.9)
    before = np.array([state, 4.5 + 0.4 * state + source.normal(0, 0.5), 60 + 2 * state + source.normal(0, 2), source.normal(), n % 40])
    own = np.random.default_rng((seed, _number(session))).normal(0, 0.3)
    after = {}
    for horizon in HORIZONS:
        fall = -0.45 * (state - 0.3) * horizon / 30
        change = fall + shift + own + source.normal(0, 0.6)
        after[horizon] = np.array([change, 0.4 * change + source.normal(0, 0.3), 2 * change + source.normal(0, 1.5)])
    return Moment(session, f"p{person}", band(state), "first_outburst", script, shown, before, after, lot=lot)


def _number(text: str) -> int:
    """The same on every run, unlike `hash`."""
    return zlib.crc32(text.encode())
