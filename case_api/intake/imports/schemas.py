"""Bodies of imports."""

from __future__ import annotations

from pydantic import Field

from case_api.intake.sheets import FAULTS, Fault, FaultCode
from case_api.schemas import Out


class FaultOut(Out):
    """What is wrong where in the file. `line` counts from 1 (the header), `column` is the header as written."""

    line: int = Field(examples=[7])
    column: str = Field(examples=["手机号"])
    code: FaultCode
    zh: str
    en: str
    value: str = Field(default="", description="What the cell says, where that helps", examples=["带看"])


class ImportedCase(Out):
    """One line. `created` is false where an earlier import made the case; `case_id` is null for what a dry run would make."""

    line: int
    external_reference: str
    case_id: str | None
    code: str | None
    created: bool


class ImportOut(Out):
    """What an import did, or (`dry_run`) would do. A file with faults imports nothing."""

    dry_run: bool
    created: int
    existing: int
    cases: list[ImportedCase]
    faults: list[FaultOut]


def fault_out(fault: Fault) -> FaultOut:
    """A fault with its words."""
    zh, en = FAULTS[fault.code]
    return FaultOut(line=fault.line, column=fault.column, code=fault.code, zh=zh, en=en, value=fault.value)
