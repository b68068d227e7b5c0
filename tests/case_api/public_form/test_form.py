"""From the code on the desk to a draft that a receptionist confirms, and everything that is refused on the way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from case_api.cases import flow
from case_api.limits import ADDRESS, LINK, UNKNOWN
from case_api.public_form.service import CODES_MAX, forget_unused
from models.audit import AuditRecord
from models.cases import WithdrawalCase
from models.engine import Factory, transaction
from models.evidence import Evidence, EvidenceBlob
from models.public_forms import ProgressLink, PublicForm, SatisfactionAnswer
from models.registrations import Registration
from models.tasks import CaseTask
from models.verifications import PhoneVerification
from tests.case_api.conftest import by_of
from tests.case_api.evidence.samples import image, pdf
from tests.case_api.public_form.conftest import PHONE, Front, refused
from tests.conftest import Rows

PROGRESS = "p_" + "A" * 43


async def verified(front: Front, secret: str, phone: str = PHONE) -> None:
    assert (await front.visit(secret, "POST", "/form/code", {"phone": phone})).status_code == 201
    assert (await front.visit(secret, "POST", "/form/confirm", {"code": front.gateway.sent[-1].code})).status_code == 200


async def test_a_customer_fills_in_the_form_and_the_reception_finds_a_draft(front: Front, rows: Rows) -> None:
    link = await front.link()
    form = (await front.visit(link["secret"], "GET", "/form")).json()
    assert (form["site"], form["notice_version"], len(form["causes"])) == ("海德花园", "form-2026-11", 6)
    await verified(front, link["secret"])
    front.clock.pass_(minutes=3)
    answer = await front.submit(link["secret"], ("id.jpg", image("JPEG"), "image/jpeg"), id_number="11010519491231002x")
    assert answer.status_code == 201, answer.text
    case = await rows.one(select(WithdrawalCase))
    assert (case.status, case.source, case.causes, case.code) == ("draft", "form", ["family"], answer.json()["code"])
    assert (case.customer_label, case.unit_label, case.received_at) == ("王小明", "3栋1202", front.clock.now)
    filled = await rows.one(select(Registration))
    assert (filled.phone, filled.id_number, filled.submitted_at) == ("+8613812345678", "11010519491231002X", None)
    assert filled.phone_verified_at == front.clock.now - timedelta(minutes=3)
    scan = await rows.one(select(Evidence))
    assert (scan.id, scan.kind) == (filled.id_scan_evidence_id, "id_scan")
    assert (await rows.one(select(CaseTask))).kind == "registration"
    assert (await rows.one(select(PhoneVerification))).case_id == case.id
    trace = {row.action: row for row in await rows.scalars(select(AuditRecord).where(AuditRecord.subject_id == case.id))}
    assert trace["api:case:receive_form"].actor_id is None
    assert "3812345678" not in str([row.after for row in trace.values()])
    version = (await front.desk("GET", f"/cases/{case.id}")).json()["version"]
    taken = await front.desk("POST", f"/cases/{case.id}/assignment", {"receptionist_id": front.person.id}, **{"If-Match": f'"{version}"'})
    assert taken.status_code == 200, taken.text
    [listed] = (await front.desk("GET", "/form-links?status=submitted")).json()["items"]
    assert (listed["case_id"], "secret" in listed) == (case.id, False)


async def test_a_form_is_handed_in_once_and_a_lost_answer_can_be_asked_for_again(front: Front, rows: Rows) -> None:
    secret = (await front.link())["secret"]
    answers = await asyncio.gather(*(front.submit(secret) for _ in range(3)))
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    again = await front.submit(secret)
    assert again.status_code == 201
    assert again.json() == next(answer.json() for answer in answers if answer.status_code == 201)
    assert refused(await front.submit(secret, progress_token="p_" + "B" * 43)) == (409, "link_used")
    assert refused(await front.visit(secret, "GET", "/form")) == (409, "link_used")
    assert refused(await front.visit(secret, "POST", "/form/code", {"phone": PHONE})) == (409, "link_used")
    assert len(await rows.scalars(select(WithdrawalCase))) == len(await rows.scalars(select(ProgressLink))) == 1
    other = (await front.link())["secret"]  # somebody else's progress token opens nothing here
    assert refused(await front.submit(other)) == (409, "link_used")
    assert len(await rows.scalars(select(WithdrawalCase))) == 1


async def test_the_secret_is_told_once_and_kept_as_a_hash(front: Front, rows: Rows) -> None:
    first = await front.desk("POST", "/form-links", {}, **{"Idempotency-Key": "link-0001"})
    again = await front.desk("POST", "/form-links", {}, **{"Idempotency-Key": "link-0001"})
    secret = first.json()["secret"]
    assert (again.json()["id"], again.json()["secret"]) == (first.json()["id"], "")
    row = await rows.one(select(PublicForm))
    assert secret not in str(vars(row))
    svg = await front.desk("POST", "/form-links/sheet", {"secret": secret, "format": "svg"})
    assert svg.headers["content-type"] == "image/svg+xml"
    png = await front.desk("POST", "/form-links/sheet", {"secret": secret, "format": "png"})
    assert png.content.startswith(b"\x89PNG")
    assert refused(await front.desk("POST", "/form-links/sheet", {"secret": "f_" + "x" * 43})) == (404, "not_found")


async def test_a_link_can_be_ended_and_ends_by_itself(front: Front, factory: Factory, rows: Rows) -> None:
    link = await front.link()
    assert refused(await front.desk("POST", f"/form-links/{link['id']}/revoke", None, **{"If-Match": '"7"'})) == (412, "version_conflict")
    answer = await front.desk("POST", f"/form-links/{link['id']}/revoke", None, **{"If-Match": '"1"'})
    assert answer.json()["status"] == "revoked"
    assert refused(await front.submit(link["secret"])) == (410, "link_expired")
    other = await front.link()
    await front.visit(other["secret"], "POST", "/form/code", {"phone": PHONE})
    front.clock.pass_(hours=24)
    assert refused(await front.visit(other["secret"], "GET", "/form")) == (410, "link_expired")
    assert [row["status"] for row in (await front.desk("GET", "/form-links")).json()["items"]] == ["expired", "revoked"]
    await forget_unused(factory, front.clock.pass_(days=8))
    assert await rows.scalars(select(PublicForm)) == []
    assert await rows.scalars(select(PhoneVerification)) == []  # the number that was typed goes too


REFUSED: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({"agreed": False}, (422, "invalid_request")),
    ({"agreed": None}, (422, "invalid_request")),
    ({"causes": []}, (422, "invalid_request")),
    ({"causes": ["nonsense"]}, (422, "invalid_request")),
    ({"name": "  "}, (422, "invalid_request")),
    ({"name": "王\u0000"}, (422, "invalid_request")),
    ({"status": "archived"}, (422, "invalid_request")),
    ({"progress_token": "p_short"}, (422, "invalid_request")),
    ({"cause_text": "长" * 2001}, (422, "invalid_request")),
    ({"notice_version": "form-1999"}, (409, "consent_outdated")),
    ({"phone": "12"}, (422, "phone_invalid")),
    ({"phone": "01065551234"}, (422, "phone_no_messages")),
    ({"id_number": "110105194912310021"}, (422, "id_number_invalid")),
]


async def test_what_does_not_fit_is_refused_and_changes_nothing(front: Front, rows: Rows) -> None:
    secret = (await front.link())["secret"]
    for changes, expected in REFUSED:
        assert refused(await front.submit(secret, **changes)) == expected, changes
    assert await rows.scalars(select(WithdrawalCase)) == []
    assert (await front.submit(secret)).status_code == 201


async def test_only_pictures_of_a_sensible_size_are_taken(front: Front, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = (await front.link())["secret"]
    assert refused(await front.submit(secret, ("id.pdf", pdf(), "application/pdf"))) == (422, "evidence_type")
    assert refused(await front.submit(secret, ("id.png", image("JPEG"), "image/png"))) == (422, "evidence_type_mismatch")
    huge = image("JPEG") + bytes(front.app.state.settings.public.photo_bytes_max)
    assert refused(await front.submit(secret, ("id.jpg", huge, "image/jpeg"))) == (413, "body_too_large")
    flood = await front.client.post("/v1/public/form/code", headers={"Authorization": f"Bearer {secret}"}, content=bytes(100_000))
    assert refused(flood) == (413, "body_too_large")
    assert await rows.scalars(select(EvidenceBlob)) == []
    kept = front.app.state.settings.data_dir / "evidence"
    assert [path for path in kept.rglob("*") if path.is_file()] == []  # nothing that was refused stays behind


async def test_codes_cannot_be_guessed_nor_sent_without_end(front: Front, rows: Rows) -> None:
    link = await front.link()
    secret = link["secret"]
    assert refused(await front.visit(secret, "POST", "/form/confirm", {"code": "000000"})) == (409, "code_none")
    await front.visit(secret, "POST", "/form/code", {"phone": PHONE})
    right = front.gateway.sent[-1].code
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert refused(await front.visit(secret, "POST", "/form/confirm", {"code": wrong}))[1] == "code_wrong"
    assert refused(await front.visit(secret, "POST", "/form/confirm", {"code": right}))[1] == "code_exhausted"
    assert refused(await front.visit(secret, "POST", "/form/code", {"phone": PHONE})) == (429, "code_too_soon")
    other = (await front.link())["secret"]  # another link does not let the same number be rung again
    assert refused(await front.visit(other, "POST", "/form/code", {"phone": PHONE})) == (429, "code_too_soon")
    for number in range(1, CODES_MAX):
        front.clock.pass_(minutes=20)
        assert (await front.visit(secret, "POST", "/form/code", {"phone": f"1381234{number:04d}"})).status_code == 201
    front.clock.pass_(minutes=20)
    assert refused(await front.visit(secret, "POST", "/form/code", {"phone": "13812340099"}))[1] == "code_exhausted"
    front.gateway.broken = True
    assert refused(await front.visit(other, "POST", "/form/code", {"phone": "13900000000"}))[1] == "code_not_sent"
    assert (await front.submit(secret)).status_code == 201  # without a verified number: the reception checks it
    assert (await rows.one(select(Registration))).phone_verified_at is None


async def test_a_number_that_was_changed_after_its_code_is_not_verified(front: Front, rows: Rows) -> None:
    secret = (await front.link())["secret"]
    await verified(front, secret)
    assert (await front.submit(secret, phone="13900000000")).status_code == 201
    assert (await rows.one(select(Registration))).phone_verified_at is None


async def test_tokens_cannot_be_tried_out_and_nobody_can_flood(front: Front) -> None:
    secret = (await front.link())["secret"]
    for method, path in (("GET", "/form"), ("POST", "/form/submit"), ("GET", "/progress")):
        assert refused(await front.client.request(method, f"/v1/public{path}")) == (401, "token_missing")
    staff = front.headers["Authorization"].removeprefix("Bearer ")
    guesses = [staff, "", *(f"f_{number:043d}" for number in range(UNKNOWN.most - 2))]
    assert {refused(await front.visit(guess, "GET", "/form")) for guess in guesses if guess} == {(401, "link_invalid")}
    assert refused(await front.visit("f_" + "z" * 43, "GET", "/form")) == (401, "link_invalid")
    stopped = await front.visit("f_" + "z" * 43, "GET", "/form")
    assert refused(stopped) == (429, "too_many_requests")
    assert 0 < int(stopped.headers["retry-after"]) <= UNKNOWN.length.total_seconds()
    assert (await front.visit(secret, "GET", "/form")).status_code == 200  # whoever has a link behind the same address goes on
    front.clock.pass_(minutes=1)
    assert [(await front.visit(secret, "GET", "/form")).status_code for _ in range(LINK.most + 1)][-2:] == [200, 429]
    answers = [(await front.visit(f"p_{number:043d}", "GET", "/progress")).status_code for number in range(ADDRESS.most - LINK.most)]
    assert set(answers) <= {401, 429}
    assert (await front.client.get("/v1/cases", headers={"Authorization": f"Bearer {secret}"})).status_code == 401


async def test_progress_tells_the_step_and_nothing_else_and_the_survey_comes_at_the_end(front: Front, factory: Factory, rows: Rows) -> None:
    secret = (await front.link())["secret"]
    await front.submit(secret)
    found = (await front.visit(PROGRESS, "GET", "/progress")).json()
    assert set(found) == {"code", "site", "site_en", "received_at", "steps", "hint_zh", "hint_en", "survey"}
    assert [step["state"] for step in found["steps"]] == ["current", "to_come", "to_come", "to_come", "to_come"]
    assert refused(await front.visit(secret, "GET", "/progress")) == (401, "link_invalid")
    assert refused(await front.visit(PROGRESS, "POST", "/survey", {"score": 5})) == (409, "survey_closed")
    async with transaction(factory) as db:
        case = (await db.scalars(select(WithdrawalCase))).one()
        by = by_of(front.person, front.clock)
        await flow.advance(db, by, case, "submit")
        await flow.advance(db, by, case, "settle")
    assert (await front.visit(PROGRESS, "GET", "/progress")).json()["survey"] == "open"
    for bad in ({"score": 0}, {"score": 6}, {"score": 4.5}, {"score": "5"}, {"score": 5, "comment": "x" * 501}, {"score": 5, "x": 1}):
        assert refused(await front.visit(PROGRESS, "POST", "/survey", bad)) == (422, "invalid_request")
    for _ in range(2):
        assert (await front.visit(PROGRESS, "POST", "/survey", {"score": 4, "comment": "耐心"})).status_code == 200
    assert refused(await front.visit(PROGRESS, "POST", "/survey", {"score": 1})) == (409, "survey_answered")
    assert (await rows.one(select(SatisfactionAnswer))).score == 4
    more = await front.desk("POST", f"/cases/{case.id}/progress-links")
    assert (await front.visit(more.json()["secret"], "GET", "/progress")).json()["survey"] == "answered"
    assert (await front.desk("DELETE", f"/cases/{case.id}/progress-links")).json() == {"revoked": 2}
    assert refused(await front.visit(PROGRESS, "GET", "/progress")) == (401, "link_invalid")
    front.clock.pass_(days=91)
    late = (await front.desk("POST", f"/cases/{case.id}/progress-links")).json()["secret"]
    assert refused(await front.visit(late, "GET", "/progress")) == (410, "link_expired")


async def test_a_strange_site_sees_no_links(front: Front, make_person: Any, sign_in: Any, other_site: Any) -> None:
    link = await front.link()
    stranger = await sign_in(await make_person("stranger", ("receptionist", other_site.id)))
    assert (await front.client.get("/v1/form-links", headers=stranger)).json()["items"] == []
    sheet = await front.client.post("/v1/form-links/sheet", headers=stranger, json={"secret": link["secret"]})
    assert refused(sheet) == (404, "not_found")
    ended = await front.client.post(f"/v1/form-links/{link['id']}/revoke", headers=stranger | {"If-Match": '"1"'})
    assert refused(ended) == (404, "not_found")
