"""The form beside the sales records: which record is meant, and field by field what differs. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Literal

from case_api.intake.identity import masked

ErpOutcome = Literal["matched", "not_found", "ambiguous"]
RECORD = "record"
"""The name under which "not found" and "ambiguous" are overridden: there is no field to name."""

_ENDINGS = re.compile(r"(号楼|栋|幢|座|室|号)$")
_SPACES = re.compile(r"\s+")
_KEYS = (("subscription_code",), ("building", "unit"), ("phone",), ("customer_name",))
_PERSONAL = {"phone"}


@dataclass(frozen=True, slots=True)
class SalesRecord:
    """One subscription as the ERP or the form has it; None is "not told". `phone` is E.164, amounts are fen."""

    customer_name: str | None = None
    phone: str | None = None
    subscription_code: str | None = None
    subscription_date: date | None = None
    building: str | None = None
    unit: str | None = None
    unit_type: str | None = None
    price_fen: int | None = None
    receipt_amount_fen: int | None = None


FIELDS = tuple(field.name for field in fields(SalesRecord))


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that both sides tell, differently."""

    field: str
    form: str
    erp: str


def _plain(name: str, value: Any) -> Any:
    """A value as it is compared: width, case, blanks and the words for "building" and "room" do not count."""
    if not isinstance(value, str):
        return value
    text = _SPACES.sub("", unicodedata.normalize("NFKC", value)).casefold()
    return _ENDINGS.sub("", text) if name in {"building", "unit"} else text


def _same(form: SalesRecord, record: SalesRecord, names: Sequence[str]) -> bool:
    return all(
        getattr(form, name) is not None and _plain(name, getattr(form, name)) == _plain(name, getattr(record, name)) for name in names
    )


def has_key(form: SalesRecord) -> bool:
    """Whether the form tells anything that a record can be found by."""
    return any(all(getattr(form, name) is not None for name in names) for names in _KEYS)


def related(form: SalesRecord, record: SalesRecord) -> bool:
    """Whether the two share a key."""
    return any(_same(form, record, names) for names in _KEYS)


def choose(form: SalesRecord, records: Sequence[SalesRecord]) -> tuple[ErpOutcome, SalesRecord | None]:
    """The record that is meant: by subscription code, else unit, else phone, else name. More than one by the best key is `ambiguous`."""
    for names in _KEYS:
        found = [record for record in dict.fromkeys(records) if _same(form, record, names)]
        if found:
            return ("matched", found[0]) if len(found) == 1 else ("ambiguous", None)
    return "not_found", None


def differences(form: SalesRecord, record: SalesRecord) -> list[Difference]:
    """What differs, in the order of the form. A field that one side does not tell differs from nothing."""
    return [
        Difference(name, shown(name, mine), shown(name, theirs))
        for name in FIELDS
        if (mine := getattr(form, name)) is not None
        and (theirs := getattr(record, name)) is not None
        and _plain(name, mine) != _plain(name, theirs)
    ]


def shown(name: str, value: Any) -> str:
    """A value as text, phones masked."""
    return str(masked(value) if name in _PERSONAL else value)


def to_json(record: SalesRecord) -> dict[str, Any]:
    """For a JSON column; `from_json` reads it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(record).items()}


def from_json(data: dict[str, Any]) -> SalesRecord:
    """What `to_json` wrote."""
    told = data["subscription_date"]
    return SalesRecord(**(data | {"subscription_date": date.fromisoformat(told) if told else None}))


def to_fill(form: SalesRecord, record: SalesRecord) -> dict[str, Any]:
    """What the record tells and the form does not, phones left out: a number is typed in by whoever was told it."""
    told = to_json(record)
    return {name: told[name] for name in FIELDS if name not in _PERSONAL and getattr(form, name) is None and told[name] is not None}
