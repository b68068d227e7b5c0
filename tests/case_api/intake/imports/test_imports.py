"""Imports: all lines or none, never twice, by whoever runs the site."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.registrations import Registration
from models.tasks import CaseTask
from tests.case_api.intake.desk import Desk, refused
from tests.conftest import Rows

HEAD = "外部编号,客户姓名,手机号,楼栋,房号,退房主因,责任顾问账号,收到时间"
GOOD = [f"CRM-{n},客户{n},13812345678,3栋,{1200 + n},family,Consultant,2026-11-23 09:00" for n in range(1, 26)]


async def send(desk: Desk, who: str, *lines: str, encoding: str = "utf-8-sig", key: str = "", **fields: Any) -> httpx2.Response:
    data = "\n".join([HEAD, *lines]).encode(encoding)
    headers = desk.tokens[who] | ({"Idempotency-Key": key} if key else {})
    return await desk.client.post("/v1/case-imports", headers=headers, files={"file": ("cases.csv", data)}, data=fields)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
async def test_each_line_opens_a_draft_with_its_form(desk: Desk, rows: Rows, encoding: str) -> None:
    answer = await send(desk, "manager", *GOOD, encoding=encoding)
    report = answer.json()
    assert (answer.status_code, report["created"], report["existing"], report["faults"]) == (200, 25, 0, [])
    assert [case["code"][-4:] for case in report["cases"]] == [f"{n:04d}" for n in range(1, 26)]
    cases = await rows.scalars(select(WithdrawalCase).order_by(WithdrawalCase.code))
    assert {(case.source, case.status, case.responsible_id) for case in cases} == {("import", "draft", desk.ids["consultant"])}
    assert cases[0].received_at.isoformat() == "2026-11-23T01:00:00+00:00"
    form = await rows.one(select(Registration).where(Registration.case_id == cases[0].id))
    assert (form.customer_name, form.phone, form.unit, cases[0].causes) == ("客户1", "+8613812345678", "1201", ["family"])
    assert len(await rows.scalars(select(CaseTask).where(CaseTask.kind == "registration"))) == 25
    assert len(await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:case:import"))) == 25
    assert [item["id"] for item in (await desk.get("manager", "/cases", q="客户25")).json()["items"]] == [cases[24].id]


async def test_a_repeated_import_makes_what_is_not_there_yet(desk: Desk, rows: Rows) -> None:
    first = (await send(desk, "manager", *GOOD[:2])).json()
    second = (await send(desk, "manager", *GOOD[:3])).json()
    assert (second["created"], second["existing"]) == (1, 2)
    assert [case["case_id"] for case in second["cases"][:2]] == [case["case_id"] for case in first["cases"]]
    assert [case["created"] for case in second["cases"]] == [False, False, True]
    assert len(await rows.scalars(select(WithdrawalCase))) == 3


async def test_a_repetition_gets_the_first_report(desk: Desk, rows: Rows) -> None:
    first, again = [await send(desk, "manager", *GOOD[:2], key="import-000001") for _ in range(2)]
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (200, first.json(), "true")
    assert refused(await send(desk, "manager", *GOOD[:3], key="import-000001")) == (422, "idempotency_key_reused")
    assert len(await rows.scalars(select(WithdrawalCase.id))) == 2


async def test_the_same_file_sent_twice_at_once_makes_each_case_once(desk: Desk, rows: Rows) -> None:
    async def insist() -> Any:
        """As a client does: what was refused because another writes was not done, and is sent again."""
        while (answer := await send(desk, "manager", *GOOD)).status_code == 503:
            assert refused(answer) == (503, "database_busy")
            await asyncio.sleep(float(answer.headers["Retry-After"]))
        return answer.json()

    reports = await asyncio.gather(insist(), insist())
    assert sum(report["created"] for report in reports) == 25
    assert sorted(case.external_reference or "" for case in await rows.scalars(select(WithdrawalCase))) == sorted(
        line.split(",")[0] for line in GOOD
    )


async def test_a_dry_run_tells_and_changes_nothing(desk: Desk, rows: Rows) -> None:
    await send(desk, "manager", GOOD[0])
    bad = "CRM-2,李四,138,3栋,1,weather,nobody,"
    report = (await send(desk, "manager", GOOD[0], bad, "CRM-3,赵五,,,,,nobody,", GOOD[3], dry_run="true")).json()
    assert (report["dry_run"], report["created"], report["existing"]) == (True, 2, 1)
    assert [(fault["line"], fault["column"], fault["code"]) for fault in report["faults"]] == [
        (3, "手机号", "value_invalid"),
        (3, "退房主因", "value_invalid"),
        (4, "责任顾问账号", "person_unknown"),
    ]
    assert all(fault["zh"] and fault["en"] for fault in report["faults"])
    assert len(await rows.scalars(select(WithdrawalCase))) == 1


async def test_one_fault_and_nothing_is_imported(desk: Desk, rows: Rows) -> None:
    answer = await send(desk, "manager", GOOD[0], "CRM-2,李四,138,,,,,")
    assert refused(answer) == (422, "import_rejected")
    [error] = answer.json()["errors"]
    assert error["field"] == "3:手机号"
    assert error["message"].startswith("value_invalid")
    assert await rows.scalars(select(WithdrawalCase)) == []


@pytest.mark.parametrize("data", [b"", b"\xff\xff", b"a,b\n1,2\n", b"\x00"])
async def test_what_is_no_such_file(desk: Desk, data: bytes) -> None:
    answer = await desk.client.post("/v1/case-imports", headers=desk.tokens["manager"], files={"file": ("x.csv", data)})
    assert refused(answer) == (422, "import_rejected")


async def test_the_same_reference_at_another_site_is_another_case(desk: Desk) -> None:
    await send(desk, "manager", GOOD[0])
    there = await send(desk, "stranger", "CRM-1,王,,,,,,")
    assert (there.json()["created"], there.json()["cases"][0]["code"][:3]) == (1, "YL-")


async def test_who_may_import_where(desk: Desk) -> None:
    for who in ("reception", "finance", "trainer"):
        assert refused(await send(desk, who, GOOD[0])) == (403, "forbidden")
    assert refused(await send(desk, "stranger", GOOD[0], site_id=desk.site.id)) == (403, "forbidden")
