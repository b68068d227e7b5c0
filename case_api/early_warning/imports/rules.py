"""A file of events, line by line: what each line says, and what is wrong where. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from case_api.early_warning.events.rules import CLOCKS_DIFFER, DUE_KINDS, NewEvent
from case_api.intake.sheets import Fault, FaultCode, Reading, Row, moment
from case_api.schemas import of_this_century, printable
from models.crm import EventKind, ToldKind
from models.rules import broken_rule

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "event_id": ("事件编号", "event_id"),
    "site": ("案场代码", "site"),
    "customer_reference": ("客户编号", "customer_reference"),
    "unit_reference": ("房号", "unit_reference"),
    "customer_label": ("客户称呼", "客户姓名", "customer_label"),
    "kind": ("事件类型", "kind"),
    "at": ("发生时间", "at"),
    "due_at": ("约定时间", "应完成时间", "due_at"),
    "reference": ("关联编号", "期次", "reference"),
}
KIND_NAMES: Final[dict[ToldKind, tuple[str, ...]]] = {
    "policy_query": ("咨询退房政策", "查询退房政策"),
    "visit": ("到访", "来访"),
    "visit_booked": ("预约到访", "预约看房"),
    "loan_papers_due": ("贷款资料应交",),
    "loan_papers_received": ("贷款资料已交",),
    "payment_due": ("应付款",),
    "payment_received": ("已付款", "到款"),
    "subscription": ("认购",),
    "co_resident_ack": ("共居人确认", "共居人知情确认"),
    "litigation_notice": ("律师函", "诉讼通知"),
    "withdrawal_request": ("申请退房", "退房申请"),
    "deal_closed": ("交易完结", "交付"),
}
_LENGTHS: Final = {"event_id": 80, "customer_label": 80, "site": 16}
_LENGTH: Final = 64
_SHOWN: Final = 40
"""Characters of a cell that a fault repeats."""

Cell = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


class FileMapping(BaseModel):
    """How a file of another program is read: the header of each field, its words for kinds, and the kind of a file that has only one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, Cell] = Field(default_factory=dict, max_length=len(COLUMNS), examples=[{"customer_reference": "客户ID"}])
    kinds: dict[Cell, ToldKind] = Field(default_factory=dict, max_length=200, examples=[{"带看": "visit"}])
    kind: ToldKind | None = None

    def headers(self) -> dict[str, tuple[str, ...]]:
        """The names that each field's header may have. Raises ValueError for a field that there is not."""
        if unknown := self.columns.keys() - COLUMNS.keys():
            named, known = min(unknown), ", ".join(COLUMNS)
            raise broken_rule(f"没有字段 {named}，只有 {known}", f"there is no field {named}, only {known}")
        return COLUMNS | {field: (header,) for field, header in self.columns.items()}

    def required(self) -> list[str]:
        """The fields that a file has to have columns for."""
        return ["at", *(["kind"] if self.kind is None else [])]


@dataclass(frozen=True, slots=True)
class Context:
    """What lines are read against: sites by code with their clocks, the site of lines that name none, the words for kinds, and now."""

    sites: Mapping[str, tuple[str, ZoneInfo]]
    site: str | None
    kinds: Mapping[str, EventKind]
    kind: EventKind | None
    now: datetime


def kinds_of(mapping: FileMapping) -> dict[str, EventKind]:
    """Kinds by what a cell may say: our names, the Chinese ones, and the file's own."""
    own: dict[str, EventKind] = {name: name for name in get_args(ToldKind)}
    named: dict[str, EventKind] = {word: kind for kind, words in KIND_NAMES.items() for word in words}
    return own | named | dict(mapping.kinds)


def parse(reading: Reading, context: Context) -> Iterator[NewEvent | list[Fault]]:
    """Each line as an event, or everything that is wrong with it. Raises SheetError (too_many_lines)."""
    for row in reading.rows:
        yield [row] if isinstance(row, Fault) else _event(row, reading.headers, context)


class _Wrong(ValueError):
    """A cell that cannot be taken, and why."""

    def __init__(self, code: FaultCode = "value_invalid") -> None:
        super().__init__(code)
        self.code = code


def _event(row: Row, headers: Mapping[str, str], context: Context) -> NewEvent | list[Fault]:
    read: dict[str, Any] = {}
    faults: list[Fault] = []
    site_id, zone = None, None
    try:
        site_id, zone = context.sites[row.values.get("site", context.site or "")]
    except KeyError:
        faults.append(Fault(row.line, headers.get("site", ""), "site_unknown"))
    for name, text in row.values.items():
        try:
            read[name] = _value(name, text, zone, context)
        except ValueError as error:
            code = error.code if isinstance(error, _Wrong) else "value_invalid"
            faults.append(Fault(row.line, headers[name], code, text[:_SHOWN] if name in ("kind", "at", "due_at") else ""))
    kind = read.get("kind", context.kind)
    missing = [name for name in ("at", "kind") if name not in row.values and not (name == "kind" and kind)]
    if kind in DUE_KINDS and "due_at" not in row.values:
        missing.append("due_at")
    faults += [Fault(row.line, headers.get(name, COLUMNS[name][0]), "value_missing") for name in missing]
    if not (row.values.get("customer_reference") or row.values.get("unit_reference")):
        faults.append(Fault(row.line, "", "customer_missing"))
    if faults or site_id is None or kind is None:
        return faults
    texts = {name: read.get(name, "") for name in ("customer_reference", "unit_reference", "customer_label", "reference")}
    due_at = read.get("due_at") if kind in DUE_KINDS else None
    event = NewEvent(read.get("event_id", ""), site_id, kind=kind, at=read["at"], due_at=due_at, **texts)
    return event if event.external_id else _numbered(event)


def _value(name: str, text: str, zone: ZoneInfo | None, context: Context) -> Any:
    """A cell as an event holds it. Raises ValueError."""
    if name in ("at", "due_at"):
        try:
            at = moment(text)
        except ValueError:
            raise _Wrong("time_invalid") from None
        at = of_this_century(at.replace(tzinfo=zone or UTC) if at.tzinfo is None else at)
        if name == "at" and at > context.now + CLOCKS_DIFFER:
            raise _Wrong("later_than_now")
        return at
    if name == "kind":
        try:
            return context.kinds[text]
        except KeyError:
            raise _Wrong("kind_unknown") from None
    if len(text) > _LENGTHS.get(name, _LENGTH) or "\n" in text:
        raise _Wrong
    return printable(text)


def _numbered(event: NewEvent) -> NewEvent:
    """A line without a number of its own gets one from what it says: the same line again is the same event."""
    told = (event.site_id, event.customer_reference, event.unit_reference, event.kind, event.at.isoformat(), event.reference)
    due = event.due_at.isoformat() if event.due_at is not None else ""
    number = hashlib.sha256("\0".join([*told, due]).encode()).hexdigest()
    return replace(event, external_id=f"line:{number[:40]}")
