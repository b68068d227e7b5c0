"""Competitors' offers: recorded with what shows them, verified, put beside ours item by item."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from case_api.competitors.rules import by_date, by_price
from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.outbox import OutboxMessage
from models.sites import Site
from tests.case_api.conftest import Clock
from tests.case_api.evidence.conftest import MakeCase, make_case
from tests.case_api.sessions.conftest import MakeSession, make_session
from tests.conftest import MakePerson, Rows, SignIn

__all__ = ["make_case", "make_session"]

URL = "/v1/competitor-offers"
ITEMS = [
    {"item": "price", "theirs_fen": 248_000_000, "ours_fen": 260_000_000},
    {"item": "delivery_date", "theirs_on": "2027-12-31", "ours_on": "2027-06-30"},
    {"item": "payment_terms", "theirs": "首付 15%", "ours": "首付 30%", "better": "theirs"},
    {"item": "other", "theirs": "送车位", "ours": "无", "better": "unclear", "note": "车位产权待核"},
]


class Market:
    """People of a site who hear of competitors and judge them."""

    def __init__(self, client: httpx2.AsyncClient, site: Site, clock: Clock, headers: dict[str, dict[str, str]]) -> None:
        self.client, self.site, self.clock, self.headers = client, site, clock, headers

    async def record(self, who: str = "staff", key: str = "", **more: Any) -> httpx2.Response:
        body = {
            "site_id": self.site.id,
            "competitor": "滨江壹号",
            "offered": "总价低 12 万元，送车位",
            "heard_at": self.clock().isoformat(),
        }
        headers = self.headers[who] | ({"Idempotency-Key": key} if key else {})
        return await self.client.post(URL, json=body | more, headers=headers)

    async def judge(self, who: str, method: str, path: str, body: Any, version: int | None = 1, key: str = "") -> httpx2.Response:
        headers = self.headers[who] | ({"If-Match": f'"{version}"'} if version is not None else {})
        return await self.client.request(method, f"{URL}/{path}", json=body, headers=headers | ({"Idempotency-Key": key} if key else {}))

    async def listed(self, who: str, **params: Any) -> list[str]:
        return [item["id"] for item in (await self.client.get(URL, params=params, headers=self.headers[who])).json()["items"]]


@pytest.fixture
async def market(
    client: httpx2.AsyncClient, clock: Clock, site: Site, other_site: Site, make_person: MakePerson, sign_in: SignIn
) -> Market:
    roles = {"staff": "staff", "manager": "site_manager", "marketing": "marketing", "finance": "finance"}
    headers = {name: await sign_in(await make_person(name, (role, site.id))) for name, role in roles.items()}
    headers["there"] = await sign_in(await make_person("there", ("site_manager", other_site.id)))
    return Market(client, site, clock, headers)


async def test_an_offer_is_recorded_verified_and_compared(market: Market, rows: Rows) -> None:
    first, again = [await market.record(key="rival-000001") for _ in range(2)]
    made = first.json()
    assert (first.status_code, again.json(), made["outcome"], made["comparison"]) == (201, made, None, [])
    assert (await market.record(key="rival-000001", competitor="另一家")).json()["code"] == "idempotency_key_reused"
    told = {"outcome": "true", "proof": "竞品价目表照片 13800138000"}
    path = f"{made['id']}/verification"
    assert (await market.judge("marketing", "POST", path, told, version=None)).json()["code"] == "precondition_required"
    assert (await market.judge("marketing", "POST", path, told, version=7)).json()["code"] == "version_conflict"
    assert (await market.judge("staff", "POST", path, told)).json()["code"] == "forbidden"
    assert (await market.judge("there", "POST", path, told)).json()["code"] == "not_found"
    once, twice = [await market.judge("marketing", "POST", path, told, key="verify-00001") for _ in range(2)]
    assert (once.status_code, once.json()["outcome"], twice.json()) == (200, "true", once.json())
    body = {"items": ITEMS, "matchable": "partly", "judgement": "价差用物业费与智能家居包补足"}
    compared = (await market.judge("manager", "PUT", f"{made['id']}/comparison", body, version=2)).json()
    assert [(item["item"], item["better"], item["difference"]) for item in compared["comparison"]] == [
        ("price", "theirs", "¥2,600,000.00 − ¥2,480,000.00 = ¥120,000.00（4.62%）"),
        ("delivery_date", "ours", "相差 184 天"),
        ("payment_terms", "theirs", ""),
        ("other", "unclear", ""),
    ]
    assert (compared["balance"], compared["matchable"]) == ({"theirs": 2, "ours": 1, "neither": 0, "unclear": 1}, "partly")
    noted = await rows.scalars(select(AuditRecord).where(AuditRecord.subject_type == "competitor_offer").order_by(AuditRecord.id))
    assert [row.action.rpartition(":")[2] for row in noted] == ["recorded", "verified", "compared"]
    messages = [row for row in await rows.scalars(select(OutboxMessage).order_by(OutboxMessage.id)) if "competitor" in row.topic]
    assert [row.topic for row in messages] == [f"competitor_offer.{what}" for what in ("recorded", "verified", "compared")]
    assert "13800138000" not in str([row.payload for row in messages])


async def test_it_is_listed_a_case_and_a_site(market: Market, make_case: MakeCase, make_person: MakePerson, rows: Rows) -> None:
    case = await make_case(await make_person("opener", ("staff", market.site.id)), market.site.id)
    of_case = (await market.record(case_id=case.id)).json()["id"]
    of_site = (await market.record(competitor="云栖府")).json()["id"]
    for params, found in (
        ({}, [of_site, of_case]),
        ({"case_id": case.id}, [of_case]),
        ({"site_id": market.site.id, "q": "云栖"}, [of_site]),
        ({"q": "送车位"}, [of_site, of_case]),
        ({"verified": True}, []),
        ({"outcome": "false"}, []),
    ):
        assert await market.listed("finance", **params) == found, params
        assert await market.listed("there", **params) == []
    assert (await market.client.get(f"{URL}/{of_case}", headers=market.headers["there"])).status_code == 404
    assert [
        row.subject_id for row in await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:competitor_offer:recorded"))
    ] == [
        case.id,
        of_site,
    ]


async def test_what_it_names_has_to_be_there_and_of_the_case(
    market: Market, make_case: MakeCase, make_session: MakeSession, make_person: MakePerson, other_site: Site, factory: Factory
) -> None:
    talker, stranger = await make_person("talker", ("staff", market.site.id)), await make_person("stranger", ("staff", other_site.id))
    case, talk = await make_case(talker, market.site.id), await make_session(talker, market.site.id)
    for wrong, code in (
        ({"case_id": "nowhere"}, "not_found"),
        ({"heard_by": stranger.id}, "person_unknown"),
        ({"heard_at": "2026-11-24T00:00:00Z"}, "invalid_request"),
        ({"evidence_id": "nothing"}, "not_found"),
        ({"case_id": case.id, "evidence_id": "nothing"}, "not_found"),
        ({"case_id": case.id, "session_id": talk.id}, "session_unknown"),  # not a conversation of this case
        ({"site_id": "nowhere"}, "forbidden"),
        ({"offered": " "}, "invalid_request"),
    ):
        assert (await market.record(**wrong)).json()["code"] == code, wrong
    assert await market.listed("manager") == []
    assert (await market.record(session_id=talk.id)).status_code == 201
    assert (await market.record(who="there")).json()["code"] == "forbidden"
    async with transaction(factory) as db:
        (await db.get_one(WithdrawalCase, case.id)).status = "archived"
    assert (await market.record(case_id=case.id)).json()["code"] == "case_state"


fen = st.integers(1, 10**11)


@given(fen, fen)
def test_whose_price_is_better_does_not_depend_on_who_is_asked(theirs: int, ours: int) -> None:
    mirrored = {"theirs": "ours", "ours": "theirs", "neither": "neither"}
    assert by_price(theirs, ours)[0] == mirrored[by_price(ours, theirs)[0]]
    assert (by_price(theirs, ours)[0] == "theirs") == (theirs < ours)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_the_earlier_delivery_is_better(theirs: date, ours: date) -> None:
    assert (by_date(theirs, ours)[0] == "theirs") == (theirs < ours)
