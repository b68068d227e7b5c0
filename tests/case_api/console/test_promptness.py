"""What keeps the event loop free while pages are built: it hears conversations too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from nicegui import helpers
from nicegui.observables import ObservableList

from case_api.console import signatures
from case_api.console.parts import unhurried


class Owner:
    def changed(self) -> None:
        """Wants nothing."""

    def told(self, event: object) -> None:
        """Wants to know."""


def test_a_methods_signature_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Callable[..., Any]] = []
    real = signatures._look

    def counted(func: Callable[..., Any]) -> bool:
        looked.append(func)
        return real(func)

    monkeypatch.setattr(signatures, "_look", counted)
    monkeypatch.setattr(helpers, "expects_arguments", helpers.expects_arguments)  # put back afterwards
    signatures.remember()
    made = [ObservableList([], on_change=way) for _ in range(5) for way in (Owner().changed, Owner().told)]
    assert [wants for one in made[:2] for _, wants in one._change_handlers] == [False, True]
    assert len(looked) == 2
    assert [helpers.expects_arguments(way) for way in (lambda: 0, lambda event: event)] == [False, True]  # each its own


async def test_others_are_served_between_the_rows_of_a_long_table() -> None:
    served = 0

    async def other() -> None:
        nonlocal served
        while True:
            served += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    assert [row async for row in unhurried(range(7), at_once=3)] == list(range(7))
    task.cancel()
    assert served == 2
