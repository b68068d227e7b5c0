"""What happened in that year: cases, their causes, times and ends, drawn from one seed. Pure.

The source's examples come out of it: 68 % of the reviewed requests from key questions not talked through, 41 % more requests for want of
money in December and January, 5.8 days before the product and 1.2 after, 63 % fewer complaints. Each site's year alone comes near to them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from case_api.demo_data import SITES
from case_api.figures.rules import KEY_QUESTIONS, WINTER, year_to
from models.sites import CHINA

GO_LIVE_AFTER: Final = timedelta(days=120)
# (requests in the season, of them for want of money) of each site: 35/124 is 41 % above 100/500, and either site alone comes near to it.
WINTER_CASES: Final = {"DEMOA": (74, 21), "DEMOB": (50, 14)}
REST_CASES: Final = {"DEMOA": (300, 60), "DEMOB": (200, 40)}
UNDISCUSSED, COMPLAINTS_BEFORE, COMPLAINTS_AFTER = 68, 27, 10  # per hundred
DAYS_BEFORE, DAYS_AFTER = 5.8, 1.2

VISITS: Final = 33
"""Of every hundred requests so many had a visitor the same day who only asked something."""

OTHER_CAUSES: Final = {"family": 38, "competitor": 22, "quality": 14, "delay": 12, "other": 14}
PATHS: Final[dict[str, dict[str, int]]] = {
    "family": {"keep_with_benefits": 38, "rescission": 45, "transfer": 10, "none": 7},
    "cash_flow": {"deferral": 35, "rescission": 40, "referral": 15, "transfer": 10},
    "competitor": {"keep_with_benefits": 55, "rescission": 35, "none": 10},
    "quality": {"keep_with_benefits": 45, "rescission": 45, "none": 10},
    "delay": {"keep_with_benefits": 35, "rescission": 60, "none": 5},
    "other": {"keep_with_benefits": 30, "rescission": 55, "none": 15},
}
OPEN: Final = (0.005, 0.03, 0.1, 0.3, 0.35, 0.4, 0.8, 1.0)
"""How much of the newest cases is over: filling in the form, assessing, solving, waiting for the answer (three), executing, closing."""
REFUND: Final[dict[str, Any]] = {"path": "rescission", "outcome": "withdrawn", "stage": "deposit_only", "refund_bp": 7000}
TOLD: Final[dict[float, dict[str, Any]]] = {
    0.35: REFUND | {"paid_fen": 8_000_000, "answered_by": "site_manager_2"},
    0.4: REFUND | {"paid_fen": 28_000_000, "answered_by": "site_manager"},
    0.8: REFUND,
}
"""Where somebody has to decide: a small loss is the manager's, a large one the city's; the last waits to be paid."""
KEEPS: Final = {"keep_with_benefits", "deferral", "none"}
STAGES: Final = {"deposit_only": (72, (6000, 8000)), "online_signed": (24, (3000, 5000)), "loan_released": (4, (0, 0))}
WORDS: Final = {
    "family": ("我爱人根本没看过房，回去跟我大吵一架。", "父母不同意，说离他们太远。", "家里人反对，说位置太偏。"),
    "cash_flow": ("年终奖一直没发，首付真的凑不出来。", "公司裁员，月供供不起了。", "贷款批不下来，我手里周转不开。"),
    "competitor": ("旁边的盘比你们便宜，还送车位，我觉得买贵了。", "刚买完你们就降价了。", "隔壁楼盘同样的户型每平少两千。"),
    "quality": ("样板间和实际差太多，这就是货不对板。", "卫生间漏水，找了三次没人来修。", "墙上一道一道的裂缝，这怎么住人。"),
    "delay": ("说好年底交，现在又说要延期交房。", "一拖再拖，到底哪天能拿钥匙。", "工地停了两个月没人施工。"),
    "other": ("工作调动去外地，这房子用不上了。", "学区说没就没了，那我还买它干什么。"),
}
"""What customers say of each cause."""
DEMANDS: Final = ("我今天来就是要退房。", "把房子退了吧，我想好了。", "这套我不买了，钱退给我。", "我要退房，手续怎么办。")
NEW: Final = ("听说要改成毛坯交付，那我可不要。", "现在又说毛坯交付，当初可不是这么讲的。")
"""Said in every third conversation of the last month: there is something new to find."""
MISHEARD: Final = {NEW[1]: "现在又说毛皮交付，当初可不是这么讲的。"}
"""What a recogniser now and then makes of it, with the right words among its other hypotheses."""
SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"


@dataclass(frozen=True, slots=True)
class Story:
    """One request, as it was or will be. `days` from the request to its end; `refund_bp` of what was paid, 0 where nothing is refunded."""

    number: int
    site: str
    received_at: datetime
    causes: tuple[str, ...]
    name: str
    unit: tuple[str, str]
    path: str
    outcome: str
    days: float
    stage: str
    paid_fen: int
    refund_bp: int
    undiscussed: tuple[str, ...]
    complains: bool
    score: int | None
    answered_by: str = ""
    """Who records now that the customer accepts the refund; nobody else's word is awaited."""

    @property
    def ended_at(self) -> datetime:
        """When it is over."""
        return self.received_at + timedelta(days=self.days)


def words_of(story: Story) -> str:
    """What this customer says of the main cause."""
    said = WORDS[story.causes[0]]
    return said[story.number % len(said)]


def go_live_of(today: date) -> date:
    """The day from which the product was used."""
    return year_to(today)[0] + GO_LIVE_AFTER


def evenly(number: int, part: int, of: int) -> bool:
    """Whether `number` is among the `part` of every `of` that are chosen, spread evenly: any run holds its share to within one."""
    return (number + 1) * part // of > number * part // of


def stories(today: date, seed: int) -> list[Story]:
    """The year that ends before `today`, in the order in which requests came in."""
    chance, go_live = random.Random(seed), go_live_of(today)
    first = year_to(today)[0]
    days = [first + timedelta(days=n) for n in range((today - first).days)]
    winter = [day for day in days if day.month in WINTER]
    rest = [day for day in days if day.month not in WINTER]
    drawn = [
        (*request, site)
        for site in SITES
        for request in (*_requests(chance, winter, *WINTER_CASES[site]), *_requests(chance, rest, *REST_CASES[site]))
    ]
    drawn.sort()
    held, spoken = Counter[str](), Counter[tuple[str, bool]]()
    found = []
    for number, (received_at, cause, site) in enumerate(drawn):
        live = received_at.date() >= go_live
        complains = evenly(spoken[site, live], COMPLAINTS_AFTER if live else COMPLAINTS_BEFORE, 100)
        told = _story(
            chance, number, site, received_at, cause, live=live, complains=complains, undiscussed=evenly(held[site], UNDISCUSSED, 100)
        )
        found.append(told)
        held[site] += 1
        spoken[site, live] += 1
    return found


def unfinished(told: Sequence[Story], now: datetime) -> list[Story]:
    """The same, but that the newest of each site are still open, one in each step: there is something to do."""
    newest = {site: [one for one in told if one.site == site and one.path != "none"][: -len(OPEN) - 1 : -1] for site in SITES}
    changed = {
        one.number: {"days": _days(one, now, share)} | TOLD.get(share, {})
        for found in newest.values()
        for one, share in zip(found, OPEN, strict=True)
    }
    return [replace(one, **changed.get(one.number, {})) for one in told]


def _days(story: Story, now: datetime, share: float) -> float:
    """How long it takes if that much of it is over; from 1 on, if it ended an hour ago."""
    ends = now - timedelta(hours=1) if share >= 1 else story.received_at + (now - story.received_at) / share
    return (ends - story.received_at) / timedelta(days=1)


def _requests(chance: random.Random, days: Sequence[date], cases: int, cash_flow: int) -> list[tuple[datetime, str]]:
    """(when, main cause) of a season's requests, spread over its days."""
    made = []
    for number in range(cases):
        at = datetime.combine(days[number * len(days) // cases], time(9), CHINA) + timedelta(minutes=chance.randrange(600))
        made.append((at, "cash_flow" if evenly(number, cash_flow, cases) else _pick(chance, OTHER_CAUSES)))
    return made


def _pick(chance: random.Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]


def _story(
    chance: random.Random, number: int, site: str, received_at: datetime, cause: str, *, live: bool, complains: bool, undiscussed: bool
) -> Story:
    path = _pick(chance, PATHS[cause])
    stage = _pick(chance, {name: weight for name, (weight, _) in STAGES.items()})
    if stage == "loan_released" and path == "rescission":
        path = "keep_with_benefits"
    second = _pick(chance, OTHER_CAUSES)
    causes = (cause, second) if second != cause and chance.random() < 0.15 else (cause,)
    low, high = STAGES[stage][1]
    questions: tuple[str, ...] = ()
    if undiscussed:
        questions = tuple(sorted({_question(chance, cause), *chance.sample(list(KEY_QUESTIONS)[:6], chance.random() < 0.2)}))
    score = None
    if chance.random() < 0.55:
        score = chance.choices([1, 2, 3, 4, 5], [4, 6, 18, 40, 32] if live else [14, 20, 32, 24, 10])[0]
    return Story(
        number=number,
        site=site,
        received_at=received_at,
        causes=causes,
        name=f"{chance.choice(SURNAMES)}{chance.choice(['先生', '女士'])}",
        unit=(f"{chance.randint(1, 12)}栋", f"{chance.randint(2, 32)}{chance.randint(1, 4):02d}"),
        path=path,
        outcome="kept" if path in KEEPS else "withdrawn",
        days=round((DAYS_AFTER if live else DAYS_BEFORE) * chance.triangular(0.3, 2.1, 0.6), 3),
        stage=stage,
        paid_fen=chance.randint(5, 30) * 1_000_000,
        refund_bp=chance.randrange(low, high + 1, 500) if path == "rescission" else 0,
        undiscussed=questions,
        complains=complains,
        score=score,
    )


def _question(chance: random.Random, cause: str) -> str:
    likely = {"family": "decision_makers", "cash_flow": "funding", "competitor": "price_policy", "quality": "unit", "delay": "delivery"}
    return likely.get(cause, "contract") if chance.random() < 0.8 else chance.choice(list(KEY_QUESTIONS))
