"""Rule sets in versions, and what they would have seen."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from case_api.early_warning.board import watch
from models.sites import Site
from tests.case_api.early_warning.conftest import Board

EAGER = {"policy_queries": {"count": 2, "days": 30, "points": 50}}


async def post(board: Board, who: str, path: str, body: Any = None, version: int | None = None) -> httpx2.Response:
    headers = board.headers[who] | ({"If-Match": f'"{version}"'} if version is not None else {})
    return await board.client.post(f"/v1/{path}", json=body, headers=headers)


async def test_from_a_draft_into_force_and_out_again(board: Board, site: Site) -> None:
    await board.tell(*(board.event("policy_query", ago=day) for day in (2, 1)))
    await board.look()
    assert await board.warnings() == []
    made = await post(board, "manager", "warning-rules", {"content": EAGER, "site_id": site.id})
    assert (made.status_code, made.json()["number"], made.json()["content"]["visits"]["days"]) == (201, 1, 14)
    path = f"warning-rules/{made.json()['id']}"
    held = await board.get("staff", "/v1/warning-rules/effective", site_id=site.id)
    assert held["id"] is None
    published = await post(board, "manager", f"{path}/publish", version=1)
    assert published.json()["status"] == "published"
    assert (await board.get("staff", "/v1/warning-rules/effective", site_id=site.id))["id"] == made.json()["id"]
    await board.look()
    [warning] = await board.warnings()
    assert (warning.score, warning.rule_set_id) == (50, made.json()["id"])
    again = await post(board, "manager", f"{path}/publish", version=2)
    assert (again.status_code, again.json()["code"]) == (409, "rule_set_state")
    assert (await post(board, "manager", f"{path}/retire", version=2)).json()["status"] == "retired"
    await board.look()
    assert [one.outcome for one in await board.warnings()] == ["cause_gone"]
    assert [row["number"] for row in (await board.get("staff", "/v1/warning-rules"))["items"]] == [1]


async def test_customers_are_told_of_other_rules_some_at_a_time(board: Board, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "AGAIN", 2)
    await board.tell(*(board.event("policy_query", who=f"C{n}", ago=day) for n in range(5) for day in (2, 1)))
    await board.look()
    made = await post(board, "manager", "warning-rules", {"content": EAGER, "site_id": site.id})
    published = await post(board, "manager", f"warning-rules/{made.json()['id']}/publish", version=1)
    assert [await watch.look_again(board.factory, board.clock()) for _ in range(4)] == [2, 2, 1, 0]
    await board.look()
    assert len(await board.warnings()) == 5
    assert (await board.get("manager", f"/v1/warning-rules/{made.json()['id']}"))["version"] == published.json()["version"]


async def test_rules_that_come_into_force_while_the_watch_looks_are_not_missed(
    board: Board, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    await board.tell(*(board.event("policy_query", ago=day) for day in (2, 1)))
    made = await post(board, "manager", "warning-rules", {"content": EAGER, "site_id": site.id})
    examine = asyncio.to_thread

    async def published_meanwhile(work: Any) -> Any:
        seen = await examine(work)
        await post(board, "manager", f"warning-rules/{made.json()['id']}/publish", version=1)
        return seen

    monkeypatch.setattr(watch, "asyncio", SimpleNamespace(to_thread=published_meanwhile))
    await board.look()
    assert [one.rule_set_id for one in await board.warnings()] == [made.json()["id"]]


async def test_who_makes_rules_where(board: Board, site: Site, other_site: Site) -> None:
    assert (await post(board, "staff", "warning-rules", {"content": {}, "site_id": site.id})).status_code == 403
    assert (await post(board, "manager", "warning-rules", {"content": {}})).status_code == 403
    assert (await post(board, "hq", "warning-rules", {"content": {}})).status_code == 201
    far = await post(board, "gm", "warning-rules", {"content": {}, "site_id": other_site.id})
    assert (await post(board, "manager", f"warning-rules/{far.json()['id']}/publish", version=1)).status_code == 404
    wrong = await post(board, "hq", "warning-rules", {"content": {"policy_queries": {"count": 1}}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "body.content.policy_queries.count")


async def test_a_backtest_says_what_other_rules_would_have_seen(board: Board, site: Site, other_site: Site) -> None:
    for n in range(2):
        queries = (board.event("policy_query", who=f"C{n}", ago=day) for day in (40, 38))
        await board.tell(*queries, board.event("withdrawal_request", who=f"C{n}", ago=30))
    body = {"site_id": site.id, "since": "2026-09-01T00:00:00+08:00", "until": "2026-11-20T00:00:00+08:00"}
    shipped = (await post(board, "manager", "warning-backtests", body)).json()
    assert (shipped["requests"], shipped["foreseen"], shipped["recall"], shipped["precision"]) == (2, 0, 0.0, None)
    eager = (await post(board, "manager", "warning-backtests", body | {"content": EAGER})).json()
    assert (eager["alarms"], eager["precision"], eager["recall"]) == (2, 1.0, 1.0)
    assert eager["lead_hours"]["median"] == 192
    assert eager["indicators"] == [{"code": "policy_queries", "alarms": 2, "right": 2}]
    keyed = board.headers["manager"] | {"Idempotency-Key": "try-0001"}
    asked = [await board.client.post("/v1/warning-backtests", json=body, headers=keyed) for _ in range(2)]
    assert [answer.json() for answer in asked] == [shipped, shipped]
    assert asked[1].headers["Idempotency-Replayed"] == "true"
    future = await post(board, "manager", "warning-backtests", body | {"until": "2027-01-01T00:00:00+08:00"})
    assert (future.status_code, future.json()["code"]) == (422, "backtest_period")
    assert (await post(board, "manager", "warning-backtests", body | {"site_id": other_site.id})).status_code == 403
