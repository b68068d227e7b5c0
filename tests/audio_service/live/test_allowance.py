from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audio_service.live.allowance import Allowance

BURST, PER_SECOND = 5, 2.0


@given(st.lists(st.floats(0, 3), max_size=80))
def test_no_span_of_time_lets_more_through_than_burst_and_rate(pauses: list[float]) -> None:
    now = [0.0]
    allowance = Allowance(BURST, PER_SECOND, lambda: now[0])
    passed: list[float] = []
    for pause in pauses:
        now[0] += pause
        if allowance.take():
            passed.append(now[0])
    for index, since in enumerate(passed):
        for count, until in enumerate(passed[index:], start=1):
            assert count <= BURST + (until - since) * PER_SECOND + 1e-6


@given(st.lists(st.floats(1 / PER_SECOND + 1e-6, 10), max_size=40))
def test_who_keeps_to_the_rate_is_never_refused(pauses: list[float]) -> None:
    now = [0.0]
    allowance = Allowance(BURST, PER_SECOND, lambda: now[0])
    for pause in pauses:
        now[0] += pause
        assert allowance.take()
