"""Examples of fields that are called the same everywhere: the contract shows them wherever a schema gives none of its own."""

from __future__ import annotations

from typing import Any, Final

_ID: Final = "018f2c0c9b7e4b6a9d1f0a2b3c4d5e6f"
_SHA256: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_CODE: Final = "HD-20261123-0007"
_FEN: Final = 14_000_000

BY_NAME: Final[dict[str, Any]] = {
    # what things are called
    "code": _CODE,
    "case_code": _CODE,
    "external_reference": "CRM-20261123-01",
    "subscription_code": "RG-2026-0815",
    "number": 2,
    "round_number": 1,
    "ordinal": 1,
    "version": 7,
    "case_version": 7,
    "name": "海德花园",
    "name_zh": "一年物业费",
    "name_en": "A year's property fee",
    "zh": "案场经理",
    "en": "Site manager",
    "title": "配偶未到场看房导致退房",
    "url": "https://crm.example.com/hooks/calmdesk",
    "topics": ["case.approve", "policy.*"],
    "topic": "case.approve",
    "timezone": "Asia/Shanghai",
    # people
    "username": "lijing",
    "display_name": "李静",
    "customer_label": "王先生",
    "customer_name": "王小明",
    "staff_name": "李静",
    "actor_label": "张经理",
    "holder": "海德花园置业有限公司",
    "bank": "中国工商银行上海市分行",
    "bank_code": "102305000001",
    "bank_reference": "ICBC20261123001",
    # the unit and what was paid for it
    "unit_label": "3栋1202",
    "building": "3栋",
    "unit": "1202",
    "unit_type": "三室两厅",
    "price_fen": 300_000_000,
    "receipt_wording": "今收到王小明认购定金人民币贰拾万元整",
    "quota_bp": 500,
    # what people write
    "note": "客户情绪平稳，已请家属到场",
    "reason": "客户要求改日再谈",
    "cause_text": "配偶看房后认为朝向不好，坚持退房",
    "summary": "客户独自认购，配偶次日到访后认为朝向不佳。",
    "lessons": "认购须核对《共居人知情确认书》。",
    "proof": "销售大厅公示栏，照片 12",
    "base_note": "2026 年度营销费用",
    "message": "请填写客户实名 / The customer's real name",
    "detail": "is 8, not 7",
    # the contract's own
    "next_cursor": "WyIyMDI2LTExLTIzVDAxOjAwOjAwKzAwOjAwIiwgIjAxOGYyYzBjIl0=",
    "content_hash": _SHA256,
    "sha256": _SHA256,
    "recording_sha256": _SHA256,
    "hash": _SHA256,
    "old_password": "khqp-kup4-d9ut-efe5",
    "new_password": "先请坐喝杯茶再慢慢说",
    "tier": "city",
    "media": "city",
    "litigation": "hq",
    "spreading": "city",
    "from_people": 3,
    "payment_ids": [_ID],
    "solution_ids": [_ID, "018f2c0c9b7e4b6a9d1f0a2b3c4d5e70"],
    "copy_of": _ID,
    # what the lexicon holds of a term, and a week's figures
    "aliases": ["住建委", "房管委"],
    "misheard": ["逐渐局"],
    "severity": 2,
    "conversations": 120,
    "complaints": 9,
    "escalations": 14,
    # when an early warning is due
    "horizon_days": 90,
    "count": 3,
    "days": 14,
    "working_days": 5,
    "before_min": 3,
    "drop_bp": 6000,
    "yellow": 240,
    "orange": 120,
    "remind_at_bp": [5000],
    # a place in a recording, in seconds
    "at": 83.4,
    "said_at": 83.4,
    "alternative_at": 83.4,
    "start": 82.1,
    "end": 84.6,
    "seconds": 1843.2,
}
_SUFFIXES: Final[tuple[tuple[str, Any], ...]] = (("_id", _ID), ("_by", _ID), ("_fen", _FEN), ("_reason", "客户未携带证件，次日补交"))
_TYPES: Final[dict[type, tuple[str, ...]]] = {str: ("string",), int: ("integer", "number"), float: ("number",), list: ("array",)}


def exemplify(schemas: dict[str, Any]) -> None:
    """Give every field that has a known name and no example one, if its type fits."""
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            if "examples" in field or "example" in field or "$ref" in field:
                continue
            example = _known(name)
            if example is not None and _types(field) & set(_TYPES[type(example)]):
                field["examples"] = [example]


def _known(name: str) -> Any:
    if name == "id":
        return _ID
    if name in BY_NAME:
        return BY_NAME[name]
    return next((example for suffix, example in _SUFFIXES if name.endswith(suffix)), None)


def _types(field: dict[str, Any]) -> set[str]:
    """The JSON types that a field may be of; none for one whose values are listed or have a form of their own."""
    if field.keys() & {"enum", "const", "format"}:
        return set()
    options = [option for group in ("anyOf", "oneOf") for option in field.get(group, ())]
    return {field["type"]} if "type" in field else set().union(*map(_types, options))
