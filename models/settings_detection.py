"""Thresholds of the ear. Each is a default that a site may change; docs/detection.md says what it was measured on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.rules import broken_rule

Probability = Annotated[float, Field(gt=0, lt=1)]


class DetectionSettings(BaseModel):
    """Endpointing, attribution and escalation. Times in seconds of audio, levels in dB, rates in syllables per second."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    speech_on: Probability = Field(default=0.5, description="Voice probability that opens an utterance")
    speech_off: Probability = Field(default=0.35, description="Voice probability under which a frame counts as silence")
    hangover: float = Field(default=0.4, ge=0.15, le=2.0, description="Silence that ends a short utterance, seconds")
    hangover_long: float = Field(
        default=0.28, ge=0.15, le=2.0, description="Silence that ends an utterance of `long_utterance` or more, seconds"
    )
    long_utterance: float = Field(default=1.8, ge=0.5, le=10, description="Speech after which the shorter hang-over applies, seconds")
    pause: float = Field(default=0.1, ge=0.1, le=1.0, description="Silence after which transcription may start speculatively, seconds")
    pre_roll: float = Field(default=0.2, ge=0.0, le=0.5, description="Audio kept in front of an utterance, seconds")
    utterance_max: float = Field(
        default=12.0, ge=4.0, le=28.0, description="Longest utterance before it is split at its weakest point, seconds"
    )

    speaker_sure: Probability = Field(
        default=0.8, ge=0.5, description="Posterior from which a speaker is named; under it the answer is unsure"
    )
    staff_similarity: float = Field(
        default=0.5, ge=0.2, le=0.9, description="Cosine to the enrolled voice at which staff and customer are even, until both were heard"
    )

    customer_similarity: Probability = Field(
        default=0.45, description="Cosine to the customers heard so far under which a voice is a stranger's and never raises a prompt"
    )

    baseline_seconds: float = Field(
        default=9.0, ge=4.0, le=60.0, description="Customer speech needed before the level may be called calm, seconds"
    )
    raise_at: float = Field(
        default=2.6, ge=1.0, le=10.0, description="Fused evidence (standard deviations) at which a calming prompt is raised"
    )
    rising_at: float = Field(default=1.8, ge=0.5, le=10.0, description="Fused evidence at which the level is called rising")
    clear_at: float = Field(default=1.5, ge=0.0, le=10.0, description="Fused evidence under which a raised level may be cleared")
    effort_at: float = Field(
        default=1.8, ge=0.0, le=5.0, description="Evidence without the level cue that a raise needs (the phone-moved guard)"
    )
    weight_rate: float = Field(default=1.0, ge=0.0, le=10.0, description="Weight of the speech rate in the evidence; 0 leaves the cue out")
    weight_loudness: float = Field(default=1.2, ge=0.0, le=10.0, description="Weight of the loudness; 0 leaves the cue out")
    weight_pitch: float = Field(default=1.6, ge=0.0, le=10.0, description="Weight of the pitch; 0 leaves the cue out")
    weight_balance: float = Field(default=0.5, ge=0.0, le=10.0, description="Weight of the spectral balance; 0 leaves the cue out")
    agree_at: float = Field(
        default=0.7,
        ge=-10.0,
        le=5.0,
        description="What two of the four cues have to show (standard deviations); -10 asks for nothing",
    )
    unexplained_db: float = Field(
        default=1.0, ge=0.0, le=60.0, description="Loudness that is believed without a rise of pitch, dB; 60 takes any for a raised voice"
    )
    moved_effort: float = Field(
        default=1.0, ge=0.0, le=10.0, description="Further evidence without the level cue when the phone seems to have been moved"
    )
    moved_step: float = Field(
        default=2.5,
        ge=1.0,
        le=60.0,
        description="Change of loudness alone, shared by several passages, that is taken for a moved phone, dB; 60 for none",
    )
    words_weight: float = Field(
        default=1.6,
        ge=0.0,
        le=5.0,
        description="By how much grave words just said lower `raise_at`, and glad ones raise it; 0 leaves the words out",
    )
    hold: float = Field(default=0.5, ge=0.0, le=5.0, description="Customer speech over which the evidence has to persist, seconds")
    clear_after: float = Field(
        default=5.0,
        ge=1.0,
        le=60.0,
        description="Customer speech under `clear_at` that clears a raised level, seconds; clearly calm speech counts twice",
    )
    fade_after: float = Field(
        default=30.0, ge=5.0, le=600.0, description="Silence of the customer after which an agitated level is only called rising, seconds"
    )
    cooldown: float = Field(
        default=45.0, ge=10.0, le=600.0, description="Shortest time between two calming prompts, seconds; half of it if the customer calmed"
    )
    worse_by: float = Field(
        default=0.8,
        ge=0.2,
        le=20.0,
        description="How much more raised than when it prompted a voice has to be to prompt after a third of the cool-down; 20: never",
    )

    silence_long: float = Field(default=8.0, ge=3.0, le=600.0, description="Silence of everybody that is told as a long one, seconds")
    silence_warning: float = Field(
        default=60.0, ge=10.0, le=3600.0, description="Time without any speech after which a warning is given, seconds"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.speech_off < self.speech_on:
            raise broken_rule(
                "判定静音的概率（speech_off）须低于判定开始说话的概率（speech_on）",
                "speech_off must lie below speech_on: voice ends at a lower probability than it begins",
            )
        if not self.pause <= self.hangover_long <= self.hangover:
            raise broken_rule(
                "须满足：开始预转写的停顿（pause）≤ 长句结束前的静音（hangover_long）≤ 短句结束前的静音（hangover）",
                "pause ≤ hangover_long ≤ hangover must hold: a pause comes before an end, and long utterances end sooner",
            )
        if not self.clear_at <= self.rising_at <= self.raise_at:
            raise broken_rule(
                "须满足：判定情绪回落的强度（clear_at）≤ 判定情绪升高的强度（rising_at）≤ 弹出安抚话术的强度（raise_at）",
                "clear_at ≤ rising_at ≤ raise_at must hold, or the level flickers",
            )
        if self.weight_rate + self.weight_loudness + self.weight_pitch + self.weight_balance <= 0:
            raise broken_rule("四项权重不能都为 0", "at least one cue needs a weight, or nothing is ever heard")
        return self


def changed_by_site(service: DetectionSettings, changes: Mapping[str, Any]) -> DetectionSettings:
    """The service's thresholds with those that a site has set. Raises pydantic.ValidationError where they make no sense together."""
    return DetectionSettings.model_validate(service.model_dump() | dict(changes)) if changes else service
