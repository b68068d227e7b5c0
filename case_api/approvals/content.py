"""What is approved: the path that the customer accepted, its price and its payees."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.intake.identity import masked
from case_api.problems import Problem, ProblemCode
from case_api.solutions import service as solutions
from case_api.solutions.service import AcceptedPath


async def accepted(db: AsyncSession, case_id: str) -> AcceptedPath:
    """The accepted path as it stands in the tables now. Raises Problem: case_state if nothing is accepted."""
    found = await solutions.accepted(db, case_id)
    if found is None:
        raise Problem(ProblemCode.CASE_STATE, "客户尚未接受方案 / nothing is accepted")
    return found


def refunds(path: AcceptedPath) -> bool:
    """Whether money goes back under it."""
    return path.price.direction == "refund" and bool(path.payees)


def shown(path: AcceptedPath) -> dict[str, Any]:
    """What approvers see of it and what stays with the round: everything but whole account numbers."""
    payees = [
        {name: getattr(payee, name) for name in ("role", "name", "bank", "amount_fen")} | {"account": masked(payee.account)}
        for payee in path.payees
    ]
    terms, price = (value.model_dump(mode="json") for value in (path.terms, path.price))
    return {"kind": path.kind, "terms": terms, "price": price, "payees": payees}
