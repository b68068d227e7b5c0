from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_service.live.pulse import BEAT_SECONDS, CAUSES, LATE, Pulse, cause_of


@pytest.mark.parametrize(
    ("worked", "waited", "cause"), [(0.08, 0.01, "work"), (0.01, 0.08, "machine"), (0.01, 0.02, "lock"), (0.0, 0.0, "lock")]
)
def test_a_late_wake_has_the_cause_that_took_most_of_it(worked: float, waited: float, cause: str) -> None:
    assert cause_of(0.1, worked, waited) == cause


@given(st.floats(0.05, 10), st.floats(0, 10), st.floats(0, 10))
def test_there_is_always_a_cause(lag: float, worked: float, waited: float) -> None:
    assert cause_of(lag, worked, waited) in CAUSES


async def test_what_blocks_the_loop_is_counted() -> None:
    def late() -> float:
        return sum(LATE.labels(cause)._value.get() for cause in CAUSES)

    def block() -> None:
        time.sleep(0.2)

    pulse, before = Pulse(), late()
    beating = asyncio.create_task(pulse.run())
    await asyncio.sleep(0)
    block()
    await asyncio.sleep(2 * BEAT_SECONDS)
    beating.cancel()
    assert pulse.worst > 0.1
    assert late() > before
