"""A case in assessment, the departments' people, and forms."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from case_api.cases import flow
from case_api.security import Permission
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.people import Person
from models.sites import Site
from tests.case_api.conftest import Clock, by_of
from tests.conftest import MakePerson, SignIn

FINANCE = {
    "deposit_received": True,
    "deposit_fen": 10_000_000,
    "deposit_on": "2026-11-01",
    "paid_fen": 12_000_000,
    "commission": {"fen": 3_000_000, "note": "已计提"},
    "advertising": {"fen": 800_000},
    "opportunity": {"fen": 1_000_000},
    "other": [{"label": "样板间陪同", "fen": 100_000}],
}
LEGAL = {"contract_stage": "deposit_only", "online_signed": False, "loan": "none", "breach": "customer", "litigation_risk": False}
MARKETING = {"likely_to_spread": "low", "media_involved": False, "group_demand": False}
FORMS: dict[str, dict[str, Any]] = {"finance": FINANCE, "legal": LEGAL, "marketing": MARKETING}


class Assessment:
    """One case's assessment as its people use it over HTTP."""

    def __init__(self, client: httpx2.AsyncClient, case_id: str, people: dict[str, dict[str, str]]) -> None:
        self.client = client
        self.people = people
        self.url = f"/v1/cases/{case_id}/assessment"

    async def now(self, who: str = "manager") -> dict[str, Any]:
        answer = await self.client.get(self.url, headers=self.people[who])
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def hand_in(self, department: str, *, who: str | None = None, version: int | None = None, **changes: Any) -> httpx2.Response:
        """The department's form with changes, on the version of its task that holds now unless one is given."""
        if version is None:
            version = (await self.now())["parts"][department]["version"]
        headers = self.people[who or department] | {"If-Match": f'"{version}"'}
        return await self.client.put(f"{self.url}/{department}", headers=headers, json=FORMS[department] | changes)

    async def all_in(self, **changes: dict[str, Any]) -> None:
        for department in FORMS:
            answer = await self.hand_in(department, **changes.get(department, {}))
            assert answer.status_code == 200, answer.text

    async def step(self, what: str, *, who: str = "manager", version: int | None = None, **body: Any) -> httpx2.Response:
        """`conclude` or `rework`."""
        if version is None:
            version = (await self.now())["case_version"]
        return await self.client.post(f"{self.url}/{what}", headers=self.people[who] | {"If-Match": f'"{version}"'}, json=body)


@pytest.fixture
async def manager(make_person: MakePerson, site: Site) -> Person:
    return await make_person("manager", ("site_manager", site.id))


@pytest.fixture
async def case(factory: Factory, manager: Person, site: Site, clock: Clock, policies: None) -> WithdrawalCase:
    """A case that has just been submitted."""
    by = by_of(manager, clock)
    async with transaction(factory) as db:
        made = WithdrawalCase(site_id=site.id, code="HD-20261123-0001", created_by=manager.id, received_at=clock())
        db.add(made)
        await db.flush()
        await flow.begin(db, by, made)
        await flow.advance(db, by, await flow.case_for(db, by.principal, Permission.CASE_MANAGE, made.id), "submit")
    return made


@pytest.fixture
async def desk(
    client: httpx2.AsyncClient,
    case: WithdrawalCase,
    manager: Person,
    make_person: MakePerson,
    sign_in: SignIn,
    site: Site,
    other_site: Site,
) -> Assessment:
    roles = ("finance", "legal", "marketing", "staff", "receptionist", "city_gm", "hq_risk", "regional_ops", "trainer", "admin")
    people = {role: await sign_in(await make_person(role, (role, None if role == "admin" else site.id))) for role in roles}
    people["manager"] = await sign_in(manager)
    people["second"] = await sign_in(await make_person("second", ("finance", site.id)))
    people["elsewhere"] = await sign_in(await make_person("elsewhere", ("finance", other_site.id)))
    return Assessment(client, case.id, people)
