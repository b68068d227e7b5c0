"""One-time codes: how they are made, kept, compared, and how often one may be sent. Pure but for the randomness."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

Verdict = Literal["right", "wrong", "expired", "exhausted"]
HOUR = timedelta(hours=1)


def new_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def hash_code(code: str) -> str:
    """What the table keeps. A million codes are tried in a second, so the hash protects a code for the few minutes that it lives only."""
    salt = secrets.token_hex(8)
    return f"{salt}${_digest(salt, code)}"


def _digest(salt: str, code: str) -> str:
    return hashlib.sha256(f"{salt}${code}".encode()).hexdigest()


def judge(code: str, stored: str, *, expires_at: datetime, attempts: int, attempts_max: int, now: datetime) -> Verdict:
    """`attempts` counts the wrong codes before this one."""
    if now >= expires_at:
        return "expired"
    if attempts >= attempts_max:
        return "exhausted"
    salt, digest = stored.split("$")
    return "right" if hmac.compare_digest(_digest(salt, code), digest) else "wrong"


def wait_before_next(sent: Sequence[datetime], now: datetime, *, interval: timedelta, per_hour: int) -> timedelta:
    """How long until another code may be sent; zero or less if it may be now. `sent`: times of the codes so far, in any order."""
    recent = sorted(at for at in sent if at > now - HOUR)
    waits = [timedelta(0)]
    if recent:
        waits.append(recent[-1] + interval - now)
    if len(recent) >= per_hour:
        waits.append(recent[-per_hour] + HOUR - now)
    return max(waits)
