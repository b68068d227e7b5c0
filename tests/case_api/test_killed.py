"""A case whose process is killed (SIGKILL) at every commit: nothing is half-done, nothing that was committed is lost or done twice.

Each command is sent three times under one key: to a process that dies before the commit, to one that dies after it and before the
answer, and to one that lives. The whole database is compared: unchanged after the first, changed by the second, unchanged by the third.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from case_api.trace.service import verify
from models.deadlines import Deadline
from models.engine import Factory, reading
from models.settings import Settings
from models.sites import Site
from models.tables import Base
from models.tasks import CaseTask
from tests.case_api.conftest import Clock
from tests.case_api.intake.desk import FORM
from tests.case_api.solutions.stage import FINANCE, LEGAL, MARKETING, PATH_B, PATH_C, WANG, Stage
from tests.conftest import MakePerson, SignIn

ROOT = Path(__file__).parents[2]
ACCOUNT = {"holder": "海德花园置业有限公司", "account": "6222020000111122223", "bank": "中国工商银行苏州分行", "bank_code": "102305000001"}
REVIEW = {"participants": ["张经理", "李静"], "findings": "接待及时。", "sop_change": "增加核对项。"}
KNOWLEDGE = {"title": "配偶未看房导致退房", "summary": "客户独自认购。", "lessons": "认购须核对知情书。"}


class Mortal:
    """Sends each command to processes that are killed, and checks what they left."""

    def __init__(self, process: subprocess.Popen[str], factory: Factory, clock: Clock) -> None:
        self._process, self._factory, self._clock = process, factory, clock
        self.commands = 0

    async def command(self, method: str, url: str = "", *, headers: dict[str, str] | None = None, json: Any = None) -> dict[str, Any]:
        """What the living process answered."""
        self.commands += 1
        job = {"method": method, "url": url, "headers": (headers or {}) | {"Idempotency-Key": f"command-{self.commands}"}, "json": json}
        before = await self._rows()
        await self._killed(job | {"die": "before"})
        assert await self._rows() == before, f"{method} {url} was not committed and left something"
        await self._killed(job | {"die": "after"})
        after = await self._rows()
        assert after != before, f"{method} {url} was committed and is lost"
        answer = await self._run(job | {"die": None})
        assert await self._rows() == after, f"{method} {url} was done twice"
        if method != "tick":
            assert answer["status"] < 300, answer["content"]
            assert answer["headers"]["idempotency-replayed"] == "true"
        return answer

    async def _killed(self, job: dict[str, Any]) -> None:
        assert await self._run(job) == {"killed_by": signal.SIGKILL}

    async def _run(self, job: dict[str, Any]) -> dict[str, Any]:
        def ask() -> str:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(job | {"now": self._clock().isoformat()}) + "\n")
            self._process.stdin.flush()
            return self._process.stdout.readline()

        answer: dict[str, Any] = json.loads(await asyncio.to_thread(ask))
        return answer

    async def _rows(self) -> dict[str, str]:
        """A hash of each table's rows."""
        async with reading(self._factory) as db:
            found = {table.name: (await db.execute(select(table))).all() for table in Base.metadata.sorted_tables}
        return {name: hashlib.sha256(repr(sorted(map(repr, rows))).encode()).hexdigest() for name, rows in found.items()}


@pytest.fixture
def mortal(settings: Settings, factory: Factory, clock: Clock) -> Iterator[Mortal]:
    arguments = [sys.executable, "-m", "tests.case_api.killing", str(settings.data_dir), settings.database_url]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(arguments, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Mortal(process, factory, clock)
        process.communicate()


async def test_a_case_survives_a_kill_at_every_commit(
    mortal: Mortal,
    client: httpx2.AsyncClient,
    factory: Factory,
    refund_policy: str,
    site: Site,
    clock: Clock,
    make_person: MakePerson,
    sign_in: SignIn,
) -> None:
    stage = Stage(client, factory, site, clock, make_person, sign_in)
    await stage.hire_all()
    await stage.hire("reception", "receptionist", site.id)

    async def send(who: str, method: str, path: str, body: Any = None, version: int | None = None) -> Any:
        """A command on the case, based on its version unless another is given."""
        headers = stage.headers[who] | {"If-Match": f'"{(await stage.case()).version if version is None else version}"'}
        answer = await mortal.command(method, f"/v1/{path}", headers=headers, json=body)
        return json.loads(answer["content"])

    await send("finance", "PUT", f"sites/{site.id}/refund-account", ACCOUNT, version=0)
    opened = await send("reception", "POST", "cases", {"customer_label": "王先生", "responsible_id": stage.people["staff"].id}, version=0)
    stage.case_id, case = opened["id"], f"cases/{opened['id']}"
    await send("manager", "POST", f"{case}/assignment", {"receptionist_id": stage.people["reception"].id})
    await send("reception", "PATCH", f"{case}/registration", FORM)
    clock.pass_(minutes=31)  # two reminders and the limit of the registration
    await mortal.command("tick")
    await send("reception", "POST", f"{case}/submit")
    parts = (await stage.get(f"{case}/assessment")).json()["parts"]
    for department, form in (("finance", FINANCE), ("legal", LEGAL), ("marketing", MARKETING)):
        await send(department, "PUT", f"{case}/assessment/{department}", form, version=parts[department]["version"])
    await send("manager", "POST", f"{case}/assessment/conclude", {})
    for terms in (PATH_B, PATH_C):
        await send("manager", "POST", f"{case}/solutions", {"terms": terms})
    offer = await send("manager", "POST", f"{case}/offer", {})
    chosen = next(path for path in offer["paths"] if path["kind"] == "rescission")
    answer = {"answer": "accept", "solution_id": chosen["solution_id"], "support": {"evidence_id": await stage.paper()}}
    await send("manager", "POST", f"{case}/offer/answer", answer | {"payees": [WANG | {"amount_fen": chosen["price"]["total_fen"]}]})
    [step] = (await stage.get("approvals", who="second")).json()["items"]
    decision = {"decision": "approve", "reason": "金额与评估核对", "content_hash": step["content_hash"]}
    await send("second", "POST", f"approvals/{step['step_id']}/decision", decision, version=step["version"])
    await send("finance", "POST", f"{case}/refund-instruction")
    paid = {"paid_on": "2026-11-23", "bank_reference": "ICBC1"}
    await send("finance", "POST", f"{case}/refund-instruction/confirm", paid)
    review = REVIEW | {"held_at": clock().isoformat()}
    closing = {"customer-tag": {}, "knowledge-file": KNOWLEDGE, "regional-brief": {}, "team-review": review}
    for action, body in closing.items():
        await send("manager", "POST", f"{case}/closing/{action}", body)
    await send("manager", "POST", f"{case}/archive")

    assert (await stage.case()).status == "archived"
    assert mortal.commands == 22
    async with reading(factory) as db:
        tasks = (await db.scalars(select(CaseTask.status).where(CaseTask.case_id == stage.case_id))).all()
        deadlines = (await db.scalars(select(Deadline.status).where(Deadline.case_id == stage.case_id))).all()
        assert (await verify(db)).broken is None
    assert set(tasks) == {"done"}
    assert set(deadlines) == {"met"}
