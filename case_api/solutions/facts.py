"""The facts that paths are priced from: what finance and legal handed in, and the registration form."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.assessments.service import conclusion
from case_api.problems import Problem, ProblemCode
from case_api.solutions.rules import Facts
from models.cases import WithdrawalCase
from models.registrations import Registration


async def gather(db: AsyncSession, case: WithdrawalCase) -> Facts:
    """The case's facts as they stand. Raises Problem: facts_missing, with the names of what is missing."""
    if case.tier is None:
        raise Problem(ProblemCode.FACTS_MISSING, "assessment")
    found = await conclusion(db, case)
    told: dict[str, Any] = {"stage": found.contract_stage, "loan": found.loan, "paid_fen": found.paid_fen}
    form = await db.get(Registration, case.id, populate_existing=True)
    if form is not None:
        told |= {
            "price_fen": form.price_fen,
            "receipt_kind": form.receipt_kind,
            "receipt_wording": form.receipt_wording,
            "receipt_fen": form.receipt_amount_fen or 0,
        }
    try:
        return Facts.model_validate(told)
    except ValidationError as error:
        missing = ", ".join(str(item["loc"][0]) for item in error.errors())
        raise Problem(ProblemCode.FACTS_MISSING, missing) from error
