"""Evidence through HTTP: what is kept, for whom, and what refusals leave behind."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.consents import Consent
from models.engine import Factory, transaction
from models.evidence import Evidence, EvidenceBlob
from models.outbox import OutboxMessage
from models.people import Person
from models.sessions import Session
from models.settings import Settings
from models.settings_records import RecordsSettings
from models.sites import Site
from models.tasks import CaseTask
from tests.case_api.evidence.conftest import MakeCase, Upload
from tests.case_api.evidence.samples import BAD, GOOD
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, Rows, SignIn


@pytest.fixture
async def lijing(make_person: MakePerson, site: Site) -> Person:
    return await make_person("lijing", ("staff", site.id))


@pytest.fixture
async def headers(lijing: Person, sign_in: SignIn) -> dict[str, str]:
    return await sign_in(lijing)


@pytest.fixture
async def case(make_case: MakeCase, lijing: Person, site: Site) -> WithdrawalCase:
    return await make_case(lijing, site.id)


def stored(settings: Settings) -> list[Path]:
    return [path for path in (settings.data_dir / "evidence").rglob("*") if path.is_file()]


async def counts(rows: Rows) -> tuple[int, ...]:
    tables = (Evidence, EvidenceBlob, AuditRecord, OutboxMessage)
    return tuple([await rows.one(select(func.count()).select_from(table)) for table in tables])


async def test_an_upload_is_stored_told_and_given_back(
    client: httpx2.AsyncClient,
    upload: Upload,
    headers: dict[str, str],
    case: WithdrawalCase,
    lijing: Person,
    settings: Settings,
    rows: Rows,
) -> None:
    data, kind = GOOD["收据.jpg"]
    answer = await upload(headers, case.id, note=" 订金收据 ")
    made = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    sha256 = hashlib.sha256(data).hexdigest()
    url = f"/v1/evidence/{made['id']}/file"
    assert made["file"] == {"name": "收据.jpg", "media_type": kind.media_type, "size": len(data), "sha256": sha256, "url": url}
    assert (made["kind"], made["note"], made["quote"], made["added_by"]) == ("receipt", "订金收据", None, lijing.id)
    [file] = stored(settings)
    assert file.read_bytes() == data
    assert sha256 in str(file)

    got = await client.get(url, headers=headers)
    assert got.content == data
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''%E6%94%B6%E6%8D%AE.jpg"
    assert (got.headers["content-type"], got.headers["x-content-type-options"]) == ("image/jpeg", "nosniff")
    assert (await client.get(f"/v1/cases/{case.id}/evidence", headers=headers)).json()["items"] == [made]
    assert (await client.get(f"/v1/evidence/{made['id']}", headers=headers)).json() == made

    actions = await rows.scalars(select(AuditRecord.action).where(AuditRecord.subject_id == case.id).order_by(AuditRecord.id))
    assert actions == ["api:case:add_evidence", "api:evidence:download"]
    [message] = await rows.scalars(select(OutboxMessage))
    assert (message.topic, message.payload["evidence_id"]) == ("case.evidence_added", made["id"])
    assert (await rows.one(select(WithdrawalCase))).version == 2


@pytest.mark.parametrize("name", GOOD)
async def test_every_kind_of_file_on_the_list_is_taken(upload: Upload, headers: dict[str, str], case: WithdrawalCase, name: str) -> None:
    answer = await upload(headers, case.id, name, kind="other")
    assert (answer.status_code, answer.json()["file"]["media_type"]) == (201, GOOD[name][1].media_type)


@pytest.mark.parametrize(
    ("name", "data", "declared", "fields", "status", "code"),
    [
        *((name, data, "application/octet-stream", {}, 422, "evidence_type") for name, data in BAD.items()),
        ("a.pdf", GOOD["b.png"][0], "application/pdf", {}, 422, "evidence_type_mismatch"),
        ("a.pdf", GOOD["b.png"][0], "image/png", {}, 422, "evidence_type_mismatch"),
        ("big.txt", b"x" * 100_001, "text/plain", {}, 413, "body_too_large"),
        ("huge.txt", b"x" * 400_000, "text/plain", {}, 413, "body_too_large"),
        ("收据.jpg", None, None, {"kind": "utterance"}, 422, "invalid_request"),
        ("收据.jpg", None, None, {"note": "a\u0007"}, 422, "invalid_request"),
        ("收据.jpg", None, None, {"surprise": "1"}, 422, "invalid_request"),
        ("收据.jpg", None, None, {"a": "1", "b": "1", "c": "1", "d": "1"}, 422, "invalid_request"),
        ("收据.jpg", None, None, {"task_id": "nowhere"}, 422, "task_unknown"),
        ("收据.jpg", None, None, {"key": "short"}, 422, "idempotency_key_invalid"),
    ],
)
async def test_a_refused_upload_leaves_nothing_behind(
    upload: Upload,
    app: FastAPI,
    headers: dict[str, str],
    case: WithdrawalCase,
    settings: Settings,
    rows: Rows,
    name: str,
    data: bytes | None,
    declared: str | None,
    fields: dict[str, str],
    status: int,
    code: str,
) -> None:
    use(app, settings, upload_bytes_max=100_000)
    answer = await upload(headers, case.id, name, data=data, declared=declared, **fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert stored(settings) == []
    assert await counts(rows) == (0, 0, 0, 0)


def use(app: FastAPI, settings: Settings, **records: Any) -> None:
    """Other settings for uploads. The shell around the application keeps its own limit; the endpoint asks these."""
    app.state.settings = settings.model_copy(update={"records": RecordsSettings(**records)})


async def test_a_body_that_is_no_form_or_holds_no_file(
    client: httpx2.AsyncClient, headers: dict[str, str], case: WithdrawalCase, rows: Rows
) -> None:
    url = f"/v1/cases/{case.id}/evidence"
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    for answer in (
        await client.post(url, headers=headers, json={"kind": "receipt"}),
        await client.post(url, headers=headers, data={"kind": "receipt", "file": "not a file"}),
        await client.post(url, headers=headers | form, content=b"--y\r\nnonsense"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert await counts(rows) == (0, 0, 0, 0)


@pytest.mark.parametrize(("status", "code", "told"), [(1, 422, "evidence_unsafe"), (2, 503, "scan_unavailable"), (0, 201, None)])
async def test_the_scan_decides_before_anything_is_kept(
    upload: Upload,
    app: FastAPI,
    headers: dict[str, str],
    case: WithdrawalCase,
    settings: Settings,
    rows: Rows,
    status: int,
    code: int,
    told: str | None,
) -> None:
    use(app, settings, scan_command=f"{sys.executable} -c 'import sys; sys.exit({status})'")
    answer = await upload(headers, case.id)
    assert (answer.status_code, answer.json().get("code")) == (code, told)
    assert len(stored(settings)) == (code == 201)
    assert (await counts(rows))[0] == (code == 201)


async def test_the_same_content_is_stored_once_even_at_once_and_for_several_cases(
    upload: Upload, headers: dict[str, str], make_case: MakeCase, lijing: Person, site: Site, settings: Settings, rows: Rows
) -> None:
    cases = [await make_case(lijing, site.id) for _ in range(2)]
    answers = await asyncio.gather(*(upload(headers, cases[n % 2].id, note=str(n)) for n in range(6)))
    assert [answer.status_code for answer in answers] == [201] * 6
    assert (await counts(rows))[:2] == (6, 1)
    [blob] = await rows.scalars(select(EvidenceBlob))
    assert [path.name for path in stored(settings)] == [blob.path.rpartition("/")[2]]


async def test_a_repeated_upload_is_answered_and_not_done_again(
    upload: Upload, headers: dict[str, str], case: WithdrawalCase, settings: Settings, rows: Rows
) -> None:
    first = await upload(headers, case.id, key="upload-0001")
    before = await counts(rows)
    for again in await asyncio.gather(*(upload(headers, case.id, key="upload-0001") for _ in range(3))):
        assert (again.status_code, again.json()) == (201, first.json())
        assert again.headers["idempotency-replayed"] == "true"
    other = await upload(headers, case.id, key="upload-0001", note="another")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await counts(rows) == before
    assert len(stored(settings)) == 1


@pytest.mark.parametrize("status", ["archived", "cancelled"])
async def test_a_case_that_is_over_takes_no_more_evidence(
    client: httpx2.AsyncClient,
    upload: Upload,
    headers: dict[str, str],
    factory: Factory,
    case: WithdrawalCase,
    settings: Settings,
    rows: Rows,
    status: str,
) -> None:
    made = (await upload(headers, case.id)).json()
    async with transaction(factory) as db:
        await db.execute(update(WithdrawalCase).values(status=status))
    before = await counts(rows)
    cited = {"session_id": "s", "utterance_id": "u1"}
    for answer in (
        await upload(headers, case.id, "b.png"),
        await client.post(f"/v1/cases/{case.id}/evidence/citations", headers=headers, json=cited),
        await client.post(f"/v1/evidence/{made['id']}/withdraw", headers=headers | {"If-Match": '"1"'}, json={"reason": "不要了"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "case_state")
    assert await counts(rows) == before
    assert len(stored(settings)) == 1


async def test_another_sites_evidence_does_not_exist(
    client: httpx2.AsyncClient,
    upload: Upload,
    headers: dict[str, str],
    make_person: MakePerson,
    sign_in: SignIn,
    case: WithdrawalCase,
    other_site: Site,
) -> None:
    made = (await upload(headers, case.id)).json()
    there = await sign_in(await make_person("there", ("site_manager", other_site.id)))
    match = there | {"If-Match": '"1"'}
    for answer in (
        await upload(there, case.id),
        await client.get(f"/v1/cases/{case.id}/evidence", headers=there),
        await client.get(f"/v1/evidence/{made['id']}", headers=there),
        await client.get(f"/v1/evidence/{made['id']}/file", headers=there),
        await client.post(f"/v1/evidence/{made['id']}/withdraw", headers=match, json={"reason": "不要了"}),
        await client.post(f"/v1/cases/{case.id}/evidence/citations", headers=there, json={"session_id": "s", "utterance_id": "u1"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


ROLES = ["staff", "receptionist", "site_manager", "finance", "legal", "marketing", "city_gm", "hq_risk", "regional_ops", "trainer", "admin"]
PERSONAL = {"receptionist", "site_manager", "finance", "legal"}


@pytest.mark.parametrize("role", ROLES)
async def test_who_may_do_what(
    client: httpx2.AsyncClient,
    upload: Upload,
    headers: dict[str, str],
    make_person: MakePerson,
    sign_in: SignIn,
    case: WithdrawalCase,
    site: Site,
    role: str,
) -> None:
    scan = (await upload(headers, case.id, kind="id_scan")).json()
    receipt = (await upload(headers, case.id)).json()
    person = await sign_in(await make_person("x", (role, None if role == "admin" else site.id)))
    works = role not in ("trainer", "admin")
    assert (await upload(person, case.id)).status_code == (201 if works else 403)
    assert (await client.get(f"/v1/cases/{case.id}/evidence", headers=person)).status_code == (200 if works else 403)
    assert (await client.get(receipt["file"]["url"], headers=person)).status_code == (200 if works else 403)
    assert (await client.get(scan["file"]["url"], headers=person)).status_code == (200 if role in PERSONAL else 403)
    match = person | {"If-Match": '"1"'}
    withdrawn = await client.post(f"/v1/evidence/{receipt['id']}/withdraw", headers=match, json={"reason": "传错了"})
    assert withdrawn.status_code == (200 if role == "site_manager" else 403)


async def test_a_withdrawal_is_a_mark_and_happens_once(
    client: httpx2.AsyncClient, upload: Upload, headers: dict[str, str], case: WithdrawalCase, lijing: Person, rows: Rows
) -> None:
    made = (await upload(headers, case.id)).json()
    url, body = f"/v1/evidence/{made['id']}/withdraw", {"reason": "上传了别的客户的收据"}
    assert (await client.post(url, headers=headers, json=body)).json()["code"] == "precondition_required"
    assert (await client.post(url, headers=headers | {"If-Match": '"9"'}, json=body)).json()["code"] == "version_conflict"
    assert (await client.post(url, headers=headers | {"If-Match": '"1"'}, json={"reason": " "})).json()["code"] == "invalid_request"
    match = headers | {"If-Match": '"1"'}
    answers = await asyncio.gather(*(client.post(url, headers=match, json=body) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    assert (won["withdrawn_by"], won["withdrawn_reason"], won["version"]) == (lijing.id, body["reason"], 2)
    assert (await client.get(made["file"]["url"], headers=headers)).status_code == 200
    page = f"/v1/cases/{case.id}/evidence"
    assert (await client.get(page, headers=headers, params={"withdrawn": False})).json()["items"] == []
    assert (await client.get(page, headers=headers, params={"withdrawn": True, "kind": "receipt"})).json()["items"] == [won]
    actions = await rows.scalars(select(AuditRecord.action).where(AuditRecord.action == "api:case:withdraw_evidence"))
    assert len(actions) == 1


async def test_evidence_of_a_task(
    client: httpx2.AsyncClient, upload: Upload, headers: dict[str, str], factory: Factory, case: WithdrawalCase, site: Site, rows: Rows
) -> None:
    now = case.created_at
    async with transaction(factory) as db:
        task = CaseTask(
            case_id=case.id, site_id=site.id, kind="registration", role="receptionist", status="open", opened_at=now, due_at=now
        )
        db.add(task)
    made = (await upload(headers, case.id, task_id=task.id)).json()
    await upload(headers, case.id, "b.png")
    assert made["task_id"] == task.id
    found = await client.get(f"/v1/cases/{case.id}/evidence", headers=headers, params={"task_id": task.id})
    assert found.json()["items"] == [made]


async def test_a_file_that_was_changed_in_the_store_never_comes_whole(
    client: httpx2.AsyncClient, upload: Upload, headers: dict[str, str], case: WithdrawalCase, settings: Settings
) -> None:
    made = (await upload(headers, case.id)).json()
    [file] = stored(settings)
    file.write_bytes(b"x" * made["file"]["size"])
    with capture_logs() as logs:  # and no traceback with every local variable of the test, which takes minutes
        cut = await client.get(made["file"]["url"], headers=headers)
    assert (cut.content, cut.headers["content-length"]) == (b"", str(made["file"]["size"]))
    assert "evidence.changed" in [line["event"] for line in logs]


async def test_a_file_that_is_gone_says_so(
    client: httpx2.AsyncClient, upload: Upload, headers: dict[str, str], case: WithdrawalCase, settings: Settings
) -> None:
    made = (await upload(headers, case.id)).json()
    [file] = stored(settings)
    file.unlink()
    assert (await client.get(made["file"]["url"], headers=headers)).json()["code"] == "evidence_missing"


class TestCitations:
    """An utterance as evidence."""

    async def test_the_words_and_their_place_are_kept_as_they_were(
        self,
        client: httpx2.AsyncClient,
        headers: dict[str, str],
        factory: Factory,
        make_session: MakeSession,
        case: WithdrawalCase,
        lijing: Person,
        site: Site,
    ) -> None:
        session = await make_session(lijing, site.id, case_id=case.id)
        url, body = f"/v1/cases/{case.id}/evidence/citations", {"session_id": session.id, "utterance_id": "u1", "note": "客户原话"}
        made = await client.post(url, headers=headers | {"Idempotency-Key": "cite-0001"}, json=body)
        assert made.status_code == 201
        quote = {"session_id": session.id, "utterance_id": "u1", "start": 2.0, "end": 4.25, "speaker": "customer"}
        assert made.json()["quote"] == quote | {"text": "我要退房，不然就找媒体曝光"}
        assert (made.json()["kind"], made.json()["file"]) == ("utterance", None)
        again = await client.post(url, headers=headers | {"Idempotency-Key": "cite-0001"}, json=body)
        assert again.json() == made.json()
        one = f"/v1/evidence/{made.json()['id']}"
        assert (await client.get(f"{one}/file", headers=headers)).status_code == 404
        async with transaction(factory) as db:
            await db.execute(update(Consent).values(withdrawn_at=case.created_at))
        assert (await client.get(one, headers=headers)).json()["quote"] == quote | {"text": None}

    @pytest.mark.parametrize(
        ("change", "utterance", "code"),
        [
            ({"case_id": None}, "u1", "session_not_linked"),
            ({"recording": False}, "u1", "not_recorded"),
            ({}, "u99", "utterance_unknown"),
        ],
    )
    async def test_what_cannot_be_cited(
        self,
        client: httpx2.AsyncClient,
        headers: dict[str, str],
        factory: Factory,
        make_session: MakeSession,
        case: WithdrawalCase,
        lijing: Person,
        site: Site,
        rows: Rows,
        change: dict[str, Any],
        utterance: str,
        code: str,
    ) -> None:
        session = await make_session(lijing, site.id, case_id=case.id)
        async with transaction(factory) as db:
            if change:
                await db.execute(update(Session).values(**change))
        body = {"session_id": session.id, "utterance_id": utterance}
        answer = await client.post(f"/v1/cases/{case.id}/evidence/citations", headers=headers, json=body)
        assert answer.json()["code"] == code
        assert await counts(rows) == (0, 0, 0, 0)

    async def test_another_cases_conversation_cannot_be_cited(
        self,
        client: httpx2.AsyncClient,
        headers: dict[str, str],
        make_session: MakeSession,
        make_case: MakeCase,
        case: WithdrawalCase,
        lijing: Person,
        site: Site,
    ) -> None:
        other = await make_case(lijing, site.id)
        session = await make_session(lijing, site.id, case_id=other.id)
        body = {"session_id": session.id, "utterance_id": "u1"}
        answer = await client.post(f"/v1/cases/{case.id}/evidence/citations", headers=headers, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "session_not_linked")
