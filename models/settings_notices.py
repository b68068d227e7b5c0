"""Settings of what is told to others: webhooks and people's own channels."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class NoticeSettings(BaseModel):
    """Deliveries to other programs and to people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow_private_addresses: bool = Field(
        default=False,
        description="Let webhooks and channels reach plain http, this machine and the private network; without it only public https",
    )
    timeout_seconds: float = Field(default=10, ge=0.1, le=30, description="Seconds a webhook's or a channel's server has to answer")
    webhook_attempts: int = Field(
        default=12, ge=1, le=30, description="Times a webhook delivery is tried before it has failed; 12 take about a day"
    )
    webhook_disable_days: float = Field(default=5, ge=0.01, le=60, description="Days of nothing but failures that switch a webhook off")
