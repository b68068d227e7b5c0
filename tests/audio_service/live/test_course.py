"""What is told of the course of the talk, to whom, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from audio_service.hearing import Calmed, Interrupted, LongSilence, StaffHurried
from audio_service.intake.packets import build_packet
from audio_service.messages import Speaker
from models.sessions import Session
from tests.audio_service.live.test_bad_input import PACKET, line

HEARD = [Interrupted(2.0, Speaker.STAFF), LongSilence(3.0, 11.04), StaffHurried(12.0, 0.214), Calmed(13.0)]


@pytest.mark.parametrize("wanted", [True, False])
async def test_moments_are_kept_and_a_nudge_is_the_staff_members_alone(start: Callable[..., Any], rows: Any, wanted: bool) -> None:
    async with start() as service, line(service) as client:
        session = (await client.hello(nudge=wanted))["session"]
        await client.send(build_packet(0, PACKET))
        await client.until("ack")
        service.registry.live[0].interpreter.take(HEARD)
        moments = [await client.until("moment"), await client.until("moment")]
        if wanted:
            assert "21%" in (await client.until("nudge"))["zh"]
        moments.append(await client.until("moment"))
        await client.say(type="stop")
        summary = await client.until("summary")
    kinds = [("interruption", "staff", None), ("silence", None, 8.0), ("calmed", None, None)]
    assert [(one["kind"], one.get("by"), one.get("seconds")) for one in moments] == kinds
    assert [(one["kind"], one.get("by"), one.get("seconds")) for one in summary["moments"]] == kinds
    kept = await rows.one(select(Session).where(Session.id == session))
    assert [(one["kind"], one["by"], one["seconds"]) for one in kept.summary["moments"]] == kinds
    assert kept.counts["interruptions"] == {"staff": 1}
    assert "nudge" not in str(kept.summary) + str(kept.counts)
