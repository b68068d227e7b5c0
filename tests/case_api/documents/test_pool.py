"""The pool of the documents: same bytes as in this process, a killed worker costs nothing, nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from case_api.documents import pool
from case_api.documents.pdf import render
from case_api.documents.pool import Renderer
from tests.case_api.documents.test_pdf import sample


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    made = Renderer()
    yield made
    made.close()


def workers(renderer: Renderer) -> list[int]:
    return [] if renderer._pool is None else list(renderer._pool._processes)


async def test_a_pool_starts_with_its_first_document_survives_a_killed_worker_and_ends(renderer: Renderer) -> None:
    renderer.close()
    assert workers(renderer) == []
    expected = render(sample())
    assert await asyncio.gather(renderer.render(sample()), renderer.render(sample())) == [expected, expected]
    first = workers(renderer)
    for worker in first:
        os.kill(worker, signal.SIGKILL)
    assert await renderer.render(sample()) == expected
    assert first
    assert not set(first) & set(workers(renderer))
    renderer.close()
    assert workers(renderer) == []


async def test_several_that_find_the_pool_broken_replace_it_once(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one to notice must not end the pool that the first is waiting for: it would hold up the whole loop until that is done."""
    started: list[ProcessPoolExecutor] = []

    class Counted(ProcessPoolExecutor):
        def __init__(self, *args: Any, **more: Any) -> None:
            started.append(self)
            super().__init__(*args, **more)

    monkeypatch.setattr(pool, "ProcessPoolExecutor", Counted)
    expected = render(sample())
    assert await renderer.render(sample()) == expected
    assert len(workers(renderer)) == pool.WORKERS, "none is added later, while a broken pool is cleared away"
    for worker in workers(renderer):
        os.kill(worker, signal.SIGKILL)
    assert await asyncio.gather(*(renderer.render(sample()) for _ in range(3))) == [expected] * 3
    assert len(started) == 2
