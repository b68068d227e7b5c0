"""A board with people, a source that signs, and a watch in virtual time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from case_api.early_warning.board.watch import look, run_clocks
from case_api.early_warning.events.own import gather
from case_api.webhooks.signing import HEADER, signature
from models.crm import CrmSource
from models.early_warnings import EarlyWarning
from models.engine import Factory, transaction
from models.people import Person
from models.sites import Site
from tests.case_api.conftest import Clock
from tests.case_api.evidence.conftest import make_case
from tests.case_api.sessions.conftest import make_session
from tests.conftest import MakePerson, Rows, SignIn

__all__ = ["make_case", "make_session"]


@dataclass
class Board:
    """Tells events as a source does, looks as the watch does, and asks as people do."""

    client: httpx2.AsyncClient
    factory: Factory
    rows: Rows
    clock: Clock
    source: CrmSource
    people: dict[str, Person]
    headers: dict[str, dict[str, str]]
    count: int = field(default=0)

    async def tell(self, *events: dict[str, Any], keys: list[str] | None = None, at: datetime | None = None) -> httpx2.Response:
        """Signed by the source now (or with other keys, at another time)."""
        body = json.dumps({"events": list(events)}).encode()
        header = signature(keys or [self.source.secret], int((at or self.clock()).timestamp()), body)
        path = f"/v1/crm-events/{self.source.id}"
        return await self.client.post(path, content=body, headers={HEADER: header, "Content-Type": "application/json"})

    def event(self, kind: str, *, who: str = "C1", ago: float = 0, due: float | None = None, **more: Any) -> dict[str, Any]:
        """An event `ago` days before now; `due` days after now."""
        self.count += 1
        told = {"event_id": f"e{self.count}", "site": "HD", "customer_reference": who, "kind": kind}
        told["at"] = (self.clock() - timedelta(days=ago)).isoformat()
        return told | ({"due_at": (self.clock() + timedelta(days=due)).isoformat()} if due is not None else {}) | more

    async def ask_thrice(self, who: str = "C1") -> None:
        """Enough questions for a yellow warning."""
        answer = await self.tell(*(self.event("policy_query", who=who, ago=day) for day in (3, 2, 1)))
        assert answer.status_code == 200, answer.text
        await self.look()

    async def look(self) -> None:
        """Everything that the watch does in a while."""
        await gather(self.factory, self.clock())
        while await look(self.factory, self.clock()):
            pass
        await run_clocks(self.factory, self.clock())

    async def get(self, who: str, path: str = "/v1/warnings", **params: Any) -> Any:
        answer = await self.client.get(path, params=params, headers=self.headers[who])
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def do(self, who: str, what: str, warning_id: str, version: int, body: dict[str, Any] | None = None) -> httpx2.Response:
        headers = self.headers[who] | {"If-Match": f'"{version}"'}
        return await self.client.post(f"/v1/warnings/{warning_id}/{what}", json=body, headers=headers)

    async def warnings(self) -> list[EarlyWarning]:
        return list(await self.rows.scalars(select(EarlyWarning).order_by(EarlyWarning.raised_at, EarlyWarning.id)))


MakeBoard = Callable[[], Awaitable[Board]]


@pytest.fixture
async def board(
    client: httpx2.AsyncClient, factory: Factory, rows: Rows, clock: Clock, site: Site, make_person: MakePerson, sign_in: SignIn
) -> Board:
    people = {
        "staff": await make_person("lijing", ("staff", site.id)),
        "manager": await make_person("zhang", ("site_manager", site.id)),
        "gm": await make_person("chen", ("city_gm", None)),
        "hq": await make_person("hq", ("hq_risk", None)),
        "admin": await make_person("root", ("admin", None)),
    }
    async with transaction(factory) as db:
        source = CrmSource(name="明源 CRM", secret="whsec_test-secret", created_at=clock())
        db.add(source)
    headers = {name: await sign_in(person) for name, person in people.items()}
    return Board(client, factory, rows, clock, source, people, headers)
