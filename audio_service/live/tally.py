"""What the summary counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from audio_service.hearing import VoiceEnd
from audio_service.live.identity import Identity
from audio_service.messages import Level, Moment, MomentKind, PromptKind, Speaker, Summary

MOMENTS_MAX = 200
LEVELS = (Level.PROVISIONAL, Level.CALM, Level.RISING, Level.AGITATED)


@dataclass(slots=True)
class Tally:
    """Running totals of one conversation; `seconds` is how far it was heard."""

    seconds: float = 0.0
    _talk: dict[Speaker, float] = field(default_factory=lambda: dict.fromkeys(Speaker, 0.0))
    _utterances: int = 0
    _prompts: Counter[PromptKind] = field(default_factory=Counter)
    _keywords: Counter[str] = field(default_factory=Counter)
    _feedback: Counter[str] = field(default_factory=Counter)
    _peak: Level = Level.PROVISIONAL
    _moments: list[Moment] = field(default_factory=list)
    _interruptions: Counter[Speaker] = field(default_factory=Counter)

    def spoken(self, event: VoiceEnd) -> None:
        self._utterances += 1
        self._talk[event.speaker] += event.end - event.start

    def prompt(self, kind: PromptKind) -> None:
        self._prompts[kind] += 1

    def keyword(self, term: str) -> None:
        self._keywords[term] += 1

    def feedback(self, verdict: str) -> None:
        self._feedback[verdict] += 1

    def moment(self, moment: Moment) -> None:
        if moment.kind is MomentKind.INTERRUPTION and moment.by is not None:
            self._interruptions[moment.by] += 1
        if len(self._moments) < MOMENTS_MAX:
            self._moments.append(moment)

    def level(self, level: Level) -> None:
        self._peak = max(self._peak, level, key=LEVELS.index)

    def row(self) -> dict[str, Any]:
        """The totals as columns of the session's row: the same in a conversation without recording, where they are all that is kept."""
        counts = {
            "utterances": self._utterances,
            "prompts": dict(self._prompts),
            "keywords": self._keywords.total(),
            "feedback": dict(self._feedback),
            "interruptions": dict(self._interruptions),
        }
        return {
            "seconds": round(self.seconds, 3),
            "speech_seconds": round(sum(self._talk.values()), 3),
            "talk_share": self._share(),
            "peak_level": self._peak,
            "counts": counts,
        }

    def summary(self, identity: Identity) -> Summary:
        """The last message of the conversation."""
        return Summary(
            session=identity.session_id,
            seconds=round(self.seconds, 3),
            speech_seconds=round(sum(self._talk.values()), 3),
            talk_share=self._share(),
            utterances=self._utterances,
            prompts=dict(self._prompts),
            keywords=dict(self._keywords),
            peak_level=self._peak,
            recording=identity.audio_url,
            moments=list(self._moments),
        )

    def _share(self) -> dict[Speaker, float]:
        total = sum(self._talk.values())
        return {speaker: round(self._talk[speaker] / total, 3) if total else 0.0 for speaker in Speaker}
