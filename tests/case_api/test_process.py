"""The whole process, walked at random by everybody at once: whatever is asked, in whatever step, the invariants hold.

A machine of hypothesis sends commands over HTTP: mostly the next sensible one, often a wrong one, by the right person or any other. After
each: nobody approved or paid what they started; no refund is above what was paid; every open task has exactly one live deadline; the audit
record tells each step once; a refusal changed nothing; a repeated key changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

import httpx2
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as effort
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import func, select

from case_api.cases.machine import EVENTS, after
from case_api.deadlines.ticker import tick
from models.approvals import ApprovalRound, ApprovalStep
from models.audit import AuditRecord
from models.benefits import BenefitPool
from models.deadlines import Deadline
from models.engine import Factory, reading
from models.refunds import RefundInstruction, RefundPayment
from models.sites import Site
from models.tasks import CaseTask
from tests.case_api.conftest import Clock
from tests.case_api.solutions.stage import DEFERRAL, FINANCE, LEGAL, MARKETING, PATH_B, PATH_C, REFERRAL, WANG, Stage
from tests.conftest import MakePerson, SignIn

T = TypeVar("T")

PEOPLE = ["manager", "second", "finance", "cashier", "legal", "marketing", "gm", "risk", "staff"]
PAID = FINANCE["paid_fen"]
ACCOUNT = {"holder": "海德花园置业有限公司", "account": "6222020000111122223", "bank": "中国工商银行苏州分行", "bank_code": "102305000001"}
REVIEW = {"participants": ["张经理", "李静"], "findings": "接待及时。", "sop_change": "增加核对项。"}
KNOWLEDGE = {"title": "配偶未看房导致退房", "summary": "客户独自认购。", "lessons": "认购须核对知情书。"}
LOSSES = [800_000, 9_000_000]
who = st.sampled_from(PEOPLE)


class Process(RuleBasedStateMachine):
    """One case. `stage` and `loop` are set by the test: the machine runs in a thread beside the application's loop."""

    stage: Stage
    loop: asyncio.AbstractEventLoop

    def run(self, work: Awaitable[T]) -> T:
        async def inside() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(inside(), self.loop).result(120)

    @initialize()
    def begin(self) -> None:
        self.run(self.stage.assessing())
        self.keys = 0
        self.last: tuple[str, str, Any, dict[str, str], httpx2.Response] | None = None

    # --- what is asked ---

    @rule(loss=st.sampled_from(LOSSES), litigation=st.booleans())
    def go_on(self, loss: int, litigation: bool) -> None:
        """The next sensible command, by who may give it."""
        match self.status():
            case "assessing":
                for name in ("finance", "legal", "marketing"):
                    self.assess(name, name, loss, litigation)
                self.conclude("manager")
            case "solving":
                for terms in (PATH_B, PATH_C):
                    self.draft("manager", terms)
                self.ask("manager", "POST", "offer", {})
            case "offered":
                self.accept("manager", "rescission")
            case "approving":
                self.decide(self.approver(), "approve")
            case "executing":
                if self.ask("finance", "POST", "refund-instruction") is None:
                    self.run(self.set_account())
                    self.ask("finance", "POST", "refund-instruction")
                self.pay("finance")
            case "closing":
                for action in ("customer-tag", "knowledge-file", "regional-brief", "team-review"):
                    self.close("manager", action)
                self.ask("manager", "POST", "archive")

    @rule(who=who, part=st.sampled_from(["finance", "legal", "marketing"]), loss=st.sampled_from(LOSSES), litigation=st.booleans())
    def assess(self, who: str, part: str, loss: int, litigation: bool) -> None:
        form = {
            "finance": FINANCE | {"opportunity": {"fen": loss}},
            "legal": LEGAL | {"litigation_risk": litigation},
            "marketing": MARKETING,
        }[part]
        parts = self.run(self.stage.get(f"cases/{self.stage.case_id}/assessment")).json().get("parts", {})
        self.ask(who, "PUT", f"assessment/{part}", form, version=parts.get(part, {}).get("version", 1))

    @rule(who=who)
    def conclude(self, who: str) -> None:
        self.ask(who, "POST", "assessment/conclude", {})

    @rule(who=who)
    def rework(self, who: str) -> None:
        self.ask(who, "POST", "assessment/rework", {"reason": "评估遗漏了广告分摊"})

    @rule(who=who, terms=st.sampled_from([PATH_B, PATH_C, DEFERRAL, REFERRAL, PATH_B | {"refund_bp": 9_900}]))
    def draft(self, who: str, terms: dict[str, Any]) -> None:
        self.ask(who, "POST", "solutions", {"terms": terms})

    @rule(who=who)
    def offer(self, who: str) -> None:
        self.ask(who, "POST", "offer", {})

    @rule(who=who, kind=st.sampled_from(["rescission", "transfer", "deferral"]))
    def accept(self, who: str, kind: str) -> None:
        offers = self.run(self.stage.get(f"cases/{self.stage.case_id}/offers")).json()
        paths = [path for offer in offers["items"][:1] for path in offer["paths"] if path["kind"] == kind]
        body = {"answer": "accept", "solution_id": paths[0]["solution_id"] if paths else "none"}
        total = paths[0]["price"]["total_fen"] if paths else 1
        payees = [WANG | {"amount_fen": total}] if kind == "rescission" else []
        self.ask(who, "POST", "offer/answer", body | {"payees": payees, "support": {"evidence_id": self.stage.evidence_id}})

    @rule(who=who)
    def decline(self, who: str) -> None:
        self.ask(who, "POST", "offer/answer", {"answer": "decline", "reason": "客户坚持全额退款"})

    @rule(who=who)
    def settle(self, who: str) -> None:
        if self.status() == "assessing":  # else few walks would get further
            self.ask(who, "POST", "settle", {"reason": "配偶到场看房后同意保留", "support": {"evidence_id": self.stage.evidence_id}})

    @rule(who=who, decision=st.sampled_from(["approve", "approve", "return", "reject"]))
    def decide(self, who: str, decision: str) -> None:
        step = self.pending()
        if step is not None:
            body = {"decision": decision, "reason": "金额与评估核对", "content_hash": self.run(self.round_of(step)).content_hash}
            self.command(who, "POST", f"approvals/{step.id}/decision", body, version=step.version)

    @rule(who=who)
    def withdraw_approval(self, who: str) -> None:
        if self.status() == "approving":
            self.ask(who, "POST", "approval/withdraw", {"reason": "客户要求改方案"})

    @rule(who=who, name=st.sampled_from(["王小明", "王大明"]))
    def change_payees(self, who: str, name: str) -> None:
        answer = self.run(self.stage.get(f"cases/{self.stage.case_id}/offer/answer")).json()
        total = (answer.get("path") or {}).get("price", {}).get("total_fen", 1)
        self.ask(who, "PUT", "offer/answer/payees", {"payees": [WANG | {"name": name, "amount_fen": total}], "reason": "更正户名"})

    @rule(who=who)
    def instruct(self, who: str) -> None:
        self.ask(who, "POST", "refund-instruction")

    @rule(who=who)
    def pay(self, who: str) -> None:
        self.ask(who, "POST", "refund-instruction/confirm", {"paid_on": "2026-11-23", "bank_reference": "ICBC1"})

    @rule(who=who, action=st.sampled_from(["customer-tag", "knowledge-file", "regional-brief", "team-review"]))
    def close(self, who: str, action: str) -> None:
        body = {"team-review": REVIEW | {"held_at": self.stage.clock().isoformat()}, "knowledge-file": KNOWLEDGE}.get(action, {})
        self.ask(who, "POST", f"closing/{action}", body)

    @rule(minutes=st.sampled_from([5, 90, 3000]))
    def wait(self, minutes: int) -> None:
        self.run(tick(self.stage.factory, self.stage.clock.pass_(minutes=minutes)))

    @rule()
    def repeat(self) -> None:
        """The last command that was done, once more under its key."""
        if self.last is None:
            return
        method, path, body, headers, first = self.last
        before = self.run(self.snapshot())
        again = self.run(self.stage.client.request(method, path, headers=headers, json=body))
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["idempotency-replayed"] == "true"
        assert self.run(self.snapshot()) == before

    # --- how it is asked, and what holds afterwards ---

    def ask(self, who: str, method: str, path: str, body: Any = None, *, version: int | None = None) -> httpx2.Response | None:
        return self.command(who, method, f"cases/{self.stage.case_id}/{path}", body, version=version)

    def command(self, who: str, method: str, path: str, body: Any, *, version: int | None = None) -> httpx2.Response | None:
        """The answer, or None if it was refused."""
        before = self.run(self.snapshot())
        self.keys += 1
        headers = self.stage.headers[who] | {
            "If-Match": f'"{version or before[1]}"',
            "Idempotency-Key": f"{self.stage.case_id}-{self.keys}",
        }
        answer = self.run(self.stage.client.request(method, f"/v1/{path}", headers=headers, json=body))
        assert answer.status_code < 500, (method, path, body, answer.text)
        now = self.run(self.snapshot())
        if answer.status_code >= 400:
            assert now == before, f"{method} {path} was refused ({answer.text}) and changed something"
            return None
        assert before[0] == now[0] or any(after(before[0], event) == now[0] for event in EVENTS)
        self.last = (method, f"/v1/{path}", body, headers, answer)
        self.run(self.holds())
        return answer

    def status(self) -> str:
        return self.run(self.stage.case()).status

    async def snapshot(self) -> tuple[str, int, int]:
        """Step, version, and how much the audit record holds."""
        case = await self.stage.case()
        async with reading(self.stage.factory) as db:
            audits = (await db.execute(select(func.count()).select_from(AuditRecord))).scalar_one()
        return case.status, case.version, audits

    def pending(self) -> ApprovalStep | None:
        async def find() -> ApprovalStep | None:
            async with reading(self.stage.factory) as db:
                query = select(ApprovalStep).where(ApprovalStep.case_id == self.stage.case_id, ApprovalStep.status == "pending")
                return (await db.scalars(query.order_by(ApprovalStep.ordinal))).first()

        return self.run(find())

    async def round_of(self, step: ApprovalStep) -> ApprovalRound:
        async with reading(self.stage.factory) as db:
            return await db.get_one(ApprovalRound, step.round_id)

    def approver(self) -> str:
        """Somebody who may decide the pending step: another than who accepted for the customer."""
        step = self.pending()
        return {"site_manager": "second", "city_gm": "gm", "hq_risk": "risk"}.get(step.role if step else "", "gm")

    async def set_account(self) -> None:
        url, headers = f"/v1/sites/{self.stage.site.id}/refund-account", self.stage.headers["finance"]
        version = (await self.stage.client.get(url, headers=headers)).json().get("version", 0)
        await self.stage.client.put(url, headers=headers | {"If-Match": f'"{version}"'}, json=ACCOUNT)

    async def holds(self) -> None:
        case = await self.stage.case()
        async with reading(self.stage.factory) as db:
            tasks = (await db.scalars(select(CaseTask).where(CaseTask.case_id == case.id))).all()
            deadlines = (await db.scalars(select(Deadline).where(Deadline.case_id == case.id))).all()
            rounds = (await db.scalars(select(ApprovalRound).where(ApprovalRound.case_id == case.id))).all()
            steps = (await db.scalars(select(ApprovalStep).where(ApprovalStep.case_id == case.id))).all()
            orders = (await db.scalars(select(RefundInstruction).where(RefundInstruction.case_id == case.id))).all()
            paid = (await db.scalars(select(RefundPayment).where(RefundPayment.instruction_id.in_([o.id for o in orders])))).all()
            pools = (await db.scalars(select(BenefitPool))).all()
        live = sorted(deadline.task_id for deadline in deadlines if deadline.status in ("armed", "paused"))
        assert live == sorted(task.id for task in tasks if task.status == "open")
        for one in rounds:
            deciders = [step.decided_by for step in steps if step.round_id == one.id and step.decided_by is not None]
            payers = {pay.handled_by for pay in paid if pay.round_id == one.id and pay.handled_by is not None}
            assert one.initiator_id not in {*deciders, *payers}
            assert len(deciders) == len(set(deciders))
            assert not payers & set(deciders)
        assert sum(pay.amount_fen for pay in paid if pay.status == "paid") <= PAID
        assert all(order.total_fen <= PAID for order in orders)
        assert sum(order.status != "cancelled" for order in orders) <= 1
        assert len(pools) <= 1
        moves = [row for row in await self.stage.audited() if row.action.split(":")[2] in EVENTS and row.before and row.after]
        told = [(row.before or {})["status"] for row in moves] + [(moves[-1].after or {})["status"]]
        assert told[1:] == [(row.after or {})["status"] for row in moves]
        assert told[0] == "draft"
        assert told[-1] == case.status


async def test_the_invariants_hold_whatever_is_asked(
    client: httpx2.AsyncClient,
    factory: Factory,
    policies: None,
    refund_policy: str,
    site: Site,
    clock: Clock,
    make_person: MakePerson,
    sign_in: SignIn,
) -> None:
    stage = Stage(client, factory, site, clock, make_person, sign_in)
    await stage.hire_all()
    await stage.hire("cashier", "finance", site.id)
    Process.stage, Process.loop = stage, asyncio.get_running_loop()
    quick = effort(
        max_examples=8, stateful_step_count=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    await asyncio.to_thread(run_state_machine_as_test, Process, settings=quick)


@pytest.mark.timeout(600)
async def test_the_straight_way_ends_in_the_archive(
    client: httpx2.AsyncClient,
    factory: Factory,
    policies: None,
    refund_policy: str,
    site: Site,
    clock: Clock,
    make_person: MakePerson,
    sign_in: SignIn,
) -> None:
    """Without this the random walks could all be turned away at the first door."""
    stage = Stage(client, factory, site, clock, make_person, sign_in)
    await stage.hire_all()
    Process.stage, Process.loop = stage, asyncio.get_running_loop()

    def walk() -> list[str]:
        machine = Process()
        machine.begin()
        seen = [machine.status()]
        while seen[-1] != "archived" and len(seen) < 12:
            machine.go_on(9_000_000, True)
            seen.append(machine.status())
        machine.repeat()
        return seen

    seen = await asyncio.to_thread(walk)
    assert list(dict.fromkeys(seen)) == ["assessing", "solving", "offered", "approving", "executing", "closing", "archived"]
