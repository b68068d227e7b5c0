"""Holds and removal through HTTP and the nightly pass, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, func, select

from case_api.evidence.store import BlobStore
from case_api.retention.repository import known_paths
from case_api.retention.run import run
from models.audit import AuditRecord
from models.base import utc_now
from models.cases import WithdrawalCase
from models.consents import Consent
from models.engine import Factory, reading, transaction
from models.evidence import Evidence, EvidenceBlob
from models.holds import LegalHold, Removal
from models.outbox import OutboxMessage, publish
from models.people import Person
from models.sessions import Session
from models.settings import Settings
from models.settings_records import TWO_YEARS
from models.signals import CaseSignal
from models.sites import Site
from models.tables import Base
from tests.case_api.evidence.conftest import MakeCase, Upload
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, Rows, SignIn

Closed = Callable[..., Awaitable[tuple[WithdrawalCase, Session]]]
LATER = timedelta(days=TWO_YEARS, hours=1)
REASON = "(2026)沪0115民初1234号"


@pytest.fixture
async def lijing(make_person: MakePerson, site: Site) -> Person:
    return await make_person("lijing", ("staff", site.id))


@pytest.fixture
async def staff(lijing: Person, sign_in: SignIn) -> dict[str, str]:
    return await sign_in(lijing)


@pytest.fixture
async def legal(make_person: MakePerson, sign_in: SignIn, site: Site) -> dict[str, str]:
    return await sign_in(await make_person("legal", ("legal", site.id)))


@pytest.fixture
def later(app: FastAPI) -> datetime:
    """The application's clock stands where every period that began before is over."""
    at = utc_now() + LATER
    app.state.clock = lambda: at
    return at


@pytest.fixture
def closed(
    client: httpx2.AsyncClient,
    factory: Factory,
    make_case: MakeCase,
    make_session: MakeSession,
    upload: Upload,
    settings: Settings,
    staff: dict[str, str],
    lijing: Person,
    site: Site,
) -> Closed:
    """A case with a conversation, an upload, a citation, a signal, tasks and files, archived just now."""

    async def make(name: str = "收据.jpg", status: str = "archived") -> tuple[WithdrawalCase, Session]:
        now = datetime.now(UTC)
        opened = await client.post("/v1/cases", headers=staff, json={"customer_label": "王先生", "unit_label": "3栋1202"})
        case_id = opened.json()["id"]
        session = await make_session(lijing, site.id, case_id=case_id, ended_at=now)
        assert (await upload(staff, case_id, name)).status_code == 201
        cited = {"session_id": session.id, "utterance_id": "u1"}
        assert (await client.post(f"/v1/cases/{case_id}/evidence/citations", headers=staff, json=cited)).status_code == 201
        async with transaction(factory) as db:
            case = await db.get_one(WithdrawalCase, case_id)
            case.status, case.outcome, case.ended_at, case.archived_at = status, "kept", now, now
            db.add(
                CaseSignal(message_key=session.id, site_id=site.id, session_id=session.id, kind="media", status="noted", at=1, heard_at=now)
            )
            await publish(db, "session.ended", {"summary": "退房"}, key=session.id, site_id=site.id, session_id=session.id)
        folder = settings.data_dir / "recordings" / session.id
        await asyncio.to_thread(write, folder)
        return case, session

    return make


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "recording.flac").write_bytes(b"fLaC")


def files(settings: Settings) -> list[Path]:
    folders = [settings.data_dir / name for name in ("evidence", "recordings")]
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


KEPT_FOR_GOOD = {"audit_record", "removal", "site", "person", "person_role", "access_token", "command_record"}


async def left(rows: Rows) -> dict[str, int]:
    """Rows of every table that tells of cases or conversations."""
    found = {table.name: await rows.one(select(func.count()).select_from(table)) for table in Base.metadata.tables.values()}
    return {name: count for name, count in found.items() if count and name not in KEPT_FOR_GOOD}


class TestRefusal:
    """What may not go stays whole."""

    @pytest.mark.parametrize(("status", "code"), [("archived", "retention_running"), ("closing", "record_open")])
    async def test_before_its_time(
        self,
        client: httpx2.AsyncClient,
        legal: dict[str, str],
        closed: Closed,
        factory: Factory,
        settings: Settings,
        rows: Rows,
        status: str,
        code: str,
    ) -> None:
        case, session = await closed(status=status)
        before, stored = await left(rows), files(settings)
        for url in (f"/v1/cases/{case.id}", f"/v1/sessions/{session.id}"):
            answer = await client.delete(url, headers=legal)
            assert (answer.status_code, answer.json()["code"]) == (409, "record_open" if "sessions" in url else code)
        assert (await client.get("/v1/retention/due", headers=legal)).json() == []
        assert (await client.get(f"/v1/cases/{case.id}/retention", headers=legal)).json()["refusal"] == code
        assert (await run(factory, settings, utc_now())).removed == []
        assert (await left(rows), files(settings)) == (before, stored)

    async def test_under_a_hold_on_the_case_or_on_its_conversation(
        self,
        client: httpx2.AsyncClient,
        legal: dict[str, str],
        closed: Closed,
        factory: Factory,
        settings: Settings,
        rows: Rows,
        later: datetime,
    ) -> None:
        case, session = await closed()
        for subject in ({"case_id": case.id}, {"session_id": session.id}):
            body = subject | {"reason": REASON, "ends_at": (later + timedelta(days=30)).isoformat()}
            hold = await client.post("/v1/holds", headers=legal, json=body)
            assert hold.status_code == 201
            refused = await client.delete(f"/v1/cases/{case.id}", headers=legal)
            assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
            assert (await run(factory, settings, later)).removed == []
            assert (await client.get(f"/v1/cases/{case.id}/retention", headers=legal)).json()["held"] is True
            match, why = legal | {"If-Match": '"1"'}, {"reason": "已调解结案"}
            url = f"/v1/holds/{hold.json()['id']}/lift"
            assert (await client.post(url, headers=legal | {"If-Match": '"3"'}, json=why)).json()["code"] == "version_conflict"
            both = await asyncio.gather(*(client.post(url, headers=match, json=why) for _ in range(2)))
            assert sorted(one.status_code for one in both) == [200, 409]
        assert (await client.delete(f"/v1/cases/{case.id}", headers=legal)).status_code == 200
        actions = await rows.scalars(select(AuditRecord.action))
        assert [actions.count(f"api:{kind}:{verb}_hold") for kind in ("case", "session") for verb in ("place", "lift")] == [1] * 4

    async def test_a_hold_ends_by_itself_on_its_date(
        self, client: httpx2.AsyncClient, legal: dict[str, str], closed: Closed, factory: Factory, settings: Settings, later: datetime
    ) -> None:
        case, _ = await closed()
        body = {"case_id": case.id, "reason": REASON, "ends_at": (later + timedelta(days=30)).isoformat()}
        hold = (await client.post("/v1/holds", headers=legal, json=body)).json()
        assert (await run(factory, settings, later + timedelta(days=29))).removed == []
        assert len((await run(factory, settings, later + timedelta(days=30))).removed) == 1
        assert (await client.get(f"/v1/holds/{hold['id']}", headers=legal)).status_code == 404


class TestRemoval:
    """What goes, goes completely."""

    async def test_rows_and_files_go_and_a_tombstone_stays(
        self, client: httpx2.AsyncClient, legal: dict[str, str], closed: Closed, settings: Settings, rows: Rows, later: datetime
    ) -> None:
        case, _ = await closed()
        audited = len(await rows.scalars(select(AuditRecord)))
        [due] = (await client.get("/v1/retention/due", headers=legal)).json()
        assert (due["id"], due["code"], due["sessions"]) == (case.id, case.code, 1)
        gone = await client.delete(f"/v1/cases/{case.id}", headers=legal | {"Idempotency-Key": "remove-01"})
        assert gone.status_code == 200
        counts = gone.json()["counts"]
        one = {"withdrawal_case", "session", "case_signal", "prompt_shown", "keyword_hit", "session_mark"}
        assert {name: counts[name] for name in one} == dict.fromkeys(one, 1)
        assert (counts["utterance"], counts["evidence"], counts["prosody_track"], counts["case_task"]) == (3, 2, 3, 1)
        assert await left(rows) == {}
        assert files(settings) == []
        assert (await client.get(f"/v1/cases/{case.id}", headers=legal)).status_code == 404
        again = await client.delete(f"/v1/cases/{case.id}", headers=legal | {"Idempotency-Key": "remove-01"})
        assert (again.json(), again.headers["idempotency-replayed"]) == (gone.json(), "true")
        [stone] = (await client.get("/v1/retention/removals", headers=legal)).json()["items"]
        assert (stone["subject_id"], stone["code"], stone["kind"]) == (case.id, case.code, "case")
        assert stone["files_removed_at"] is not None
        for asked, found in ((case.id, [stone]), ("another", [])):
            assert (await client.get("/v1/retention/removals", params={"subject_id": asked}, headers=legal)).json()["items"] == found
        records = await rows.scalars(select(AuditRecord).order_by(AuditRecord.id))
        assert len(records) == audited + 1
        assert (records[-1].action, records[-1].subject_id) == ("retention:case:remove", case.id)

    async def test_content_that_another_case_refers_to_stays(
        self,
        client: httpx2.AsyncClient,
        staff: dict[str, str],
        legal: dict[str, str],
        closed: Closed,
        upload: Upload,
        later: datetime,
        rows: Rows,
    ) -> None:
        case, _ = await closed()
        other = (await client.post("/v1/cases", headers=staff, json={"customer_label": "李女士"})).json()
        kept = (await upload(staff, other["id"])).json()
        assert (await client.delete(f"/v1/cases/{case.id}", headers=legal)).status_code == 200
        assert (await client.get(kept["file"]["url"], headers=staff)).status_code == 200
        assert len(await rows.scalars(select(EvidenceBlob))) == 1

    async def test_a_conversation_without_a_case_goes_by_itself(
        self,
        client: httpx2.AsyncClient,
        legal: dict[str, str],
        make_session: MakeSession,
        lijing: Person,
        site: Site,
        settings: Settings,
        later: datetime,
        rows: Rows,
    ) -> None:
        session = await make_session(lijing, site.id, ended_at=utc_now())
        write(settings.data_dir / "recordings" / session.id)
        gone = await client.delete(f"/v1/sessions/{session.id}", headers=legal)
        assert (gone.status_code, gone.json()["kind"]) == (200, "session")
        assert (await left(rows), files(settings)) == ({}, [])

    async def test_a_pass_removes_everything_due_and_a_dry_one_nothing(
        self, closed: Closed, make_session: MakeSession, lijing: Person, site: Site, factory: Factory, settings: Settings, rows: Rows
    ) -> None:
        for name in ("收据.jpg", "b.png", "收据.jpg"):
            await closed(name)
        await make_session(lijing, site.id, ended_at=utc_now())
        await make_session(lijing, site.id)  # never ended
        at, before = utc_now() + LATER, await left(rows)
        assert len((await run(factory, settings, at, dry=True)).removed) == 4
        assert await left(rows) == before
        passed = await run(factory, settings, at)
        assert (len(passed.removed), passed.kept, passed.cleared) == (4, [], 4)
        assert (await left(rows))["session"] == 1
        assert files(settings) == []

    async def test_a_pass_says_how_much_is_held_past_its_time(
        self, closed: Closed, make_session: MakeSession, lijing: Person, site: Site, factory: Factory, settings: Settings
    ) -> None:
        case, _ = await closed()
        own, cited = await closed("b.png")
        alone = await make_session(lijing, site.id, ended_at=utc_now())
        now, at = utc_now(), utc_now() + LATER
        ends = {"site_id": site.id, "reason": REASON, "ends_at": at + timedelta(days=1), "placed_at": now, "placed_by": lijing.id}
        async with transaction(factory) as db:
            holds = [LegalHold(case_id=case.id, **ends), LegalHold(session_id=cited.id, **ends), LegalHold(session_id=alone.id, **ends)]
            db.add_all(holds)
        for dry in (True, False):
            passed = await run(factory, settings, at, dry=dry)
            assert (passed.removed, passed.held) == ([], 3)
        async with transaction(factory) as db:
            lifted = await db.get_one(LegalHold, holds[1].id)
            lifted.lifted_at, lifted.lifted_by, lifted.lifted_reason = at, lijing.id, "已调解结案"
        passed = await run(factory, settings, at)
        assert ([one.id for one in passed.removed], passed.held) == ([own.id], 2)

    async def test_files_that_a_killed_pass_left_go_with_the_next(
        self, closed: Closed, factory: Factory, settings: Settings, rows: Rows, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await closed()

        async def killed(*_: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("case_api.retention.service._clear", killed)
            with pytest.raises(KeyboardInterrupt):
                await run(factory, settings, utc_now() + LATER)
        assert len(files(settings)) == 2
        assert (await rows.one(select(Removal))).files_removed_at is None
        assert (await run(factory, settings, utc_now() + LATER)).cleared == 1
        assert files(settings) == []

    async def test_an_upload_without_a_row_is_swept_after_a_day(
        self, closed: Closed, factory: Factory, settings: Settings, tmp_path: Path, rows: Rows
    ) -> None:
        await closed()
        stray = tmp_path / "stray"
        stray.write_bytes(b"x")
        await BlobStore(settings).put("00/stray", stray)
        assert (await run(factory, settings, utc_now())).orphans == 0
        assert (await run(factory, settings, utc_now() + timedelta(days=2))).orphans == 1
        assert len(files(settings)) == 2

    async def test_a_store_of_more_files_than_a_statement_takes_values_is_looked_through(self, factory: Factory) -> None:
        async with transaction(factory) as db:
            db.add(EvidenceBlob(sha256="0" * 64, path="00/kept", size=1, media_type="image/jpeg"))
        stored = [f"{number:x}" for number in range(260_000)] + ["00/kept"]
        async with reading(factory) as db:
            assert await known_paths(db, stored) == {"00/kept"}

    async def test_a_hold_and_a_removal_at_once_leave_one_of_the_two(
        self, client: httpx2.AsyncClient, legal: dict[str, str], closed: Closed, later: datetime, rows: Rows
    ) -> None:
        case, _ = await closed()
        body = {"case_id": case.id, "reason": REASON, "ends_at": (later + timedelta(days=30)).isoformat()}
        placed, removed = await asyncio.gather(
            client.post("/v1/holds", headers=legal, json=body), client.delete(f"/v1/cases/{case.id}", headers=legal)
        )
        assert (placed.status_code, removed.status_code) in {(201, 409), (404, 200)}
        assert len(await rows.scalars(select(WithdrawalCase))) == (placed.status_code == 201)

    async def test_the_database_itself_keeps_what_is_under_a_hold(
        self, client: httpx2.AsyncClient, legal: dict[str, str], closed: Closed, factory: Factory, later: datetime
    ) -> None:
        case, _ = await closed()
        body = {"case_id": case.id, "reason": REASON, "ends_at": (later + timedelta(days=30)).isoformat()}
        await client.post("/v1/holds", headers=legal, json=body)
        async with transaction(factory) as db:
            await db.execute(delete(Evidence))
            await db.execute(delete(Session))
            await db.execute(delete(Consent))
        with pytest.raises(Exception, match=r"(?i)foreign key"):
            async with transaction(factory) as db:
                await db.execute(delete(WithdrawalCase))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"case_id": "x", "session_id": "y"}, "invalid_request"),
        ({"case_id": "x", "ends_at": "2020-01-01T00:00:00Z"}, "hold_interval"),
        ({"case_id": "nowhere"}, "not_found"),
        ({"session_id": "nowhere"}, "not_found"),
        ({"case_id": "x", "reason": " "}, "invalid_request"),
        ({"case_id": "x", "ends_at": "2090-01-01T00:00:00"}, "invalid_request"),
    ],
)
async def test_a_hold_names_one_thing_a_reason_and_a_date_to_come(
    client: httpx2.AsyncClient, legal: dict[str, str], rows: Rows, body: dict[str, str], code: str
) -> None:
    full = {"reason": REASON, "ends_at": "2090-01-01T00:00:00Z"} | body
    assert (await client.post("/v1/holds", headers=legal, json=full)).json()["code"] == code
    assert await rows.scalars(select(LegalHold)) == []


@pytest.mark.parametrize(
    "role", ["staff", "receptionist", "site_manager", "finance", "marketing", "city_gm", "regional_ops", "trainer", "admin"]
)
async def test_only_legal_and_risk_hold_and_remove(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, role: str
) -> None:
    person = await sign_in(await make_person("x", (role, None if role == "admin" else site.id))) | {"If-Match": '"1"'}
    hold = {"case_id": "x", "reason": REASON, "ends_at": "2090-01-01T00:00:00Z"}
    for answer in (
        await client.post("/v1/holds", headers=person, json=hold),
        await client.get("/v1/holds", headers=person),
        await client.get("/v1/holds/x", headers=person),
        await client.post("/v1/holds/x/lift", headers=person, json={"reason": "结案"}),
        await client.get("/v1/retention/due", headers=person),
        await client.get("/v1/retention/removals", headers=person),
        await client.delete("/v1/cases/x", headers=person),
        await client.delete("/v1/sessions/x", headers=person),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_another_sites_records_do_not_exist(
    client: httpx2.AsyncClient,
    make_person: MakePerson,
    sign_in: SignIn,
    closed: Closed,
    legal: dict[str, str],
    other_site: Site,
    later: datetime,
) -> None:
    case, session = await closed()
    ends_at = (later + timedelta(days=9)).isoformat()
    body = {"reason": REASON, "ends_at": ends_at}
    hold = (await client.post("/v1/holds", headers=legal, json=body | {"case_id": case.id})).json()
    there = await sign_in(await make_person("there", ("legal", other_site.id))) | {"If-Match": '"1"'}
    for answer in (
        await client.post("/v1/holds", headers=there, json=body | {"case_id": case.id}),
        await client.post("/v1/holds", headers=there, json=body | {"session_id": session.id}),
        await client.get(f"/v1/holds/{hold['id']}", headers=there),
        await client.post(f"/v1/holds/{hold['id']}/lift", headers=there, json={"reason": "结案"}),
        await client.delete(f"/v1/cases/{case.id}", headers=there),
        await client.delete(f"/v1/sessions/{session.id}", headers=there),
        await client.get(f"/v1/cases/{case.id}/retention", headers=there),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await client.get("/v1/holds", headers=there)).json()["items"] == []
    assert (await client.get("/v1/holds", headers=legal, params={"in_force": True, "case_id": case.id})).json()["items"] == [hold]


async def test_messages_about_a_removed_case_go_too(
    client: httpx2.AsyncClient, closed: Closed, legal: dict[str, str], later: datetime, rows: Rows
) -> None:
    case, _ = await closed()
    other, _ = await closed("b.png")
    assert (await client.delete(f"/v1/cases/{case.id}", headers=legal)).status_code == 200
    about = {message.payload.get("case_id") for message in await rows.scalars(select(OutboxMessage))}
    assert case.id not in about
    assert other.id in about


async def test_a_conversation_that_moved_to_another_case_stays_with_it(
    client: httpx2.AsyncClient, factory: Factory, settings: Settings, staff: dict[str, str], closed: Closed, rows: Rows, later: datetime
) -> None:
    """Cited in the case that goes, linked to one that is at work: its recording and consent belong to the other case now."""
    case, session = await closed()
    other, _ = await closed("合同.pdf", status="closing")
    async with transaction(factory) as db:
        (await db.get_one(Session, session.id)).case_id = other.id
    passed = await run(factory, settings, later)
    assert [one.id for one in passed.removed] == [case.id]
    kept = await rows.one(select(Session).where(Session.id == session.id))
    assert kept.case_id == other.id
    assert (settings.data_dir / "recordings" / session.id / "recording.flac").is_file()


async def test_what_a_cited_conversation_keeps_does_not_stand_before_what_may_go(
    client: httpx2.AsyncClient,
    factory: Factory,
    settings: Settings,
    legal: dict[str, str],
    lijing: Person,
    site: Site,
    closed: Closed,
    make_session: MakeSession,
    later: datetime,
) -> None:
    """The oldest case cites a conversation that is not linked to it and is held, the next one that goes on; the newest may go."""
    (first, held), (second, runs), (last, _) = [await closed(name) for name in ("收据.jpg", "b.png", "合同.pdf")]
    async with transaction(factory) as db:
        for session in (held, runs):
            (await db.get_one(Session, session.id)).case_id = None
        (await db.get_one(Session, runs.id)).ended_at = None
        lawyer = await db.scalar(select(Person.id).where(Person.username == "legal"))
        times = {"placed_at": utc_now(), "placed_by": lawyer, "ends_at": later + timedelta(days=90)}
        db.add(LegalHold(site_id=site.id, session_id=held.id, reason=REASON, **times))
    due = (await client.get("/v1/retention/due", headers=legal, params={"limit": 1})).json()
    assert [one["id"] for one in due] == [last.id]
    passed = await run(factory, settings, later)
    assert ([one.id for one in passed.removed], passed.held, passed.kept) == ([last.id], 1, [])
    assert {first.id, second.id} & {one.id for one in passed.removed} == set()
