"""What new beliefs change: the scripts of each situation as they stood and as they stand now, and why each one moved. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from scripts_library.learned import Plan, Worth
from scripts_library.library import Library
from scripts_library.ranking import PromptPolicy, Ranker, Standing
from scripts_library.records import Moment, Script

Why = Literal["first", "harm", "better", "worse", "surer", "gone", "others", "same", "unknown"]
WORDS: dict[Why, tuple[str, str]] = {
    "first": ("第一次有了足够的数据：{now}", "Enough to tell for the first time: {now}"),
    "harm": ("很可能有反效果，减满 1.5 分：{now}", "Very likely does harm, so it loses 1.5 points: {now}"),
    "better": ("效果比上一版好：{before} → {now}", "It did better than before: {before} → {now}"),
    "worse": ("效果比上一版差：{before} → {now}", "It did worse than before: {before} → {now}"),
    "surer": ("效果没变，依据变了：{now}", "The same effect on another basis: {now}"),
    "gone": ("最近 90 天数据不足，不再加减分", "Not enough in the last 90 days: it is moved no longer"),
    "others": ("自身没变，因其他话术升降而移动", "Unchanged itself; others moved past it"),
    "same": ("没有变化：{now}", "Unchanged: {now}"),
    "unknown": ("数据还不够，按文件里的次序", "Not enough yet; it stands as the files say"),
}
MATTERS = 0.05
"""Standard deviations of state: beliefs that differ by less tell of the same effect."""
assert WORDS.keys() == set(get_args(Why))


@dataclass(frozen=True, slots=True)
class Move:
    """One script of a situation. Places count from 1; `place_before` is None where there was no version before."""

    script: Script
    place: int
    place_before: int | None
    points: float
    points_before: float | None
    worth: Worth | None
    worth_before: Worth | None
    why: Why

    @property
    def moved(self) -> bool:
        """Whether it stands elsewhere than before."""
        return self.place_before is not None and self.place != self.place_before

    def words(self) -> tuple[str, str]:
        """Why it stands where it stands: Chinese, English."""
        zh, en = WORDS[self.why]
        return (
            zh.format(now=_zh(self.worth), before=_mean(self.worth_before, "更平静", "更激动", "没有差别")),
            en.format(now=_en(self.worth), before=_mean(self.worth_before, "calmer by", "more agitated by", "no different")),
        )


def worths_of(stored: Mapping[str, Any]) -> dict[str, Worth]:
    """Beliefs as a version keeps them."""
    return {name: Worth(*values) for name, values in stored.items()}


def moves(library: Library, now: Mapping[str, Worth], before: Mapping[str, Worth] | None) -> dict[Moment, list[Move]]:
    """Every situation with a choice between scripts, or with a script that is known; the best script first."""
    ranker, old = _ranker(library, now), _ranker(library, before or {})
    found = {}
    for moment in Moment:
        standing = ranker.standing(moment)
        if len(standing) > 1 or any(one.script.id in now for one in standing):
            found[moment] = _of_one(standing, old.standing(moment) if before is not None else None, now, before or {})
    return found


def _ranker(library: Library, worths: Mapping[str, Worth]) -> Ranker:
    return Ranker(library, PromptPolicy(), Plan(worths=worths))


def _of_one(standing: list[Standing], old: list[Standing] | None, now: Mapping[str, Worth], before: Mapping[str, Worth]) -> list[Move]:
    places = {one.script.id: place for place, one in enumerate(old or [], 1)}
    points = {one.script.id: one.points for one in old or []}
    found = []
    for place, one in enumerate(standing, 1):
        key = one.script.id
        worth, earlier = now.get(key), before.get(key)
        why = _why(worth, earlier, one, elsewhere=key in places and places[key] != place)
        found.append(Move(one.script, place, places.get(key), one.points, points.get(key), worth, earlier, why))
    return found


def _why(worth: Worth | None, earlier: Worth | None, standing: Standing, *, elsewhere: bool) -> Why:
    if worth is None:
        return "gone" if earlier is not None else "others" if elsewhere else "unknown"
    if standing.harms:
        return "harm"
    if earlier is None:
        return "first"
    if abs(worth.mean - earlier.mean) > MATTERS:
        return "better" if worth.mean > earlier.mean else "worse"
    if elsewhere:
        return "others"
    return "surer" if worth.moments != earlier.moments else "same"


def _zh(worth: Worth | None) -> str:
    return f"{_mean(worth, '更平静', '更激动', '没有差别')}（±{1.96 * worth.sd:.2f}，依据 {worth.moments} 次）" if worth else ""


def _en(worth: Worth | None) -> str:
    return (
        f"{_mean(worth, 'calmer by', 'more agitated by', 'no different')} (±{1.96 * worth.sd:.2f}, {worth.moments} prompts)"
        if worth
        else ""
    )


def _mean(worth: Worth | None, calmer: str, agitated: str, neither: str) -> str:
    if worth is None:
        return ""
    return f"{calmer if worth.mean >= 0 else agitated} {abs(worth.mean):.2f}" if abs(worth.mean) >= MATTERS else neither
