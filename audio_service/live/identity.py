"""Whose conversation it is, and what is known of it from before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audio_service.live.finished import Finished
from scripts_library.learned import Plan
from scripts_library.ranking import Verdict


@dataclass(frozen=True, slots=True)
class Identity:
    """Fixed at the first hello. `recording` is the customer's answer: without it only counts are kept.

    `thresholds` are those of the ear that the site had set otherwise than the service when the conversation began.
    """

    session_id: str
    site_id: str
    staff_id: str
    case_id: str | None
    recording: bool
    plan: Plan = field(default_factory=Plan)
    thresholds: Mapping[str, Any] = field(default_factory=dict)

    @property
    def audio_url(self) -> str | None:
        """Where the recording can be played over REST."""
        return f"/v1/sessions/{self.session_id}/audio" if self.recording else None


@dataclass(frozen=True, slots=True)
class Past:
    """What an earlier process already did: its finished utterances, and how far (s) its messages had gone out, newest verdict by prompt."""

    utterances: Mapping[int, Finished] = field(default_factory=dict)
    told_until: float = 0.0
    feedback: Mapping[str, Verdict] = field(default_factory=dict)
