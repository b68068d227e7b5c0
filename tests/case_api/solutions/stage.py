"""A case whose assessment is concluded, and the people who find ways out of it; everything after the registration goes through HTTP."""

from __future__ import annotations

from typing import Any

import httpx2
from sqlalchemy import select

from case_api.cases import flow
from models.audit import AuditRecord
from models.base import new_id, utc_now
from models.cases import WithdrawalCase
from models.consents import Consent
from models.engine import Factory, reading, transaction
from models.evidence import Evidence, EvidenceBlob
from models.outbox import OutboxMessage
from models.people import Person
from models.registrations import Registration
from models.sessions import Session
from models.sites import Site
from tests.case_api.conftest import Clock, by_of
from tests.conftest import MakePerson, SignIn

Answer = httpx2.Response

FINANCE: dict[str, Any] = {
    "deposit_received": True,
    "deposit_fen": 20_000_000,
    "deposit_on": "2026-11-01",
    "paid_fen": 20_000_000,
    "commission": {"fen": 3_000_000},
    "advertising": {"fen": 800_000},
    "opportunity": {"fen": 0},
}
LEGAL: dict[str, Any] = {
    "contract_stage": "deposit_only",
    "online_signed": False,
    "loan": "none",
    "breach": "customer",
    "litigation_risk": False,
}
RELEASED = LEGAL | {"contract_stage": "loan_released", "online_signed": True, "loan": "released"}
MARKETING: dict[str, Any] = {"likely_to_spread": "none", "media_involved": False, "group_demand": False, "group_people": 0}

PATH_B = {"kind": "rescission", "refund_bp": 7_000}
PATH_C = {"kind": "transfer", "successor": "李女士", "fee_bp": 100, "reduction_bp": 5_000}
DEFERRAL = {"kind": "deferral", "days": 7, "overdue_fen": 50_000_000, "late_fee_bp_per_day": 5}
REFERRAL = {"kind": "referral", "share_bp": 5_000, "within_days": 30}
ACCOUNT = "6222021001112223334"
WANG = {"role": "buyer", "name": "王小明", "bank": "中国工商银行上海市分行", "account": ACCOUNT, "amount_fen": 14_000_000}
ROLES = {
    "manager": "site_manager",
    "second": "site_manager",
    "finance": "finance",
    "legal": "legal",
    "marketing": "marketing",
    "gm": "city_gm",
    "staff": "staff",
    "risk": "hq_risk",
}


class Stage:
    """Who is who, and what they ask of the API."""

    def __init__(self, client: httpx2.AsyncClient, factory: Factory, site: Site, clock: Clock, make: MakePerson, sign_in: SignIn) -> None:
        self.client, self.factory, self.site, self.clock = client, factory, site, clock
        self._make, self._sign_in = make, sign_in
        self.people: dict[str, Person] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.case_id = ""

    async def hire(self, name: str, role: str, site_id: str | None) -> None:
        self.people[name] = person = await self._make(name, (role, site_id))
        self.headers[name] = await self._sign_in(person)
        await self.client.get("/v1/me", headers=self.headers[name])  # so that several commands at once do not write when it was last used

    async def hire_all(self) -> None:
        for name, role in ROLES.items():
            await self.hire(name, role, None if name in ("legal", "gm") else self.site.id)

    # --- what people ask ---

    async def get(self, path: str, who: str = "manager", **params: Any) -> Answer:
        return await self.client.get(f"/v1/{path}", headers=self.headers[who], params=params)

    async def send(
        self, method: str, path: str, body: Any = None, *, who: str = "manager", version: int | None = None, key: str | None = None
    ) -> Answer:
        """A command on the case, based on its version now unless another is given."""
        version = (await self.case()).version if version is None else version
        headers = self.headers[who] | {"If-Match": f'"{version}"'} | ({"Idempotency-Key": key} if key else {})
        return await self.client.request(method, f"/v1/cases/{self.case_id}/{path}", headers=headers, json=body)

    async def done(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = await self.send(method, path, body, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def draft(self, terms: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = await self.done("POST", "solutions", {"terms": terms})
        return made

    async def offered(self, *terms: dict[str, Any]) -> dict[str, Any]:
        """An offer of these paths."""
        for one in terms or (PATH_B, PATH_C):
            await self.draft(one)
        made: dict[str, Any] = await self.done("POST", "offer", {})
        return made

    def accept(self, offer: dict[str, Any], kind: str = "rescission", **more: Any) -> dict[str, Any]:
        """The body that accepts a path of the offer."""
        chosen = next(path["solution_id"] for path in offer["paths"] if path["kind"] == kind)
        payees = [WANG] if kind == "rescission" else []
        return {"answer": "accept", "solution_id": chosen, "payees": payees, "support": {"evidence_id": self.evidence_id}} | more

    # --- how the case got here ---

    async def assessing(self, **registration: Any) -> None:
        """A registered case in assessment, with a recorded session of ten minutes and a signed paper."""
        manager = self.people["manager"]
        async with transaction(self.factory) as db:
            case = WithdrawalCase(
                site_id=self.site.id,
                code=f"HD-20261123-{new_id()[-6:]}",
                customer_label="王先生",
                unit_label="3栋1202",
                created_by=manager.id,
                received_at=self.clock(),
            )
            db.add(case)
            await db.flush()
            values = {
                "price_fen": 300_000_000,
                "receipt_kind": "earnest",
                "receipt_wording": "定金",
                "receipt_amount_fen": 20_000_000,
            }
            db.add(Registration(case_id=case.id, changed_by=manager.id, changed_at=self.clock(), **(values | registration)))
            await flow.begin(db, by_of(manager, self.clock), case)
            await flow.advance(db, by_of(manager, self.clock), case, "submit")
            consent = Consent(recording=True, notice_version="1", notice_text="", method="spoken", informed_by="x", given_at=utc_now())
            db.add(consent)
            await db.flush()
            session = Session(
                site_id=self.site.id,
                staff_id=manager.id,
                case_id=case.id,
                consent_id=consent.id,
                status="ended",
                recording=True,
                codec="opus",
                sample_rate=16_000,
                seconds=600.0,
            )
            db.add(session)
        self.case_id, self.session_id = case.id, session.id
        self.evidence_id = await self.paper()

    async def paper(self) -> str:
        """A signed paper among the case's evidence; its id."""
        sha256, added_by = new_id() + new_id(), self.people["manager"].id
        async with transaction(self.factory) as db:
            db.add(EvidenceBlob(sha256=sha256, path=sha256, size=1, media_type="application/pdf"))
            await db.flush()
            row = Evidence(case_id=self.case_id, site_id=self.site.id, kind="other", sha256=sha256, filename="签字.pdf", added_by=added_by)
            db.add(row)
        return row.id

    async def solving(self, *, finance: dict[str, Any] = FINANCE, legal: dict[str, Any] = LEGAL, **registration: Any) -> None:
        """A case with its assessment concluded."""
        await self.assessing(**registration)
        await self.assess(finance=finance, legal=legal)

    async def assess(self, *, finance: dict[str, Any] = FINANCE, legal: dict[str, Any] = LEGAL) -> None:
        parts = (await self.get(f"cases/{self.case_id}/assessment")).json()["parts"]
        for name, form in (("finance", finance), ("legal", legal), ("marketing", MARKETING)):
            await self.done("PUT", f"assessment/{name}", form, who=name, version=parts[name]["version"])
        await self.done("POST", "assessment/conclude", {})

    async def pool(self, base_fen: int = 100_000_000) -> dict[str, Any]:
        """A benefit pool of 5 % of `base_fen`, and an item of 360,000 fen in the catalogue."""
        body = {"site_id": self.site.id, "base_fen": base_fen, "base_note": "2026 年度营销费用"}
        answer = await self.client.post("/v1/benefits/pools", headers=self.headers["manager"], json=body)
        assert answer.status_code == 201, answer.text
        item = {"site_id": self.site.id, "name_zh": "一年物业费", "name_en": "A year's property fee", "cost_fen": 360_000}
        made = await self.client.post("/v1/benefits/items", headers=self.headers["manager"], json=item)
        found: dict[str, Any] = made.json()
        return found

    # --- what there is ---

    async def case(self) -> WithdrawalCase:
        async with reading(self.factory) as db:
            return await db.get_one(WithdrawalCase, self.case_id)

    async def balances(self) -> tuple[int, int, int]:
        """What the pool holds, has promised and has spent."""
        found = (await self.get(f"benefits/pools/{self.site.id}")).json()
        return found["available_fen"], found["reserved_fen"], found["spent_fen"]

    async def audited(self) -> list[AuditRecord]:
        query = select(AuditRecord).where(AuditRecord.subject_id == self.case_id).order_by(AuditRecord.id)
        async with reading(self.factory) as db:
            return list((await db.scalars(query)).all())

    async def told(self) -> list[str]:
        async with reading(self.factory) as db:
            rows = (await db.scalars(select(OutboxMessage).order_by(OutboxMessage.id))).all()
        return [row.topic for row in rows if row.payload.get("case_id") == self.case_id]


def refused(answer: Answer, status: int, code: str) -> None:
    """The answer is this problem."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
