"""Filters that somebody wants again: each person's own, by list and name."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from case_api.saved_filters.service import MOST
from models.people import Person
from models.saved_filters import SavedFilter
from models.sites import Site
from tests.conftest import MakePerson, Rows, SignIn

LATE = {"status": "approving", "overdue": "true"}


@pytest.fixture
async def me(staff: Person, sign_in: SignIn) -> dict[str, str]:
    return await sign_in(staff)


async def save(client: httpx2.AsyncClient, who: dict[str, str], name: str, wanted: Any, of: str = "cases") -> httpx2.Response:
    return await client.put(f"/v1/me/filters/{of}", json={"name": name, "wanted": wanted}, headers=who)


async def mine(client: httpx2.AsyncClient, who: dict[str, str], of: str = "cases") -> list[tuple[str, Any]]:
    found = (await client.get(f"/v1/me/filters/{of}", headers=who)).json()["items"]
    return [(one["name"], one["wanted"]) for one in found]


async def test_filters_are_saved_replaced_and_deleted_by_list(client: httpx2.AsyncClient, me: dict[str, str]) -> None:
    assert await mine(client, me) == []
    made = (await save(client, me, " 超时审批 ", LATE)).json()
    assert (made["list"], made["name"], made["wanted"]) == ("cases", "超时审批", LATE)
    await save(client, me, "贷款", {"cause": "loan"})
    await save(client, me, "超时审批", {"level": "agitated"}, "sessions")
    assert await mine(client, me) == [("贷款", {"cause": "loan"}), ("超时审批", LATE)]
    again = (await save(client, me, "超时审批", {"overdue": "true"})).json()
    assert again["id"] == made["id"]
    assert await mine(client, me) == [("贷款", {"cause": "loan"}), ("超时审批", {"overdue": "true"})]
    path = f"/v1/me/filters/cases/{made['id']}"
    assert (await client.delete(f"/v1/me/filters/search/{made['id']}", headers=me)).json()["code"] == "not_found"
    assert (await client.delete(path, headers=me)).status_code == 204
    assert (await client.delete(path, headers=me)).json()["code"] == "not_found"
    assert await mine(client, me) == [("贷款", {"cause": "loan"})]
    assert await mine(client, me, "sessions") == [("超时审批", {"level": "agitated"})]


async def test_nobody_sees_or_deletes_anothers(
    client: httpx2.AsyncClient, me: dict[str, str], make_person: MakePerson, site: Site, sign_in: SignIn
) -> None:
    made = (await save(client, me, "超时审批", LATE)).json()
    other = await sign_in(await make_person("zhangwei", ("site_manager", site.id)))
    assert await mine(client, other) == []
    assert (await client.delete(f"/v1/me/filters/cases/{made['id']}", headers=other)).json()["code"] == "not_found"
    assert (await save(client, other, "超时审批", {"q": "王"})).status_code == 200
    assert await mine(client, me) == [("超时审批", LATE)]
    assert (await client.get("/v1/me/filters/cases")).json()["code"] == "token_missing"


async def test_a_list_has_so_many_filters_and_no_more(client: httpx2.AsyncClient, me: dict[str, str], rows: Rows) -> None:
    for number in range(MOST):
        assert (await save(client, me, f"第{number}个", LATE)).status_code == 200
    full = await save(client, me, "再一个", LATE)
    assert (full.status_code, full.json()["code"]) == (409, "filters_full")
    assert (await save(client, me, "第0个", {"q": "王"})).status_code == 200, "one that is there is only replaced"
    assert (await save(client, me, "再一个", LATE, "search")).status_code == 200
    assert await rows.scalars(select(func.count()).select_from(SavedFilter)) == [MOST + 1]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("", LATE),
        ("一" * 41, LATE),
        ("两\n行", LATE),
        ("空", {}),
        ("键", {"Status; --": "x"}),
        ("值", {"q": "字" * 81}),
        ("不是文字", {"q": ["王"]}),
        ("太多", {"abcdefghijklm"[n]: "x" for n in range(13)}),
    ],
)
async def test_what_is_no_filter_changes_nothing(
    client: httpx2.AsyncClient, me: dict[str, str], rows: Rows, name: str, wanted: Any
) -> None:
    refused = await save(client, me, name, wanted)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert (await save(client, me, "超时", LATE, "people")).status_code == 422, "no list of that name"
    assert await rows.scalars(select(SavedFilter)) == []
