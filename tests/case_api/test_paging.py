"""Cursors come from clients: what is not ours is refused, never an error of ours."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from case_api.paging import decode_cursor, encode_cursor
from case_api.problems import Problem


@given(st.datetimes(timezones=st.just(UTC)), st.from_regex(r"[0-9a-f]{32}", fullmatch=True))
def test_a_cursor_reads_back(at: datetime, id_: str) -> None:
    assert decode_cursor(encode_cursor(at, id_)) == (at, id_)


@pytest.mark.parametrize(
    "at", [datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), datetime.max.replace(tzinfo=timezone(-timedelta(hours=14)))]
)
def test_a_time_that_has_no_utc_is_not_ours(at: datetime) -> None:
    with pytest.raises(Problem, match=r"query\.cursor"):
        decode_cursor(encode_cursor(at, "a"))


@given(
    st.one_of(
        st.text(max_size=40),
        st.recursive(st.none() | st.text() | st.integers(), st.lists).map(
            lambda found: base64.urlsafe_b64encode(json.dumps(found).encode()).decode()
        ),
    )
)
def test_anything_else_is_read_or_refused(cursor: str) -> None:
    with suppress(Problem):
        decode_cursor(cursor)
