"""A reception that hands out links, and customers who have nothing but a link."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from case_api.intake.phone.gateways import CodeMessage, GatewayError
from models.people import Person
from models.sites import Site
from tests.case_api.conftest import Clock
from tests.conftest import MakePerson, SignIn

PHONE = "13812345678"


@dataclass
class Gateway:
    """Keeps the codes."""

    sent: list[CodeMessage] = field(default_factory=list)
    broken: bool = False

    async def send(self, message: CodeMessage) -> None:
        if self.broken:
            raise GatewayError("down")
        self.sent.append(message)


@dataclass
class Front:
    """Both sides of the desk."""

    app: FastAPI
    client: httpx2.AsyncClient
    clock: Clock
    site: Site
    person: Person
    headers: dict[str, str]
    gateway: Gateway

    async def desk(self, method: str, path: str, body: object = None, **headers: str) -> httpx2.Response:
        return await self.client.request(method, f"/v1{path}", headers=self.headers | headers, json=body)

    async def link(self) -> dict[str, Any]:
        answer = await self.desk("POST", "/form-links", {"label": "前台"})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def visit(self, secret: str, method: str, path: str, body: object = None) -> httpx2.Response:
        return await self.client.request(method, f"/v1/public{path}", headers={"Authorization": f"Bearer {secret}"}, json=body)

    async def submit(self, secret: str, photo: tuple[str, bytes, str] | None = None, **changes: Any) -> httpx2.Response:
        body = {"name": "王小明", "phone": PHONE, "causes": ["family"], "notice_version": "form-2026-11", "agreed": True}
        body |= {"progress_token": "p_" + "A" * 43, "building": "3栋", "unit": "1202", "cause_text": "家人不同意"}
        application = json.dumps({name: value for name, value in (body | changes).items() if value is not None})
        files: dict[str, Any] = {"photo": photo} if photo else {"application": (None, application)}
        data = {"application": application} if photo else None
        headers = {"Authorization": f"Bearer {secret}"}
        return await self.client.post("/v1/public/form/submit", headers=headers, data=data, files=files)


@pytest.fixture
async def front(
    app: FastAPI, client: httpx2.AsyncClient, clock: Clock, site: Site, policies: None, make_person: MakePerson, sign_in: SignIn
) -> Front:
    person = await make_person("reception", ("receptionist", site.id))
    app.state.phone_gateway = gateway = Gateway()
    return Front(app, client, clock, site, person, await sign_in(person), gateway)


def refused(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
