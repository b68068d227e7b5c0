"""Four eyes, attacked with SQL: whatever a program does wrong, initiator, approvers and payer stay different people."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from models.approvals import ApprovalPerson, ApprovalRound, ApprovalStep, Delegation
from models.base import new_id, utc_now
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.refunds import RefundInstruction, RefundPayment
from models.sites import Site
from tests.conftest import MakePerson, Rows

NOW = utc_now()
DAY = timedelta(days=1)
HASH = "ab" * 32


class Attack:
    """One case with a round of two ordered steps (site manager, city GM), started by `start`; every statement is its own transaction."""

    def __init__(self, factory: Factory, people: dict[str, str]) -> None:
        self.factory = factory
        self.people = people
        self.ids = {name: new_id() for name in ("case", "round", "first", "second", "instruction", "payment", "delegation")}

    async def do(self, *statements: Any) -> None:
        async with transaction(self.factory) as db:
            for statement in statements:
                await db.execute(statement)

    async def refused(self, *statements: Any, because: str = "") -> None:
        with pytest.raises(DBAPIError) as caught:
            await self.do(*statements)
        assert re.search(because, str(caught.value.orig)), str(caught.value.orig)

    def round(self, **values: Any) -> Any:
        fields = {
            "id": self.ids["round"],
            "case_id": self.ids["case"],
            "site_id": self.people["site"],
            "number": 1,
            "mode": "ordered",
            "status": "open",
            "content_hash": HASH,
            "content": {},
            "tier_reasons": [],
            "initiator_id": self.people["start"],
            "opened_at": NOW,
        }
        return insert(ApprovalRound).values(fields | values)

    def step(self, name: str, ordinal: int, role: str, status: str, **values: Any) -> Any:
        fields = {
            "id": self.ids[name],
            "round_id": self.ids["round"],
            "case_id": self.ids["case"],
            "site_id": self.people["site"],
            "initiator_id": self.people["start"],
            "ordinal": ordinal,
            "required_role": role,
            "role": role,
            "status": status,
            "opened_at": NOW,
        }
        return insert(ApprovalStep).values(fields | values)

    def decide(self, name: str, who: str, status: str = "approved", **values: Any) -> Any:
        decided = {"status": status, "decided_by": self.people[who], "decided_at": NOW} | values
        return update(ApprovalStep).where(ApprovalStep.id == self.ids[name]).values(decided)

    def ask(self, name: str) -> Any:
        return update(ApprovalStep).where(ApprovalStep.id == self.ids[name]).values(status="pending")

    def close(self, status: str) -> Any:
        return update(ApprovalRound).where(ApprovalRound.id == self.ids["round"]).values(status=status, closed_at=NOW)

    async def approve(self) -> None:
        await self.do(self.decide("first", "manager"), self.ask("second"), self.decide("second", "city"), self.close("approved"))

    def instruct(self, who: str = "finance", **values: Any) -> Any:
        fields = {
            "id": self.ids["instruction"],
            "case_id": self.ids["case"],
            "site_id": self.people["site"],
            "round_id": self.ids["round"],
            "content_hash": HASH,
            "number": "HD-20261123-R001",
            "case_code": "HD-1",
            "timezone": "Asia/Shanghai",
            "path_kind": "rescission",
            "status": "issued",
            "total_fen": 300,
            "debtor": {},
            "approvals": [],
            "created_by": self.people[who],
            "created_at": NOW,
        }
        return insert(RefundInstruction).values(fields | values)

    def payee(self, name: str = "payment", ordinal: int = 1, **values: Any) -> Any:
        fields = {
            "id": self.ids[name],
            "instruction_id": self.ids["instruction"],
            "round_id": self.ids["round"],
            "ordinal": ordinal,
            "name": "王小明",
            "bank": "行",
            "account": "6217",
            "amount_fen": 300,
            "end_to_end_id": f"E-{ordinal}",
            "remittance": "退款",
            "status": "pending",
        }
        return insert(RefundPayment).values(fields | values)

    def pay(self, who: str = "finance") -> Any:
        paid = {"status": "paid", "paid_on": date(2026, 11, 24), "bank_reference": "ICBC1", "handled_by": self.people[who]}
        return update(RefundPayment).where(RefundPayment.id == self.ids["payment"]).values(paid)

    def lend(self, from_: str, to: str, **values: Any) -> Any:
        fields = {
            "id": self.ids["delegation"],
            "from_person_id": self.people[from_],
            "to_person_id": self.people[to],
            "starts_at": NOW - DAY,
            "ends_at": NOW + DAY,
            "reason": "出差",
        }
        return insert(Delegation).values(fields | values)


@pytest.fixture
async def attack(factory: Factory, site: Site, make_person: MakePerson) -> Attack:
    people = {name: (await make_person(name)).id for name in ("start", "manager", "city", "finance", "other")}
    found = Attack(factory, people | {"site": site.id})
    case = {"id": found.ids["case"], "site_id": site.id, "code": "HD-1", "status": "approving", "created_by": people["start"]}
    steps = [found.step("first", 1, "site_manager", "pending"), found.step("second", 2, "city_gm", "waiting")]
    await found.do(insert(WithdrawalCase).values(case), found.round(), *steps)
    return found


async def acted(attack: Attack, rows: Rows) -> dict[str, str]:
    names = {person: name for name, person in attack.people.items()}
    return {names[row.person_id]: row.capacity for row in await rows.scalars(select(ApprovalPerson))}


async def test_everybody_who_acts_is_written_down_once(attack: Attack, rows: Rows) -> None:
    await attack.do(attack.lend("city", "other"))
    lent = {"on_behalf_of": attack.people["city"], "delegation_id": attack.ids["delegation"]}
    await attack.do(
        attack.decide("first", "manager"), attack.ask("second"), attack.decide("second", "other", **lent), attack.close("approved")
    )
    await attack.do(attack.instruct(), attack.payee())
    await attack.do(attack.pay())
    expected = {"start": "initiator", "manager": "approver", "other": "approver", "city": "delegator", "finance": "payer"}
    assert await acted(attack, rows) == expected


async def test_who_started_it_never_decides(attack: Attack) -> None:
    await attack.refused(attack.decide("first", "start"), because="acts once|initiator_decides_not")
    await attack.do(attack.lend("start", "other"))
    lent = {"on_behalf_of": attack.people["start"], "delegation_id": attack.ids["delegation"]}
    await attack.refused(attack.decide("first", "other", **lent), because="acts once|initiator_delegates_not")
    await attack.refused(
        update(ApprovalRound).values(initiator_id=attack.people["other"]), attack.decide("first", "start"), because="never changes"
    )
    await attack.refused(update(ApprovalStep).values(initiator_id=attack.people["other"]), because="never changes|FOREIGN KEY")


async def test_one_person_decides_one_step(attack: Attack) -> None:
    await attack.do(attack.decide("first", "manager"), attack.ask("second"))
    await attack.refused(attack.decide("second", "manager"), because="acts once")


async def test_a_delegate_inherits_what_the_delegator_may_not(attack: Attack) -> None:
    await attack.do(attack.lend("manager", "other"))
    lent = {"on_behalf_of": attack.people["manager"], "delegation_id": attack.ids["delegation"]}
    await attack.do(attack.decide("first", "manager"), attack.ask("second"))
    await attack.refused(attack.decide("second", "other", **lent), because="acts once")


@pytest.mark.parametrize("second", ["manager", "other"])
async def test_a_lent_decision_uses_up_both(attack: Attack, second: str) -> None:
    await attack.do(attack.lend("manager", "other"))
    lent = {"on_behalf_of": attack.people["manager"], "delegation_id": attack.ids["delegation"]}
    await attack.do(attack.decide("first", "other", **lent), attack.ask("second"))
    await attack.refused(attack.decide("second", second), because="acts once")


@pytest.mark.parametrize("values", [{"ends_at": NOW - DAY / 2}, {"starts_at": NOW + DAY / 2}, {"revoked_at": NOW}, {"to_person_id": None}])
async def test_nobody_decides_outside_a_delegation(attack: Attack, values: dict[str, Any]) -> None:
    if "to_person_id" in values:
        values = {"to_person_id": attack.people["city"]}
    await attack.do(attack.lend("manager", "other", **values))
    lent = {"on_behalf_of": attack.people["manager"], "delegation_id": attack.ids["delegation"]}
    await attack.refused(attack.decide("first", "other", **lent), because="within the delegation")


async def test_a_delegation_is_only_revoked(attack: Attack) -> None:
    await attack.refused(attack.lend("manager", "manager"), because="to_another")
    await attack.refused(attack.lend("manager", "other", ends_at=NOW - 2 * DAY), because="in_order")
    await attack.do(attack.lend("manager", "other"))
    await attack.refused(update(Delegation).values(ends_at=NOW + 90 * DAY), because="only be revoked")
    await attack.do(update(Delegation).values(revoked_at=NOW))
    await attack.refused(update(Delegation).values(revoked_at=None), because="only be revoked")


async def test_steps_are_decided_in_their_turn(attack: Attack) -> None:
    await attack.refused(attack.decide("second", "city"), because="in its turn")
    await attack.refused(attack.ask("second"), attack.decide("second", "city"), because="in its turn")


async def test_a_decision_is_final(attack: Attack) -> None:
    await attack.do(attack.decide("first", "manager"))
    for change in ({"decided_by": attack.people["other"]}, {"status": "pending", "decided_by": None, "decided_at": None}, {"reason": "x"}):
        statement = update(ApprovalStep).where(ApprovalStep.id == attack.ids["first"]).values(change)
        await attack.refused(statement, because="final|in its turn")


async def test_a_round_is_approved_by_all_its_steps(attack: Attack) -> None:
    await attack.refused(attack.close("approved"), because="every one")
    await attack.do(attack.decide("first", "manager"))
    await attack.refused(attack.close("approved"), because="every one")
    await attack.refused(attack.decide("second", "city", "approved"), because="in its turn")
    empty = attack.round(id=new_id(), case_id=attack.ids["case"], number=2, status="approved", closed_at=NOW)
    await attack.refused(empty, because="begins open")


async def test_no_round_is_opened_beside_another_or_again(attack: Attack) -> None:
    await attack.refused(attack.round(id=new_id(), number=2), because="(?i)unique")
    await attack.do(attack.close("withdrawn"))
    await attack.refused(update(ApprovalRound).values(status="open", closed_at=None), because="stays closed")
    await attack.refused(update(ApprovalRound).values(content_hash="cd" * 32), because="never changes")
    await attack.refused(attack.decide("first", "manager"), because="in its turn")


async def test_a_step_is_not_put_in_decided(attack: Attack) -> None:
    ids = attack.ids | {"third": new_id()}
    attack.ids = ids
    decided = {"decided_by": attack.people["manager"], "decided_at": NOW}
    await attack.refused(attack.step("third", 3, "hq_risk", "approved", **decided), because="begins undecided")
    foreign = attack.step("third", 3, "hq_risk", "waiting", initiator_id=attack.people["other"])
    await attack.refused(foreign, because="(?i)foreign key")


async def test_history_is_not_rubbed_out(attack: Attack, rows: Rows) -> None:
    await attack.do(attack.decide("first", "manager"))
    for table in (ApprovalPerson, ApprovalStep, ApprovalRound):
        await attack.refused(delete(table), because="kept")
    await attack.refused(update(ApprovalPerson).values(capacity="payer"), because="never changes")
    assert await acted(attack, rows) == {"start": "initiator", "manager": "approver"}


async def test_conflict_clauses_do_not_get_around_it(attack: Attack, rows: Rows) -> None:
    """SQLite applies a statement's OR clause to its triggers' inserts as well; the guards do not depend on the key alone."""
    async with transaction(attack.factory) as db:
        if db.get_bind().dialect.name != "sqlite":
            pytest.skip("PostgreSQL has no UPDATE OR")
    await attack.do(attack.decide("first", "manager"), attack.ask("second"))
    for clause in ("REPLACE", "IGNORE"):
        statement = text(f"UPDATE OR {clause} approval_step SET status = 'approved', decided_by = :who, decided_at = :at WHERE id = :id")
        await attack.refused(statement.bindparams(who=attack.people["manager"], at=str(NOW), id=attack.ids["second"]), because="acts once")
    assert (await rows.one(select(ApprovalStep).where(ApprovalStep.ordinal == 2))).status == "pending"


async def test_money_needs_an_approved_round_and_its_figures(attack: Attack) -> None:
    await attack.refused(attack.instruct(), because="approved round")
    await attack.approve()
    await attack.refused(attack.instruct(content_hash="cd" * 32), because="(?i)foreign key")
    await attack.do(attack.instruct())
    again = {"id": new_id(), "number": "HD-20261123-R002"}
    await attack.refused(attack.instruct(**again), because="(?i)unique")
    await attack.refused(attack.payee(amount_fen=301), because="within their instruction")
    await attack.do(attack.payee())
    attack.ids = attack.ids | {"more": new_id()}
    await attack.refused(attack.payee("more", 2, amount_fen=1), because="within their instruction")
    for change in ({"amount_fen": 1}, {"account": "1"}, {"name": "李"}):
        await attack.refused(update(RefundPayment).values(change), because="never changes")
    await attack.refused(update(RefundInstruction).values(total_fen=1), because="never changes")
    await attack.refused(update(RefundInstruction).values(status="paid"), because="every payee")
    for table in (RefundPayment, RefundInstruction):
        await attack.refused(delete(table), because="kept")


@pytest.mark.parametrize("who", ["start", "manager", "city"])
async def test_who_started_or_approved_it_never_pays(attack: Attack, who: str) -> None:
    await attack.approve()
    await attack.refused(attack.instruct(who), because="does not pay")
    await attack.do(attack.instruct(), attack.payee())
    await attack.refused(attack.pay(who), because="does not pay")


async def test_who_was_stood_in_for_does_not_pay(attack: Attack) -> None:
    await attack.do(attack.lend("manager", "other"))
    lent = {"on_behalf_of": attack.people["manager"], "delegation_id": attack.ids["delegation"]}
    await attack.do(
        attack.decide("first", "other", **lent), attack.ask("second"), attack.decide("second", "city"), attack.close("approved")
    )
    for who in ("manager", "other"):
        await attack.refused(attack.instruct(who), because="does not pay")


async def test_what_is_paid_stays_paid(attack: Attack) -> None:
    await attack.approve()
    await attack.do(attack.instruct(), attack.payee())
    await attack.do(attack.pay())
    await attack.refused(update(RefundPayment).values(status="pending", paid_on=None, bank_reference=""), because="final")
    await attack.refused(update(RefundInstruction).values(status="cancelled", cancelled_at=NOW), because="not cancelled")
    await attack.refused(attack.close("void"), because="not undone")
    await attack.do(update(RefundInstruction).values(status="paid"))
    await attack.refused(update(RefundInstruction).values(status="issued"), because="final")


async def test_everything_goes_with_the_case(attack: Attack, rows: Rows) -> None:
    await attack.approve()
    await attack.do(attack.instruct(), attack.payee())
    await attack.do(delete(WithdrawalCase))
    for table in (ApprovalRound, ApprovalStep, ApprovalPerson, RefundInstruction, RefundPayment):
        assert await rows.scalars(select(table)) == [], table
