"""Settings of what customers open on their own phones: the application form and the progress page."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class PublicSettings(BaseModel):
    """Links, and how customers' phones reach this server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/?#\s]+$",
        description="Address by which customers' phones reach this server (`https://desk.example.cn`), printed into QR codes; without it "
        "the address of the request that asks for the code",
    )
    link_hours: float = Field(default=24, ge=0.1, le=24 * 14, description="Hours in which a link to the form may be used")
    photo_bytes_max: int = Field(default=8_000_000, ge=100_000, le=15_000_000, description="Largest photo of an ID in the form, in bytes")
