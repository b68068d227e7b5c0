"""The instruction as CSV, for finance's own tables. Pure."""

from __future__ import annotations

from typing import Final

from case_api.documents.csv_file import csv_file
from case_api.refunds.order import CURRENCY, Order, Payment, yuan

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
HEADER: Final = ("指令编号", "端到端标识", "收款人", "开户行", "账号", "金额（元）", "币种", "附言", "付款人", "付款账号")


def render(order: Order) -> bytes:
    """One line a payee."""
    return csv_file(HEADER, (_line(order, payment) for payment in order.payments))


def _line(order: Order, payment: Payment) -> tuple[str, ...]:
    paid = (payment.name, payment.bank, payment.account, yuan(payment.amount_fen), CURRENCY, payment.remittance)
    return (order.number, payment.end_to_end_id, *paid, order.debtor.holder, order.debtor.account)
