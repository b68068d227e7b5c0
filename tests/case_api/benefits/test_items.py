"""The catalogue of benefits: per site, one name once, offers keep what they were priced with."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from models.sites import Site
from tests.conftest import MakePerson, SignIn

FEE = {"name_zh": "一年物业费", "name_en": "A year's property fee", "cost_fen": 360_000}


@pytest.fixture
async def headers(make_person: MakePerson, sign_in: SignIn, site: Site) -> dict[str, str]:
    return await sign_in(await make_person("lin", ("marketing", site.id)))


@pytest.fixture
async def item(client: httpx2.AsyncClient, headers: dict[str, str], site: Site) -> dict[str, Any]:
    answer = await client.post("/v1/benefits/items", headers=headers, json=FEE | {"site_id": site.id})
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    made: dict[str, Any] = answer.json()
    return made


async def test_items_are_made_changed_and_retired(
    client: httpx2.AsyncClient, headers: dict[str, str], site: Site, item: dict[str, Any]
) -> None:
    url = f"/v1/benefits/items/{item['id']}"
    taken = await client.post("/v1/benefits/items", headers=headers, json=FEE | {"site_id": site.id})
    assert (taken.status_code, taken.json()["code"]) == (409, "benefit_name_taken")
    changed = await client.put(url, headers=headers | {"If-Match": '"1"'}, json=FEE | {"cost_fen": 400_000})
    assert (changed.json()["cost_fen"], changed.json()["version"]) == (400_000, 2)
    stale = await client.put(url, headers=headers | {"If-Match": '"1"'}, json=FEE)
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    assert (await client.put(url, headers=headers, json=FEE)).status_code == 428
    assert (await client.delete(url, headers=headers | {"If-Match": '"2"'})).status_code == 204
    for again in (
        await client.delete(url, headers=headers | {"If-Match": '"3"'}),
        await client.put(url, headers=headers | {"If-Match": '"3"'}, json=FEE),
    ):
        assert (again.status_code, again.json()["code"]) == (409, "benefit_retired")
    assert (await client.get("/v1/benefits/items", headers=headers)).json()["items"] == []
    assert len((await client.get("/v1/benefits/items?retired=true", headers=headers)).json()["items"]) == 1
    assert (await client.post("/v1/benefits/items", headers=headers, json=FEE | {"site_id": site.id})).status_code == 201


async def test_renaming_onto_another_item_is_refused(
    client: httpx2.AsyncClient, headers: dict[str, str], site: Site, item: dict[str, Any]
) -> None:
    other = await client.post("/v1/benefits/items", headers=headers, json=FEE | {"site_id": site.id, "name_zh": "车位券"})
    url = f"/v1/benefits/items/{other.json()['id']}"
    refused = await client.put(url, headers=headers | {"If-Match": '"1"'}, json=FEE)
    assert (refused.status_code, refused.json()["code"]) == (409, "benefit_name_taken")


@pytest.mark.parametrize("cost", [0, -1, 10**12])
async def test_a_cost_is_a_sum_of_money(client: httpx2.AsyncClient, headers: dict[str, str], site: Site, cost: int) -> None:
    answer = await client.post("/v1/benefits/items", headers=headers, json=FEE | {"site_id": site.id, "cost_fen": cost})
    assert (answer.status_code, answer.json()["detail"]) == (422, "body.cost_fen")


async def test_who_may_change_the_catalogue_and_where(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, other_site: Site, item: dict[str, Any]
) -> None:
    url = f"/v1/benefits/items/{item['id']}"
    staff = await sign_in(await make_person("staff", ("staff", site.id)))
    there = await sign_in(await make_person("there", ("marketing", other_site.id)))
    assert len((await client.get("/v1/benefits/items", headers=staff)).json()["items"]) == 1
    assert (await client.get("/v1/benefits/items", headers=there, params={"site_id": site.id})).json()["items"] == []
    for headers, expected in ((staff, 403), (there, 404)):
        assert (await client.put(url, headers=headers | {"If-Match": '"1"'}, json=FEE)).status_code == expected
        assert (await client.delete(url, headers=headers | {"If-Match": '"1"'})).status_code == expected
        assert (await client.post("/v1/benefits/items", headers=headers, json=FEE | {"site_id": site.id})).status_code == 403
    everywhere = await sign_in(await make_person("all", ("marketing", None)))
    unknown = await client.post("/v1/benefits/items", headers=everywhere, json=FEE | {"site_id": "nowhere"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "site_unknown")
