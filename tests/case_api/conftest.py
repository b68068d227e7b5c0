"""A clock that tests turn, and commands without HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from case_api.commands import By
from case_api.security import Principal
from models.audit import Actor
from models.people import Person


class Clock:
    """Virtual time: hours pass in no time."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **duration: float) -> datetime:
        """Later by this much; negative sets the clock back."""
        self.now += timedelta(**duration)
        return self.now


@pytest.fixture
def clock(app: FastAPI) -> Clock:
    made = Clock()
    app.state.clock = made
    return made


def by_of(person: Person, clock: Clock) -> By:
    """A command of this person, now."""
    roles = tuple((role.role, role.site_id) for role in person.roles)
    return By(Principal(person.id, person.display_name, person.username, roles, "t", False), Actor(person.display_name, person.id), clock())
