"""Stored audio on its way to the ear: a short queue in memory, and behind it the recording itself.

A conversation that is heard again after a restart, or sent in one burst after a tunnel, has far more stored than heard. What does not fit
the queue is read back from the disk, so that acknowledgements never wait for the ear and memory does not grow with the length.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio_service.intake.recording import iter_samples
from audio_service.messages import SAMPLE_RATE

Block = NDArray[np.int16]
Run = Callable[..., asyncio.Future[Any]]
STEP_SAMPLES = SAMPLE_RATE
"""Samples heard at once: few enough to keep every stage responsive, enough to catch up fast."""


class HearingBacklog:
    """Blocks of int16 samples in the order they were stored. `folder` is None where nothing is recorded: then `put` waits for room.

    `stored` samples are on the disk already, from an earlier process.
    """

    def __init__(self, limit: int, folder: Path | None, stored: int) -> None:
        self._limit = limit
        self._folder = folder
        self._stored = stored
        self._given = 0
        self._queue: deque[Block] = deque()
        self._queued_from = stored
        """Where the queue begins; what is stored before it and not given yet is only on the disk."""
        self._ended = False
        self._abandoned = False
        self._more = asyncio.Event()
        self._room = asyncio.Event()

    async def put(self, block: Block) -> None:
        """The next block; it is on the disk by now, where anything is."""
        while self._folder is None and len(self._queue) >= self._limit and not self._abandoned:
            self._room.clear()
            await self._room.wait()
        if len(self._queue) >= self._limit:
            self._queue.clear()
            self._queued_from = self._stored
        self._stored += block.size
        if not self._abandoned:
            self._queue.append(block)
            self._more.set()

    def end(self) -> None:
        """Nothing more comes."""
        self._ended = True
        self._more.set()

    def abandon(self) -> None:
        """Nobody hears any more: what comes is let go."""
        self._abandoned = True
        self._queue.clear()
        self._room.set()

    async def blocks(self, run: Run) -> AsyncIterator[Block]:
        """Everything from the first sample on, in steps of about `STEP_SAMPLES`. `run` reads the disk outside the event loop."""
        while True:
            if self._given < self._queued_from:
                assert self._folder is not None
                steps = iter_steps(self._folder, self._given, self._queued_from)
                while (step := await run(next, steps, None)) is not None:
                    self._given += step.size
                    yield step
            elif self._queue:
                yield self._next()
            elif self._ended:
                return
            else:
                self._more.clear()
                await self._more.wait()

    def _next(self) -> Block:
        blocks = [self._queue.popleft()]
        size = blocks[0].size
        while self._queue and size < STEP_SAMPLES:
            blocks.append(self._queue.popleft())
            size += blocks[-1].size
        self._given += size
        self._queued_from = self._given
        self._room.set()
        return np.concatenate(blocks)


def iter_steps(folder: Path, start: int, end: int) -> Iterator[Block]:
    """Samples start … end of a recording in steps of about `STEP_SAMPLES`, read as they are asked for; what is damaged is silence."""
    held: list[Block] = []
    size = 0
    for block in iter_samples(folder, start):
        held.append(block[: end - start - size])
        size += held[-1].size
        if size >= STEP_SAMPLES or start + size == end:
            yield np.concatenate(held)
            start, held, size = start + size, [], 0
        if start == end:
            return
    yield np.zeros(end - start, np.int16) if not held else np.concatenate([*held, np.zeros(end - start - size, np.int16)])
