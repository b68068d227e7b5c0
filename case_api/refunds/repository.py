"""Queries on instructions, payments and confirmations."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.refunds import ExecutionConfirmation, RefundInstruction, RefundPayment


async def instruction_of(db: AsyncSession, round_id: str) -> RefundInstruction | None:
    """The one instruction of an approval round."""
    return (await db.scalars(select(RefundInstruction).where(RefundInstruction.round_id == round_id))).one_or_none()


async def latest_instruction(db: AsyncSession, case_id: str) -> RefundInstruction | None:
    """The case's instruction that stands; else the last that was cancelled."""
    query = select(RefundInstruction).where(RefundInstruction.case_id == case_id)
    return (await db.scalars(query.order_by(RefundInstruction.created_at.desc(), RefundInstruction.id.desc()).limit(1))).one_or_none()


async def payments_of(db: AsyncSession, *instruction_ids: str) -> Sequence[RefundPayment]:
    """The payments of these instructions, in their order."""
    query = select(RefundPayment).where(RefundPayment.instruction_id.in_(instruction_ids))
    return (await db.scalars(query.order_by(RefundPayment.instruction_id, RefundPayment.ordinal))).all()


async def instructions_with_prefix(db: AsyncSession, prefix: str) -> int:
    """How many instructions have a number that begins like this: the last number given."""
    query = select(func.count()).select_from(RefundInstruction).where(RefundInstruction.number.startswith(prefix, autoescape=True))
    return (await db.execute(query)).scalar_one()


async def confirmation_of(db: AsyncSession, round_id: str) -> ExecutionConfirmation | None:
    """How the path of an approval round was carried out, once that is confirmed."""
    return (await db.scalars(select(ExecutionConfirmation).where(ExecutionConfirmation.round_id == round_id))).one_or_none()


def instructions_query(
    sites: frozenset[str] | None, *, site_id: str | None, case_id: str | None, status: str | None
) -> Select[RefundInstruction]:
    """Instructions of these sites (None: all), narrowed by site, case and status."""
    query = select(RefundInstruction)
    if sites is not None:
        query = query.where(RefundInstruction.site_id.in_(sites))
    if site_id is not None:
        query = query.where(RefundInstruction.site_id == site_id)
    if case_id is not None:
        query = query.where(RefundInstruction.case_id == case_id)
    return query if status is None else query.where(RefundInstruction.status == status)
