"""Ids sort by age, and by the order in which one process made them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.base import is_id, new_id


def test_ids_of_one_moment_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    still = time.time_ns() + 10**9
    monkeypatch.setattr(time, "time_ns", lambda: still)
    made = [new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    assert all(len(one) == 32 and is_id(one) for one in made)


def test_a_clock_set_back_makes_no_older_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    before = new_id()
    past = time.time_ns() - 3600 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: past)
    assert new_id() > before


def test_threads_make_no_id_twice() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_id(), range(20_000)))
    assert len(set(made)) == len(made)
