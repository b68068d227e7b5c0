"""Settings of what is kept: uploads, their store, the scan before it, and how long records stay."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

TWO_YEARS = 731
"""Days: two calendar years with a leap day between them."""


class RecordsSettings(BaseModel):
    """Evidence uploads and retention."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    store: str | None = Field(
        default=None,
        min_length=1,
        description="Where uploads lie: `s3://bucket/prefix` (keys come from `AWS_…`); without it the folder `evidence` of the data folder",
    )
    upload_bytes_max: int = Field(default=64_000_000, ge=1_000, le=2_000_000_000, description="Largest upload, in bytes")
    scan_command: str | None = Field(
        default=None,
        min_length=1,
        description="Command that looks at every upload before it is kept, the file's path behind it: 0 lets it in, 1 refuses it, "
        "anything else refuses it for now (`clamdscan --fdpass --no-summary`)",
    )
    scan_seconds: float = Field(default=30, ge=1, le=600, description="Seconds a scan may take before the upload is refused")
    retention_days: int = Field(
        default=TWO_YEARS, ge=TWO_YEARS, le=36_500, description="Days records are kept after their end; two years at the least"
    )
