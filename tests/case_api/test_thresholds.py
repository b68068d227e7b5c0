"""Thresholds of the ear at one site: who may set them, what is refused, what they hold for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import select

from models.audit import AuditRecord
from models.engine import Factory
from models.outbox import OutboxMessage
from models.people import Person
from models.settings_detection import DetectionSettings
from models.sites import Site, SiteDetection
from tests.conftest import MakePerson, SignIn

Put = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
async def admin(make_person: MakePerson) -> Person:
    return await make_person("root", ("admin", None))


@pytest.fixture
async def put(client: httpx2.AsyncClient, admin: Person, sign_in: SignIn, site: Site) -> Put:
    headers = await sign_in(admin)

    async def send(version: int, reason: str = "大厅人声嘈杂", **changes: float) -> httpx2.Response:
        body = {"changes": changes, "reason": reason}
        return await client.put(f"/v1/sites/{site.id}/detection", headers=headers | {"If-Match": f'"{version}"'}, json=body)

    return send


async def test_a_site_sets_its_own_thresholds_and_goes_back(
    client: httpx2.AsyncClient, put: Put, make_person: MakePerson, sign_in: SignIn, site: Site, factory: Factory
) -> None:
    manager = await sign_in(await make_person("zhang", ("site_manager", site.id)))
    before = (await client.get(f"/v1/sites/{site.id}/detection", headers=manager)).json()
    assert (before["version"], before["changes"]) == (0, {})
    assert [item["name"] for item in before["items"]] == list(DetectionSettings.model_fields)
    assert all(item["value"] == item["usual"] and item["least"] is not None and item["most"] is not None for item in before["items"])
    made = await put(0, raise_at=3.0, cooldown=45.0)
    assert (made.status_code, made.headers["ETag"]) == (200, '"1"')
    assert made.json()["changes"] == {"raise_at": 3.0}  # 45 s is the service's own
    told = {item["name"]: item for item in (await client.get(f"/v1/sites/{site.id}/detection", headers=manager)).json()["items"]}
    assert (told["raise_at"]["value"], told["raise_at"]["usual"], told["raise_at"]["most"]) == (3.0, 2.6, 10.0)
    assert (await put(0, raise_at=3.1)).json()["code"] == "version_conflict"
    back = await put(1, "试用后恢复默认")
    assert (back.json()["changes"], back.json()["version"]) == ({}, 2)
    async with factory() as db:
        actions = (await db.scalars(select(AuditRecord.action).where(AuditRecord.subject_id == site.id))).all()
        topics = (await db.scalars(select(OutboxMessage.topic))).all()
    assert actions.count("api:site:thresholds") == topics.count("site.thresholds") == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"raise_at": 11.0}, "raise_at"),
        ({"raise_at": 1.0}, "rising_at ≤ raise_at"),
        ({"loudest": 1.0}, "loudest"),
        ({"hangover": 0.2}, "pause"),
    ],
)
async def test_what_makes_no_sense_changes_nothing(put: Put, factory: Factory, changes: dict[str, float], told: str) -> None:
    refused = await put(0, **changes)
    assert (refused.status_code, refused.json()["code"]) == (422, "thresholds_invalid")
    assert told in refused.json()["detail"]
    async with factory() as db:
        assert (await db.scalars(select(SiteDetection))).all() == []


async def test_only_an_administrator_sets_them_and_nobody_elsewhere_reads_them(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, other_site: Site
) -> None:
    path, body = f"/v1/sites/{site.id}/detection", {"changes": {}, "reason": "试试"}
    manager = await sign_in(await make_person("zhang", ("site_manager", site.id)))
    assert (await client.put(path, headers=manager | {"If-Match": '"0"'}, json=body)).json()["code"] == "forbidden"
    stranger = await sign_in(await make_person("li", ("site_manager", other_site.id)))
    assert (await client.get(path, headers=stranger)).json()["code"] == "not_found"
    staff = await sign_in(await make_person("wang", ("staff", site.id)))
    assert (await client.get(path, headers=staff)).json()["code"] == "forbidden"
