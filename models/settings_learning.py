"""Settings of learning."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class LearningSettings(BaseModel):
    """When what scripts achieve is learned anew."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nightly_hour: int | None = Field(
        default=3,
        ge=0,
        le=23,
        description="Hour (China) from which sites whose ranking learns get new beliefs; none: when somebody asks",
    )
