"""The script desk: four eyes, nothing wrong is kept, in force at once everywhere, undone by an older version, tried before."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from case_api.library.service import LibraryDesk
from models.audit import AuditRecord
from models.consents import Consent
from models.engine import Factory, transaction
from models.library_edits import LibraryEdit
from models.outbox import OutboxMessage
from models.sessions import Session
from models.settings import Settings
from models.sites import Site
from models.utterances import Utterance
from scripts_library.library import DATA, places
from tests.conftest import MakePerson, Rows, SignIn

Row = dict[str, Any]
Headers = dict[str, str]
NEW = "您先别急，我把您的话一句一句记下来，再一起看。"
SCRIPT: Row = {
    "shelf": "script",
    "key": "first-note-down",
    "content": {"kind": "calming", "situation": "first_outburst", "tone": "warm", "zh": NEW, "en": "Let me note it word by word."},
}
TERM: Row = {"shelf": "term", "key": "毛坯交付", "content": {"category": "quality", "severity": 3, "aliases": ["交毛坯"]}}
RULE: Row = {"shelf": "rule", "key": "as-is", "content": {"phrases": ["就这样了"], "instead": {"scripts": ["say-options"]}}}


class Desk:
    """People at the desk and what they ask for."""

    def __init__(self, client: httpx2.AsyncClient, trainer: Headers, other: Headers, legal: Headers) -> None:
        self.client, self.trainer, self.other, self.legal = client, trainer, other, legal

    async def draft(self, change: Row, status: int = 201, **body: Any) -> Row:
        answer = await self.client.post(
            "/v1/library/edits", headers=self.trainer, json={"change": {"action": "put"} | change, "submit": True} | body
        )
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def do(self, who: Headers, edit: Row, verb: str, body: Row | None = None, status: int = 200, **headers: str) -> Row:
        own = who | {"If-Match": f'"{edit["version"]}"'} | headers
        answer = await self.client.post(f"/v1/library/edits/{edit['id']}/{verb}", headers=own, json=body)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def get(self, path: str, who: Headers | None = None, **query: str) -> Row:
        answer = await self.client.get(f"/v1/library/{path}", headers=who or self.trainer, params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def in_force(self, change: Row) -> Row | None:
        answer = await self.client.get("/v1/library/entry", headers=self.trainer, params={"shelf": change["shelf"], "key": change["key"]})
        return answer.json()["content"] if answer.status_code == 200 else None


@pytest.fixture
async def desk(client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn) -> Desk:
    people = [("linna", "trainer"), ("heping", "trainer"), ("sunli", "legal")]
    signed = [await sign_in(await make_person(name, (role, None))) for name, role in people]
    return Desk(client, *signed)


async def test_a_draft_is_on_no_phone_until_somebody_else_approves_it(desk: Desk, rows: Rows) -> None:
    edit = await desk.draft(SCRIPT, note="客户常说没人记")
    assert (edit["status"], await desk.in_force(SCRIPT)) == ("submitted", None)
    assert NEW not in str(await desk.get("scripts"))
    for who in (desk.trainer, desk.other):
        assert (await desk.do(who, edit, "approve", status=403))["code"] == "edit_second"
    approved = await desk.do(desk.legal, edit, "approve")
    assert (approved["status"], approved["number"], await desk.in_force(SCRIPT)) == ("approved", 1, SCRIPT["content"])
    [script] = [one for one in (await desk.get("scripts"))["items"] if one["id"] == SCRIPT["key"]]
    assert (script["zh"], script["review"]["status"], script["review"]["by"]) == (NEW, "approved", approved["decided_by_name"])
    actions = [one.action for one in await rows.scalars(select(AuditRecord).order_by(AuditRecord.id)) if one.subject_type == "library_edit"]
    assert actions == [f"api:library:{verb}" for verb in ("draft", "submit", "approve")]
    assert [
        one.topic for one in await rows.scalars(select(OutboxMessage).order_by(OutboxMessage.id)) if one.topic.startswith("library.")
    ] == [
        "library.draft",
        "library.submit",
        "library.approve",
    ]


async def test_of_a_term_another_trainer_may_decide_and_never_oneself(desk: Desk) -> None:
    edit = await desk.draft(TERM)
    assert (await desk.do(desk.trainer, edit, "approve", status=403))["code"] == "edit_second"
    await desk.do(desk.other, edit, "approve")
    tried = (await desk.client.post("/v1/library/try", headers=desk.trainer, json={"text": "说好精装的现在交毛坯"})).json()
    assert [hit["term"] for hit in tried["hits"]] == ["毛坯交付"]


async def test_the_database_keeps_four_eyes(desk: Desk, factory: Factory, rows: Rows) -> None:
    edit = await desk.draft(SCRIPT)
    mine = {"status": "approved", "decided_by": edit["drafted_by"], "number": 1}
    with pytest.raises(DBAPIError):
        async with transaction(factory) as db:
            await db.execute(update(LibraryEdit).values(**mine))


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        (
            {"content": SCRIPT["content"] | {"zh": "我保证全额退款给您。"}},
            "body.change.content.zh",
            "draft.yaml:7:7: 含有承诺性字眼「保证」",
        ),
        ({"content": SCRIPT["content"] | {"en": ""}}, "body.change.content.en", "内容不能为空"),
        ({"key": "Nein!"}, "body.change.content.id", "不能作编号"),
        ({"key": "say-feel", "action": "remove", "content": None}, "body.change", "没有编号为「say-feel」的话术"),
    ],
)
async def test_what_the_library_refuses_is_told_at_its_field_and_not_kept(
    desk: Desk, rows: Rows, change: Row, field: str, said: str
) -> None:
    refused = await desk.draft(SCRIPT | change, 422)
    assert refused["code"] == "library_refused"
    assert refused["errors"][0]["field"] == field
    assert said in refused["errors"][0]["message"]
    asked = {"change": {"action": "put"} | SCRIPT | change}
    checked = (await desk.client.post("/v1/library/edits/check", headers=desk.trainer, json=asked)).json()
    assert (said.split(": ")[-1] in checked["faults"][0]["zh"], checked["tried"]) == (True, None)
    assert await rows.scalars(select(LibraryEdit)) == []


async def test_returned_with_the_reason_kept_and_drafted_again(desk: Desk) -> None:
    edit = await desk.draft(SCRIPT)
    assert (await desk.draft(SCRIPT, 409))["code"] == "edit_open"
    await desk.do(desk.legal, edit, "return", {"reason": ""}, 422)
    returned = await desk.do(desk.legal, edit, "return", {"reason": "“一句一句”太满，请改"})
    assert (await desk.do(desk.legal, returned, "approve", status=409))["code"] == "edit_state"
    again = await desk.draft(SCRIPT | {"content": SCRIPT["content"] | {"zh": "您慢慢说，要点我都记着。"}}, submit=False)
    assert (await desk.do(desk.legal, again, "approve", status=409))["code"] == "edit_state"
    other = {"change": SCRIPT | {"action": "put"}, "note": "用回原句"}
    headers = desk.trainer | {"If-Match": '"1"'}
    changed = (await desk.client.patch(f"/v1/library/edits/{again['id']}", headers=headers, json=other)).json()
    assert (changed["content"]["zh"], changed["version"]) == (NEW, 2)
    assert (await desk.do(desk.trainer, again, "submit", status=412))["code"] == "version_conflict"
    await desk.do(desk.trainer, await desk.do(desk.trainer, changed, "submit"), "withdraw")
    history = (await desk.get("edits", shelf="script", key=SCRIPT["key"]))["items"]
    assert [(one["status"], one["reason"]) for one in history] == [("withdrawn", ""), ("returned", "“一句一句”太满，请改")]


async def test_an_older_version_comes_back_by_the_same_way(desk: Desk) -> None:
    known: Row = {"shelf": "script", "key": "first-water"}
    before = await desk.in_force(known)
    assert before is not None
    assert (await desk.draft(known | {"content": before}, 409))["code"] == "edit_changes_nothing"
    edit = await desk.draft(known | {"content": before | {"tone": "brief"}})
    assert (await desk.get(f"edits/{edit['id']}"))["differences"] == [{"field": "tone", "before": "warm", "after": "brief"}]
    await desk.do(desk.legal, edit, "approve")
    assert (await desk.in_force(known) or {})["tone"] == "brief"
    await desk.do(desk.legal, await desk.draft(known | {"action": "remove", "content": None}), "approve")
    assert await desk.in_force(known) is None
    await desk.do(desk.legal, await desk.draft(known | {"content": edit["content"]}), "approve")
    assert await desk.in_force(known) == edit["content"]
    await desk.do(desk.legal, await desk.draft(known | {"action": "reset", "content": None}), "approve")
    assert await desk.in_force(known) == before
    numbers = [one["number"] for one in (await desk.get("edits", shelf="script", key="first-water"))["items"]]
    assert numbers == [4, 3, 2, 1]


async def test_a_repeated_command_does_nothing_twice(desk: Desk, rows: Rows) -> None:
    key = {"Idempotency-Key": "desk-0001"}
    answers = [
        await desk.client.post("/v1/library/edits", headers=desk.trainer | key, json={"change": RULE, "submit": True}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    first = await desk.do(desk.legal, answers[0].json(), "approve", **{"Idempotency-Key": "desk-0002"})
    assert await desk.do(desk.legal, answers[0].json(), "approve", **{"Idempotency-Key": "desk-0002"}) == first
    again = await desk.client.post("/v1/library/edits", headers=desk.trainer | key, json={"change": RULE, "submit": True})
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    assert len(await rows.scalars(select(LibraryEdit))) == 1


async def test_two_approvals_at_once_both_count(desk: Desk) -> None:
    edits = [await desk.draft(SCRIPT), await desk.draft(RULE)]
    paths = [f"/v1/library/edits/{edit['id']}/approve" for edit in edits]
    headers = desk.legal | {"If-Match": f'"{edits[0]["version"]}"'}
    answers = await asyncio.gather(*(desk.client.post(path, headers=headers) for path in paths))
    late = [path for path, answer in zip(paths, answers, strict=True) if answer.status_code == 412]
    for path in late:
        assert (await desk.client.post(path, headers=headers)).status_code == 200
    assert await desk.in_force(SCRIPT) == SCRIPT["content"]
    assert await desk.in_force(RULE) == RULE["content"]


async def test_another_process_and_a_lost_folder_follow_the_database(
    desk: Desk, app: FastAPI, settings: Settings, factory: Factory
) -> None:
    elsewhere = settings.model_copy(update={"data_dir": settings.data_dir / "elsewhere"})
    second = LibraryDesk(elsewhere)
    assert SCRIPT["key"] not in (await second.shelf(None, factory)).tools.library.scripts
    await desk.do(desk.legal, await desk.draft(SCRIPT), "approve")
    assert SCRIPT["key"] in (await second.shelf(None, factory)).tools.library.scripts
    file = places(settings).desk
    assert file is not None
    written = file.read_bytes()
    file.unlink()
    app.state.library = LibraryDesk(settings)
    assert await desk.in_force(SCRIPT) == SCRIPT["content"]
    assert file.read_bytes() == written


async def test_what_new_files_do_not_go_with_is_left_out_not_in_the_way(
    desk: Desk, settings: Settings, factory: Factory, tmp_path: Path
) -> None:
    await desk.do(desk.legal, await desk.draft(SCRIPT), "approve")
    await desk.do(desk.other, await desk.draft(TERM), "approve")
    folder = tmp_path / "newer"
    shutil.copytree(DATA, folder)
    quality = next((folder / "lexicon").glob("*quality.yaml"))
    quality.write_text(quality.read_text("utf-8") + "\n  - {term: 交房标准, aliases: [交毛坯]}\n", "utf-8")
    library = (await LibraryDesk(settings.model_copy(update={"library_dir": folder})).shelf(None, factory)).tools.library
    assert (SCRIPT["key"] in library.scripts, "毛坯交付" in library.terms, "交房标准" in library.terms) == (True, False, True)


async def test_a_draft_is_tried_beside_what_is_in_force(desk: Desk) -> None:
    edit = await desk.draft(TERM)
    body = {"text": "说好精装的现在交毛坯"}
    both = (await desk.client.post(f"/v1/library/edits/{edit['id']}/try", headers=desk.legal, json=body)).json()
    assert [[hit["term"] for hit in both[side]["hits"]] for side in ("before", "after")] == [[], ["毛坯交付"]]
    asked = {"change": TERM | {"action": "put"}, "spoken": body}
    checked = (await desk.client.post("/v1/library/edits/check", headers=desk.trainer, json=asked)).json()
    assert (checked["faults"], checked["tried"]) == ([], both)


async def test_who_does_not_work_at_the_desk_sees_no_drafts(
    desk: Desk, client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site
) -> None:
    edit = await desk.draft(SCRIPT)
    consultant = await sign_in(await make_person("lijing", ("staff", site.id)))
    for path in ("edits", f"edits/{edit['id']}", "entry?shelf=script&key=say-feel"):
        assert (await client.get(f"/v1/library/{path}", headers=consultant)).json()["code"] == "forbidden"
    legal_here = await sign_in(await make_person("here", ("legal", site.id)))
    assert (await desk.do(legal_here, edit, "approve", status=403))["code"] == "edit_second"


async def bring(desk: Desk, text: bytes, name: str = "new.yaml", **fields: str) -> httpx2.Response:
    return await desk.client.post("/v1/library/import", headers=desk.trainer, files={"file": (name, text)}, data=fields)


async def test_what_is_exported_comes_back_as_nothing_new_and_a_line_of_it_as_a_draft(desk: Desk, rows: Rows) -> None:
    await desk.do(desk.other, await desk.draft(TERM), "approve")
    packed = (await desk.client.get("/v1/library/export", headers=desk.trainer)).content
    same = (await bring(desk, packed, "library.zip", dry_run="true")).json()
    assert (same["changes"], same["faults"], same["entries"] > 300) == ([], [], True)
    file = (
        "category: {id: quality, zh: 质量, en: Quality}\nterms:\n  - {term: 毛坯交付, severity: 2, aliases: [交毛坯]}\n"
        "  - {term: 精装缩水, severity: 3}\n"
    ).encode()
    tried = (await bring(desk, file, dry_run="true")).json()
    assert [(one["key"], one["new"]) for one in tried["changes"]] == [("毛坯交付", False), ("精装缩水", True)]
    assert tried["changes"][0]["differences"] == [{"field": "severity", "before": 3, "after": 2}]
    made = (await bring(desk, file, note="季度复盘")).json()
    assert [
        (one.key, one.status, one.note) for one in await rows.scalars(select(LibraryEdit).where(LibraryEdit.id.in_(made["edits"])))
    ] == [
        ("毛坯交付", "submitted", "季度复盘"),
        ("精装缩水", "submitted", "季度复盘"),
    ]
    assert (await bring(desk, file)).json()["code"] == "edit_open"


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("scripts:\n  - id: one-more\n    kind: calming\n", "library_refused", "new.yaml:2:5"),
        ("scripts: [\n", "library_refused", "new.yaml:2:1"),
        ("category: {id: quality, zh: 质量, en: Quality}\nterms:\n  - {term: 订金, severity: 9}\n", "library_refused", "new.yaml:3:12"),
        ("groups: []\n", "library_refused", "new.yaml:1:1"),
        ("rules: []\n", "library_file", ""),
        ("a: &a [x]\nscripts: [*a, *a]\n", "library_file", ""),
        ("scripts: " + "[" * 40 + "]" * 40, "library_file", ""),
    ],
)
async def test_a_file_with_a_fault_is_refused_by_its_line(desk: Desk, rows: Rows, text: str, code: str, place: str) -> None:
    refused = (await bring(desk, text.encode())).json()
    assert (refused["code"], refused["errors"][0]["field"] if place else "") == (code, place)
    if place:
        tried = (await bring(desk, text.encode(), dry_run="true")).json()
        assert "{file}:{line}:{column}".format(**tried["faults"][0]) == place
    assert await rows.scalars(select(LibraryEdit)) == []


async def test_a_recorded_conversation_is_heard_again_with_the_change(
    desk: Desk, factory: Factory, site: Site, other_site: Site, make_person: MakePerson, sign_in: SignIn
) -> None:
    lines = [("customer", "我要退房，你们把房子交毛坯给我"), ("staff", "这是公司规定，不能退"), ("customer", "今天天气不错")]
    consultant = await make_person("lijing", ("staff", site.id))
    async with transaction(factory) as db:
        consent = Consent(recording=True, notice_version="r", notice_text="告知", method="spoken", informed_by="李静")
        db.add(consent)
        await db.flush()
        settled = {"recording": True, "status": "ended", "codec": "pcm_s16le", "sample_rate": 16000, "seconds": 400.0}
        session = Session(site_id=site.id, staff_id=consultant.id, consent_id=consent.id, **settled)
        db.add(session)
        await db.flush()
        db.add_all(
            Utterance(
                session_id=session.id, ordinal=n, id=f"u{n}", speaker=who, confidence=0.9, start=100.0 * n, end=100.0 * n + 4, text=text
            )
            for n, (who, text) in enumerate(lines)
        )
    edit = await desk.draft(TERM)
    path, body = f"/v1/library/edits/{edit['id']}/replay", {"session_id": session.id}
    heard = (await desk.client.post(path, headers=desk.trainer, json=body)).json()
    first, second = heard["items"]
    assert (first["after"], "毛坯交付" in first["before"], first["prompt_before"]) == (
        [*first["before"], "毛坯交付"],
        False,
        first["prompt_after"],
    )
    assert (second["speaker"], second["before"], second["after"]) == ("staff", ["「这是公司规定」", "「不能退」"], second["before"])
    assert (heard["utterances"], heard["changed"]) == (3, 1)
    elsewhere = await sign_in(await make_person("far", ("trainer", other_site.id)))
    assert (await desk.client.post(path, headers=elsewhere, json=body)).status_code == 404
