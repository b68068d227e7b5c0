"""The tables that a fresh installation starts with: the figures of the source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter

from case_api.policies.rules import Content, DeadlinePolicy, RefundTable, TierTable
from models.policies import PolicyKind

AnyTable = TierTable | RefundTable | DeadlinePolicy
CONTENT: TypeAdapter[AnyTable] = TypeAdapter(Content)


@cache
def _shipped() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("defaults.yaml").read_text(encoding="utf-8"))
    return found


def default_content(kind: PolicyKind) -> AnyTable:
    """The shipped table of this kind."""
    return CONTENT.validate_python(_shipped()[kind])
