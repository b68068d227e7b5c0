"""Which words go on the phone: the voice asks for calming ones, the words for guidance, the staff member's own wording for a better one.

The voice goes first. It is judged in audio time with the words that were visible by then (`VISIBLE_AFTER`), so the same conversation gives
the same prompts however fast it was transcribed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from audio_service.hearing import Escalation
from audio_service.live import reasons
from audio_service.live.finished import VISIBLE_AFTER, Finished
from audio_service.live.shelf import Shelf
from audio_service.live.words import HeardWords, span_of
from audio_service.messages import Alternative, Level, Prompt, PromptKind
from models.settings import Settings
from scripts_library.library import Library
from scripts_library.listening import merge_causes, moment_of
from scripts_library.ranking import Choice, PromptBudget, PromptPolicy, Ranker, Shown, Situation, Verdict
from scripts_library.records import Cause, Kind, Moment, Script

RECENT_SECONDS = 20.0
"""How long words stand behind a rise of the voice."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A prompt and what to remember of why it came."""

    prompt: Prompt
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Said:
    """What an utterance of the customer said, and from when on that counts."""

    visible: float
    terms: tuple[str, ...]
    moment: Moment | None
    causes: dict[Cause, float]


class PromptDesk:
    """One conversation's prompts."""

    def __init__(self, shelf: Shelf, settings: Settings) -> None:
        prompts = settings.prompts
        self._language = prompts.language
        self._alternatives = prompts.max_on_screen - 1
        self._policy = PromptPolicy(session_cap=prompts.session_cap, cool_down=dict.fromkeys(Kind, prompts.cool_down_seconds))
        self._budget = PromptBudget(self._policy)
        self._shelf = shelf
        self._library: Library | None = None
        self._shown: dict[str, Shown] = {}
        self._said: deque[_Said] = deque()
        self._causes: dict[Cause, float] = {}
        self._levels: deque[tuple[float, Level]] = deque([(0.0, Level.PROVISIONAL)], maxlen=64)

    def level_is(self, at: float, level: Level) -> None:
        """The customer's level from `at` on."""
        if level is not self._levels[-1][1]:
            self._levels.append((at, level))

    def for_voice(self, heard: Escalation) -> Raised | None:
        """The calming prompt for a rise of the customer's voice, unless the session had its share; the detector does the cooling down."""
        if len(self._shown) >= self._policy.session_cap:
            return None
        self._settle(heard.at)
        recent = [said for said in self._said if said.visible >= heard.at - RECENT_SECONDS and said.visible <= heard.at]
        terms = [term for said in recent for term in said.terms]
        threats = [said.moment for said in recent if said.moment is not None]
        earlier = any(shown.kind is Kind.CALMING for shown in self._shown.values())
        moment = threats[-1] if threats else Moment.REPEATED_OUTBURST if earlier else Moment.FIRST_OUTBURST
        situation = Situation(Kind.CALMING, moment, str(heard.level), self._causes)
        why = reasons.of_voice(heard, terms, self._language)
        evidence = {
            "strength": round(heard.strength, 2),
            "rate_change": round(heard.rate_change, 3),
            "loudness_change": round(heard.loudness_change, 2),
            "pitch_change": round(heard.pitch_change, 2),
            "balance_change": round(heard.balance_change, 2),
            "terms": terms,
        }
        return self._raise("v", situation, heard.at, why, evidence)

    def for_words(self, done: Finished, heard: HeardWords) -> Raised | None:
        """The prompt for what an utterance said: a better wording for staff, guidance for the moment the customer's words make."""
        if heard.wording:
            return self._for_wording(done, heard)
        moment = moment_of(heard.hits)
        terms = tuple(hit.term for hit in heard.hits if not hit.negated)
        if terms or heard.causes:
            self._said.append(_Said(done.end + VISIBLE_AFTER, terms, moment, dict(heard.causes)))
        if moment is None:
            return None
        hit = next(hit for hit in heard.hits if hit.moment is moment and not hit.negated)
        at, _ = span_of(done, hit.start, hit.end)
        self._settle(done.end)
        situation = Situation(
            Kind.GUIDANCE, moment, str(self._level_at(done.end)), merge_causes(self._causes, dict(heard.causes)), heard.hits
        )
        why = reasons.of_terms([one.term for one in heard.hits if one.moment is moment], self._language)
        return self._if_allowed("w", situation, at, why, {"utterance": done.name, "terms": list(terms)})

    def feedback(self, prompt_id: str, verdict: Verdict) -> bool:
        """What the staff member made of a prompt; False if there is none of that name."""
        shown = self._shown.get(prompt_id)
        if shown is None:
            return False
        self._shown[prompt_id] = replace(shown, verdict=verdict)
        return True

    def _for_wording(self, done: Finished, heard: HeardWords) -> Raised | None:
        hit = heard.wording[0]
        at, _ = span_of(done, hit.start, hit.end)
        level = str(self._level_at(done.end))
        situation = Situation(Kind.WORDING, Moment.STAFF_WORDING, level, self._causes, speaker="staff", preferred=hit.rule.scripts)
        evidence = {"utterance": done.name, "rule": hit.rule.id, "heard": hit.heard}
        why = reasons.of_wording(hit.heard, self._language)
        if hit.rule.zh and not hit.rule.scripts:
            return self._own_words(hit.rule.id, hit.rule.zh, hit.rule.en, at, why, evidence)
        return self._if_allowed("w", situation, at, why, evidence)

    def _own_words(self, rule: str, zh: str, en: str, at: float, why: list[str], evidence: Mapping[str, Any]) -> Raised | None:
        """A wording rule that brings its own text."""
        if self._budget.refusal(Kind.WORDING, at, list(self._shown.values())) is not None:
            return None
        prompt = Prompt(
            id=self._name("w"),
            kind=PromptKind.WORDING,
            at=at,
            script_id=rule,
            text=zh,
            text_en=en,
            reasons=why,
            situation=Moment.STAFF_WORDING,
        )
        self._shown[prompt.id] = Shown(rule, Kind.WORDING, at)
        return Raised(prompt, evidence)

    def _if_allowed(self, lane: str, situation: Situation, at: float, why: list[str], evidence: Mapping[str, Any]) -> Raised | None:
        if self._budget.refusal(situation.kind, at, list(self._shown.values())) is not None:
            return None
        return self._raise(lane, situation, at, why, evidence)

    def _raise(self, lane: str, situation: Situation, at: float, why: list[str], evidence: Mapping[str, Any]) -> Raised | None:
        ranker = self._ranker()
        choice = ranker.choose(situation, at, list(self._shown.values()))
        if choice is None and situation.kind is Kind.CALMING:
            choice = ranker.choose(situation, at, [])  # a raised voice is answered even if everything was said before
        if choice is None:
            return None
        prompt = self._prompt(lane, situation, choice, at, why)
        self._shown[prompt.id] = Shown(choice.script.id, situation.kind, at)
        return Raised(prompt, evidence)

    def _prompt(self, lane: str, situation: Situation, choice: Choice, at: float, why: list[str]) -> Prompt:
        return Prompt(
            id=self._name(lane),
            kind=PromptKind(str(situation.kind)),
            at=round(at, 2),
            script_id=choice.script.id,
            text=choice.script.zh,
            text_en=choice.script.en,
            reasons=why,
            situation=situation.moment,
            alternatives=[_alternative(script) for script in choice.alternatives[: self._alternatives]],
        )

    def _name(self, lane: str) -> str:
        """Names count within a lane: voice and words come to their prompts in an order of their own."""
        return f"{lane}{sum(name.startswith(lane) for name in self._shown)}"

    def _settle(self, at: float) -> None:
        """Causes that count by `at` join the conversation's; what stands behind no later rise is forgotten."""
        while self._said and self._said[0].visible < at - RECENT_SECONDS:
            self._causes = merge_causes(self._causes, self._said.popleft().causes)

    def _level_at(self, at: float) -> Level:
        return next((level for since, level in reversed(self._levels) if since <= at), Level.PROVISIONAL)

    def _ranker(self) -> Ranker:
        library = self._shelf.tools.library
        if library is not self._library:
            self._library, self._ranked = library, Ranker(library, self._policy)
        return self._ranked


def _alternative(script: Script) -> Alternative:
    return Alternative(script_id=script.id, text=script.zh, text_en=script.en)
