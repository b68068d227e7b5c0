"""The signature, checked by the code that the manual gives to receivers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import case_api
from case_api.webhooks.signing import keys_of, new_secret, rotate, signature
from models.webhooks import Webhook

MANUAL = Path(case_api.__file__).parent.parent / "docs/webhooks.md"
Verify = Callable[[str, str, bytes, float], bool]


def from_the_manual() -> Verify:
    [code] = re.findall(r"```python\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # what receivers copy has to be what works
    found: Verify = names["verified"]
    return found


verified = from_the_manual()
secrets = st.text("abcdefXYZ019_-", min_size=8, max_size=60)
times = st.integers(0, 2**40)


@given(secrets, times, st.binary(max_size=200), st.floats(-300, 300))
def test_a_signature_fits_for_five_minutes(secret: str, at: int, body: bytes, off: float) -> None:
    assert verified(secret, signature([secret], at, body), body, at + off)


@given(secrets, times, st.binary(max_size=200))
def test_while_a_secret_is_changed_both_fit(secret: str, at: int, body: bytes) -> None:
    header = signature([secret + "new", secret], at, body)
    assert verified(secret, header, body, at)
    assert verified(secret + "new", header, body, at)
    assert not verified(secret + "old", header, body, at)


@given(secrets, times, st.binary(max_size=50), st.binary(max_size=50))
def test_another_body_does_not_fit(secret: str, at: int, body: bytes, other: bytes) -> None:
    assert verified(secret, signature([secret], at, body), other, at) is (body == other)


@given(secrets, times, st.binary(max_size=50), st.integers(1, 10_000))
def test_a_time_that_was_changed_does_not_fit(secret: str, at: int, body: bytes, off: int) -> None:
    header = signature([secret], at, body).replace(f"t={at},", f"t={at + off},")
    assert not verified(secret, header, body, at + off)


@pytest.mark.parametrize("off", [-301, 301, 86400])
def test_what_is_old_or_from_the_future_is_refused(off: int) -> None:
    assert not verified("s", signature(["s"], 1_000_000, b"{}"), b"{}", 1_000_000 + off)


@pytest.mark.parametrize("header", ["", "t=,v1=", "v1=abc", "t=1000", "t=x,v1=y", "t=-5,v1=a", "t=1000,v1=é"])
def test_what_is_no_signature_is_refused(header: str) -> None:
    assert not verified("s", header, b"", 1000)


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(secret) >= 48 and secret.startswith("whsec_") for secret in made)


def test_the_old_secret_holds_for_the_overlap_only() -> None:
    row, now = Webhook(secret="whsec_old", previous_secret=None, previous_until=None), datetime(2026, 11, 29, tzinfo=UTC)
    rotate(row, now, timedelta(hours=1))
    assert keys_of(row, now) == [row.secret, "whsec_old"]
    assert keys_of(row, now + timedelta(hours=1)) == [row.secret] != ["whsec_old"]
    rotate(row, now, timedelta(0))
    assert keys_of(row, now) == [row.secret]
