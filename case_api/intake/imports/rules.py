"""A file of requests to withdraw, line by line: what each line says, and what is wrong where. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from case_api.intake.causes import cause_named
from case_api.intake.identity import IdType, id_number_valid, id_spelling, phone_spelling
from case_api.intake.receipts import ReceiptKind
from case_api.intake.sheets import Fault, Row, Sheet, day, moment, yuan
from case_api.money import MAX_FEN
from case_api.schemas import of_this_century, printable

ROWS_MAX = 1000
COLUMNS: dict[str, tuple[str, ...]] = {
    "external_reference": ("外部编号", "工单编号", "external_reference"),
    "customer_name": ("客户姓名", "customer_name"),
    "received_at": ("收到时间", "申请时间", "received_at"),
    "responsible": ("责任顾问账号", "responsible_username"),
    "id_type": ("证件类型", "id_type"),
    "id_number": ("证件号码", "身份证号", "id_number"),
    "phone": ("手机号", "联系电话", "phone"),
    "subscription_code": ("认购编号", "subscription_code"),
    "subscription_date": ("认购日期", "认购时间", "subscription_date"),
    "building": ("楼栋", "building"),
    "unit": ("房号", "unit"),
    "unit_type": ("户型", "unit_type"),
    "price_fen": ("总价(元)", "price_yuan"),
    "receipt_wording": ("收据原文", "receipt_wording"),
    "receipt_kind": ("款项性质", "receipt_kind"),
    "receipt_amount_fen": ("收据金额(元)", "receipt_amount_yuan"),
    "causes": ("退房主因", "causes"),
    "cause_text": ("原因说明", "cause_text"),
}
REQUIRED = ("external_reference", "customer_name")

_ID_TYPES = {
    "身份证": "resident_id",
    "护照": "passport",
    "港澳通行证": "hk_macao_permit",
    "港澳居民来往内地通行证": "hk_macao_permit",
    "台胞证": "taiwan_permit",
    "台湾居民来往大陆通行证": "taiwan_permit",
    "其他": "other",
} | {name: name for name in get_args(IdType)}
_RECEIPT_KINDS = {"定金": "earnest", "订金": "advance", "其他": "other"} | {name: name for name in get_args(ReceiptKind)}
_LONG = {"cause_text": 2000, "receipt_wording": 500}
_LINE_MAX = 80


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One case to be: `form` holds values of the registration by column."""

    line: int
    reference: str
    customer_name: str
    received_at: datetime | None
    responsible: str | None
    causes: list[str]
    form: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unit_label(self) -> str:
        """Building and unit, as people say them."""
        return f"{self.form.get('building', '')}{self.form.get('unit', '')}"[:_LINE_MAX]


def parse(sheet: Sheet, zone: ZoneInfo, now: datetime) -> tuple[list[ImportLine], list[Fault]]:
    """The lines that can be imported, and every fault of the others. Times without a zone are the site's."""
    faults = list(sheet.faults)
    lines: list[ImportLine] = []
    seen: set[str] = set()
    for row in sheet.rows:
        values, wrong = _values(row, sheet.headers, zone, now)
        reference = values.get("external_reference")
        if reference in seen:
            wrong.append(Fault(row.line, sheet.headers["external_reference"], "reference_twice"))
        if reference is not None:
            seen.add(reference)
        faults += wrong
        if not wrong:
            lines.append(_line(row.line, values))
    return lines, sorted(faults, key=lambda fault: fault.line)


def _line(number: int, values: dict[str, Any]) -> ImportLine:
    reference, name = values.pop("external_reference"), values.pop("customer_name")
    own = {key: values.pop(key, None) for key in ("received_at", "responsible")}
    return ImportLine(number, reference, name, own["received_at"], own["responsible"], values.pop("causes", []), values)


def _values(row: Row, headers: Mapping[str, str], zone: ZoneInfo, now: datetime) -> tuple[dict[str, Any], list[Fault]]:
    values: dict[str, Any] = {}
    faults = [Fault(row.line, headers[name], "value_missing") for name in REQUIRED if name not in row.values]
    for name, text in row.values.items():
        try:
            values[name] = _value(name, text, zone, now)
        except ValueError:
            faults.append(Fault(row.line, headers[name], "value_invalid"))
    number = values.get("id_number")
    if number is not None and not id_number_valid(values.get("id_type", "resident_id"), number, now.astimezone(zone).date()):
        faults.append(Fault(row.line, headers["id_number"], "value_invalid"))
    return values, faults


def _value(name: str, text: str, zone: ZoneInfo, now: datetime) -> Any:
    """A cell as its column stores it. Raises ValueError."""
    if name == "received_at":
        at = moment(text)
        at = of_this_century(at.replace(tzinfo=zone) if at.tzinfo is None else at)
        if at > now:
            raise ValueError("later than now")
        return at
    reader = _READERS.get(name, printable)
    value = reader(text)
    if isinstance(value, str) and (len(value) > _LONG.get(name, _LINE_MAX) or (name not in _LONG and "\n" in value)):
        raise ValueError("too long, or more than one line")
    return value


def _phone(text: str) -> str:
    phone = phone_spelling(text)
    if phone is None:
        raise ValueError("not a phone number")
    return phone


def _fen(text: str) -> int:
    fen = yuan(text)
    if fen > MAX_FEN:
        raise ValueError("too much")
    return fen


def _causes(text: str) -> list[str]:
    for mark in "；、|，,/":
        text = text.replace(mark, ";")
    found = [cause_named(part) for part in text.split(";") if part.strip()]
    if None in found:
        raise ValueError("not a cause")
    return list(dict.fromkeys(cause for cause in found if cause is not None))


def _choice(options: Mapping[str, str]) -> Callable[[str], str]:
    def choose(text: str) -> str:
        if text not in options:
            raise ValueError("not one of the choices")
        return options[text]

    return choose


_READERS: dict[str, Callable[[str], Any]] = {
    "id_type": _choice(_ID_TYPES),
    "id_number": id_spelling,
    "phone": _phone,
    "subscription_date": day,
    "price_fen": _fen,
    "receipt_amount_fen": _fen,
    "receipt_kind": _choice(_RECEIPT_KINDS),
    "causes": _causes,
}
