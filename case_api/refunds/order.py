"""A refund instruction as its files need it, whichever rows it came from. Amounts are whole fen (分) of CNY."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

CURRENCY: Final = "CNY"


@dataclass(frozen=True, slots=True)
class Debtor:
    """Who pays, and from where. `bank_code` is the bank's 12 digits in CNAPS (联行号)."""

    holder: str
    account: str
    bank: str
    bank_code: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One payee."""

    name: str
    bank: str
    account: str
    amount_fen: int
    end_to_end_id: str
    remittance: str


@dataclass(frozen=True, slots=True)
class Order:
    """The whole instruction; everything in it was stored with it, so that its files come out the same for ever."""

    number: str
    case_code: str
    content_hash: str
    created_at: datetime
    timezone: str
    debtor: Debtor
    payments: tuple[Payment, ...]

    @property
    def total_fen(self) -> int:
        """The sum of the payments."""
        return sum(payment.amount_fen for payment in self.payments)

    @property
    def local_time(self) -> datetime:
        """When it was made, on the site's clock, to the second."""
        return self.created_at.astimezone(ZoneInfo(self.timezone)).replace(microsecond=0)

    @property
    def day(self) -> date:
        """The site's day on which it was made, and on which the bank is asked to pay."""
        return self.local_time.date()


def yuan(fen: int) -> str:
    """`123456` → `1234.56`: what banks and tables read."""
    return f"{fen // 100}.{fen % 100:02d}"
