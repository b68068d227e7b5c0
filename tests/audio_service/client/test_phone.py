"""The client that keeps packets until they are acknowledged, against a server whose line breaks."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from websockets.asyncio.server import ServerConnection, serve

from audio_service.client import phone as module
from audio_service.client.phone import Phone, StreamRefused
from audio_service.client.screen import Screen
from audio_service.messages import SAMPLE_RATE

GIVE_UP = 0.2


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GIVE_UP_SECONDS", GIVE_UP)


def phone(port: int, messages: list[dict[str, Any]]) -> Phone:
    return Phone(f"ws://127.0.0.1:{port}/v1/stream", "token", {"recording": True, "notice_version": "v"}, messages.append)


def acknowledged(packet: bytes) -> str:
    """The server's word that it has this packet."""
    return json.dumps({"type": "ack", "seq": int.from_bytes(packet[:4], "big")})


async def test_what_a_full_disk_refused_at_the_end_is_sent_again_before_stop() -> None:
    """The server takes the last packets from the line, cannot store them, and says so a moment later."""
    stored: list[int] = []
    lines = 0

    async def talk(line: ServerConnection) -> None:
        nonlocal lines
        lines += 1
        await line.recv()
        await line.send(json.dumps({"type": "ready", "session": "s1", "next_seq": len(stored), "limits": {"window_packets": 100}}))
        full, waiting = lines == 1, 2.0
        while True:
            try:
                data = await asyncio.wait_for(line.recv(), waiting)
            except TimeoutError:
                await line.send(json.dumps({"type": "error", "code": "store_full", "zh": "", "en": "", "retry": True}))
                return
            if isinstance(data, str):
                await line.send(json.dumps({"type": "summary"}))
                return
            seq = int.from_bytes(data[:4], "big")
            if full and seq >= 7:
                waiting = 0.1
            else:
                stored.append(seq)
                await line.send(acknowledged(data))

    async with serve(talk, "127.0.0.1", 0) as server:
        await phone(next(iter(server.sockets)).getsockname()[1], []).play(np.zeros(SAMPLE_RATE, np.int16), 20.0)
    assert (stored, lines) == (list(range(10)), 2)


async def test_a_line_lost_late_in_the_conversation_is_tried_again() -> None:
    hellos: list[dict[str, Any]] = []

    async def talk(line: ServerConnection) -> None:
        hellos.append(json.loads(await line.recv()))
        ready = {"type": "ready", "session": "s1", "next_seq": 0, "limits": {"window_packets": 100}}
        await line.send(json.dumps(ready))
        if len(hellos) == 1:
            await asyncio.sleep(2 * GIVE_UP)  # longer in the conversation than anyone waits for a line
            line.transport.abort()
            return
        async for data in line:
            if isinstance(data, bytes):
                await line.send(acknowledged(data))
            elif json.loads(data)["type"] == "stop":
                await line.send(json.dumps({"type": "summary"}))
                return

    messages: list[dict[str, Any]] = []
    async with serve(talk, "127.0.0.1", 0) as server:
        caller = phone(next(iter(server.sockets)).getsockname()[1], messages)
        await caller.play(np.zeros(SAMPLE_RATE, np.int16), 1.0)
    assert [hello.get("resume") for hello in hellos] == [None, "s1"]
    assert caller.reconnects == 1
    assert messages[-1]["type"] == "summary"


@pytest.mark.parametrize("shows", [True, False], ids=["somebody looks", "nobody looks"])
async def test_hints_and_listeners_count_as_shown_only_where_somebody_looks(shows: bool) -> None:
    said: list[dict[str, Any]] = []

    async def talk(line: ServerConnection) -> None:
        await line.recv()
        people = [{"id": "l1", "name": "张伟"}]
        for message in (
            {"type": "ready", "session": "s1", "next_seq": 0, "resumed": False, "recording": True, "limits": {"window_packets": 100}},
            {"type": "hint", "id": "h1", "at": 0.0, "text": "我马上到", "by": "张伟"},
            {"type": "hint", "id": "h1", "at": 0.0, "text": "我马上到", "by": "张伟"},
            {"type": "listeners", "people": people},
            {"type": "listeners", "people": []},
        ):
            await line.send(json.dumps(message))
        async for text in line:
            if isinstance(text, bytes):
                await line.send(acknowledged(text))
            else:
                said.append(json.loads(text))
                if said[-1]["type"] == "stop":
                    await line.send(json.dumps({"type": "error", "code": "internal", "zh": "", "en": "", "retry": False}))

    console = Console(record=True, width=90, file=io.StringIO())
    async with serve(talk, "127.0.0.1", 0) as server:
        screen = Screen(console)
        port = next(iter(server.sockets)).getsockname()[1]
        caller = Phone(f"ws://127.0.0.1:{port}/v1/stream", "token", {}, screen.show, shows=shows)
        with pytest.raises(StreamRefused):
            await caller.play(np.zeros(SAMPLE_RATE // 2, np.int16), 1.0)
    assert [one["id"] for one in said if one["type"] == "shown"] == (["h1", "h1", "l1"] if shows else [])
    printed = console.export_text()
    assert printed.count("我马上到") == 1
    assert "张伟 提示您" in printed
    assert printed.index("张伟 正在旁听") < printed.index("已结束")


async def test_a_service_that_greets_and_dies_is_asked_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def noted(self: Phone, error: Exception) -> None:
        pauses.append(self._retry)
        await pause(self, error)

    pause = Phone._pause
    monkeypatch.setattr(Phone, "_pause", noted)
    monkeypatch.setattr(module, "RETRY_FIRST", 0.01)
    hellos = 0

    async def talk(line: ServerConnection) -> None:
        nonlocal hellos
        hellos += 1
        await line.recv()
        await line.send(json.dumps({"type": "ready", "session": "s1", "next_seq": 0, "limits": {"window_packets": 100}}))
        if hellos < 5:
            line.transport.abort()
            return
        async for data in line:
            if isinstance(data, bytes):
                await line.send(acknowledged(data))
            if hellos == 5:
                line.transport.abort()
                return
            if isinstance(data, str) and json.loads(data)["type"] == "stop":
                await line.send(json.dumps({"type": "summary"}))
                return

    async with serve(talk, "127.0.0.1", 0) as server:
        caller = phone(next(iter(server.sockets)).getsockname()[1], [])
        caller._retry = module.RETRY_FIRST
        await caller.play(np.zeros(SAMPLE_RATE, np.int16), 20.0)
    assert pauses[:4] == sorted(pauses[:4])
    assert pauses[3] == pytest.approx(8 * pauses[0])
    assert hellos == 6


async def test_a_service_that_never_answers_is_given_up() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, but not listening
        caller = phone(nobody.getsockname()[1], [])
        with pytest.raises(TimeoutError, match="no connection"):
            await caller.play(np.zeros(SAMPLE_RATE, np.int16), 1.0)
    assert caller.reconnects >= 1
