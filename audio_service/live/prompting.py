"""Which words go on the phone: the voice asks for calming ones, the words for guidance, the staff member's own wording for a better one.

The voice goes first. It is judged in audio time with the words that were visible by then (`Finished.visible`), so the same conversation
gives the same prompts however fast it was transcribed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from audio_service.hearing import Escalation
from audio_service.live import reasons
from audio_service.live.finished import Finished
from audio_service.live.shelf import Fixed, Shelf
from audio_service.live.words import HeardWords, span_of
from audio_service.messages import Alternative, Level, Prompt, PromptKind
from models.settings import Settings
from scripts_library.learned import URGENT, Plan
from scripts_library.library import Library
from scripts_library.listening import merge_causes, moment_of
from scripts_library.ranking import Choice, PromptBudget, PromptPolicy, Ranker, Shown, Situation, Verdict
from scripts_library.records import Cause, Kind, Moment, Script, WordingRule

RECENT_SECONDS = 20.0
"""How long words stand behind a rise of the voice."""
RED_SECONDS = 90.0
"""How long it stays red after a threat, a demand for the manager or words of leaving; shorter than `SETTLED_SECONDS`."""
SETTLED_SECONDS = 120.0
"""After this long no decision asks any more when exactly something was said."""
VOICE, WORDS = "v", "w"
"""The two lanes, and the first letter of their prompts' names."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A prompt and what to remember of why it came. `withheld_at`: by lot it is not shown; the customer's level then."""

    prompt: Prompt
    evidence: Mapping[str, Any]
    withheld_at: Level | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """What an utterance of the customer said, and from when on that counts."""

    visible: float
    terms: tuple[str, ...]
    moment: Moment | None
    causes: dict[Cause, float]
    again: bool = False
    """A second listening said so."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A prompt that was shown, and the audio time from which the other lane knows of it."""

    shown: Shown
    known_from: float
    withheld: bool = False


class PromptDesk:
    """One conversation's prompts. `feedback` are verdicts given before a restart, by prompt id.

    The lanes come to their decisions in an order that depends on how fast text is. Each therefore sees of the other only what it would
    have seen in every order: voice what was visible by then, words the prompts of the voice up to their utterance's end.
    """

    def __init__(self, shelf: Shelf | Fixed, settings: Settings, feedback: Mapping[str, Verdict], plan: Plan | None = None) -> None:
        prompts = settings.prompts
        self._language = prompts.language
        self._alternatives = prompts.max_on_screen - 1
        self._policy = PromptPolicy(session_cap=prompts.session_cap, cool_down=dict.fromkeys(Kind, prompts.cool_down_seconds))
        self._budget = PromptBudget(self._policy)
        self._shelf = shelf
        self._library: Library | None = None
        self._feedback = feedback
        self._plan = plan or Plan()
        self._entries: dict[str, _Entry] = {}
        self._said: deque[_Said] = deque()
        self._causes: dict[Cause, float] = {}
        self._levels: deque[tuple[float, Level]] = deque([(0.0, Level.PROVISIONAL)], maxlen=64)

    def level_is(self, at: float, level: Level) -> None:
        """The customer's level from `at` on."""
        if level is not self._levels[-1][1]:
            self._levels.append((at, level))

    def for_voice(self, heard: Escalation) -> Raised | None:
        """The calming prompt for a rise of the customer's voice, unless the session had its share; the detector does the cooling down."""
        history = self._history(VOICE, heard.at)
        if len(history) >= self._policy.session_cap:
            return None
        recent = [said for said in self._said if heard.at - RECENT_SECONDS <= said.visible <= heard.at]
        recent.sort(key=lambda said: said.visible)  # what second listenings added stands where it came
        terms = [term for said in recent for term in said.terms]
        threats = [said.moment for said in recent if said.moment is not None]
        # a first outburst whose prompt was withheld was an outburst all the same
        earlier = any(entry.shown.kind is Kind.CALMING for name, entry in self._entries.items() if name.startswith(VOICE))
        # what was last spoken of may have no calming words of its own (a question about the deposit): then those of any outburst
        moments = [*threats[-1:], Moment.REPEATED_OUTBURST if earlier else Moment.FIRST_OUTBURST]
        causes = self._causes_by(heard.at)
        red = self._red_by(heard.at, heard.at)
        why = reasons.of_voice(heard, terms, self._language)
        evidence = {
            "strength": round(heard.strength, 2),
            "rate_change": round(heard.rate_change, 3),
            "loudness_change": round(heard.loudness_change, 2),
            "pitch_change": round(heard.pitch_change, 2),
            "balance_change": round(heard.balance_change, 2),
            "terms": terms,
        }
        for moment in moments:
            situation = Situation(Kind.CALMING, moment, str(heard.level), causes, red=red)
            if (raised := self._raise(VOICE, situation, heard.at, heard.at, heard.at, why, evidence)) is not None:
                return raised
        return None

    def for_words(self, done: Finished, heard: HeardWords) -> Raised | None:
        """The prompt for what an utterance said: a better wording for staff, guidance for the moment the customer's words make."""
        if heard.wording:
            return self._for_wording(done, heard)
        moment = moment_of(heard.hits)
        terms = tuple(hit.term for hit in heard.hits if not hit.negated)
        if terms or heard.causes:
            self._said.append(_Said(done.visible, terms, moment, dict(heard.causes)))
            self._settle(done.end)
        if moment is None:
            return None
        hit = next(hit for hit in heard.hits if hit.moment is moment and not hit.negated)
        at, _ = span_of(done, hit.start, hit.end)
        causes = self._causes_by(done.visible)
        level, red = str(self._level_at(done.end)), self._red_by(done.visible, done.end)
        situation = Situation(Kind.GUIDANCE, moment, level, causes, heard.hits, red=red)
        why = reasons.of_terms([one.term for one in heard.hits if one.moment is moment], self._language)
        return self._if_allowed(situation, at, done, why, {"utterance": done.name, "terms": list(terms)})

    def added(self, done: Finished, heard: HeardWords) -> None:
        """What a second listening to an utterance added: it may stand behind a raised voice."""
        terms = tuple(hit.term for hit in heard.hits if not hit.negated)
        if terms and done.again is not None:
            self._said.append(_Said(done.again, terms, moment_of(heard.hits), {}, again=True))

    def feedback(self, prompt_id: str, verdict: Verdict) -> bool:
        """What the staff member made of a prompt; False if there is none of that name."""
        entry = self._entries.get(prompt_id)
        if entry is None or entry.withheld:
            return False
        self._entries[prompt_id] = replace(entry, shown=replace(entry.shown, verdict=verdict))
        return True

    def _for_wording(self, done: Finished, heard: HeardWords) -> Raised | None:
        hit = heard.wording[0]
        at, _ = span_of(done, hit.start, hit.end)
        level, red = str(self._level_at(done.end)), self._red_by(done.visible, done.end)
        causes = self._causes_by(done.end)
        situation = Situation(Kind.WORDING, Moment.STAFF_WORDING, level, causes, speaker="staff", preferred=hit.rule.scripts, red=red)
        evidence = {"utterance": done.name, "rule": hit.rule.id, "heard": hit.heard}
        why = reasons.of_wording(hit.heard, self._language)
        if hit.rule.zh and not hit.rule.scripts:
            return self._own_words(hit.rule, situation, at, done, why, evidence)
        return self._if_allowed(situation, at, done, why, evidence)

    def _own_words(
        self, rule: WordingRule, situation: Situation, at: float, done: Finished, why: list[str], evidence: Mapping[str, Any]
    ) -> Raised | None:
        """A wording rule that brings its own text."""
        if self._budget.refusal(Kind.WORDING, done.end, self._history(WORDS, done.end, urgent=situation.urgent)) is not None:
            return None
        prompt = Prompt(
            id=self._name(WORDS),
            kind=PromptKind.WORDING,
            at=at,
            script_id=rule.id,
            text=rule.zh,
            text_en=rule.en,
            reasons=why,
            situation=Moment.STAFF_WORDING,
        )
        return self._settled(prompt, Shown(rule.id, Kind.WORDING, done.end), done.visible, situation, evidence)

    def _if_allowed(self, situation: Situation, at: float, done: Finished, why: list[str], evidence: Mapping[str, Any]) -> Raised | None:
        if self._budget.refusal(situation.kind, done.end, self._history(WORDS, done.end, urgent=situation.urgent)) is not None:
            return None
        return self._raise(WORDS, situation, at, done.end, done.visible, why, evidence)

    def _raise(
        self, lane: str, situation: Situation, at: float, now: float, known_from: float, why: list[str], evidence: Mapping[str, Any]
    ) -> Raised | None:
        """`at` is the evidence's time, `now` the decision's (words are judged when their utterance is over).

        The other lane knows of it from `known_from` on.
        """
        ranker, name = self._ranker(), self._name(lane)
        history = self._history(lane, now, urgent=situation.urgent)
        choice = ranker.choose(situation, now, history, name)
        if choice is None and situation.kind is Kind.CALMING:
            choice = ranker.choose(situation, now, [], name)  # a raised voice is answered even if everything was said before
        if choice is None:
            return None
        prompt = self._prompt(lane, situation, choice, at, why)
        if choice.draw is not None:
            evidence = {**evidence, "ranking": {"version": self._plan.version, **asdict(choice.draw)}}
        shown = Shown(choice.script.id, situation.kind, now)
        return self._settled(prompt, shown, known_from, situation, evidence)

    def _settled(self, prompt: Prompt, shown: Shown, known_from: float, situation: Situation, evidence: Mapping[str, Any]) -> Raised:
        """Remember a prompt, and let the lot say whether it is one of those that are withheld to learn what prompts are worth.

        Also of those it spared the evidence says that they were in the lot: only they can be compared with the withheld ones.
        """
        if lot := self._plan.lot(urgent=situation.urgent):
            evidence = {**evidence, "lot": lot}
        withheld = self._plan.withholds(prompt.id, urgent=situation.urgent)
        verdict = None if withheld else self._feedback.get(prompt.id)
        self._entries[prompt.id] = _Entry(replace(shown, verdict=verdict), known_from, withheld)
        return Raised(prompt, evidence, Level(situation.level) if withheld else None)

    def _history(self, lane: str, now: float, *, urgent: bool = True) -> list[Shown]:
        """What a lane knows to have been shown: its own prompts, and the other's as far as they are known by `now`.

        A withheld prompt counts like a shown one, or it would come a moment later; but it never stands in the way of an urgent one.
        """
        known = {name: entry for name, entry in self._entries.items() if name.startswith(lane) or entry.known_from <= now}
        return [entry.shown for entry in known.values() if not (urgent and entry.withheld)]

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
        return f"{lane}{sum(name.startswith(lane) for name in self._entries)}"

    def _causes_by(self, now: float) -> dict[Cause, float]:
        """What the customer has said of the cause, as far as it counts by `now`."""
        causes = self._causes
        for said in self._said:
            if said.visible <= now:
                causes = merge_causes(causes, said.causes)
        return causes

    def _red_by(self, now: float, again_by: float) -> bool:
        """Whether the customer threatened, asked for the manager or wanted to leave a short while ago.

        `again_by`: until when what second listenings added counts; for words the end of their utterance, for what is added after that is
        known to them in some orders only.
        """
        recent = (said for said in self._said if now - RED_SECONDS <= said.visible <= (again_by if said.again else now))
        return any(said.moment in URGENT for said in recent)

    def _settle(self, now: float) -> None:
        while self._said[0].visible < now - SETTLED_SECONDS:
            self._causes = merge_causes(self._causes, self._said.popleft().causes)

    def _level_at(self, at: float) -> Level:
        return next((level for since, level in reversed(self._levels) if since <= at), Level.PROVISIONAL)

    def _ranker(self) -> Ranker:
        library = self._shelf.tools.library
        if library is not self._library:
            self._library, self._ranked = library, Ranker(library, self._policy, self._plan)
        return self._ranked


def _alternative(script: Script) -> Alternative:
    return Alternative(script_id=script.id, text=script.zh, text_en=script.en)
