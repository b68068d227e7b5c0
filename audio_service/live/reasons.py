"""Why a prompt came up, in the words of the person who has to act on it: 「语速比平时快 22%，音量高 6 分贝，提到“投诉”」."""

from __future__ import annotations

from collections.abc import Sequence

from audio_service.hearing.events import Escalation
from audio_service.messages import Level

RATE_WORTH_SAYING = 0.05
LOUDNESS_WORTH_SAYING = 1.0
PITCH_WORTH_SAYING = 1.0
TERMS_SAID = 3


def of_voice(heard: Escalation, terms: Sequence[str], language: str) -> list[str]:
    """What was measured, strongest cue of each kind first; never empty."""
    chinese = language == "zh"
    reasons = []
    if heard.rate_change >= RATE_WORTH_SAYING:
        percent = round(100 * heard.rate_change)
        reasons.append(f"语速比平时快 {percent}%" if chinese else f"speaking {percent}% faster than usual")
    if heard.loudness_change >= LOUDNESS_WORTH_SAYING:
        decibels = round(heard.loudness_change)
        reasons.append(f"音量高 {decibels} 分贝" if chinese else f"{decibels} dB louder")
    if heard.pitch_change >= PITCH_WORTH_SAYING:
        reasons.append(f"音调高 {heard.pitch_change:.0f} 个半音" if chinese else f"pitch up {heard.pitch_change:.0f} semitones")
    if not reasons:
        reasons.append("声音比平时用力" if chinese else "more vocal effort than usual")
    if heard.level is Level.AGITATED:
        reasons.append("情绪持续升高" if chinese else "the rise has lasted")
    return reasons + of_terms(terms, language)


def of_terms(terms: Sequence[str], language: str) -> list[str]:
    """The complaint terms behind a prompt, each named once."""
    said = list(dict.fromkeys(terms))[:TERMS_SAID]
    if not said:
        return []
    if language == "zh":
        return ["提到" + "、".join(f"“{term}”" for term in said)]
    return ["said " + ", ".join(f"“{term}”" for term in said)]


def of_wording(heard: str, language: str) -> list[str]:
    """The staff member's own words that tend to escalate."""
    return [f"刚才说了“{heard}”，容易激化情绪" if language == "zh" else f"“{heard}” tends to escalate"]
