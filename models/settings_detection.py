"""Settings of the detector: when a customer counts as speeding up and getting louder."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class DetectionSettings(BaseModel):
    """Thresholds and windows of the escalation detector, in seconds and robust z."""

    model_config = ConfigDict(extra="forbid", frozen=True)
