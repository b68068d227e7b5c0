"""The account that a site's refunds are paid from."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from case_api.commands import By, put_row
from case_api.intake.identity import masked
from case_api.refunds.schemas import AccountIn
from case_api.security import Permission, Principal
from case_api.sight import find_seen, find_site
from models import audit
from models.refunds import RefundAccount


async def get(db: AsyncSession, principal: Principal, site_id: str) -> RefundAccount:
    """Raises Problem: not_found, also where the person sees no cases or no account is set."""
    return await find_seen(db, principal, Permission.CASE_READ, RefundAccount, site_id)


async def put(db: AsyncSession, by: By, site_id: str, body: AccountIn, version: int) -> RefundAccount:
    """Set or change it; instructions that were made keep theirs. `version` is the account's, 0 for the first.

    Raises Problem: not_found, forbidden, version_conflict.
    """
    await find_site(db, by.principal, Permission.CASE_READ, site_id, lock=True)
    by.principal.demand(Permission.REFUND_PAY, site_id)
    row = await db.get(RefundAccount, site_id)
    before = _told(row) if row is not None else None
    values = body.model_dump() | {"updated_by": by.person_id, "updated_at": by.now}
    row = await put_row(db, row, version, RefundAccount(site_id=site_id), values)
    audit.record(db, by.who, "api:refund_account:set", audit.Subject("site", site_id, site_id), before=before, after=_told(row), at=by.now)
    return row


def _told(row: RefundAccount) -> dict[str, str | None]:
    return {"holder": row.holder, "account": masked(row.account), "bank": row.bank, "bank_code": row.bank_code}
