"""Bodies of benefits. All money in fen."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from case_api.money import BasisPoints, Fen
from case_api.schemas import FilledLine, In, Out, Reason, Reference
from models.benefits import Account, TransferKind

Cost = Annotated[int, Field(gt=0, le=10**11, examples=[360_000])]


class PoolTerms(In):
    """What the pool is a share of, and how much of it."""

    base_fen: Fen = Field(description="What the quota is a share of", examples=[10_000_000_000])
    base_note: FilledLine = Field(description="Which figure that is", examples=["2026 年度营销费用"])
    quota_bp: BasisPoints = Field(default=500, description="5 % as in the source (预留 5% 的额外福利额度)", examples=[500])


class PoolCreate(PoolTerms):
    """A site's pool."""

    site_id: Reference


class PoolChange(PoolTerms):
    """Another base or quota; the difference is moved in or out of the pool."""

    reason: Reason = Field(examples=["年度预算调整"])


class TopUp(In):
    """More than the quota, once."""

    amount_fen: Cost = Field(examples=[5_000_000])
    reason: Reason = Field(examples=["年底冲刺专项"])


class PoolOut(Out):
    """A pool and where its money is: `available_fen` may still be promised, `reserved_fen` is promised, `spent_fen` was delivered."""

    id: str
    site_id: str
    base_fen: int
    base_note: str
    quota_bp: int
    quota_fen: int
    funded_fen: int
    available_fen: int
    reserved_fen: int
    spent_fen: int
    version: int


class EntryOut(Out):
    """One side of a transfer: what it added to an account (negative: took from it)."""

    account: Account
    fen: int


class TransferOut(Out):
    """One movement; its entries add up to zero."""

    id: str
    kind: TransferKind
    entries: list[EntryOut]
    reason: str
    case_id: str | None
    made_by: str | None
    at: datetime


class ItemTerms(In):
    """One thing that can be given."""

    name_zh: FilledLine = Field(examples=["一年物业费"])
    name_en: FilledLine = Field(examples=["A year's property fee"])
    cost_fen: Cost


class ItemCreate(ItemTerms):
    """A new item of a site's catalogue."""

    site_id: Reference


class ItemOut(Out):
    """An item of the catalogue."""

    id: str
    site_id: str
    name_zh: str
    name_en: str
    cost_fen: int
    created_at: datetime
    retired_at: datetime | None
    version: int
