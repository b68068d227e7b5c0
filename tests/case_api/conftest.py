"""A clock that tests turn, commands without HTTP, and the people of a site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event

from case_api.commands import By
from case_api.console.texts import TEXTS
from case_api.security import Principal
from models.audit import Actor, AuditRecord
from models.people import Person
from models.sites import Site
from tests.conftest import MakePerson


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


@pytest.fixture
async def staff(make_person: MakePerson, site: Site) -> Person:
    return await make_person("lijing", ("staff", site.id))


@pytest.fixture
async def manager(make_person: MakePerson, site: Site) -> Person:
    return await make_person("zhang", ("site_manager", site.id))


@pytest.fixture(autouse=True)
def audited_by_name() -> Iterator[None]:
    """Whatever a test has audited, the console has a name for: the action and what it was done to."""
    told: set[str] = set()

    def note(_: AuditRecord, __: Any, given: dict[str, Any]) -> None:
        told.update((f"audit.{given['action']}", f"audit_subject.{given['subject_type']}"))

    event.listen(AuditRecord, "init", note)
    yield
    event.remove(AuditRecord, "init", note)
    assert sorted(name for name in told - TEXTS.keys() if not name.startswith(("audit.test:", "audit_subject.thing"))) == []
