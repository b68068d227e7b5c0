"""`calmdesk docs`: write the pages that are generated from the code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from audio_service.contract import wire_page
from case_api.cases.page import case_page
from case_api.events.topics import events_page
from case_api.roles_page import roles_table
from models.settings import settings_table

GENERATED: dict[str, Callable[[], str]] = {
    "settings.md": settings_table,
    "roles.md": roles_table,
    "wire.md": wire_page,
    "case.md": case_page,
    "events.md": events_page,
}


def docs(folder: Annotated[Path, typer.Argument(help="Where the pages go")] = Path("docs")) -> None:
    """Write the generated pages."""
    for name, make in GENERATED.items():
        (folder / name).write_text(make(), encoding="utf-8")
