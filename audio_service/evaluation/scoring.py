"""What an event stream is worth against the labels of its conversation. Pure: labels and messages in, sums and figures out.

Every conversation becomes a `Tally` of plain sums and samples; tallies add up, so a corpus, a kind and a bootstrap sample are scored by
the same code. Definitions (times in seconds of audio):

recall          escalations whose first calming prompt came in [onset - 1, onset + 15]
delay_s         that prompt's `at` minus the onset
late_s          `received_at` minus a calming prompt's `at`: computing and transport, meaningful at real-time speed only
false_per_hour  calming prompts outside [onset - 1, offset + 10], and every one where nobody escalates, per hour of audio
attribution     share of labelled speech inside final utterances of the right speaker, the wrong one, `unsure`, or of none;
                `attribution_corrected`: the same after the corrections that came later
cer             character error rate of the final text over Hanzi, by role; an utterance counts for the turn it overlaps most
keywords        recall: labelled terms heard between 1 s before and 2 s after their turn; precision: those against terms of the corpus's
                vocabulary heard farther than 3 s from any turn that contains them
final_late_s    `received_at` minus the end of an utterance, for finals
rate            syllables a second of each turn of 2 s or more: those counted in the sound (`syllables` of its finals) against those of its
                text, both over its length: Pearson's r and the mean of measured over labelled
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein

from audio_service.client.figures import quantile
from audio_service.evaluation.corpus import Conversation, Turn
from audio_service.evaluation.pace import Pace, paces

Message = Mapping[str, Any]

HIT_BEFORE, HIT_AFTER = 1.0, 15.0
FALSE_AFTER = 10.0
NEAR_TURN = 0.3
"""Seconds around a turn within which a final may still be part of it."""
TERM_BEFORE, TERM_AFTER, TERM_FALSE = 1.0, 2.0, 3.0
HAN = re.compile("[\u4e00-\u9fff]")
"""The block that the definition counts; rarer characters are no errors either way."""
ROLES = ("customer", "staff")
SHARES = ("right", "wrong", "unsure", "not_transcribed")


def _by_role() -> dict[str, int]:
    return dict.fromkeys(ROLES, 0)


def _by_share() -> dict[str, float]:
    return dict.fromkeys(SHARES, 0.0)


@dataclass
class Tally:
    """Sums and samples of one conversation or of several. Speech in seconds."""

    conversations: int = 0
    hours: float = 0.0
    escalations: int = 0
    hits: int = 0
    false: int = 0
    false_by_kind: dict[str, int] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    attribution: dict[str, float] = field(default_factory=_by_share)
    attribution_corrected: dict[str, float] = field(default_factory=_by_share)
    errors: dict[str, int] = field(default_factory=_by_role)
    characters: dict[str, int] = field(default_factory=_by_role)
    terms: int = 0
    terms_found: int = 0
    terms_false: int = 0
    final_late: list[float] = field(default_factory=list)
    paces: list[Pace] = field(default_factory=list)


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    out = Tally()
    for tally in tallies:
        for one in fields(Tally):
            mine, theirs = getattr(out, one.name), getattr(tally, one.name)
            if isinstance(mine, dict):
                for key, count in theirs.items():
                    mine[key] = mine.get(key, 0) + count
            elif isinstance(mine, list):
                mine.extend(theirs)
            else:
                setattr(out, one.name, mine + theirs)
    return out


def tally(conversation: Conversation, messages: Sequence[Message], vocabulary: Iterable[str]) -> Tally:
    """The stream of one conversation. `vocabulary` are the labelled terms of the whole corpus."""
    out = Tally(conversations=1, hours=conversation.seconds / 3600)
    _prompts(out, conversation, messages)
    finals = final_transcripts(messages)
    corrected = corrected_transcripts(messages)
    for turn in conversation.turns:
        _attribute(out.attribution, turn, finals)
        _attribute(out.attribution_corrected, turn, corrected)
    if any(turn.text for turn in conversation.turns):
        _texts(out, conversation.turns, finals)
    _keywords(out, conversation.turns, [one for one in messages if one["type"] == "keyword"], frozenset(vocabulary))
    out.final_late = [final["received_at"] - final["end"] for final in finals if "received_at" in final]
    out.paces = paces(conversation.turns, finals)
    return out


def calming_prompts(messages: Iterable[Message]) -> list[Message]:
    return [one for one in messages if one["type"] == "prompt" and one.get("kind") == "calming"]


def final_transcripts(messages: Iterable[Message]) -> list[Message]:
    """The final of every utterance, as it came; the last of them in streams of versions that sent one again under a corrected speaker."""
    return list({one["utterance"]: one for one in messages if one["type"] == "transcript" and one.get("final")}.values())


def corrected_transcripts(messages: Sequence[Message]) -> list[Message]:
    """The finals under the speakers the conversation ended with."""
    speakers = {one["utterance"]: one["speaker"] for one in messages if one["type"] == "correction"}
    return [{**final, "speaker": speakers.get(final["utterance"], final.get("speaker", "unsure"))} for final in final_transcripts(messages)]


def hit(conversation: Conversation, prompts: Iterable[Message]) -> Message | None:
    """The prompt that answers the escalation, if there is one."""
    onset = conversation.onset
    if onset is None:
        return None
    return next((prompt for prompt in prompts if onset - HIT_BEFORE <= prompt["at"] <= onset + HIT_AFTER), None)


def is_false(conversation: Conversation, at: float) -> bool:
    """Whether a calming prompt at this time has nothing to answer."""
    onset, offset = conversation.onset, conversation.offset
    return onset is None or offset is None or not onset - HIT_BEFORE <= at <= offset + FALSE_AFTER


def overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Seconds that two intervals share."""
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def _prompts(out: Tally, conversation: Conversation, messages: Sequence[Message]) -> None:
    prompts = calming_prompts(messages)
    if conversation.onset is not None:
        out.escalations = 1
        answer = hit(conversation, prompts)
        if answer is not None:
            out.hits = 1
            out.delays.append(answer["at"] - conversation.onset)
    out.late = [prompt["received_at"] - prompt["at"] for prompt in prompts if "received_at" in prompt]
    out.false = sum(is_false(conversation, prompt["at"]) for prompt in prompts)
    if out.false:
        out.false_by_kind[conversation.kind] = out.false


def _attribute(shares: dict[str, float], turn: Turn, finals: Sequence[Message]) -> None:
    """Add the seconds of a turn by what the finals say of its speaker."""
    got: defaultdict[str, float] = defaultdict(float)
    for final in finals:
        got[final.get("speaker", "unsure")] += overlap((turn.start, turn.end), (final["start"], final["end"]))
    shares["not_transcribed"] += max(0.0, turn.seconds - sum(got.values()))
    shares["right"] += got[turn.role]
    shares["wrong"] += got["staff" if turn.role == "customer" else "customer"]
    shares["unsure"] += got["unsure"]


def heard_in(turns: Sequence[Turn], finals: Iterable[Message]) -> list[str]:
    """What was heard of each turn: every final belongs to the turn it overlaps most."""
    parts: dict[int, list[Message]] = defaultdict(list)
    for final in finals:
        spans = [overlap((turn.start - NEAR_TURN, turn.end + NEAR_TURN), (final["start"], final["end"])) for turn in turns]
        parts[int(np.argmax(spans))].append(final)
    ordered = [sorted(parts[number], key=lambda final: final["start"]) for number in range(len(turns))]
    return ["".join(final["text"] for final in some) for some in ordered]


def _texts(out: Tally, turns: Sequence[Turn], finals: Sequence[Message]) -> None:
    for turn, heard in zip(turns, heard_in(turns, finals), strict=True):
        expected = "".join(HAN.findall(turn.text))
        out.errors[turn.role] += int(Levenshtein.distance(expected, "".join(HAN.findall(heard))))
        out.characters[turn.role] += len(expected)


def _keywords(out: Tally, turns: Sequence[Turn], hits: Sequence[Message], vocabulary: frozenset[str]) -> None:
    for turn in turns:
        for term in turn.keywords:
            out.terms += 1
            out.terms_found += any(one["term"] == term and turn.start - TERM_BEFORE <= one["at"] <= turn.end + TERM_AFTER for one in hits)
    for one in hits:
        said = any(one["term"] in turn.text and turn.start - TERM_FALSE <= one["at"] <= turn.end + TERM_FALSE for turn in turns)
        out.terms_false += one["term"] in vocabulary and not said


def _ratio(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def figures(tally: Tally) -> dict[str, Any]:
    """The figures by the definitions above; None where nothing was there to measure. Ratios to 4 digits, seconds to 3."""
    speech = sum(tally.attribution.values()) or 1.0
    return {
        "conversations": tally.conversations,
        "hours": round(tally.hours, 3),
        "recall": _ratio(tally.hits, tally.escalations),
        "escalations": tally.escalations,
        "delay_s": {"median": quantile(tally.delays, 0.5), "p90": quantile(tally.delays, 0.9)},
        "late_s": {"median": quantile(tally.late, 0.5), "p95": quantile(tally.late, 0.95)},
        "false_per_hour": _ratio(tally.false, tally.hours),
        "false_by_kind": tally.false_by_kind,
        "attribution": {name: round(seconds / speech, 4) for name, seconds in tally.attribution.items()},
        "attribution_corrected": {name: round(seconds / speech, 4) for name, seconds in tally.attribution_corrected.items()},
        "cer": {role: _ratio(tally.errors[role], tally.characters[role]) for role in ROLES},
        "keywords": {
            "recall": _ratio(tally.terms_found, tally.terms),
            "precision": _ratio(tally.terms_found, tally.terms_found + tally.terms_false),
            "terms": tally.terms,
            "false": tally.terms_false,
        },
        "final_late_s": {"median": quantile(tally.final_late, 0.5), "p95": quantile(tally.final_late, 0.95)},
        "rate": rate_figures(tally.paces),
    }


def rate_figures(found: Sequence[Pace]) -> dict[str, Any]:
    """How well syllable rates were measured. r is None where there is nothing to correlate."""
    labelled, measured = np.array([one.labelled for one in found]), np.array([one.measured for one in found])
    spread = len(found) > 2 and labelled.std() > 0 and measured.std() > 0
    return {
        "turns": len(found),
        "r": round(float(np.corrcoef(labelled, measured)[0, 1]), 4) if spread else None,
        "mean_ratio": round(float(np.mean(measured / labelled)), 4) if found else None,
    }
