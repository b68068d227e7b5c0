"""Lists of cases: each filter alone and together, every order, every page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from case_api.cases import repository
from case_api.cases.rules import SEARCH_TEXT_MAX, search_text, searchable
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.sites import Site
from tests.case_api.intake.desk import START, Desk
from tests.conftest import MakePerson, SignIn


@example("r \u0327", 0, 2)
@given(st.text(max_size=40), st.integers(0, 39), st.integers(1, 40))
def test_any_part_of_a_text_is_found_in_it(text: str, first: int, length: int) -> None:
    spelled = searchable(text)
    assert spelled[first : first + length] in search_text(["x", text, None])
    assert searchable(spelled) == spelled


def test_no_match_runs_across_two_parts_and_the_column_holds_it() -> None:
    assert search_text([" 王 先生", "", None, "３栋 1202 A"]) == "王先生\n3栋1202a"
    assert len(search_text(["长" * 3000])) == SEARCH_TEXT_MAX


async def codes(desk: Desk, who: str = "manager", **params: Any) -> list[str]:
    answer = await desk.get(who, "/cases", **params)
    assert answer.status_code == 200, answer.text
    return [item["code"][-1] for item in answer.json()["items"]]


@pytest.fixture
async def five(desk: Desk, factory: Factory) -> list[str]:
    """Cases 1 to 5, a minute between them; 1 was received last. Ids in that order."""
    ids = []
    for number in range(5):
        received = START - timedelta(hours=number)
        ids.append((await desk.open(customer_label=f"客户{number + 1}", received_at=received.isoformat()))["id"])
        desk.later(minutes=1)
    async with transaction(factory) as db:
        cases = [await db.get_one(WithdrawalCase, case_id) for case_id in ids]
        cases[0].causes = ["family", "cash_flow"]
        cases[1].causes = ["cash_flow"]
        cases[1].status, cases[1].tier = "approving", {"key": "city", "approvers": ["city_gm"]}
        cases[2].status, cases[2].outcome = "archived", "kept"
        cases[3].receptionist_id, cases[3].responsible_id = desk.ids["colleague"], desk.ids["reception"]
    return ids


@pytest.mark.parametrize("few", [0, 1000])
async def test_a_text_is_found_by_the_index_and_by_reading(desk: Desk, five: list[str], few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "FEW", few)
    assert await codes(desk, q="客户") == list("54321")
    for q, found in {
        "户4": "4",
        "客户4": "4",
        "４": "4",
        "客4": "",
        "阿依古丽": "",
        "hd-2026": "54321",
        "%": "",
        '"': "",
        "-": "54321",
    }.items():
        assert await codes(desk, q=q) == list(found), q
    assert await codes(desk, q="客户", cause="cash_flow", sort="created_at") == ["1", "2"]


async def test_each_filter(desk: Desk, five: list[str]) -> None:
    expected: list[tuple[dict[str, Any], str]] = [
        ({}, "54321"),
        ({"sort": "created_at"}, "12345"),
        ({"sort": "-received_at"}, "12345"),
        ({"sort": "received_at"}, "54321"),
        ({"status": "draft"}, "541"),
        ({"status": ["approving", "archived"]}, "32"),
        ({"tier": "city"}, "2"),
        ({"outcome": "kept"}, "3"),
        ({"cause": "cash_flow"}, "21"),
        ({"cause": "family"}, "1"),
        ({"cause": "other"}, ""),
        ({"responsible_id": desk.ids["reception"]}, "4"),
        ({"receptionist_id": desk.ids["colleague"]}, "4"),
        ({"received_from": (START - timedelta(hours=2)).isoformat()}, "321"),
        ({"received_before": (START - timedelta(hours=2)).isoformat()}, "54"),
        ({"overdue": True}, "5432"),
        ({"overdue": False}, "1"),
        ({"q": "客户3"}, "3"),
        ({"q": " 客 户 ３"}, "3"),
        ({"q": "20261123-0004"}, "4"),
        ({"q": "%"}, ""),
        ({"q": "_"}, ""),
        ({"site_id": "elsewhere"}, ""),
        ({"cause": "cash_flow", "status": "draft"}, "1"),
    ]
    for params, found in expected:
        assert "".join(await codes(desk, **params)) == found, params
    assert await codes(desk, "stranger") == []


async def test_who_works_at_two_sites_sees_both(
    desk: Desk, five: list[str], make_person: MakePerson, sign_in: SignIn, other_site: Site
) -> None:
    desk.tokens["both"] = await sign_in(await make_person("both", ("legal", desk.site.id), ("finance", other_site.id)))
    await desk.send("stranger", "POST", "/cases", {"customer_label": "云"})
    found = (await desk.get("both", "/cases")).json()["items"]
    assert [item["code"][:2] for item in found] == ["YL", "HD", "HD", "HD", "HD", "HD"]
    assert await codes(desk, "both", cause="cash_flow", q="客户") == ["2", "1"]


async def test_the_first_limit_is_told(desk: Desk, five: list[str]) -> None:
    newest = (await desk.get("manager", f"/cases/{five[0]}")).json()
    assert (newest["due_at"], newest["overdue"]) == ("2026-11-23T02:00:00Z", False)
    desk.later(minutes=26)
    [listed] = (await desk.get("manager", "/cases", q="客户1")).json()["items"]
    assert (listed["due_at"], listed["overdue"]) == ("2026-11-23T02:00:00Z", True)


async def test_a_clock_that_stands_is_not_late(desk: Desk, five: list[str]) -> None:
    [task] = (await desk.get("manager", f"/cases/{five[4]}/tasks")).json()
    assert "5" in await codes(desk, overdue=True)
    paused = await desk.send("manager", "POST", f"/tasks/{task['id']}/pause", {"reason": "客户改日"}, version=task["version"])
    assert paused.status_code == 200, paused.text
    assert "5" not in await codes(desk, overdue=True)
    shown = (await desk.get("manager", f"/cases/{five[4]}")).json()
    [listed] = (await desk.get("manager", "/cases", q="客户5")).json()["items"]
    assert [(one["due_at"], one["overdue"]) for one in (shown, listed)] == [(None, False)] * 2


@pytest.mark.parametrize("sort", ["-created_at", "created_at", "-received_at", "received_at"])
async def test_pages_give_every_case_once_in_order(desk: Desk, five: list[str], sort: str) -> None:
    whole = await codes(desk, sort=sort)
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await desk.get("manager", "/cases", sort=sort, limit=2, **cursor)).json()
        found += [item["code"][-1] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == whole
    assert len(set(found)) == 5


@pytest.mark.parametrize(
    "params",
    [
        {"status": "open"},
        {"sort": "code"},
        {"cause": "weather"},
        {"received_from": "2026-11-23T00:00:00"},
        {"overdue": "perhaps"},
        {"cursor": "x"},
    ],
)
async def test_what_cannot_be_asked(desk: Desk, params: dict[str, str]) -> None:
    answer = await desk.get("manager", "/cases", **params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
