"""Settings of the figures: what they are measured against, and how often regional operations hear of them."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class FigureSettings(BaseModel):
    """Goals and briefs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    goal_days: float = Field(default=1.2, gt=0, le=365, description="Days from request to end that are aimed at")
    before_days: float = Field(default=5.8, gt=0, le=365, description="Days it took before the product came")
    go_live: date | None = Field(
        default=None,
        description="The day the product went live; complaints are compared before and after it unless a request or the site names another",
    )
    brief: Literal["off", "weekly", "monthly"] = Field(
        default="monthly", description="How often regional operations get each site's figures"
    )
    brief_hour: int = Field(default=8, ge=0, le=23, description="Hour of the site's day from which a brief is made")
