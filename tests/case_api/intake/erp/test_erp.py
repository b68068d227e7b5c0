"""The comparison with the ERP: kept as found, stale after a change, each difference corrected or explained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from case_api.intake.erp.connectors import CsvConnector, ErpError
from case_api.intake.erp.rules import SalesRecord
from models.audit import AuditRecord
from models.verifications import ErpCheck
from tests.case_api.intake.desk import FORM, Desk, refused
from tests.conftest import Rows

CHECK, OVERRIDE = "/erp-check", "/erp-check/overrides"
HEAD = "认购编号,客户姓名,手机号,认购日期,楼栋,房号,户型,总价(元),定金(元)"
SAME = "RG-2026-0815,王小明,13812345678,2026-10-01,3栋,1202,三室两厅,2600000,50000"
OTHER = "RG-2026-0815,王小明,13900001111,2026-10-01,3栋,1203,三室两厅,2600000,50000"


def write(file: Path, *lines: str) -> None:
    file.write_text("\n".join([HEAD, *lines]), encoding="utf-8")


@pytest.fixture
def erp(desk: Desk, tmp_path: Path) -> Path:
    file = tmp_path / "erp.csv"
    write(file, SAME)
    desk.app.state.erp_connector = CsvConnector(file)
    return file


async def gaps(desk: Desk, case: str) -> list[tuple[str, str]]:
    told = (await desk.get("manager", f"/cases/{case}/registration/completeness")).json()
    return [(gap["field"], gap["detail"]) for gap in told["missing"]]


async def test_a_form_that_agrees_is_complete(desk: Desk, erp: Path, rows: Rows) -> None:
    case = await desk.received(**FORM)
    made = await desk.on("reception", case, "POST", CHECK)
    assert (made.status_code, made.json()["outcome"], made.json()["differences"]) == (201, "matched", [])
    assert (await desk.get("marketing", f"/cases/{case}/erp-check")).json() == made.json()
    assert await gaps(desk, case) == []
    row = await rows.one(select(ErpCheck))
    assert row.snapshot is not None
    assert row.snapshot["subscription_code"] == "RG-2026-0815"
    [record] = await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:case:check_erp"))
    assert record.after == {"outcome": "matched", "differences": []}


async def test_each_difference_is_corrected_or_explained(desk: Desk, erp: Path, rows: Rows) -> None:
    write(erp, OTHER)
    case = await desk.received(**FORM)
    found = (await desk.on("reception", case, "POST", CHECK)).json()
    assert [(item["field"], item["form"], item["erp"]) for item in found["differences"]] == [
        ("phone", "**********5678", "**********1111"),
        ("unit", "1202", "1203"),
    ]
    assert await gaps(desk, case) == [("erp_mismatch", "phone, unit")]
    assert refused(await desk.on("reception", case, "POST", "/submit")) == (422, "registration_incomplete")
    explained = await desk.on("reception", case, "POST", OVERRIDE, {"fields": ["phone"], "reason": "客户换号 13812345678"})
    assert [item["overridden_reason"] for item in explained.json()["differences"]] == ["客户换号 13812345678", None]
    assert await gaps(desk, case) == [("erp_mismatch", "unit")]
    await desk.on("reception", case, "PATCH", "/registration", {"unit": "1203"})
    assert await gaps(desk, case) == [("erp_stale", "")]
    assert (await desk.get("manager", f"/cases/{case}/erp-check")).json()["stale"] is True
    again = (await desk.on("reception", case, "POST", CHECK)).json()
    assert ([item["field"] for item in again["differences"]], again["stale"]) == (["phone"], False)
    await desk.on("reception", case, "POST", OVERRIDE, {"fields": ["phone"], "reason": "客户换号"})
    assert (await desk.on("reception", case, "POST", "/submit")).status_code == 200
    written = str([(record.before, record.after) for record in await rows.scalars(select(AuditRecord))])
    assert "13812345678" not in written


async def test_what_the_record_tells_and_the_form_does_not_can_be_filled_in(desk: Desk, erp: Path) -> None:
    case = await desk.received(subscription_code="rg-2026-0815")
    found = (await desk.on("reception", case, "POST", CHECK)).json()
    assert found["to_fill"] == {
        "customer_name": "王小明",
        "subscription_date": "2026-10-01",
        "building": "3栋",
        "unit": "1202",
        "unit_type": "三室两厅",
        "price_fen": 260_000_000,
        "receipt_amount_fen": 5_000_000,
    }
    filled = await desk.on("reception", case, "PATCH", "/registration", found["to_fill"])
    assert filled.status_code == 200
    assert (await desk.get("manager", f"/cases/{case}/erp-check")).json()["to_fill"] == {}


@pytest.mark.parametrize(("lines", "outcome"), [([], "not_found"), ([SAME, SAME.replace("三室", "两室")], "ambiguous")])
async def test_no_one_record_needs_a_reason(desk: Desk, erp: Path, lines: list[str], outcome: str) -> None:
    write(erp, *lines)
    case = await desk.received(**FORM)
    assert (await desk.on("reception", case, "POST", CHECK)).json()["outcome"] == outcome
    assert await gaps(desk, case) == [("erp_mismatch", "record")]
    explained = await desk.on("manager", case, "POST", OVERRIDE, {"fields": ["record"], "reason": "ERP 尚未录入"})
    assert explained.json()["overridden_reason"] == "ERP 尚未录入"
    assert await gaps(desk, case) == []


async def test_a_change_while_the_erp_is_asked_wins(desk: Desk, rows: Rows) -> None:
    case = await desk.received(**FORM)

    class Slow:
        async def lookup(self, form: SalesRecord) -> list[SalesRecord]:
            changed = await desk.on("manager", case, "PATCH", "/registration", {"unit": "1203"})
            assert changed.status_code == 200  # nothing is locked meanwhile
            return [form]

    desk.app.state.erp_connector = Slow()
    assert refused(await desk.on("reception", case, "POST", CHECK)) == (412, "version_conflict")
    assert await rows.scalars(select(ErpCheck)) == []


async def test_an_erp_that_cannot_be_asked(desk: Desk, rows: Rows) -> None:
    class Broken:
        async def lookup(self, form: SalesRecord) -> list[SalesRecord]:
            raise ErpError("status 500")

    case = await desk.received(**FORM)
    assert refused(await desk.on("reception", case, "POST", CHECK)) == (409, "erp_off")
    desk.app.state.erp_connector = Broken()
    assert refused(await desk.on("reception", case, "POST", CHECK)) == (503, "erp_unavailable")
    assert await rows.scalars(select(ErpCheck)) == []


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"fields": ["unit"], "reason": "x"}, (422, "erp_no_difference")),
        ({"fields": ["record"], "reason": "x"}, (422, "erp_no_difference")),
        ({"fields": ["unit"], "reason": " "}, (422, "invalid_request")),
        ({"fields": [], "reason": "x"}, (422, "invalid_request")),
    ],
)
async def test_only_what_differs_can_be_explained(desk: Desk, erp: Path, body: dict[str, Any], refusal: tuple[int, str]) -> None:
    case = await desk.received(**FORM)
    await desk.on("reception", case, "POST", CHECK)
    assert refused(await desk.on("reception", case, "POST", OVERRIDE, body)) == refusal


async def test_nothing_to_look_up_by_and_nothing_looked_up(desk: Desk, erp: Path) -> None:
    case = await desk.received(building="3栋")
    assert refused(await desk.on("reception", case, "POST", CHECK)) == (422, "erp_no_key")
    assert refused(await desk.get("reception", f"/cases/{case}/erp-check")) == (404, "erp_not_checked")
    assert refused(await desk.on("reception", case, "POST", OVERRIDE, {"fields": ["unit"], "reason": "x"})) == (404, "erp_not_checked")


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("consultant", (403, "intake_by_responsible")),
        ("colleague", (403, "not_receptionist")),
        ("finance", (403, "forbidden")),
        ("stranger", (404, "not_found")),
    ],
)
async def test_who_may_not(desk: Desk, erp: Path, who: str, refusal: tuple[int, str]) -> None:
    case = await desk.received(**FORM)
    for path, body in ((CHECK, None), (OVERRIDE, {"fields": ["unit"], "reason": "x"})):
        assert refused(await desk.on(who, case, "POST", path, body)) == refusal


async def test_a_repetition_is_answered_without_asking_again(desk: Desk, erp: Path, rows: Rows) -> None:
    case = await desk.received(**FORM)
    url, version = f"/cases/{case}{CHECK}", await desk.version(case)
    first = await desk.send("reception", "POST", url, version=version, key="erp-00000001")
    write(erp, OTHER)
    again = await desk.send("reception", "POST", url, version=version, key="erp-00000001")
    assert (again.status_code, again.json(), again.headers["etag"]) == (201, first.json(), first.headers["etag"])
    newer = await desk.send("reception", "POST", url, version=await desk.version(case), key="erp-00000001")
    assert refused(newer) == (422, "idempotency_key_reused")
    assert len(await rows.scalars(select(ErpCheck.id))) == 1
