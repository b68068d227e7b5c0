"""The queue with a scripted decoder whose every answer the test lets go, and once with the real one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator

import numpy as np
import pytest

from audio_service.transcription.backlog import AGAIN_MAX
from audio_service.transcription.results import Dropped, Propose, Samples, Transcription
from audio_service.transcription.scheduler import FallingBehind, QueueClosed, TranscriptionQueue
from audio_service.transcription.whisper import WhisperTranscriber


def clip(number: int) -> Samples:
    """Samples that carry their own number, so that the script can tell what it was given."""
    return np.full(4, number, np.float32)


class Scripted:
    """Writes down what it is given; waits at a gate while one is shut; fails for the clip numbered 13."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.started = threading.Event()
        self.gate = threading.Event()
        self.gate.set()

    def final(self, samples: Samples, propose: Propose | None = None) -> Transcription:
        return self._decode("final", samples)

    def partial(self, samples: Samples) -> Transcription:
        return self._decode("partial", samples)

    def doubts(self, heard: Transcription) -> bool:
        return True

    def again(self, samples: Samples) -> Generator[None, None, Transcription]:
        self._decode("half of", samples)
        yield
        return self._decode("again", samples)

    def _decode(self, kind: str, samples: Samples) -> Transcription:
        name = f"{kind} {samples[0]:.0f}"
        self.ran.append(name)
        self.started.set()
        assert self.gate.wait(30)
        if samples[0] == 13:
            raise RuntimeError("the decoder broke")
        return Transcription(text=name)


async def settle() -> None:
    """Lets every task that can go on do so; no clock is involved."""
    for _ in range(20):
        await asyncio.sleep(0)


async def busy(script: Scripted, queue: TranscriptionQueue) -> asyncio.Task[Transcription]:
    """Occupies the only worker until the gate opens."""
    script.gate.clear()
    task = asyncio.create_task(queue.final("busy", "0", clip(0)))
    assert await asyncio.to_thread(script.started.wait, 30)
    return task


async def test_finals_overtake_partials_that_wait() -> None:
    script = Scripted()
    async with TranscriptionQueue(script) as queue:
        first = await busy(script, queue)
        partial = asyncio.create_task(queue.partial("a", "1", clip(1)))
        await settle()
        final = asyncio.create_task(queue.final("b", "1", clip(2)))
        await settle()
        script.gate.set()
        await asyncio.gather(first, partial, final)
    assert script.ran == ["final 0", "final 2", "partial 1"]


async def test_a_stale_partial_answers_none_and_is_not_run() -> None:
    script = Scripted()
    async with TranscriptionQueue(script) as queue:
        first = await busy(script, queue)
        stale = asyncio.create_task(queue.partial("a", "1", clip(1)))
        await settle()
        fresh = asyncio.create_task(queue.partial("a", "1", clip(2)))
        await settle()
        assert await stale is None
        script.gate.set()
        answer = await fresh
        await first
    assert answer == Transcription(text="partial 2")
    assert script.ran == ["final 0", "partial 2"]


async def test_a_final_ends_the_partials_of_its_utterance() -> None:
    script = Scripted()
    async with TranscriptionQueue(script) as queue:
        first = await busy(script, queue)
        before = asyncio.create_task(queue.partial("a", "1", clip(1)))
        await settle()
        final = asyncio.create_task(queue.final("a", "1", clip(2)))
        await settle()
        assert await before is None
        assert await queue.partial("a", "1", clip(3)) is None
        script.gate.set()
        await asyncio.gather(first, final)
    assert script.ran == ["final 0", "final 2"]


async def test_an_early_final_that_is_taken_back_is_never_run() -> None:
    script = Scripted()
    async with TranscriptionQueue(script) as queue:
        first = await busy(script, queue)
        early = asyncio.create_task(queue.final("a", "1", clip(1)))
        await settle()
        early.cancel()
        with pytest.raises(asyncio.CancelledError):
            await early
        whole = asyncio.create_task(queue.final("a", "1", clip(2)))
        await settle()
        script.gate.set()
        await asyncio.gather(first, whole)
    assert script.ran == ["final 0", "final 2"]


async def test_a_caller_that_leaves_while_its_job_runs_stops_nobody_else() -> None:
    script = Scripted()
    async with TranscriptionQueue(script) as queue:
        first = await busy(script, queue)
        first.cancel()
        script.gate.set()
        assert (await queue.final("b", "1", clip(2))).text == "final 2"


async def test_too_many_finals_are_refused_with_the_lag_and_the_queue_recovers() -> None:
    script = Scripted()
    async with TranscriptionQueue(script, finals_max=3, session_finals_max=2) as queue:
        assert queue.lag_s == 0
        first = await busy(script, queue)
        waiting = [asyncio.create_task(queue.final("a", str(number), clip(number))) for number in (1, 2)]
        await settle()
        with pytest.raises(FallingBehind) as refused:
            await queue.final("a", "3", clip(3))
        assert 0 < refused.value.lag_s <= queue.lag_s
        waiting.append(asyncio.create_task(queue.final("b", "1", clip(4))))
        await settle()
        with pytest.raises(FallingBehind):
            await queue.final("c", "1", clip(5))
        script.gate.set()
        await asyncio.gather(first, *waiting)
        assert (await queue.final("a", "3", clip(3))).text == "final 3"
        assert queue.lag_s == 0


async def test_a_decoder_that_fails_ends_neither_the_worker_nor_other_conversations(capsys: pytest.CaptureFixture[str]) -> None:
    async with TranscriptionQueue(Scripted()) as queue:
        broken, whole = await asyncio.gather(queue.final("a", "1", clip(13)), queue.final("b", "1", clip(2)))
        assert (broken.text, broken.dropped) == ("", Dropped.DECODER_FAILED)
        assert whole.text == "final 2"
        assert (await queue.final("a", "2", clip(3))).text == "final 3"
    assert "transcription_failed" in capsys.readouterr().out


async def test_shutdown_finishes_finals_drops_partials_and_takes_nothing_new() -> None:
    script = Scripted()
    queue = TranscriptionQueue(script)
    await queue.__aenter__()
    first = await busy(script, queue)
    final = asyncio.create_task(queue.final("a", "1", clip(1)))
    partial = asyncio.create_task(queue.partial("b", "1", clip(2)))
    await settle()
    leaving = asyncio.create_task(queue.__aexit__(None, None, None))
    await settle()
    with pytest.raises(QueueClosed):
        await queue.final("c", "1", clip(3))
    script.gate.set()
    await leaving
    assert await partial is None
    assert (await final).text == "final 1"
    assert (await first).text == "final 0"
    assert script.ran == ["final 0", "final 1"]


async def test_a_second_listening_waits_for_everything_else_also_between_its_steps() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Halting(Scripted):
        def again(self, samples: Samples) -> Generator[None, None, Transcription]:
            begun.set()
            assert go_on.wait(30)
            return (yield from super().again(samples))

    script = Halting()
    async with TranscriptionQueue(script) as queue:
        first = await busy(script, queue)
        again = asyncio.create_task(queue.again("a", "1", clip(1)))
        await settle()
        partial = asyncio.create_task(queue.partial("a", "2", clip(2)))
        await settle()
        script.gate.set()
        assert await asyncio.to_thread(begun.wait, 30)
        final = asyncio.create_task(queue.final("b", "1", clip(3)))
        await settle()
        go_on.set()
        assert (await again) == Transcription(text="again 1")
        await asyncio.gather(first, partial, final)
    assert script.ran == ["final 0", "partial 2", "half of 1", "final 3", "again 1"]


async def test_second_listenings_that_nobody_has_time_for_are_pushed_out_by_newer_ones() -> None:
    script = Scripted()
    async with TranscriptionQueue(script) as queue:
        first = await busy(script, queue)
        asked = [asyncio.create_task(queue.again("a", str(number), clip(number))) for number in range(20, 21 + AGAIN_MAX)]
        await settle()
        assert await asked[0] is None
        asked[1].cancel()
        await settle()
        script.gate.set()
        await asyncio.gather(first, *asked, return_exceptions=True)
        assert [task.result() for task in asked[2:]] == [Transcription(text=f"again {20 + number}") for number in range(2, 1 + AGAIN_MAX)]
    assert "half of 20" not in script.ran
    assert "half of 21" not in script.ran


async def test_a_second_listening_that_fails_is_dropped_and_shutdown_leaves_those_that_wait_to_the_next_process() -> None:
    script = Scripted()
    queue = TranscriptionQueue(script)
    await queue.__aenter__()
    broken = await queue.again("a", "1", clip(13))
    assert broken is not None
    assert broken.dropped is Dropped.DECODER_FAILED
    first = await busy(script, queue)
    waiting = asyncio.create_task(queue.again("a", "2", clip(2)))
    await settle()
    leaving = asyncio.create_task(queue.__aexit__(None, None, None))
    await settle()
    with pytest.raises(QueueClosed):
        await waiting
    script.gate.set()
    await asyncio.gather(leaving, first)


async def test_several_workers_decode_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=30)

    class Meeting(Scripted):
        def final(self, samples: Samples, propose: Propose | None = None) -> Transcription:
            meeting.wait()
            return super().final(samples)

    async with TranscriptionQueue(Meeting(), workers=2) as queue:
        await asyncio.gather(queue.final("a", "1", clip(1)), queue.final("b", "1", clip(2)))


async def test_real_sentences_of_two_conversations(transcriber: WhisperTranscriber, sentences: list[tuple[Samples, str]]) -> None:
    async with TranscriptionQueue(transcriber) as queue:
        asked = [queue.final(f"session {number}", "1", samples) for number, (samples, _) in enumerate(sentences[:2])]
        broken = queue.final("session 9", "1", np.full(16_000, np.nan, np.float32))
        one, two, nothing = await asyncio.gather(*asked, broken)
    assert "可能性" in one.text
    assert "市场" in two.text
    assert nothing.dropped is Dropped.DECODER_FAILED
