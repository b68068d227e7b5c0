"""The signature of a webhook's message. Pure; docs/webhooks.md shows the receiver's side."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

HEADER: Final = "Calmdesk-Signature"
WINDOW_SECONDS: Final = 300
"""How far the time of a signature may be from ours: what was overheard cannot be sent again later."""
EVENT_HEADER: Final = "Calmdesk-Event"
TOPIC_HEADER: Final = "Calmdesk-Topic"


def new_secret() -> str:
    """256 random bits."""
    return f"whsec_{secrets.token_urlsafe(32)}"


class HoldsSecret(Protocol):
    """A row with a secret; the one before it holds too until `previous_until`."""

    secret: str
    previous_secret: str | None
    previous_until: datetime | None


def keys_of(row: HoldsSecret, now: datetime) -> list[str]:
    """The secrets that hold at this moment, the newest first."""
    if row.previous_secret is None or row.previous_until is None or now >= row.previous_until:
        return [row.secret]
    return [row.secret, row.previous_secret]


def rotate(row: HoldsSecret, now: datetime, overlap: timedelta) -> None:
    """Give the row a new secret; the old one holds for the overlap, beside it."""
    row.previous_secret, row.previous_until = (row.secret, now + overlap) if overlap else (None, None)
    row.secret = new_secret()


def signature(keys: Sequence[str], at: int, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex>`, one `v1` a key: HMAC-SHA256 of `<t>.<body>`. While a secret is changed both are there."""
    return ",".join([f"t={at}", *(f"v1={_digest(key, at, body)}" for key in keys)])


def is_signed(header: str, keys: Sequence[str], now: float, body: bytes) -> bool:
    """Whether somebody who holds one of the keys signed this body within the window around `now` (unix seconds)."""
    found = re.fullmatch(r"t=([0-9]{1,12})((?:,v1=[0-9a-f]{64}){1,4})", header, re.ASCII)
    if found is None or abs(now - int(found[1])) > WINDOW_SECONDS:
        return False
    given = [part.removeprefix("v1=") for part in found[2].split(",")[1:]]
    wanted = [_digest(key, int(found[1]), body) for key in keys]
    return any(hmac.compare_digest(one, other) for one in given for other in wanted)


def _digest(key: str, at: int, body: bytes) -> str:
    return hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
