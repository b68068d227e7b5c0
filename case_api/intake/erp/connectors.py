"""Where sales records come from: a CSV export, or an HTTP service."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Annotated, Protocol

import httpx2
from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from case_api.intake.erp.rules import SalesRecord, related, to_json
from case_api.intake.identity import phone_spelling
from case_api.intake.sheets import Row, SheetError, day, read_sheet, yuan
from case_api.schemas import printable
from models.settings_intake import IntakeSettings

ROWS_MAX = 200_000
RECORDS_MAX = 200
ANSWER_BYTES_MAX = 1_000_000

COLUMNS = {
    "customer_name": ("客户姓名", "姓名", "customer_name"),
    "phone": ("手机号", "联系电话", "phone"),
    "subscription_code": ("认购编号", "认购书编号", "subscription_code"),
    "subscription_date": ("认购日期", "认购时间", "subscription_date"),
    "building": ("楼栋", "building"),
    "unit": ("房号", "房间号", "unit"),
    "unit_type": ("户型", "unit_type"),
    "price_fen": ("总价(元)", "总价", "price_yuan"),
    "receipt_amount_fen": ("已收金额(元)", "定金(元)", "receipt_amount_yuan"),
}


class ErpError(Exception):
    """The ERP could not be asked. Its text never holds what was asked for."""


class ErpConnector(Protocol):
    """Looks sales records up."""

    async def lookup(self, form: SalesRecord) -> list[SalesRecord]:
        """Records that share a key with the form, in any order. Raises ErpError."""


class CsvConnector:
    """A file that another program exports; read anew for each question, so that a new export counts at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def lookup(self, form: SalesRecord) -> list[SalesRecord]:
        """Reads the file in a thread. A line that is no record makes the whole file untrustworthy: ErpError names it."""
        return await asyncio.to_thread(self._read, form)

    def _read(self, form: SalesRecord) -> list[SalesRecord]:
        try:
            sheet = read_sheet(self._path.read_bytes(), COLUMNS, required=(), rows_max=ROWS_MAX, strict=False)
        except OSError as error:
            raise ErpError(f"the file cannot be read: {error.strerror}") from None
        except SheetError as error:
            raise ErpError(f"line {error.faults[0].line}: {error.faults[0].code}") from None
        if sheet.faults:
            raise ErpError(f"line {sheet.faults[0].line}: {sheet.faults[0].code}")
        return [record for row in sheet.rows if related(form, record := _record(row))]


def _record(row: Row) -> SalesRecord:
    texts = dict(row.values)
    try:
        at, price, paid = (texts.pop(name, None) for name in ("subscription_date", "price_fen", "receipt_amount_fen"))
        phone = texts.pop("phone", None)
        for text in texts.values():
            printable(text)
        return SalesRecord(
            **texts,
            phone=phone_spelling(phone) or phone if phone else None,
            subscription_date=day(at) if at else None,
            price_fen=yuan(price) if price else None,
            receipt_amount_fen=yuan(paid) if paid else None,
        )
    except ValueError:
        raise ErpError(f"line {row.line}: value_invalid") from None


_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(printable)]


class _Record(BaseModel):
    """One record of the HTTP service; what it tells besides is left aside."""

    model_config = ConfigDict(extra="ignore")

    customer_name: _Text | None = None
    phone: _Text | None = None
    subscription_code: _Text | None = None
    subscription_date: date | None = None
    building: _Text | None = None
    unit: _Text | None = None
    unit_type: _Text | None = None
    price_fen: int | None = Field(default=None, ge=0)
    receipt_amount_fen: int | None = Field(default=None, ge=0)


class _Answer(BaseModel):
    records: list[_Record] = Field(max_length=RECORDS_MAX)


class RestConnector:
    """Posts the form's side as JSON and takes `{"records": [...]}` with the same fields (amounts in fen). No names in addresses or logs."""

    def __init__(self, url: str, token: str | None, timeout_seconds: float) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = timeout_seconds

    async def lookup(self, form: SalesRecord) -> list[SalesRecord]:
        """One attempt; an answer that does not fit is no answer."""
        try:
            async with httpx2.AsyncClient(timeout=self._timeout) as client:
                answer = await client.post(self._url, json=to_json(form), headers=self._headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ErpError(type(error).__name__) from None
        if not answer.is_success:
            raise ErpError(f"status {answer.status_code}")
        if len(answer.content) > ANSWER_BYTES_MAX:
            raise ErpError("the answer is too long")
        try:
            found = _Answer.model_validate_json(answer.content)
        except ValidationError as error:
            raise ErpError(f"the answer does not fit: {error.errors()[0]['loc']}") from None
        return [_spelled(record) for record in found.records]


def _spelled(record: _Record) -> SalesRecord:
    told = {name: value or None for name, value in record.model_dump().items() if not isinstance(value, int)}
    amounts = {"price_fen": record.price_fen, "receipt_amount_fen": record.receipt_amount_fen}
    phone = record.phone and (phone_spelling(record.phone) or record.phone)
    return SalesRecord(**(told | amounts | {"phone": phone or None}))


def make_connector(settings: IntakeSettings) -> ErpConnector | None:
    """The connector that the settings name; None where there is no ERP."""
    if settings.erp == "csv" and settings.erp_csv is not None:
        return CsvConnector(settings.erp_csv)
    if settings.erp == "rest" and settings.erp_url is not None:
        token = settings.erp_token.get_secret_value() if settings.erp_token else None
        return RestConnector(settings.erp_url, token, settings.timeout_seconds)
    return None


async def erp_connector(request: Request) -> ErpConnector | None:
    """Dependency: the application's connector."""
    connector: ErpConnector | None = request.app.state.erp_connector
    return connector
