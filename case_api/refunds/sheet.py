"""The instruction on paper: what finance signs and files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from case_api.documents.pdf import Document
from case_api.refunds.order import Order, yuan

MEDIA_TYPE: Final = "application/pdf"


def document(order: Order, approvals: Sequence[tuple[str, str, str]]) -> Document:
    """`approvals`: (role, who decided, when) of every step, as they are printed."""
    sheet = Document("退款指令 / Refund instruction", order.number, order.local_time)
    sheet.facts(
        [
            ("指令编号", order.number),
            ("案件编号", order.case_code),
            ("生成时间", f"{order.local_time:%Y-%m-%d %H:%M:%S %z}"),
            ("付款人", order.debtor.holder),
            ("付款账号", order.debtor.account),
            ("付款行", f"{order.debtor.bank}（{order.debtor.bank_code}）"),
        ]
    )
    sheet.heading("收款明细")
    rows = [(payment.name, payment.bank, payment.account, payment.end_to_end_id, yuan(payment.amount_fen)) for payment in order.payments]
    sheet.table(
        ("收款人", "开户行", "账号", "端到端标识", "金额（元）"),
        [*rows, ("合计", "", "", f"{len(rows)} 笔", yuan(order.total_fen))],
        columns=("text", "text", "text", "text", "number"),
        widths=(16, 22, 26, 26, 16),
        total=True,
    )
    sheet.heading("审批")
    sheet.table(("审批角色", "审批人", "时间"), approvals, columns=("text", "text", "text"), widths=(20, 40, 30))
    sheet.paragraph(f"金额、收款人与账号取自审批通过的方案，不得改动。方案摘要（SHA-256）：{order.content_hash}", small=True)
    sheet.signatures(("经办（财务）", "复核"))
    return sheet
