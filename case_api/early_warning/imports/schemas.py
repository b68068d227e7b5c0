"""Bodies of imports of events."""

from __future__ import annotations

from pydantic import Field

from case_api.intake.imports.schemas import FaultOut
from case_api.schemas import Out


class EventImportOut(Out):
    """What an import did, or (`dry_run`) would do. A file with faults imports nothing; the first hundred are told."""

    dry_run: bool
    lines: int = Field(description="Lines that are events", examples=[1200])
    taken: int = Field(description="Events that are new; of a dry run none", examples=[1180])
    known: int = Field(description="Events that were told before; of a dry run none", examples=[20])
    faulty: int = Field(description="Lines that are none", examples=[0])
    faults: list[FaultOut]
    header: list[str] = Field(
        default_factory=list, description="What the file calls its columns, where one that is needed was not found", examples=[["客户ID"]]
    )
