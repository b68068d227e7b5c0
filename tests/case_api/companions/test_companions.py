"""Hints and listening in: by whom, when, how often; what is heard; how it ends and what is written down."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any, get_args

import httpx2
import numpy as np
import pytest
from fastapi import FastAPI
from numpy.typing import NDArray
from sqlalchemy import select, update

from audio_service.intake.recording import Recording
from case_api.companions.rules import AWAY, HINTS_A_MINUTE, HINTS_MOST, Standing, agreed, end_of
from case_api.companions.service import BEHIND, end_due
from case_api.notices import current_notice
from models.audit import AuditRecord
from models.base import utc_now
from models.companions import SessionHint, SessionListener
from models.consents import Consent
from models.engine import Factory, transaction
from models.people import Person, PersonRole, Role
from models.sessions import Session
from models.settings import Settings
from models.sites import Site
from tests.case_api.sessions.conftest import MakeSession, make_session
from tests.conftest import MakePerson, Rows, SignIn

__all__ = ["make_session"]


class Room:
    """A running conversation, its manager, and a clock that only tests move."""

    def __init__(self, client: httpx2.AsyncClient, factory: Factory, session: Session, manager: Person, headers: dict[str, str]) -> None:
        self.client, self.factory, self.session, self.manager, self.headers = client, factory, session, manager, headers
        self.now = utc_now()
        self.path = f"/v1/sessions/{session.id}"

    async def hint(self, text: str = "我马上到", headers: dict[str, str] | None = None) -> httpx2.Response:
        return await self.client.post(f"{self.path}/hints", json={"text": text}, headers=headers or self.headers)

    async def listen(self, headers: dict[str, str] | None = None) -> httpx2.Response:
        return await self.client.post(f"{self.path}/listeners", headers=headers or self.headers)

    async def hear(self, listener: str, **query: Any) -> dict[str, Any]:
        answer = await self.client.get(f"{self.path}/listeners/{listener}/audio", params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def detail(self) -> dict[str, Any]:
        return dict((await self.client.get(self.path, headers=self.headers)).json())

    async def change(self, table: Any, **values: Any) -> None:
        async with transaction(self.factory) as db:
            await db.execute(update(table).values(**values))

    async def told(self) -> None:
        """As the phone's process writes it."""
        await self.change(SessionListener, told_at=self.now)


@pytest.fixture
async def room(
    app: FastAPI,
    client: httpx2.AsyncClient,
    factory: Factory,
    make_person: MakePerson,
    make_session: MakeSession,
    sign_in: SignIn,
    site: Site,
) -> Room:
    session = await make_session(await make_person("lijing", ("staff", site.id)), site.id, status="live")
    manager = await make_person("zhangwei", ("site_manager", site.id))
    made = Room(client, factory, session, manager, await sign_in(manager))
    await made.change(Consent, notice_version=current_notice("recording").version)
    app.state.clock = lambda: made.now
    return made


async def refusal(answer: httpx2.Response) -> str:
    return str(answer.json()["code"])


async def test_a_hint_is_the_managers_of_the_site_short_and_on_the_record(
    room: Room, make_person: MakePerson, sign_in: SignIn, rows: Rows, site: Site, other_site: Site
) -> None:
    made = (await room.hint()).json()
    assert (made["state"], made["person_name"], made["at"]) == ("waiting", "Zhangwei", None)
    for text in ("", "  ", "长" * 61, "两\n行", "\u0000"):
        assert await refusal(await room.hint(text)) == "invalid_request"
    assert (await room.hint("长" * 60)).status_code == 201
    staff = await sign_in((await rows.scalars(select(Person).where(Person.id == room.session.staff_id)))[0])
    trainer = await sign_in(await make_person("linna", ("trainer", site.id)))
    stranger = await sign_in(await make_person("qianfang", ("site_manager", other_site.id)))
    for headers, code in ((staff, "forbidden"), (trainer, "forbidden"), (stranger, "not_found")):
        assert await refusal(await room.hint(headers=headers)) == code
        assert await refusal(await room.listen(headers)) == code
    seen = await room.client.get(room.path, headers=staff)
    assert [hint["text"] for hint in seen.json()["hints"]] == ["我马上到", "长" * 60]
    records = await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:session:hint"))
    assert [(record.actor_id, record.subject_id) for record in records] == [(room.manager.id, room.session.id)] * 2
    assert "我马上到" not in str([record.after for record in records])


async def test_hints_are_few_and_end_with_the_conversation(room: Room) -> None:
    for _ in range(HINTS_A_MINUTE):
        assert (await room.hint()).status_code == 201
    refused = await room.hint()
    assert (refused.status_code, await refusal(refused), refused.headers["retry-after"]) == (429, "too_many_requests", "60")
    room.now += timedelta(minutes=1)
    assert (await room.hint()).status_code == 201
    async with transaction(room.factory) as db:
        left = HINTS_MOST - HINTS_A_MINUTE - 1
        db.add_all(
            [SessionHint(session_id=room.session.id, person_id=room.manager.id, text="好", created_at=room.now) for _ in range(left)]
        )
    room.now += timedelta(minutes=2)
    assert await refusal(await room.hint()) == "hints_full"
    for status in ("finishing", "ended"):
        await room.change(Session, status=status)
        assert await refusal(await room.hint()) == "session_over"
        assert await refusal(await room.listen()) == "session_over"
    assert {hint["state"] for hint in (await room.detail())["hints"]} == {"missed"}


def test_listening_is_over_for_the_first_reason_that_holds() -> None:
    now = utc_now()

    def why(**changes: Any) -> str | None:
        given: dict[str, Any] = {"status": "live", "recording": True, "consent_withdrawn": False, "seen_at": now, "allowed": True} | changes
        return end_of(Standing(**given), now)

    assert why() is None
    assert why(status="interrupted", allowed=None) is None
    assert why(status="finishing") == "session_over"
    assert why(status="ended", consent_withdrawn=True) == "consent_withdrawn"
    assert why(consent_withdrawn=True, allowed=False) == "consent_withdrawn"
    assert why(recording=False) == "consent_withdrawn"
    assert why(allowed=False) == "forbidden"
    assert why(seen_at=now - AWAY) is None
    assert why(seen_at=now - AWAY - timedelta(milliseconds=1)) == "away"
    assert [agreed(version) for version in (current_notice("recording").version, "rec-2026-11", "never-shown")] == [True, False, False]


async def test_nobody_listens_without_consent_to_it(room: Room) -> None:
    for table, value, code in (
        (Consent, {"notice_version": "rec-2026-11"}, "listening_not_agreed"),
        (Consent, {"withdrawn_at": room.now}, "not_recorded"),
        (Session, {"recording": False}, "not_recorded"),
    ):
        await room.change(table, **value)
        assert await refusal(await room.listen()) == code
    assert (await room.hint()).status_code == 201  # a word to a colleague is no sound of the customer


def said(folder: Any, seconds: float) -> NDArray[np.int16]:
    """A recording as the intake writes it; its samples."""
    samples = np.random.default_rng(3).integers(-9000, 9000, round(seconds * 16000)).astype(np.int16)
    with Recording(folder) as recording:
        recording.append(enumerate(np.split(samples, len(samples) // 1600)))
    return samples


def sound(heard: dict[str, Any]) -> NDArray[np.int16]:
    return np.frombuffer(base64.b64decode(heard["pcm"]), "<i2").astype(np.int16)


async def test_the_newest_sound_is_heard_once_the_phone_has_shown_it(room: Room, settings: Settings, rows: Rows) -> None:
    folder = settings.data_dir / "recordings" / room.session.id
    samples = said(folder, 30.0)
    assert await refusal(await room.client.get(f"{room.path}/audio", headers=room.headers)) == "listening_shown_first"
    one = (await room.listen()).json()["id"]
    assert (await room.listen()).json()["id"] == one  # a second click is the same listening
    assert await room.hear(one) == {"state": "waiting", "reason": None, "at": 0.0, "next": 0, "pcm": ""}
    await room.told()
    heard = await room.hear(one)
    assert (heard["state"], heard["at"], heard["next"]) == ("listening", 28.0, len(samples))
    np.testing.assert_array_equal(sound(heard), samples[-BEHIND:])
    assert sound(await room.hear(one, after=heard["next"])).size == 0
    np.testing.assert_array_equal(sound(await room.hear(one, after=len(samples) - 1600)), samples[-1600:])
    for lost in (0, len(samples) + 1):  # too far behind, or what never was: the newest again
        assert (await room.hear(one, after=lost))["at"] == 28.0
    room.now += timedelta(seconds=95)
    await room.change(SessionListener, seen_at=room.now)
    gone = await room.client.delete(f"{room.path}/listeners/{one}", headers=room.headers)
    assert gone.status_code == 204
    assert (await room.client.delete(f"{room.path}/listeners/{one}", headers=room.headers)).status_code == 204
    assert (await room.hear(one))["reason"] == "stopped"
    records = await rows.scalars(select(AuditRecord).where(AuditRecord.action.like("%:listen_%")).order_by(AuditRecord.id))
    assert [record.action for record in records] == ["api:session:listen_start", "api:session:listen_stop"]
    assert records[1].after == {"person_id": room.manager.id, "seconds": 95, "reason": "stopped"}
    [kept] = (await room.detail())["listeners"]
    assert (kept["person_name"], kept["reason"]) == ("Zhangwei", "stopped")


@pytest.mark.parametrize("looked", [True, False], ids=["at the next question", "by the ticker"])
@pytest.mark.parametrize("reason", ["session_over", "consent_withdrawn", "forbidden", "away"])
async def test_listening_ends_by_itself(room: Room, rows: Rows, other_site: Site, reason: str, looked: bool) -> None:
    one = (await room.listen()).json()["id"]
    await room.told()
    begun = room.now
    room.now += timedelta(seconds=10)
    match reason:
        case "session_over":
            await room.change(Session, status="ended")
        case "consent_withdrawn":
            await room.change(Consent, withdrawn_at=room.now)
        case "forbidden":
            await room.change(PersonRole, site_id=other_site.id)
        case "away":
            room.now += AWAY
    if looked:
        assert await room.hear(one) == {"state": "over", "reason": reason, "at": 0.0, "next": 0, "pcm": ""}
    elif reason == "forbidden":
        return  # whoever may no longer is refused at the next question, and away without one
    assert await end_due(room.factory, room.now) == (0 if looked else 1)
    row = await rows.one(select(SessionListener))
    ended: datetime = begun if reason == "away" else room.now
    assert (row.ended_at, row.reason) == (ended, reason)
    [record] = await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:session:listen_stop"))
    assert record.actor_id == (room.manager.id if looked else None)
    assert record.after is not None
    assert record.after["seconds"] == (0 if reason == "away" else 10)


async def test_a_listening_is_its_listeners_own_and_few_listen(
    room: Room, make_person: MakePerson, sign_in: SignIn, site: Site, rows: Rows
) -> None:
    one = (await room.listen()).json()["id"]
    others = [await sign_in(await make_person(f"boss{number}", ("site_manager", site.id))) for number in range(3)]
    path = f"{room.path}/listeners/{one}"
    assert await refusal(await room.client.get(f"{path}/audio", headers=others[0])) == "not_found"
    assert await refusal(await room.client.delete(path, headers=others[0])) == "not_found"
    answers = [await room.listen(headers) for headers in others]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert await refusal(answers[-1]) == "listeners_full"
    await room.told()
    room.now += timedelta(seconds=4)
    await room.hear(one)
    assert (await rows.one(select(SessionListener).where(SessionListener.id == one))).seen_at == room.now


READ_ITS_SITE = {"site_manager", "legal", "city_gm", "hq_risk", "regional_ops", "trainer"}
HAS_SESSIONS = {"staff", "receptionist"}


@pytest.mark.parametrize("role", get_args(Role))
async def test_who_hears_a_running_conversation(
    room: Room, make_person: MakePerson, sign_in: SignIn, site: Site, settings: Settings, role: str
) -> None:
    """Its sound is its own staff member's. Whoever oversees the site listens in, which the phone shows first; nobody else gets anything."""
    said(settings.data_dir / "recordings" / room.session.id, 0.1)
    headers = await sign_in(await make_person("somebody", (role, None if role == "admin" else site.id)))
    refused = "listening_shown_first" if role in READ_ITS_SITE else "not_found" if role in HAS_SESSIONS else "forbidden"
    for status in ("live", "interrupted", "finishing"):
        await room.change(Session, status=status)
        assert await refusal(await room.client.get(f"{room.path}/audio", headers=headers)) == refused
    await room.change(Session, status="live")
    for made in (await room.listen(headers), await room.hint(headers=headers)):
        if role in READ_ITS_SITE - {"trainer"}:
            assert made.status_code == 201
        else:
            assert await refusal(made) == ("forbidden" if role == "trainer" else "not_found")


async def test_its_own_staff_member_hears_it_as_long_as_the_role_reaches_the_site(
    room: Room, sign_in: SignIn, rows: Rows, settings: Settings, other_site: Site
) -> None:
    said(settings.data_dir / "recordings" / room.session.id, 0.1)
    staff = (await rows.scalars(select(Person).where(Person.id == room.session.staff_id)))[0]
    headers = await sign_in(staff)
    assert (await room.client.get(f"{room.path}/audio", headers=headers)).status_code == 200
    await room.change(PersonRole, site_id=other_site.id)
    assert await refusal(await room.client.get(f"{room.path}/audio", headers=headers)) == "not_found"
