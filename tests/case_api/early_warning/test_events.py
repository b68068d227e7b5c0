"""Events from other programs: signed, recent, once each, all of them or none."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from case_api.early_warning.events.own import forget_old
from case_api.webhooks.signing import WINDOW_SECONDS, is_signed, signature
from models.crm import CrmCustomer, CrmEvent
from models.engine import transaction
from models.sites import Site
from tests.case_api.early_warning.conftest import Board
from tests.conftest import Rows


@given(st.binary(max_size=50), st.integers(0, 2**35), st.integers(-WINDOW_SECONDS, WINDOW_SECONDS))
def test_what_was_signed_just_now_is_taken(body: bytes, at: int, off: int) -> None:
    assert is_signed(signature(["new", "old"], at, body), ["old"], at + off, body)
    assert not is_signed(signature(["new"], at, body), ["old"], at + off, body)
    assert not is_signed(signature(["old"], at, body), ["old"], at + off, body + b" ")
    assert not is_signed(signature(["old"], at, body), ["old"], at + WINDOW_SECONDS + 1, body)


@given(st.text(max_size=60) | st.builds("t={},v1={}".format, st.integers(), st.text("0123456789abcdef", max_size=70)))
def test_anything_else_is_no_signature(header: str) -> None:
    assert not is_signed(header, ["key"], 1_000.0, b"{}")


async def test_events_are_taken_once_each(board: Board, rows: Rows) -> None:
    events = [board.event("visit"), board.event("visit_booked", due=3)]
    assert (await board.tell(*events)).json() == {"taken": 2, "known": 0}
    assert (await board.tell(*events, board.event("visit"))).json() == {"taken": 1, "known": 2}
    assert (await board.tell(events[0], events[0])).json() == {"taken": 0, "known": 2}
    assert len(await rows.scalars(select(CrmEvent))) == 3
    customer = await rows.one(select(CrmCustomer))
    assert (customer.key, customer.revision, customer.check_at) == ("c:C1", 2, board.clock())


async def test_batches_that_come_at_once_wait_for_each_other(board: Board, rows: Rows) -> None:
    batches = [[board.event("visit", who=f"C{who}", customer_label=f"第{n}次") for who in (n % 3, 1, 2)] for n in range(6)]
    answers = await asyncio.gather(*(board.tell(*batch) for batch in batches))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert len(await rows.scalars(select(CrmEvent))) == 18


async def test_nothing_is_taken_from_somebody_else(board: Board, rows: Rows) -> None:
    event = board.event("visit")
    attempts = [
        await board.tell(event, keys=["whsec_wrong"]),
        await board.tell(event, at=board.clock() - timedelta(minutes=6)),
        await board.tell(event, at=board.clock() + timedelta(minutes=6)),
        await board.client.post(f"/v1/crm-events/{board.source.id}", json={"events": [event]}),
        await board.client.post("/v1/crm-events/nobody", json={"events": [event]}),
    ]
    async with transaction(board.factory) as db:
        (await db.get_one(type(board.source), board.source.id)).status = "disabled"
    attempts.append(await board.tell(event))
    assert {(answer.status_code, answer.json()["code"]) for answer in attempts} == {(401, "signature_invalid")}
    assert await rows.scalars(select(CrmEvent)) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"site": "XX"}, "body.events.1.site"),
        ({"site": None}, "body.events.1.site"),
        ({"at": "2026-11-24T09:00:00+08:00"}, "body.events.1.at"),
        ({"at": "2026-11-23T09:00:00"}, "body.events.1.at"),
        ({"kind": "speech_signal"}, "body.events.1.kind"),
        ({"kind": "payment_due"}, "body.events.1"),
        ({"customer_reference": ""}, "body.events.1"),
        ({"customer_reference": "C\x00"}, "body.events.1.customer_reference"),
        ({"event_id": ""}, "body.events.1.event_id"),
        ({"phone": "13800138000"}, "body.events.1.phone"),
    ],
)
async def test_of_a_batch_with_one_wrong_event_nothing_is_taken(board: Board, rows: Rows, change: dict[str, Any], field: str) -> None:
    answer = await board.tell(board.event("visit"), board.event("visit") | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"][0]["field"] == field
    assert await rows.scalars(select(CrmEvent)) == []


async def test_a_unit_belongs_to_the_customer_who_is_known_to_have_it(board: Board, rows: Rows) -> None:
    alone = board.event("payment_due", due=5, unit_reference="9栋901") | {"customer_reference": ""}
    owned = board.event("payment_due", due=5, unit_reference="3栋1202") | {"customer_reference": ""}
    named = board.event("visit", unit_reference="3栋1202", customer_label="王女士")
    await board.tell(named, owned, alone)
    await board.tell(board.event("visit", customer_label="王小姐"))
    customers = {row.key: row for row in await rows.scalars(select(CrmCustomer))}
    assert set(customers) == {"c:C1", "u:9栋901"}
    assert (customers["c:C1"].unit_reference, customers["c:C1"].label) == ("3栋1202", "王小姐")
    assert len(await rows.scalars(select(CrmEvent).where(CrmEvent.customer_id == customers["c:C1"].id))) == 3


async def test_what_is_old_enough_is_forgotten_with_customers_of_whom_nothing_is_left(board: Board, rows: Rows) -> None:
    await board.tell(*(board.event("visit", who=who, ago=ago) for who, ago in (("C1", 10), ("C2", 10), ("C2", 0.2))))
    await board.ask_thrice("C3")
    assert await forget_old(board.factory, board.clock() - timedelta(days=0.5)) == 5
    assert {row.key for row in await rows.scalars(select(CrmCustomer))} == {"c:C2", "c:C3"}  # the third has a warning still
    assert await forget_old(board.factory, board.clock() - timedelta(days=0.5)) == 0


async def test_a_source_its_secret_and_its_rotation(board: Board, site: Site) -> None:
    admin = board.headers["admin"]
    made = await board.client.post("/v1/crm-sources", json={"name": "ERP", "site_id": site.id}, headers=admin)
    assert made.status_code == 201
    board.source.id, old = made.json()["id"], made.json()["secret"]
    without_site = {name: value for name, value in board.event("visit").items() if name != "site"}
    assert (await board.tell(without_site, keys=[old])).json() == {"taken": 1, "known": 0}
    path = f"/v1/crm-sources/{board.source.id}"
    turned = await board.client.post(f"{path}/secret", json={"overlap_hours": 1}, headers=admin | {"If-Match": '"1"'})
    new = turned.json()["secret"]
    assert (await board.tell(board.event("visit"), keys=[old])).status_code == 200
    board.clock.pass_(hours=2)
    assert (await board.tell(board.event("visit"), keys=[old])).status_code == 401
    assert (await board.tell(board.event("visit"), keys=[new])).status_code == 200
    again = await board.client.post("/v1/crm-sources", json={"name": "ERP"}, headers=admin)
    assert (again.status_code, again.json()["code"]) == (409, "source_name_taken")
    off = await board.client.patch(path, json={"status": "disabled"}, headers=admin | {"If-Match": '"2"'})
    assert off.json()["status"] == "disabled"
    assert (await board.client.get("/v1/crm-sources", headers=admin)).status_code == 200
    listed = await board.client.get("/v1/crm-sources", headers=board.headers["manager"])
    assert {row["name"] for row in listed.json()["items"]} == {"ERP", "明源 CRM"}
    assert "secret" not in str(listed.json())
    assert (await board.client.post("/v1/crm-sources", json={"name": "X"}, headers=board.headers["manager"])).status_code == 403
