"""Cases: numbered without gaps, seen at their site only."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.cases.rules import code_of, day_of
from models.sites import Site
from tests.conftest import MakePerson, SignIn


@pytest.mark.parametrize(
    ("timezone", "code"), [("Asia/Shanghai", "HD-20261124-0007"), ("UTC", "HD-20261123-0007"), ("America/New_York", "HD-20261123-0007")]
)
def test_the_day_of_a_code_is_the_sites(timezone: str, code: str) -> None:
    now = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    start, end = day_of(timezone, now)
    assert start <= now < end
    assert code_of("HD", start, 7) == code


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/Berlin"]))
def test_days_follow_each_other_without_a_gap(moment: datetime, timezone: str) -> None:
    start, end = day_of(timezone, moment.replace(tzinfo=UTC))
    assert start <= moment.replace(tzinfo=UTC) < end
    assert day_of(timezone, end)[0] == end
    assert day_of(timezone, end - timedelta(microseconds=1)) == (start, end)


async def test_cases_opened_at_once_are_numbered_one_after_the_other(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site
) -> None:
    headers = await sign_in(await make_person("lijing", ("staff", site.id)))
    await client.get("/v1/me", headers=headers)
    asked = (client.post("/v1/cases", headers=headers, json={"customer_label": f"客户{n}", "unit_label": "3栋1202"}) for n in range(6))
    answers = [answer.json() for answer in await asyncio.gather(*asked)]
    assert sorted(answer["code"][-4:] for answer in answers) == [f"{n:04d}" for n in range(1, 7)]
    assert {(answer["status"], answer["site_id"], answer["version"]) for answer in answers} == {("draft", site.id, 1)}


async def test_another_sites_cases_do_not_exist(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, other_site: Site
) -> None:
    here = await sign_in(await make_person("here", ("staff", site.id)))
    there = await sign_in(await make_person("there", ("staff", other_site.id)))
    case = (await client.post("/v1/cases", headers=here, json={"customer_label": "王先生"})).json()
    assert (await client.get(f"/v1/cases/{case['id']}", headers=here)).json().items() >= case.items()
    assert (await client.get(f"/v1/cases/{case['id']}", headers=there)).status_code == 404
    for query in ("", f"?site_id={site.id}", "?q=王"):
        assert (await client.get(f"/v1/cases{query}", headers=there)).json()["items"] == []
    forged = await client.post("/v1/cases", headers=there, json={"customer_label": "x", "site_id": site.id})
    assert (forged.status_code, forged.json()["code"]) == (403, "forbidden")


async def test_who_works_at_several_sites_has_to_name_one(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, other_site: Site
) -> None:
    headers = await sign_in(await make_person("lijing", ("staff", site.id), ("staff", other_site.id)))
    assert (await client.post("/v1/cases", headers=headers, json={"customer_label": "x"})).json()["code"] == "site_required"
    named = await client.post("/v1/cases", headers=headers, json={"customer_label": "x", "site_id": other_site.id})
    assert named.json()["code"].startswith("YL-")
    everywhere = await sign_in(await make_person("all", ("staff", None)))
    unknown = await client.post("/v1/cases", headers=everywhere, json={"customer_label": "x", "site_id": "nowhere"})
    assert unknown.json()["code"] == "site_unknown"


@pytest.mark.parametrize("role", ["finance", "trainer", "legal"])
async def test_who_does_not_sit_at_the_desk_opens_no_case(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, role: str
) -> None:
    headers = await sign_in(await make_person("x", (role, site.id)))
    assert (await client.post("/v1/cases", headers=headers, json={"customer_label": "x"})).status_code == 403
