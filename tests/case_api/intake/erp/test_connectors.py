"""Sales records from a CSV export and from an HTTP service."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from case_api.intake.erp.connectors import ErpError, make_connector
from case_api.intake.erp.rules import SalesRecord
from models.settings_intake import IntakeSettings
from tests.case_api.intake.server import answering

FORM = SalesRecord(subscription_code="RG-1", building="3栋", unit="1202", phone="+8613812345678", customer_name="王小明")
HEAD = "认购编号,客户姓名,手机号,认购日期,楼栋,房号,户型,总价(元),定金(元),内部备注"


def csv_settings(path: Path) -> IntakeSettings:
    return IntakeSettings(erp="csv", erp_csv=path)


def rest_settings(url: str, seconds: float = 5) -> IntakeSettings:
    return IntakeSettings(erp="rest", erp_url=url, erp_token=SecretStr("s3cret"), timeout_seconds=seconds)


async def lookup(settings: IntakeSettings) -> list[SalesRecord]:
    connector = make_connector(settings)
    assert connector is not None
    return await connector.lookup(FORM)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
async def test_a_file_is_read_anew_and_gives_what_shares_a_key(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "erp.csv"
    lines = [HEAD, 'RG-1,王小明,138 1234 5678,2026/10/1,3,1202室,三室,"2,600,000",50000.5,x', "RG-2,李四,,,4,1,,,,"]
    file.write_text("\n".join(lines), encoding=encoding)
    record = SalesRecord(
        customer_name="王小明",
        phone="+8613812345678",
        subscription_code="RG-1",
        subscription_date=date(2026, 10, 1),
        building="3",
        unit="1202室",
        unit_type="三室",
        price_fen=260_000_000,
        receipt_amount_fen=5_000_050,
    )
    assert await lookup(csv_settings(file)) == [record]
    file.write_text("\n".join([*lines, "RG-9,王小明,,,,,,,,"]), encoding=encoding)
    assert len(await lookup(csv_settings(file))) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read"),
        ("", "line 1: empty"),
        (HEAD + "\nRG-1,,,昨天,,,,,,", "line 2: value_invalid"),
        (HEAD + '\n"x"y', "line 2"),
        (HEAD + "\nRG-1,王\0,,,,,,,,", "line 2: value_invalid"),
    ],
)
async def test_a_file_that_is_not_right_is_no_answer(tmp_path: Path, text: str | None, told: str) -> None:
    file = tmp_path / "erp.csv"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ErpError, match=told):
        await lookup(csv_settings(file))


async def test_a_service_is_asked_in_the_body_and_its_records_are_spelled_as_the_form() -> None:
    told = {"subscription_code": "RG-1", "phone": "13812345678", "price_fen": 1, "subscription_date": "2026-10-01", "unit": "", "extra": 1}
    with answering() as server:
        server.body = json.dumps({"records": [told]}).encode()
        found = await lookup(rest_settings(server.url))
    assert found == [SalesRecord(subscription_code="RG-1", phone="+8613812345678", price_fen=1, subscription_date=date(2026, 10, 1))]
    [(headers, body)] = server.requests
    assert headers["authorization"] == "Bearer s3cret"
    assert (body["subscription_code"], body["customer_name"], body["price_fen"]) == ("RG-1", "王小明", None)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (500, b"{}", "status 500"),
        (200, b"<html>", "does not fit"),
        (200, b'{"records": [{"price_fen": -1}]}', "does not fit"),
        (200, b'{"records": [{"unit": "1202\\u0000"}]}', "does not fit"),
        (200, b'{"records": [' + b"{}," * 200 + b"{}]}", "does not fit"),
        (200, b'{"records": [], "x": "' + b"x" * 1_000_001 + b'"}', "too long"),
    ],
)
async def test_an_answer_that_does_not_fit_is_no_answer(status: int, body: bytes, told: str) -> None:
    with answering() as server:
        server.status, server.body = status, body
        with pytest.raises(ErpError, match=told) as raised:
            await lookup(rest_settings(server.url))
    assert "王小明" not in str(raised.value)


async def test_a_service_that_hangs_or_is_not_there() -> None:
    with answering() as server:
        server.hang.clear()
        with pytest.raises(ErpError, match="ReadTimeout"):
            await lookup(rest_settings(server.url, 0.2))
    with pytest.raises(ErpError, match="ConnectError"):
        await lookup(rest_settings(server.url))


def test_without_an_erp_there_is_no_connector() -> None:
    assert make_connector(IntakeSettings()) is None
