"""Queries on acknowledgements."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.retention.repository import at_sites
from models.cases import WithdrawalCase
from models.co_residents import CoResidentAck
from models.evidence import Evidence, EvidenceBlob

Ack, Case = CoResidentAck, WithdrawalCase


def acks_query(
    sites: frozenset[str] | None,
    *,
    site_id: str | None,
    customer_reference: str | None,
    unit_reference: str | None,
    status: str | None,
    q: str | None,
) -> Select[CoResidentAck]:
    """Acknowledgements of these sites (None: all), narrowed; `q` is part of a name, the unit or the customer's number."""
    query = select(Ack).where(at_sites(Ack.site_id, sites))
    wanted = {"site_id": site_id, "customer_reference": customer_reference, "unit_reference": unit_reference, "status": status}
    query = query.where(*(getattr(Ack, name) == value for name, value in wanted.items() if value is not None))
    if q:
        columns = (Ack.names, Ack.unit_reference, Ack.customer_reference, Ack.customer_label)
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    return query


def of_customer(customer_reference: str, unit_reference: str) -> ColumnElement[bool]:
    """Acknowledgements of this customer: by number, or by unit where one of the two has no number."""
    by_number = and_(Ack.customer_reference == customer_reference, Ack.customer_reference != "")
    by_unit = and_(Ack.unit_reference == unit_reference, Ack.unit_reference != "")
    return or_(by_number, by_unit if not customer_reference else and_(by_unit, Ack.customer_reference == ""))


async def newest_signed(db: AsyncSession, site_id: str, customer_reference: str, unit_reference: str) -> CoResidentAck | None:
    """The newest that counts."""
    query = select(Ack).where(Ack.site_id == site_id, Ack.status == "signed", of_customer(customer_reference, unit_reference))
    return (await db.scalars(query.order_by(Ack.signed_at.desc(), Ack.id.desc()).limit(1))).one_or_none()


async def forget_old(db: AsyncSession, before: datetime, limit: int) -> int:
    """Delete what is older than that and of no case that is kept, with contents that nothing else refers to: how many.

    Their files have no row any more then, and are swept.
    """
    same = or_(
        and_(Ack.customer_reference != "", Case.external_reference == Ack.customer_reference),
        and_(Ack.unit_reference != "", Case.unit_label == Ack.unit_reference),
    )
    kept = exists().where(Case.site_id == Ack.site_id, same)
    rows = (await db.execute(select(Ack.id, Ack.scan_sha256).where(Ack.created_at < before, ~kept).limit(limit))).all()
    await db.execute(delete(Ack).where(Ack.id.in_([row.id for row in rows])))
    contents = [row.scan_sha256 for row in rows if row.scan_sha256 is not None]
    unused = and_(
        ~exists().where(Evidence.sha256 == EvidenceBlob.sha256),
        ~exists().where(Ack.scan_sha256 == EvidenceBlob.sha256),
    )
    await db.execute(delete(EvidenceBlob).where(EvidenceBlob.sha256.in_(contents), unused).execution_options(synchronize_session=False))
    return len(rows)
