"""Bodies of saved filters."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from case_api.schemas import FilledLine, In, Line, Out
from models.saved_filters import FilteredList

FilterName = Annotated[FilledLine, StringConstraints(max_length=40)]
Wanted = Annotated[dict[Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,20}$")], Line], Field(min_length=1, max_length=12)]


class FilterSave(In):
    """What the list is narrowed to."""

    name: FilterName = Field(examples=["超时的大额退款"])
    wanted: Wanted = Field(description="The list's own filters and their values", examples=[{"status": "approving", "overdue": "true"}])


class FilterOut(Out):
    """Filters under a name."""

    id: str
    list: FilteredList
    name: str
    wanted: dict[str, str]


class Filters(Out):
    """A person's filters of one list, by name."""

    items: list[FilterOut]
