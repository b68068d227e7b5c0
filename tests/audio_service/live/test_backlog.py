"""Everything stored reaches the ear once and in order, however far behind it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio_service.intake.recording import Recording
from audio_service.live.backlog import HearingBacklog, iter_steps

PACKET = 1600
LIMIT = 4


def sound(packets: int) -> list[NDArray[np.int16]]:
    rng = np.random.default_rng(3)
    return [rng.integers(-9000, 9000, PACKET).astype(np.int16) for _ in range(packets)]


async def at_once(function: Callable[..., Any], *args: Any) -> Any:
    await asyncio.sleep(0)
    return function(*args)


async def heard(backlog: HearingBacklog) -> NDArray[np.int16]:
    steps = [step async for step in backlog.blocks(lambda function, *args: asyncio.ensure_future(at_once(function, *args)))]
    return np.concatenate([np.empty(0, np.int16), *steps])


@settings(max_examples=40, deadline=None)
@given(before=st.integers(0, 30), bursts=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=8))
def test_what_is_stored_is_heard_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, before: int, bursts: list[tuple[int, int]]
) -> None:
    packets = sound(before + sum(size for size, _ in bursts))

    async def conversation() -> NDArray[np.int16]:
        with Recording(tmp_path_factory.mktemp("backlog"), segment_samples=5 * PACKET) as recording:
            recording.append(enumerate(packets[:before]))
            backlog = HearingBacklog(LIMIT, recording.folder, recording.samples)
            hearing = asyncio.create_task(heard(backlog))
            for size, turns in bursts:
                for packet in packets[recording.next_seq : recording.next_seq + size]:
                    recording.append([(recording.next_seq, packet)])
                    await backlog.put(packet)
                for _ in range(turns):
                    await asyncio.sleep(0)
            backlog.end()
            return await hearing

    np.testing.assert_array_equal(asyncio.run(conversation()), np.concatenate([np.empty(0, np.int16), *packets]))


async def test_storing_never_waits_for_the_ear_and_memory_stays_small(tmp_path: Path) -> None:
    packets = sound(10 * LIMIT)
    with Recording(tmp_path) as recording:
        backlog = HearingBacklog(LIMIT, tmp_path, 0)
        for seq, packet in enumerate(packets):  # nobody hears
            recording.append([(seq, packet)])
            await asyncio.wait_for(backlog.put(packet), 1)
        assert len(backlog._queue) <= LIMIT
        backlog.end()
        np.testing.assert_array_equal(await heard(backlog), np.concatenate(packets))


async def test_without_a_recording_there_is_nothing_to_fall_back_on_but_waiting() -> None:
    packets = sound(2 * LIMIT)
    backlog = HearingBacklog(LIMIT, None, 0)

    async def store() -> None:
        for packet in packets:
            await backlog.put(packet)
        backlog.end()

    storing = asyncio.create_task(store())
    for _ in range(3 * LIMIT):
        await asyncio.sleep(0)
    assert not storing.done()
    np.testing.assert_array_equal(await heard(backlog), np.concatenate(packets))
    await storing


async def test_an_ear_that_failed_lets_storing_go_on() -> None:
    backlog = HearingBacklog(LIMIT, None, 0)
    for packet in sound(LIMIT):
        await backlog.put(packet)
    waiting = asyncio.create_task(backlog.put(sound(1)[0]))
    await asyncio.sleep(0)
    backlog.abandon()
    await asyncio.wait_for(waiting, 1)
    assert len(backlog._queue) == 0


@pytest.mark.parametrize("start", [0, 1, PACKET, 7 * PACKET + 5, 20 * PACKET - 1])
def test_reading_may_begin_anywhere_and_damage_keeps_the_time(tmp_path: Path, start: int) -> None:
    packets = sound(20)
    with Recording(tmp_path, segment_samples=5 * PACKET) as recording:
        for seq, packet in enumerate(packets):
            recording.append([(seq, packet)])
    whole = np.concatenate(packets)
    np.testing.assert_array_equal(np.concatenate(list(iter_steps(tmp_path, start, whole.size))), whole[start:])
    (tmp_path / "000003.seg").unlink()  # the last but one: samples 15 … 19 follow it
    whole[15 * PACKET :] = 0
    np.testing.assert_array_equal(np.concatenate(list(iter_steps(tmp_path, start, whole.size))), whole[start:])
