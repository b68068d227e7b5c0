"""The benefit pool: money moves, is never made and never overdrawn, whoever asks at the same time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.benefits import repository, service
from case_api.benefits.schemas import PoolChange, TopUp
from case_api.commands import By
from case_api.problems import Problem, ProblemCode
from models.audit import AuditRecord
from models.base import new_id
from models.benefits import BenefitBalance, BenefitReservation, BenefitTransfer
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.people import Person
from models.sites import Site
from tests.case_api.conftest import Clock, by_of
from tests.conftest import MakePerson, Rows, SignIn

POOL = {"base_fen": 10_000_000, "base_note": "2026 年度营销费用"}


@pytest.fixture
async def headers(manager: Person, sign_in: SignIn) -> dict[str, str]:
    return await sign_in(manager)


@pytest.fixture
async def pool(client: httpx2.AsyncClient, headers: dict[str, str], site: Site) -> dict[str, Any]:
    answer = await client.post("/v1/benefits/pools", headers=headers, json=POOL | {"site_id": site.id})
    assert answer.status_code == 201
    made: dict[str, Any] = answer.json()
    return made


async def make_case(factory: Factory, manager: Person, site: Site, number: int) -> WithdrawalCase:
    async with transaction(factory) as db:
        case = WithdrawalCase(site_id=site.id, code=f"HD-{number}", created_by=manager.id)
        db.add(case)
    return case


async def balances(rows: Rows) -> dict[str, int]:
    return {row.account: row.balance_fen for row in await rows.scalars(select(BenefitBalance))}


async def assert_sound(rows: Rows) -> dict[str, int]:
    """Balances add up to zero, are what the ledger says, and none but the funding is below zero; what is left is what was put in less
    what is reserved and drawn, as the reservations have it."""
    found = await balances(rows)
    ledger = dict.fromkeys(found, 0)
    for row in await rows.scalars(select(BenefitTransfer)):
        ledger[row.from_account] -= row.amount_fen
        ledger[row.to_account] += row.amount_fen
    assert ledger == found
    assert sum(found.values()) == 0
    assert all(fen >= 0 for account, fen in found.items() if account != "funding")
    held = await rows.scalars(select(BenefitReservation))
    for account, status in (("reserved", "reserved"), ("spent", "drawn")):
        assert found[account] == sum(one.amount_fen for one in held if one.status == status)
    assert found["available"] == -found["funding"] - found["reserved"] - found["spent"]
    return found


async def test_a_pool_begins_with_five_per_cent_of_its_base(pool: dict[str, Any], rows: Rows) -> None:
    assert (pool["quota_bp"], pool["quota_fen"], pool["available_fen"], pool["funded_fen"]) == (500, 500_000, 500_000, 500_000)
    assert await assert_sound(rows) == {"funding": -500_000, "available": 500_000, "reserved": 0, "spent": 0}


async def test_a_site_has_one_pool(client: httpx2.AsyncClient, headers: dict[str, str], site: Site, pool: dict[str, Any]) -> None:
    again = await client.post("/v1/benefits/pools", headers=headers, json=POOL | {"site_id": site.id})
    assert (again.status_code, again.json()["code"]) == (409, "pool_exists")


async def test_pools_set_up_at_once_are_one(client: httpx2.AsyncClient, headers: dict[str, str], site: Site, rows: Rows) -> None:
    await client.get("/v1/me", headers=headers)
    asked = (client.post("/v1/benefits/pools", headers=headers, json=POOL | {"site_id": site.id}) for _ in range(4))
    assert sorted(answer.status_code for answer in await asyncio.gather(*asked)) == [201, 409, 409, 409]
    await assert_sound(rows)


async def test_a_changed_quota_moves_the_difference_and_top_ups_come_on_top(
    client: httpx2.AsyncClient, headers: dict[str, str], site: Site, pool: dict[str, Any], rows: Rows
) -> None:
    url = f"/v1/benefits/pools/{site.id}"
    grown = await client.put(url, headers=headers | {"If-Match": '"1"'}, json=POOL | {"quota_bp": 700, "reason": "年底"})
    assert (grown.json()["available_fen"], grown.headers["etag"]) == (700_000, '"2"')
    topped = await client.post(f"{url}/top-ups", headers=headers | {"If-Match": '"2"'}, json={"amount_fen": 1, "reason": "专项"})
    assert (topped.status_code, topped.json()["available_fen"]) == (201, 700_001)
    shrunk = await client.put(url, headers=headers | {"If-Match": '"3"'}, json=POOL | {"quota_bp": 100, "reason": "调减"})
    assert shrunk.json()["available_fen"] == 100_001
    await assert_sound(rows)
    stale = await client.put(url, headers=headers | {"If-Match": '"3"'}, json=POOL | {"quota_bp": 100, "reason": "调减"})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    page = (await client.get(f"{url}/transfers", headers=headers)).json()
    assert [item["kind"] for item in page["items"]] == ["reduction", "top_up", "quota", "quota"]
    assert all(sum(entry["fen"] for entry in item["entries"]) == 0 for item in page["items"])
    actions = [row.action for row in await rows.scalars(select(AuditRecord).order_by(AuditRecord.id))]
    assert actions[-1] == "api:benefit_pool:reduction"
    assert "api:benefit_pool:top_up" in actions


async def test_what_is_promised_cannot_be_taken_away(
    client: httpx2.AsyncClient,
    factory: Factory,
    headers: dict[str, str],
    manager: Person,
    clock: Clock,
    site: Site,
    pool: dict[str, Any],
    rows: Rows,
) -> None:
    case = await make_case(factory, manager, site, 1)
    async with transaction(factory) as db:
        await service.reserve(db, by_of(manager, clock), case, 450_000)
    url = f"/v1/benefits/pools/{site.id}"
    refused = await client.put(url, headers=headers | {"If-Match": '"1"'}, json=POOL | {"quota_bp": 100, "reason": "调减"})
    assert (refused.status_code, refused.json()["code"]) == (409, "pool_insufficient")
    shown = (await client.get(url, headers=headers)).json()
    assert (shown["quota_bp"], shown["available_fen"], shown["reserved_fen"], shown["version"]) == (500, 50_000, 450_000, 1)
    await assert_sound(rows)


async def test_a_repeated_command_is_done_once(
    client: httpx2.AsyncClient, headers: dict[str, str], site: Site, pool: dict[str, Any], rows: Rows
) -> None:
    sent = headers | {"If-Match": '"1"', "Idempotency-Key": "top-up-0001"}
    url = f"/v1/benefits/pools/{site.id}/top-ups"
    first = await client.post(url, headers=sent, json={"amount_fen": 5, "reason": "专项"})
    again = await client.post(url, headers=sent, json={"amount_fen": 5, "reason": "专项"})
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (await assert_sound(rows))["available"] == 500_005


async def test_reservations_at_once_never_promise_more_than_there_is(
    factory: Factory, manager: Person, clock: Clock, site: Site, pool: dict[str, Any], rows: Rows
) -> None:
    cases = [await make_case(factory, manager, site, number) for number in range(6)]

    async def reserve(case: WithdrawalCase) -> ProblemCode | None:
        try:
            async with transaction(factory) as db:
                await service.reserve(db, by_of(manager, clock), case, 200_000)
        except Problem as problem:
            return problem.code
        return None

    found = await asyncio.gather(*map(reserve, cases))
    assert (found.count(None), found.count(ProblemCode.POOL_INSUFFICIENT)) == (2, 4)
    assert await assert_sound(rows) == {"funding": -500_000, "available": 100_000, "reserved": 400_000, "spent": 0}


async def test_two_workers_end_a_reservation_once(
    factory: Factory, manager: Person, clock: Clock, site: Site, pool: dict[str, Any], rows: Rows
) -> None:
    case = await make_case(factory, manager, site, 1)
    by = by_of(manager, clock)
    async with transaction(factory) as db:
        await service.reserve(db, by, case, 300_000)

    async def end(how: Any) -> None:
        async with transaction(factory) as db:
            locked = await db.get(WithdrawalCase, case.id, with_for_update=True)
            assert locked is not None
            await service.settle_reservation(db, by, locked, how)

    await asyncio.gather(end("draw"), end("release"), end("draw"))
    found = await assert_sound(rows)
    assert found["reserved"] == 0
    assert (found["spent"], found["available"]) in ((300_000, 200_000), (0, 500_000))


@effort(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["reserve", "draw", "release", "top_up", "shrink"]), st.integers(0, 3), st.integers(1, 400_000)),
        max_size=10,
    )
)
async def test_whatever_is_asked_for_at_once_the_ledger_stays_sound(
    factory: Factory,
    manager: Person,
    clock: Clock,
    site: Site,
    pool: dict[str, Any],
    rows: Rows,
    steps: list[tuple[Any, int, int]],
) -> None:
    cases = [await make_case(factory, manager, site, int(new_id(), 16) % 10**18) for _ in range(4)]
    by = by_of(manager, clock)
    found = await asyncio.gather(*(attempt(factory, by, cases[number], kind, amount) for kind, number, amount in steps))
    assert set(found) <= {"done", "pool_insufficient", "reserved already", "version_conflict"}
    await assert_sound(rows)


async def attempt(factory: Factory, by: By, case: WithdrawalCase, kind: Any, amount: int) -> str:
    try:
        async with transaction(factory) as db:
            locked = await db.get(WithdrawalCase, case.id, with_for_update=True)
            assert locked is not None
            if kind == "reserve":
                await service.reserve(db, by, locked, amount)
            elif kind in ("top_up", "shrink"):
                await refill(db, by, case.site_id, kind, amount)
            else:
                await service.settle_reservation(db, by, locked, kind)
    except Problem as problem:
        return str(problem.code)
    except IntegrityError:
        if kind != "reserve":
            raise
        return "reserved already"
    return "done"


async def refill(db: AsyncSession, by: By, site_id: str, kind: str, amount: int) -> None:
    """What people decide about the pool meanwhile: more on top, or a smaller quota."""
    pool = await repository.pool_of(db, site_id)
    assert pool is not None
    if kind == "top_up":
        await service.top_up(db, by, site_id, pool.version, TopUp(amount_fen=amount, reason="专项"))
    else:
        terms = {"base_fen": pool.base_fen, "base_note": pool.base_note, "quota_bp": pool.quota_bp // 2, "reason": "调减"}
        await service.change_pool(db, by, site_id, pool.version, PoolChange(**terms))


def transfer(pool_id: str, **fields: Any) -> BenefitTransfer:
    values = {"kind": "top_up", "from_account": "funding", "to_account": "available", "amount_fen": 1, "reason": "x"} | fields
    return BenefitTransfer(pool_id=pool_id, at=datetime(2026, 11, 23, tzinfo=UTC), **values)


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "reduction", "from_account": "available", "to_account": "funding", "amount_fen": 500_001},
        {"amount_fen": 0},
        {"amount_fen": -5},
        {"kind": "top_up", "from_account": "available", "to_account": "funding"},
        {"kind": "reserve", "from_account": "available", "to_account": "reserved"},
        {"kind": "draw", "from_account": "reserved", "to_account": "spent", "reservation_id": "r"},
    ],
)
async def test_the_database_itself_refuses_what_is_not_sound(
    factory: Factory, pool: dict[str, Any], rows: Rows, fields: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError):
        async with transaction(factory) as db:
            db.add(transfer(pool["id"], **fields))
    await assert_sound(rows)


@pytest.mark.parametrize("statement", ["UPDATE benefit_transfer SET amount_fen = 1", "DELETE FROM benefit_transfer"])
async def test_the_ledger_is_append_only(factory: Factory, pool: dict[str, Any], rows: Rows, statement: str) -> None:
    with pytest.raises(DatabaseError, match="append-only"):
        async with transaction(factory) as db:
            await db.execute(text(statement))
    await assert_sound(rows)


async def test_a_case_without_reservation_ends_nothing_and_a_site_without_pool_promises_nothing(
    factory: Factory, manager: Person, clock: Clock, site: Site, rows: Rows
) -> None:
    case = await make_case(factory, manager, site, 1)
    by = by_of(manager, clock)
    async with transaction(factory) as db:
        await service.settle_reservation(db, by, case, "release")
        assert await service.available_fen(db, site.id) is None
        with pytest.raises(Problem) as refused:
            await service.reserve(db, by, case, 1)
    assert refused.value.code is ProblemCode.POOL_MISSING
    assert await count(factory, select(func.count()).select_from(BenefitTransfer)) == 0


async def count(factory: Factory, query: Any) -> int:
    db: AsyncSession
    async with factory() as db:
        return int((await db.execute(query)).scalar_one())


@pytest.mark.parametrize(
    ("role", "expected"), [("site_manager", 201), ("marketing", 201), ("finance", 403), ("staff", 403), ("city_gm", 403), ("admin", 403)]
)
async def test_who_sets_a_pool_up(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, role: str, expected: int
) -> None:
    headers = await sign_in(await make_person("x", (role, None if role == "admin" else site.id)))
    assert (await client.post("/v1/benefits/pools", headers=headers, json=POOL | {"site_id": site.id})).status_code == expected


async def test_another_site_s_pool_does_not_exist(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, other_site: Site, pool: dict[str, Any]
) -> None:
    there = await sign_in(await make_person("there", ("site_manager", other_site.id)))
    url = f"/v1/benefits/pools/{site.id}"
    change = POOL | {"quota_bp": 1, "reason": "更正"}
    for answer in (
        await client.get(url, headers=there),
        await client.get(f"{url}/transfers", headers=there),
        await client.put(url, headers=there | {"If-Match": '"1"'}, json=change),
        await client.post(f"{url}/top-ups", headers=there | {"If-Match": '"1"'}, json={"amount_fen": 1, "reason": "更正"}),
    ):
        assert answer.status_code == 404
    assert (await client.post("/v1/benefits/pools", headers=there, json=POOL | {"site_id": site.id})).status_code == 403
    reader = await sign_in(await make_person("reader", ("finance", site.id)))
    assert (await client.get(url, headers=reader)).status_code == 200
    assert (await client.put(url, headers=reader | {"If-Match": '"1"'}, json=change)).status_code == 403


async def test_a_pool_needs_a_site_that_exists(client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn) -> None:
    headers = await sign_in(await make_person("x", ("marketing", None)))
    answer = await client.post("/v1/benefits/pools", headers=headers, json=POOL | {"site_id": "nowhere"})
    assert (answer.status_code, answer.json()["code"]) == (422, "site_unknown")
