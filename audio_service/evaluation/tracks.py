"""What a conversation's messages say over time, ready to be drawn. Times in seconds of audio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audio_service.evaluation.corpus import Conversation
from audio_service.evaluation.scoring import Message, calming_prompts, corrected_transcripts, hit, is_false

CUES = ("rate", "loudness", "pitch")
"""Measures that are drawn: syllables a second, dB, Hz."""
GAP = 2.5
"""Seconds between two reports over which a line is broken: nobody spoke, or somebody else did."""

Point = tuple[float, float]
Line = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that is something: who spoke, how excited the customer was."""

    start: float
    end: float
    name: str


@dataclass(frozen=True, slots=True)
class CueTrack:
    """One measure of the customer's voice, line by line, and the customer's usual value beside it."""

    cue: str
    lines: tuple[Line, ...]
    usual: Line

    @property
    def values(self) -> list[float]:
        return [value for line in (*self.lines, self.usual) for _, value in line]


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    """A calming prompt.

    `verdict`: `hit` answered the escalation first, `more` came after that one, `late` is no answer any more, `false` had nothing to answer.
    """

    at: float
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """One conversation as it is drawn."""

    conversation: Conversation
    heard: tuple[Span, ...]
    levels: tuple[Span, ...]
    cues: tuple[CueTrack, ...]
    prompts: tuple[ShownPrompt, ...]
    keywords: tuple[tuple[float, str], ...]


def view(conversation: Conversation, messages: Sequence[Message]) -> View:
    """Labels and messages side by side."""
    states = [one for one in messages if one["type"] == "state"]
    finals = sorted(corrected_transcripts(messages), key=lambda final: final["start"])
    return View(
        conversation=conversation,
        heard=tuple(Span(final["start"], final["end"], final["speaker"]) for final in finals),
        levels=_levels(states, conversation.seconds),
        cues=tuple(_track(cue, states) for cue in CUES),
        prompts=_prompts(conversation, messages),
        keywords=tuple((one["at"], one["term"]) for one in messages if one["type"] == "keyword"),
    )


def _prompts(conversation: Conversation, messages: Sequence[Message]) -> tuple[ShownPrompt, ...]:
    prompts = calming_prompts(messages)
    answer = hit(conversation, prompts)

    def verdict(prompt: Message) -> str:
        if prompt is answer:
            return "hit"
        if is_false(conversation, prompt["at"]):
            return "false"
        return "more" if answer is not None else "late"

    return tuple(ShownPrompt(prompt["at"], verdict(prompt), tuple(prompt.get("reasons", ()))) for prompt in prompts)


def _levels(states: Sequence[Message], seconds: float) -> tuple[Span, ...]:
    """The level holds until the next report says otherwise."""
    spans: list[Span] = []
    start, level = 0.0, "provisional"
    for state in states:
        if state["level"] != level:
            spans.append(Span(start, state["at"], level))
            start, level = state["at"], state["level"]
    spans.append(Span(start, max(seconds, start), level))
    return tuple(span for span in spans if span.end > span.start)


def _track(cue: str, states: Sequence[Message]) -> CueTrack:
    lines: list[list[Point]] = []
    usual: list[Point] = []
    last = -GAP
    for state in states:
        measure: Mapping[str, Any] | None = state["measures"].get(cue)
        if state["speaker"] != "customer" or measure is None:
            continue
        if state["at"] - last >= GAP:
            lines.append([])
        last = state["at"]
        lines[-1].append((last, measure["value"]))
        if measure.get("baseline") is not None:
            usual.append((last, measure["baseline"]))
    return CueTrack(cue, tuple(tuple(line) for line in lines), tuple(usual))
