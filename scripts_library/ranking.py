"""Which script to show, and whether to show one at all. Pure: audio time and history in, a choice out, so that a replay repeats itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from scripts_library.learned import UNKNOWN, Draw, Plan, is_urgent
from scripts_library.library import Library
from scripts_library.matcher import Hit
from scripts_library.records import LEVELS, Cause, Kind, Moment, Script, Tone

Verdict = Literal["used", "dismissed", "helpful", "unhelpful"]

ON_SCREEN = 3  # more cannot be read while somebody is speaking


@dataclass(frozen=True, slots=True)
class PromptPolicy:
    """How often prompts may come, in seconds of audio. Staff stop reading a tool that talks every half minute."""

    session_cap: int = 40
    cool_down: Mapping[Kind, float] = field(default_factory=lambda: {Kind.CALMING: 45.0, Kind.GUIDANCE: 60.0, Kind.WORDING: 30.0})
    any_gap: float = 8.0
    repeat_after: float = 600.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A prompt that was shown at `at` (audio seconds), and what the staff member did with it."""

    script_id: str
    kind: Kind
    at: float
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What calls for words. `preferred` are scripts a wording rule names; they go before all others.

    `red`: whatever this moment is, the customer threatened or wanted to leave a short while ago.
    """

    kind: Kind
    moment: Moment
    level: str = "calm"
    causes: Mapping[Cause, float] = field(default_factory=dict)
    hits: Sequence[Hit] = ()
    speaker: str = "customer"
    preferred: Sequence[str] = ()
    red: bool = False

    @property
    def urgent(self) -> bool:
        """Whether nothing may be withheld or tried out."""
        return self.red or is_urgent(self.moment, self.level)


@dataclass(frozen=True, slots=True)
class Choice:
    script: Script
    alternatives: tuple[Script, ...]
    score: float
    draw: Draw | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A script among those of its moment, and the points that learning gave it."""

    script: Script
    points: float
    harms: bool


# A moment without a script of its own (a trainer may have removed them) falls back to the next broader one.
_BROADER: dict[Moment, tuple[Moment, ...]] = {
    Moment.REPEATED_OUTBURST: (Moment.FIRST_OUTBURST,),
    Moment.THREAT_LAWYER: (Moment.REPEATED_OUTBURST, Moment.FIRST_OUTBURST),
    Moment.THREAT_GROUP: (Moment.REPEATED_OUTBURST, Moment.FIRST_OUTBURST),
    Moment.THREAT_MEDIA: (Moment.REPEATED_OUTBURST, Moment.FIRST_OUTBURST),
    Moment.THREAT_COMPLAINT: (Moment.REPEATED_OUTBURST, Moment.FIRST_OUTBURST),
    Moment.DEMAND_SUPERIOR: (Moment.REPEATED_OUTBURST, Moment.FIRST_OUTBURST),
    Moment.LEAVING: (Moment.FIRST_OUTBURST,),
    Moment.DEPOSIT_QUESTION: (Moment.WITHDRAWAL_REQUEST,),
    Moment.STAFF_WORDING: (Moment.FIRST_OUTBURST,),
}
_VERDICT_WORTH: dict[Verdict, float] = {"used": 0.6, "helpful": 1.0, "dismissed": -0.8, "unhelpful": -2.0}
_TONE_BY_LEVEL = {"agitated": (Tone.STEADY, Tone.BRIEF), "rising": (Tone.WARM, Tone.STEADY)}


class Ranker:
    """Chooses among approved scripts. Deterministic: equal scores go by id."""

    def __init__(self, library: Library, policy: PromptPolicy, plan: Plan | None = None) -> None:
        self._library = library
        self._policy = policy
        self._plan = plan or Plan()

    def choose(self, situation: Situation, now: float, history: Sequence[Shown], prompt: str = "") -> Choice | None:
        """The best script and up to two alternatives; None where no approved script fits or all were just said.

        `prompt` is the name the prompt will have: what learning draws depends on it and on nothing that a replay could change.
        """
        lately = {one.script_id for one in history if now - one.at < self._policy.repeat_after}
        fresh = self._fitting(situation, lately)
        draws = {one.id: self._plan.draw(one.id, prompt, urgent=situation.urgent) for one in fresh}
        scored = [(self._score(one, situation, now, history, draws[one.id]), one) for one in fresh]
        ranked = sorted(scored, key=lambda pair: (-pair[0], pair[1].id))
        if not ranked:
            return None
        (score, best), *rest = ranked[:ON_SCREEN]
        return Choice(best, tuple(script for _, script in rest), score, draws[best.id])

    def standing(self, moment: Moment) -> list[Standing]:
        """The approved scripts of a moment as they stand before anybody speaks, the first one first: nothing is drawn by lot, nothing was
        said yet, no cause was heard."""
        found = []
        for script in (one for one in self._library.approved if one.situation is moment):
            level = "rising" if "rising" in script.levels else min(script.levels, key=LEVELS.index)
            draw = self._plan.draw(script.id, "", urgent=True)
            points, harms = (draw.points, self._plan.worths.get(script.id, UNKNOWN).harms) if draw is not None else (0.0, False)
            score = self._score(script, Situation(script.kind, moment, level), 0.0, (), draw)
            found.append((-score, script.id, Standing(script, points, harms)))
        return [one for *_, one in sorted(found, key=lambda place: place[:2])]

    def _fitting(self, situation: Situation, lately: set[str]) -> list[Script]:
        """Scripts that a wording rule named, then those of the moment, then of broader moments until the screen is full."""
        approved = [one for one in self._library.approved if one.id not in lately]
        found = [one for one in approved if one.id in situation.preferred]
        for moment in (situation.moment, *_BROADER.get(situation.moment, ())):
            if len(found) >= ON_SCREEN:
                break
            found += [one for one in approved if one.situation is moment and one not in found and self._fits(one, situation)]
        return found

    @staticmethod
    def _fits(script: Script, situation: Situation) -> bool:
        """Kind and level agree, and a script for a cause waits until that cause was heard: a wrong guess angers."""
        heard = script.cause is Cause.ANY or situation.causes.get(script.cause, 0.0) > 0
        return heard and script.kind is situation.kind and situation.level in script.levels

    def _score(self, script: Script, situation: Situation, now: float, history: Sequence[Shown], draw: Draw | None) -> float:
        total = sum(situation.causes.values())
        score = 10.0 * (script.id in situation.preferred) + 4.0 * (script.situation is situation.moment)
        if total and script.cause is not Cause.ANY:
            score += 2.0 * situation.causes.get(script.cause, 0.0) / total
        score += 0.5 * (script.tone in _TONE_BY_LEVEL.get(situation.level, (Tone.WARM,)))
        if draw is not None:
            score += draw.points
        # fsum: the sum does not depend on the order of the history, so a replay cannot tip a tie
        return round(math.fsum([score, *(self._memory(script, one, now) for one in history)]), 6)

    def _memory(self, script: Script, shown: Shown, now: float) -> float:
        """What one earlier prompt says for or against a script."""
        worth = _VERDICT_WORTH[shown.verdict] if shown.verdict else 0.0
        if shown.script_id == script.id:
            return worth - self._policy.repeat_after / max(now - shown.at, self._policy.repeat_after)
        return worth / 4 if self._tone_of(shown) is script.tone else 0.0  # a verdict says a little about the tone

    def _tone_of(self, shown: Shown) -> Tone | None:
        script = self._library.scripts.get(shown.script_id)
        return script.tone if script else None


Refusal = Literal["session_cap", "cool_down", "too_close"]


class PromptBudget:
    """Whether a prompt may come now: a function of what was shown and of audio time alone."""

    def __init__(self, policy: PromptPolicy) -> None:
        self._policy = policy

    def refusal(self, kind: Kind, now: float, history: Sequence[Shown]) -> Refusal | None:
        """Why no prompt of this kind may come at `now`; None if one may."""
        if len(history) >= self._policy.session_cap:
            return "session_cap"
        if any(now - one.at < self._policy.any_gap for one in history):
            return "too_close"
        if any(one.kind is kind and now - one.at < self._policy.cool_down.get(kind, 0.0) for one in history):
            return "cool_down"
        return None
