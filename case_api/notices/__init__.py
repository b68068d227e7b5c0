"""What people are told before they agree: recording, form, co-residents (customers), enrolment (staff); versions never change."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field

from case_api.schemas import Out

NoticeKind = Literal["recording", "enrolment", "form", "co_residents"]


class Notice(Out):
    """One version of a notice."""

    version: str = Field(examples=["rec-2026-11"])
    zh: str
    en: str
    listening: bool = Field(default=False, description="Whether it says that a manager may listen along while one talks")

    @property
    def text(self) -> str:
        """Both languages, as they are kept with a consent."""
        return f"{self.zh}\n\n{self.en}"


@cache
def _notices() -> dict[str, list[Notice]]:
    data = yaml.safe_load(Path(__file__).with_name("notices.yaml").read_text(encoding="utf-8"))
    return {kind: [Notice(**version) for version in versions] for kind, versions in data.items()}


def current_notice(kind: NoticeKind) -> Notice:
    """The version that is shown now."""
    return _notices()[kind][0]


def find_notice(kind: NoticeKind, version: str) -> Notice | None:
    """A version, current or former."""
    return next((notice for notice in _notices()[kind] if notice.version == version), None)
