from __future__ import annotations

import asyncio

import pytest

from audio_service.errors import ErrorCode, ServiceError
from audio_service.live.outlet import Outlet
from audio_service.messages import Ack, Level, Limits, Measures, Ready, Speaker, State, Transcript, Warning_, WarningCode


def state(at: float) -> State:
    return State(at=at, speaker=Speaker.CUSTOMER, level=Level.CALM, measures=Measures())


def final(name: str) -> Transcript:
    return Transcript(utterance=name, final=True, speaker=Speaker.STAFF, confidence=1, start=0, end=1, text="好")


async def drain(outlet: Outlet) -> list[object]:
    outlet.close()
    messages: list[object] = []
    while (message := await outlet.get()) is not None:
        messages.append(message)
    return messages


async def test_acknowledgements_fold_into_the_newest_and_go_first() -> None:
    outlet = Outlet(10)
    for message in (Ack(seq=1), final("u1"), Ack(seq=2), Ack(seq=3)):
        outlet.put(message)
    assert await drain(outlet) == [Ack(seq=3), final("u1")]


async def test_a_full_queue_drops_states_before_anything_that_must_arrive() -> None:
    outlet = Outlet(3)
    for message in (state(1), state(2), state(3), state(4), final("u1"), final("u2")):
        outlet.put(message)
    assert outlet.dropped == 3
    assert await drain(outlet) == [state(3), final("u1"), final("u2")]


async def test_a_client_that_never_reads_is_told_and_costs_no_more_memory() -> None:
    outlet = Outlet(2)
    outlet.put(final("u1"))
    outlet.put(Warning_(code=WarningCode.CLIPPING, at=1, zh="", en=""))
    with pytest.raises(ServiceError) as caught:
        outlet.put(final("u2"))
    assert caught.value.code is ErrorCode.SLOW_CLIENT
    assert await drain(outlet) == [final("u1"), Warning_(code=WarningCode.CLIPPING, at=1, zh="", en="")]


async def test_a_waiting_reader_is_woken_by_a_message_and_by_the_end() -> None:
    outlet = Outlet(2)
    reader = asyncio.create_task(outlet.get())
    await asyncio.sleep(0)
    outlet.put(final("u1"))
    assert await reader == final("u1")
    reader = asyncio.create_task(outlet.get())
    await asyncio.sleep(0)
    outlet.close()
    assert await reader is None


async def test_ready_is_always_first() -> None:
    outlet = Outlet(10)
    ready = Ready(session="s", next_seq=3, recording=True, limits=Limits(window_packets=1, session_seconds_max=1))
    for message in (ready, Ack(seq=3), final("u1")):
        outlet.put(message)
    assert await drain(outlet) == [ready, Ack(seq=3), final("u1")]


async def test_the_first_reason_to_end_a_connection_is_the_one_told() -> None:
    outlet = Outlet(2)
    outlet.put(final("u1"))
    outlet.fail(ServiceError(ErrorCode.STORE_FULL))
    outlet.fail(ServiceError(ErrorCode.SHUTTING_DOWN))
    assert outlet.failure is not None
    assert outlet.failure.code is ErrorCode.STORE_FULL
    assert await outlet.get() is None
