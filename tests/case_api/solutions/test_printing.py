"""An offer as a document: every kind of path says its conditions, its arithmetic and who is paid; the same offer gives the same paper."""

from __future__ import annotations

from typing import Any

import pytest

from case_api.documents.pdf import Document, Heading, Paragraph, Table
from case_api.solutions.printing import document

LINE = {"label_zh": "可退部分", "label_en": "Share", "formula": "¥2.00 × 50.00%", "fen": 100}
LESS = {"label_zh": "扣除", "label_en": "Less", "formula": "−¥0.40", "fen": -40}
COURT = {"court": {"document_no": "(2026)沪0115民初1号"}}


def offer(kind: str, terms: dict[str, Any], direction: str = "refund", dues: list[dict[str, Any]] | None = None) -> Document:
    price = {"direction": direction, "lines": [LINE, LESS], "total_fen": 60, "dues": dues or []}
    snapshot = {
        "case": {"id": "c", "code": "HD-20261123-0007", "customer_label": "王先生", "unit_label": ""},
        "site": {"name": "海德花园", "timezone": "Asia/Shanghai"},
        "number": 2,
        "offered_at": "2026-11-23T16:30:00+00:00",
        "valid_until": "2026-11-30T16:30:00+00:00",
        "paths": [{"kind": kind, "name_zh": "路径", "terms": terms, "price": price}],
    }
    return document(snapshot, "ab" * 32)


def words(found: Document) -> str:
    return "\n".join(block.text for block in found.blocks if isinstance(block, Paragraph | Heading))


@pytest.mark.parametrize(
    ("kind", "terms", "said"),
    [
        ("keep_with_benefits", {"items": []}, "不折现"),
        ("rescission", {"refund_bp": 7000, "court": None}, "双方协议解除合同"),
        ("rescission", COURT, "(2026)沪0115民初1号"),
        ("transfer", {"successor": "李女士"}, "李女士"),
        ("deferral", {"days": 7, "overdue_fen": 123_456}, "宽限 7 天付清逾期款项 ¥1,234.56"),
        ("referral", {"within_days": 30}, "30 天内完成认购"),
    ],
)
def test_each_path_says_its_conditions(kind: str, terms: dict[str, Any], said: str) -> None:
    assert said in words(offer(kind, terms))


@pytest.mark.parametrize(("direction", "label"), [("refund", "公司应退合计"), ("benefit", "附加权益价值合计"), ("charge", "客户应付合计")])
def test_the_arithmetic_is_a_table_that_ends_with_the_total(direction: str, label: str) -> None:
    [table] = [block for block in offer("transfer", {"successor": "李"}, direction).blocks if isinstance(block, Table)]
    assert table.rows == (("可退部分", "¥2.00 × 50.00%", "¥1.00"), ("扣除", "−¥0.40", "−¥0.40"), (label, "", "¥0.60"))


def test_bank_and_buyer_are_named_apart() -> None:
    found = offer("rescission", COURT, dues=[{"role": "buyer", "fen": 10}, {"role": "bank", "fen": 50}])
    assert "支付给买受人 ¥0.10；支付给贷款银行 ¥0.50" in words(found)


def test_nothing_is_promised_before_the_approval_and_days_are_the_site_s() -> None:
    found = offer("referral", {"within_days": 30})
    assert "均须经公司内部审批通过后方可生效" in words(found)
    assert ("出具日期", "2026 年 11 月 24 日") in found.blocks[0].rows  # type: ignore[union-attr]
    assert found == offer("referral", {"within_days": 30})
