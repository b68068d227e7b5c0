"""The files of an instruction, made anew from what is stored with it whenever they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from case_api.documents.pool import Renderer
from case_api.refunds import pain001, sheet, table
from case_api.refunds.order import Debtor, Order, Payment
from models.refunds import RefundInstruction, RefundPayment

FileFormat = Literal["pdf", "xml", "csv"]
MEDIA_TYPES: dict[FileFormat, str] = {"pdf": sheet.MEDIA_TYPE, "xml": pain001.MEDIA_TYPE, "csv": table.MEDIA_TYPE}
_FIELDS = ("name", "bank", "account", "amount_fen", "end_to_end_id", "remittance")


def order_of(instruction: RefundInstruction, payments: Sequence[RefundPayment]) -> Order:
    """The rows as one value."""
    return Order(
        number=instruction.number,
        case_code=instruction.case_code,
        content_hash=instruction.content_hash,
        created_at=instruction.created_at,
        timezone=instruction.timezone,
        debtor=Debtor(**instruction.debtor),
        payments=tuple(Payment(**{name: getattr(payment, name) for name in _FIELDS}) for payment in payments),
    )


async def render(kind: FileFormat, instruction: RefundInstruction, payments: Sequence[RefundPayment], renderer: Renderer) -> bytes:
    """The file's bytes; the same each time."""
    order = order_of(instruction, payments)
    if kind == "pdf":
        return await renderer.render(sheet.document(order, [(role, name, at) for role, name, at in instruction.approvals]))
    return pain001.render(order) if kind == "xml" else table.render(order)
