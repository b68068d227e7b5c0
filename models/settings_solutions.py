"""Settings of solutions: what may be agreed without another rule."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class SolutionSettings(BaseModel):
    """A first request for more time: some days' grace with a late fee; and what becomes of an agreed time that passes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    deferral_min_days: int = Field(default=7, ge=1, le=365, description="Fewest days of grace that may be agreed")
    deferral_max_days: int = Field(default=10, ge=1, le=365, description="Most days of grace that may be agreed")
    late_fee_max_bp_per_day: int = Field(
        default=10, ge=0, le=1_000, description="Highest late fee a day, in basis points of what is overdue"
    )

    lapse_hours: int = Field(
        default=24,
        ge=0,
        le=720,
        description="Hours after the end of a deferral or referral in which people may say what happened; then the case goes back to its "
        "solutions by itself",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.deferral_min_days > self.deferral_max_days:
            raise ValueError("deferral_min_days is above deferral_max_days")
        return self
