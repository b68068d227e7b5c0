"""Moments as short addresses: what goes in comes out, and nothing else is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.sessions.spots import ADDRESS, address_of, spot_of
from models.base import new_id

IDS = st.text("0123456789abcdef", min_size=32, max_size=32)


@given(IDS, st.floats(0, 90_000))
def test_what_goes_in_comes_out(session_id: str, at: float) -> None:
    address = address_of(session_id, at)
    assert spot_of(address.removeprefix(ADDRESS)) == (session_id, int(at))
    assert len(address) <= len(ADDRESS) + 22 + 6


def test_before_the_beginning_is_the_beginning() -> None:
    session_id = new_id()
    assert spot_of(address_of(session_id, -3.0).removeprefix(ADDRESS)) == (session_id, 0)


@pytest.mark.parametrize(
    "code", ["", "-", "abc", "abc-", "-3", "0-3", "abc-3x", "z" * 22 + "-1", "a" * 23 + "-1", "../sessions-1", "abc-123456"]
)
def test_nothing_else_is_one(code: str) -> None:
    assert spot_of(code) is None


@given(st.text(max_size=40))
def test_no_text_does_harm(code: str) -> None:
    found = spot_of(code)
    assert found is None or len(found[0]) == 32
