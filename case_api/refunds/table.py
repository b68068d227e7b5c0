"""The instruction as CSV, for finance's own tables. Pure."""

from __future__ import annotations

import csv
import io
from typing import Final

from case_api.refunds.order import CURRENCY, Order, yuan

MEDIA_TYPE: Final = "text/csv; charset=utf-8"
HEADER: Final = ("指令编号", "端到端标识", "收款人", "开户行", "账号", "金额（元）", "币种", "附言", "付款人", "付款账号")
_FORMULA: Final = tuple("=+-@＝＋－＠\t\r")


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula: names and remarks come from people who are not to be trusted with one."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def render(order: Order) -> bytes:
    """UTF-8 with a byte order mark (else Excel takes Chinese for something else), one line a payee, CRLF."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for payment in order.payments:
        line = (payment.name, payment.bank, payment.account, yuan(payment.amount_fen), CURRENCY, payment.remittance)
        writer.writerow(map(inert, (order.number, payment.end_to_end_id, *line, order.debtor.holder, order.debtor.account)))
    return out.getvalue().encode("utf-8-sig")
