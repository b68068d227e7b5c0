"""What a client can do wrong: each gets its stable code, nothing is stored of it, and other conversations go on."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, update
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from audio_service.intake import recording
from audio_service.intake.packets import build_packet
from audio_service.live import registry as registering
from audio_service.live.outlet import Outlet
from audio_service.live.socket import MESSAGES_BURST
from models.base import utc_now
from models.cases import WithdrawalCase
from models.engine import transaction
from models.people import PersonRole
from models.sessions import Session, SessionMark
from models.tokens import AccessToken

pytestmark = pytest.mark.in_turn

PACKET = bytes(3200)
CONSENT = {"recording": True, "notice_version": "rec-2026-11"}


class Line:
    """One raw connection."""

    def __init__(self, socket: Any, token: str) -> None:
        self._socket = socket
        self._token = token

    async def say(self, **message: Any) -> None:
        await self._socket.send(json.dumps(message))

    async def send(self, data: str | bytes) -> None:
        await self._socket.send(data)

    async def hello(self, **changes: Any) -> dict[str, Any]:
        hello = {"type": "hello", "version": 1, "token": self._token, "consent": CONSENT} | changes
        await self.say(**{name: value for name, value in hello.items() if value is not None})
        return await self.next()

    async def next(self) -> dict[str, Any]:
        return dict(json.loads(await asyncio.wait_for(self._socket.recv(), 20)))

    async def until(self, kind: str) -> dict[str, Any]:
        while (message := await self.next())["type"] != kind:
            pass
        return message

    async def closed(self) -> int:
        """The close code, once everything before it was read."""
        with suppress(ConnectionClosed):
            while True:
                await asyncio.wait_for(self._socket.recv(), 20)
        return int(self._socket.close_code)


@asynccontextmanager
async def line(service: Any, token: str | None = None) -> Any:
    async with connect(service.url, max_size=1 << 20) as socket:
        yield Line(socket, token or service.token)


async def refused(service: Any, **changes: Any) -> tuple[str, int]:
    """Code of the error that a hello gets, and the close code after it."""
    async with line(service) as client:
        error = await client.hello(**changes)
        assert error["type"] == "error"
        assert error["zh"]
        assert error["en"]
        return error["code"], await client.closed()


async def test_a_hello_that_cannot_be_served_is_told_why(start: Callable[..., Any], rows: Any) -> None:
    async with start() as service:
        assert await refused(service, token="nobody") == ("token_invalid", 4401)
        assert await refused(service, version=9) == ("unsupported_version", 4400)
        assert await refused(service, codec="mp3") == ("unsupported_codec", 4400)
        assert await refused(service, sample_rate=44100) == ("unsupported_codec", 4400)
        assert await refused(service, consent=None) == ("consent_required", 4403)
        assert await refused(service, consent=CONSENT | {"notice_version": "never-shown"}) == ("consent_required", 4403)
        assert await refused(service, case_id="no-such-case") == ("case_forbidden", 4403)
        assert await refused(service, site_id="no-such-site") == ("role_forbidden", 4403)
        assert await refused(service, resume="no-such-session") == ("session_unknown", 4404)
        assert await refused(service, token="") == ("hello_expected", 4400)
        assert service.registry.live == []
    assert await rows.scalars(select(Session)) == []


async def test_an_expired_token_and_a_wrong_role_are_told_apart(
    start: Callable[..., Any], make_person: Any, sign_in: Any, site: Any, factory: Any
) -> None:
    async with start() as service:
        finance = await make_person("zhaoqi", ("finance", site.id))
        token = (await sign_in(finance))["Authorization"].removeprefix("Bearer ")
        assert await refused(service, token=token) == ("role_forbidden", 4403)
        async with transaction(factory) as db:
            await db.execute(update(AccessToken).values(expires_at=utc_now() - timedelta(seconds=1)))
        assert await refused(service) == ("token_expired", 4401)


async def test_a_case_of_another_site_is_out_of_reach(start: Callable[..., Any], make_person: Any, other_site: Any, factory: Any) -> None:
    async with start() as service:
        other = await make_person("wangwu", ("staff", other_site.id))
        async with transaction(factory) as db:
            case = WithdrawalCase(site_id=other_site.id, code="YL-1", customer_label="王女士", unit_label="1-101", created_by=other.id)
            db.add(case)
        assert await refused(service, case_id=case.id) == ("case_forbidden", 4403)


async def test_nothing_new_begins_for_a_case_that_is_over_and_what_runs_goes_on(start: Callable[..., Any], site: Any, factory: Any) -> None:
    async with start() as service:
        async with transaction(factory) as db:
            case = WithdrawalCase(site_id=site.id, code="HD-1", customer_label="王女士", unit_label="1-101", created_by=service.person.id)
            db.add(case)
        async with line(service) as first:
            session = (await first.hello(case_id=case.id))["session"]
        async with transaction(factory) as db:
            await db.execute(update(WithdrawalCase).values(status="archived"))
        assert await refused(service, case_id=case.id) == ("case_over", 4409)
        async with line(service) as second:
            assert (await second.hello(case_id=case.id, resume=session))["resumed"]


@pytest.mark.parametrize(
    "first", ['{"type":"stop"}', "not json", '{"type":"dance"}', '{"no":"type"}', build_packet(0, PACKET), "[]", '"x"']
)
async def test_anything_before_hello_is_an_error(start: Callable[..., Any], first: str | bytes) -> None:
    async with start() as service, line(service) as client:
        await client.send(first)
        assert (await client.next())["code"] == "hello_expected"
        assert await client.closed() == 4400


async def test_a_client_that_says_nothing_is_let_go(start: Callable[..., Any]) -> None:
    async with start(hello_seconds=0.2) as service, line(service) as client:
        assert (await client.next())["code"] == "hello_timeout"
        assert await client.closed() == 4408


async def test_bad_messages_during_a_conversation_end_nothing(start: Callable[..., Any]) -> None:
    async with start() as service, line(service) as client:
        assert (await client.hello())["type"] == "ready"
        for text, code in (
            ("{", "bad_json"),
            ("[" * 8000, "bad_json"),
            ('{"type":"dance"}', "unknown_type"),
            ('{"type":"mark","note":5}', "bad_message"),
            ('{"type":"feedback","prompt_id":"v0","verdict":"meh"}', "bad_message"),
            ('{"type":"mark","at":-1}', "bad_message"),
            (r'{"type":"mark","note":"\u0000"}', "bad_message"),
            ('{"type":"mark","note":"' + "长" * 20_000 + '"}', "message_too_large"),
            ('{"type":"feedback","prompt_id":"v9","verdict":"used"}', "unknown_prompt"),
        ):
            await client.send(text)
            assert (await client.until("error"))["code"] == code
        await client.hello()
        await client.send(build_packet(0, PACKET))
        assert (await client.until("ack"))["seq"] == 0
        await client.say(type="stop")
        assert (await client.until("summary"))["seconds"] == 0.1
        assert await client.closed() == 1000


async def test_marks_in_a_loop_are_refused_after_some_and_the_conversation_goes_on(start: Callable[..., Any], rows: Any) -> None:
    async with start() as service, line(service) as client:
        session = (await client.hello())["session"]
        for _ in range(3 * MESSAGES_BURST):
            await client.say(type="mark")
        assert (await client.until("error"))["code"] == "too_many_messages"
        await client.send(build_packet(0, PACKET))
        await client.until("ack")
        await client.say(type="stop")
        await client.until("summary")
        assert await client.closed() == 1000
    marks = await rows.scalars(select(SessionMark).where(SessionMark.session_id == session))
    assert MESSAGES_BURST <= len(marks) < 2 * MESSAGES_BURST


@pytest.mark.parametrize(
    ("frame", "code", "close"),
    [
        (b"", "packet_malformed", 4400),
        (b"\0\0\0\0", "packet_malformed", 4400),
        (build_packet(0, bytes(3201)), "packet_malformed", 4400),
        (build_packet(0, bytes(30_000)), "packet_malformed", 4400),
        (build_packet(0, bytes(400)), "packet_length", 4400),
        (build_packet(0, bytes(8000)), "packet_length", 4400),
        (build_packet(3, PACKET), "sequence_gap", 4409),
    ],
)
async def test_bad_packets_are_refused_and_not_stored(start: Callable[..., Any], frame: bytes, code: str, close: int) -> None:
    async with start() as service, line(service) as client:
        await client.hello()
        await client.send(frame)
        error = await client.until("error")
        assert error["code"] == code
        if code == "sequence_gap":
            assert error["expected_seq"] == 0
        assert await client.closed() == close
        assert [session.seconds for session in service.registry.live] == [0.0]


async def test_repeated_packets_are_stored_once_and_acknowledged(start: Callable[..., Any]) -> None:
    async with start() as service, line(service) as client:
        await client.hello()
        for seq in (0, 1, 0, 1, 1, 2):
            await client.send(build_packet(seq, PACKET))
        while (await client.until("ack"))["seq"] < 2:
            pass
        await client.say(type="stop")
        assert (await client.until("summary"))["seconds"] == pytest.approx(0.3)


async def test_a_second_connection_takes_the_conversation_over(start: Callable[..., Any]) -> None:
    async with start() as service, line(service) as first:
        session = (await first.hello())["session"]
        await first.send(build_packet(0, PACKET))
        await first.until("ack")
        async with line(service) as second:
            ready = await second.hello(resume=session)
            assert (ready["next_seq"], ready["resumed"]) == (1, True)
            assert (await first.until("error"))["code"] == "session_taken_over"
            assert await first.closed() == 4409
            await second.say(type="stop")
            await second.until("summary")
            assert await second.closed() == 1000
        assert await refused(service, resume=session) == ("session_ended", 4409)


async def test_nobody_resumes_a_colleagues_conversation(start: Callable[..., Any], make_person: Any, sign_in: Any, site: Any) -> None:
    async with start() as service, line(service) as client:
        session = (await client.hello())["session"]
        colleague = await make_person("chenjing", ("staff", site.id))
        token = (await sign_in(colleague))["Authorization"].removeprefix("Bearer ")
        assert await refused(service, resume=session, token=token) == ("session_unknown", 4404)


@pytest.mark.parametrize("running", [True, False])
async def test_whoever_was_moved_to_another_site_cannot_go_on(
    start: Callable[..., Any], factory: Any, other_site: Any, running: bool
) -> None:
    async with start() as service:
        async with line(service) as client:
            session = (await client.hello())["session"]
            await client.send(build_packet(0, PACKET))
            await client.until("ack")
        if not running:
            await service.registry.live[0].abandon()
            service.registry._sessions.clear()
        async with transaction(factory) as db:
            await db.execute(update(PersonRole).where(PersonRole.person_id == service.person.id).values(site_id=other_site.id))
        assert await refused(service, resume=session) == ("role_forbidden", 4403)


async def test_opening_one_conversation_does_not_hold_up_another(start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    reading, go_on = asyncio.Event(), asyncio.Event()
    read = registering.read_past

    async def slow(*args: Any) -> Any:
        reading.set()
        await go_on.wait()
        return await read(*args)

    monkeypatch.setattr(registering, "read_past", slow)
    async with start() as service, line(service) as first, line(service) as second:
        await first.say(type="hello", version=1, token=service.token, resume="x" * 32)
        await reading.wait()
        assert (await second.hello())["type"] == "ready"
        go_on.set()
        assert (await first.next())["code"] == "session_unknown"


async def test_more_conversations_than_allowed_are_told_to_come_back(start: Callable[..., Any]) -> None:
    async with start(max_sessions=1) as service, line(service) as client:
        await client.hello()
        assert await refused(service) == ("busy", 4503)


async def test_a_conversation_that_is_too_long_is_ended_by_the_limit(start: Callable[..., Any]) -> None:
    async with start(session_seconds_max=1) as service, line(service) as client:
        await client.hello()
        for seq in range(11):
            await client.send(build_packet(seq, PACKET))
        assert (await client.until("error"))["code"] == "session_too_long"


async def test_a_full_disk_stops_the_recording_with_a_clear_error_and_it_goes_on_when_there_is_space(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as service:
        async with line(service) as client:
            session = (await client.hello())["session"]
            await client.send(build_packet(0, PACKET))
            await client.until("ack")
            with monkeypatch.context() as patch:

                def full(_: int) -> None:
                    raise OSError(errno.ENOSPC, "No space left on device")

                patch.setattr(recording.os, "fdatasync", full)
                for seq in (1, 2, 3):
                    await client.send(build_packet(seq, PACKET))
                error = await client.until("error")
                assert (error["code"], error["retry"]) == ("store_full", True)
                assert await client.closed() == 4507
        async with line(service) as client:
            ready = await client.hello(resume=session)
            assert ready.get("next_seq") == 1, ready
            for seq in (1, 2, 3):
                await client.send(build_packet(seq, PACKET))
            while (await client.until("ack"))["seq"] < 3:
                pass
            await client.say(type="stop")
            assert (await client.until("summary"))["seconds"] == pytest.approx(0.4)


async def test_clipping_and_samples_beyond_range_are_warned_of(start: Callable[..., Any]) -> None:
    loud = (np.sign(np.sin(np.arange(1600 * 60) / 9)) * 32767).astype("<i2")
    async with start() as service, line(service) as client:
        await client.hello()
        for seq in range(60):
            await client.send(build_packet(seq, loud[seq * 1600 : (seq + 1) * 1600].tobytes()))
        assert (await client.until("warning"))["code"] == "clipping"


async def test_a_client_that_never_reads_is_let_go_and_others_do_not_notice(start: Callable[..., Any]) -> None:
    async with start() as service, line(service) as deaf, line(service) as other:
        ready = await deaf.hello()
        await other.hello()
        session = next(one for one in service.registry.live if one.id == ready["session"])
        stuck = Outlet(3)  # its socket takes nothing more
        session.detach(session.outlet)
        session.attach(stuck)
        for seq in range(40):
            await other.send(build_packet(seq, PACKET))
        for _ in range(4):
            session.interpreter.warn("clipping")
        assert stuck.failure is not None
        assert stuck.failure.code == "slow_client"
        assert session.outlet is None
        while (await other.until("ack"))["seq"] < 39:
            pass
