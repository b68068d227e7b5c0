"""Settings of the intake: how a phone number is verified, and which records a form is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class IntakeSettings(BaseModel):
    """One-time codes, and the connector to the sales records (ERP)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phone_gateway: Literal["console", "http"] = Field(
        default="console", description="What sends one-time codes: `console` writes them to the terminal of the server (development only)"
    )
    phone_gateway_url: str | None = Field(default=None, min_length=8, description="Address that takes a code as JSON by POST")
    phone_gateway_token: SecretStr | None = Field(default=None, description="Bearer token for the gateway")
    code_minutes: int = Field(default=5, ge=1, le=30, description="Minutes a one-time code lives")
    code_attempts: int = Field(default=5, ge=1, le=10, description="Wrong codes after which another has to be sent")
    code_interval_seconds: int = Field(default=60, ge=1, le=3600, description="Seconds between two codes of one case or phone number")
    code_per_hour: int = Field(default=5, ge=1, le=100, description="Codes an hour for one case or phone number")
    erp: Literal["off", "csv", "rest"] = Field(default="off", description="Where sales records are looked up")
    erp_csv: Path | None = Field(default=None, description="The file with the sales records, read at each comparison")
    erp_url: str | None = Field(
        default=None, min_length=8, description="Address that takes a query as JSON by POST and answers with records"
    )
    erp_token: SecretStr | None = Field(default=None, description="Bearer token for the ERP")
    timeout_seconds: float = Field(default=5, ge=0.1, le=60, description="Seconds the gateway and the ERP have to answer")

    @model_validator(mode="after")
    def _addresses_named(self) -> Self:
        if self.phone_gateway == "http" and self.phone_gateway_url is None:
            raise ValueError("intake.phone_gateway = http needs intake.phone_gateway_url")
        if self.erp == "csv" and self.erp_csv is None:
            raise ValueError("intake.erp = csv needs intake.erp_csv")
        if self.erp == "rest" and self.erp_url is None:
            raise ValueError("intake.erp = rest needs intake.erp_url")
        return self
