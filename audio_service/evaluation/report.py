"""All that an evaluation found, as one JSON document and as the material of the page. Worst conversations first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from audio_service.evaluation.corpus import Conversation
from audio_service.evaluation.intervals import bootstrap, exact
from audio_service.evaluation.scoring import HIT_AFTER, Message, Tally, figures, final_transcripts, heard_in, tally, total
from audio_service.evaluation.tracks import View, view

SPOILED = ("text_skipped", "hearing_failed")
"""Warnings after which a stream is not what a live conversation would have given."""

REAL_TIME = 1.05
"""Times real time up to which a conversation counts as played live."""


@dataclass(frozen=True)
class Case:
    """One conversation, what was sent of it and what that is worth."""

    conversation: Conversation
    messages: Sequence[Message]
    vocabulary: frozenset[str]

    @cached_property
    def tally(self) -> Tally:
        return tally(self.conversation, self.messages, self.vocabulary)

    @cached_property
    def view(self) -> View:
        return view(self.conversation, self.messages)

    @cached_property
    def heard(self) -> list[str]:
        """What was heard of each turn."""
        if not self.conversation.turns:
            return []
        return heard_in(self.conversation.turns, final_transcripts(self.messages))

    @property
    def spoiled(self) -> dict[str, int]:
        """Warnings that make this stream doubtful, counted."""
        return dict(Counter(one["code"] for one in self.messages if one["type"] == "warning" and one["code"] in SPOILED))

    @property
    def closest(self) -> float:
        """Highest evidence reported where it mattered: from onset to deadline, or anywhere if nobody escalates."""
        onset = self.conversation.onset
        first, last = (0.0, float("inf")) if onset is None else (onset, onset + HIT_AFTER)
        return max((one["score"] for one in self.messages if one["type"] == "state" and first <= one["at"] <= last), default=0.0)

    @property
    def speed(self) -> float | None:
        """How many times faster than real time it was played: acknowledgements follow the playing, not the hearing."""
        acked = [one["received_at"] for one in self.messages if one["type"] == "ack" and "received_at" in one]
        return self.conversation.seconds / acked[-1] if acked and acked[-1] else None

    @property
    def badness(self) -> tuple[float, ...]:
        """Sorts conversations: a missed escalation, then false prompts, then late ones, then speech given to the wrong person."""
        late = max(self.tally.delays, default=0.0)
        astray = self.tally.attribution["wrong"] + self.tally.attribution["unsure"]
        return (self.tally.escalations - self.tally.hits, self.tally.false, late, astray)


@dataclass(frozen=True)
class Evaluation:
    """Every conversation that was heard, worst first; `missing` were not. `about` says what was run and how (JSON values)."""

    cases: tuple[Case, ...]
    missing: tuple[str, ...]
    about: dict[str, Any]

    @cached_property
    def tally(self) -> Tally:
        return total(case.tally for case in self.cases)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The whole report as JSON values."""
        kinds = sorted({case.conversation.kind for case in self.cases})
        return {
            "about": self.about,
            "speed": None if self.speed is None else round(self.speed, 2),
            "missing": list(self.missing),
            "all": figures(self.tally),
            "intervals": bootstrap([case.tally for case in self.by_id]),
            "exact": exact(self.tally),
            "kinds": {kind: figures(total(case.tally for case in self.cases if case.conversation.kind == kind)) for kind in kinds},
            "conversations": [_described(case) for case in self.cases],
        }

    @cached_property
    def speed(self) -> float | None:
        """The usual speed of playing; None where the streams do not tell."""
        known = [case.speed for case in self.cases if case.speed is not None]
        return median(known) if known else None

    @property
    def real_time(self) -> bool:
        """Whether latencies mean anything."""
        return self.speed is not None and self.speed <= REAL_TIME

    @property
    def by_id(self) -> list[Case]:
        """In an order that does not depend on how well they went: a seed draws the same conversations."""
        return sorted(self.cases, key=lambda case: case.conversation.id)


def evaluate(
    heard: Iterable[tuple[Conversation, Sequence[Message]]], missing: Iterable[str], vocabulary: frozenset[str], about: dict[str, Any]
) -> Evaluation:
    """Conversations with their streams → the evaluation."""
    cases = [Case(conversation, messages, vocabulary) for conversation, messages in heard]
    ordered = sorted(cases, key=lambda case: (*(-part for part in case.badness), case.conversation.id))
    return Evaluation(tuple(ordered), tuple(missing), about)


def _described(case: Case) -> dict[str, Any]:
    conversation = case.conversation
    prompts = [{"at": prompt.at, "verdict": prompt.verdict, "reasons": list(prompt.reasons)} for prompt in case.view.prompts]
    labels = {"id": conversation.id, "kind": conversation.kind, "onset": conversation.onset, "offset": conversation.offset}
    return labels | {"prompts": prompts, "closest": case.closest, "spoiled": case.spoiled, "figures": figures(case.tally)}
