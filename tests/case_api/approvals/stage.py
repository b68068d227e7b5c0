"""A case whose customer accepted a path, and the people who decide about it; everything after the acceptance goes through HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx2
from sqlalchemy import select, update

from case_api.approvals.service import open_round
from case_api.cases import flow
from case_api.money import yuan
from models.approvals import ApprovalStep
from models.audit import AuditRecord
from models.base import new_id
from models.cases import WithdrawalCase
from models.engine import Factory, reading, transaction
from models.outbox import OutboxMessage
from models.people import Person
from models.sites import Site
from models.solutions import Offer, OfferAnswer, Payee
from models.tasks import CaseTask
from tests.case_api.conftest import Clock, by_of
from tests.conftest import MakePerson, SignIn

Answer = httpx2.Response
TERMS: dict[str, dict[str, Any]] = {
    "keep_with_benefits": {"items": [{"item_id": "property-fee", "quantity": 1}]},
    "rescission": {"refund_bp": 7000, "court": None},
    "transfer": {"successor": "李女士", "fee_bp": 100, "reduction_bp": 5000},
    "deferral": {"days": 7, "overdue_fen": 50_000_000, "late_fee_bp_per_day": 5},
    "referral": {"share_bp": 5000, "within_days": 30},
}
DIRECTION = {"keep_with_benefits": "benefit", "rescission": "refund", "transfer": "charge", "deferral": "charge", "referral": "refund"}
WANG = {"role": "buyer", "name": "王小明", "bank": "中国建设银行苏州支行", "account": "6217001234567890123", "amount_fen": 3_500_001}
BANK = {"role": "bank", "name": "中国农业银行苏州分行", "bank": "中国农业银行", "account": "10550101040012345", "amount_fen": 120_000_050}
DEBTOR = {"holder": "海德花园置业有限公司", "account": "6222020000111122223", "bank": "中国工商银行苏州分行", "bank_code": "102305000001"}


FACTS = {"stage": "deposit_only", "loan": "none", "paid_fen": 5_000_000}


def tier(*approvers: str, mode: str = "ordered") -> dict[str, Any]:
    return {
        "approvers": list(approvers),
        "mode": mode,
        "policy_version_id": None,
        "reasons": [{"zh": "损失不超过5万元", "en": "small loss"}],
    }


class Stage:
    """Who is who, and what they ask of the API. A method named like a command sends it and hands back the answer."""

    def __init__(self, client: httpx2.AsyncClient, factory: Factory, site: Site, clock: Clock, make: MakePerson, sign_in: SignIn) -> None:
        self.client, self.factory, self.site, self.clock = client, factory, site, clock
        self._make, self._sign_in = make, sign_in
        self.people: dict[str, Person] = {}
        self.headers: dict[str, dict[str, str]] = {}

    async def hire(self, name: str, *roles: str, site_id: str | None = "here") -> Person:
        """Somebody with these roles at the site, signed in."""
        self.people[name] = person = await self._make(name, *((role, self.site.id if site_id == "here" else site_id) for role in roles))
        self.headers[name] = await self._sign_in(person)
        await self.client.get("/v1/me", headers=self.headers[name])
        return person

    async def hire_all(self) -> None:
        """The usual cast: `start` initiates."""
        for name, role in (("start", "staff"), ("zhang", "site_manager"), ("chen", "city_gm"), ("qian", "finance"), ("fang", "legal")):
            await self.hire(name, role)

    async def accepted(
        self,
        kind: str = "rescission",
        payees: Sequence[Mapping[str, Any]] | None = None,
        *,
        approvers: Mapping[str, Any] | None = None,
        by: str = "start",
    ) -> str:
        """A new case at `approving`, its round open; its id."""
        payees = ([WANG] if DIRECTION[kind] == "refund" else []) if payees is None else payees
        total = sum(payee["amount_fen"] for payee in payees) or 100
        price = {
            "direction": DIRECTION[kind],
            "lines": [{"label_zh": "金额", "label_en": "Amount", "formula": yuan(total), "fen": total}],
            "total_fen": total,
            "dues": [],
        }
        path = {
            "solution_id": new_id(),
            "kind": kind,
            "name_zh": "路径",
            "name_en": "Path",
            "terms": TERMS[kind] | {"kind": kind},
            "facts": FACTS,
            "price": price,
        }
        author = by_of(self.people[by], self.clock)
        async with transaction(self.factory) as db:
            case = WithdrawalCase(
                site_id=self.site.id,
                code=f"HD-20261123-{new_id()[-6:]}",
                customer_label="王先生",
                unit_label="3栋1202",
                status="offered",
                received_at=self.clock(),
                tier=dict(approvers or tier("site_manager")),
                created_by=self.people["start"].id,
            )
            db.add(case)
            await db.flush()
            offer = Offer(
                case_id=case.id,
                number=1,
                status="accepted",
                snapshot={},
                sha256="0" * 64,
                offered_by=author.person_id,
                offered_at=self.clock(),
                valid_until=self.clock() + timedelta(days=7),
            )
            db.add(offer)
            await db.flush()
            answer = OfferAnswer(
                offer_id=offer.id,
                case_id=case.id,
                answer="accept",
                path=path,
                nonce="n" * 32,
                answered_by=author.person_id,
                answered_at=self.clock(),
            )
            db.add(answer)
            await db.flush()
            db.add_all(Payee(answer_id=answer.id, ordinal=n, **payee) for n, payee in enumerate(payees, 1))
            await db.flush()
            await flow.advance(db, author, case, "accept")
            await open_round(db, author, case)
        return case.id

    async def change_account(self, case_id: str, account: str) -> None:
        """What an edit of the payees does to the rows."""
        answers = select(OfferAnswer.id).where(OfferAnswer.case_id == case_id)
        async with transaction(self.factory) as db:
            await db.execute(update(Payee).where(Payee.answer_id.in_(answers)).values(account=account))

    # --- what there is ---

    async def case(self, case_id: str) -> WithdrawalCase:
        async with reading(self.factory) as db:
            return await db.get_one(WithdrawalCase, case_id)

    async def steps(self, case_id: str) -> list[ApprovalStep]:
        query = select(ApprovalStep).where(ApprovalStep.case_id == case_id).order_by(ApprovalStep.opened_at, ApprovalStep.ordinal)
        async with reading(self.factory) as db:
            return list((await db.scalars(query)).all())

    async def tasks(self, case_id: str, status: str = "open") -> dict[str, CaseTask]:
        query = select(CaseTask).where(CaseTask.case_id == case_id, CaseTask.status == status)
        async with reading(self.factory) as db:
            return {task.kind: task for task in (await db.scalars(query)).all()}

    async def audited(self, case_id: str, action: str) -> list[AuditRecord]:
        query = (
            select(AuditRecord)
            .where(AuditRecord.subject_id == case_id, AuditRecord.action == f"api:case:{action}")
            .order_by(AuditRecord.id)
        )
        async with reading(self.factory) as db:
            return list((await db.scalars(query)).all())

    async def told(self, case_id: str, topic: str) -> list[dict[str, Any]]:
        async with reading(self.factory) as db:
            rows = (await db.scalars(select(OutboxMessage).where(OutboxMessage.topic == f"case.{topic}").order_by(OutboxMessage.id))).all()
        return [row.payload for row in rows if row.payload["case_id"] == case_id]

    # --- what people ask ---

    async def get(self, who: str, path: str, **params: Any) -> Answer:
        return await self.client.get(f"/v1/{path}", headers=self.headers[who], params=params)

    async def send(self, who: str, path: str, body: Any = None, *, version: int | None = None, key: str | None = None) -> Answer:
        """A command; `version` goes into If-Match, None leaves it out."""
        headers = dict(self.headers[who])
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.client.post(f"/v1/{path}", headers=headers, json=body)

    async def decide(
        self, who: str, step: ApprovalStep, decision: str = "approve", *, reason: str | None = None, key: str | None = None, **change: Any
    ) -> Answer:
        rounds = (await self.get("fang", f"cases/{step.case_id}/approvals")).json()
        seen = next(round_["content_hash"] for round_ in rounds if round_["id"] == step.round_id)
        reason = ("" if decision == "approve" else "金额有误") if reason is None else reason
        body = {"decision": decision, "reason": reason, "content_hash": seen} | change
        return await self.send(who, f"approvals/{step.id}/decision", body, version=step.version, key=key)

    async def command(
        self, who: str, case_id: str, path: str, body: Any = None, *, key: str | None = None, version: int | None = None
    ) -> Answer:
        """A command on the case, based on its version now unless another is given."""
        version = (await self.case(case_id)).version if version is None else version
        return await self.send(who, f"cases/{case_id}/{path}", body, version=version, key=key)

    async def approved(self, kind: str = "rescission", payees: Sequence[Mapping[str, Any]] | None = None) -> str:
        """A new case that `zhang` approved; its id."""
        case_id = await self.accepted(kind, payees)
        [step] = await self.steps(case_id)
        answer = await self.decide("zhang", step)
        assert answer.status_code == 200, answer.json()
        return case_id

    async def set_account(self, who: str = "qian", version: int = 0, **change: str) -> Answer:
        headers = self.headers[who] | {"If-Match": f'"{version}"'}
        return await self.client.put(f"/v1/sites/{self.site.id}/refund-account", headers=headers, json=DEBTOR | change)


def refused(answer: Answer, status: int, code: str) -> None:
    """The answer is this problem."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.json()
