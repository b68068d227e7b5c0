"""The co-residents' acknowledgement: who signs, what counts, what the board makes of it, and how it reads on paper."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from case_api.co_residents import printing, service
from case_api.co_residents.rules import INK_MIN, ink, unsigned
from case_api.documents.pdf import Drawn, Paragraph, Signatures, Table
from case_api.early_warning.events.own import forget_old
from case_api.notices import current_notice
from models.audit import AuditRecord
from models.co_residents import CoResidentAck
from models.crm import CrmEvent
from models.engine import Factory
from models.evidence import EvidenceBlob
from models.outbox import OutboxMessage
from models.sites import Site
from tests.case_api.early_warning.conftest import Board, board
from tests.conftest import MakePerson, Rows, SignIn

__all__ = ["board"]

URL = "/v1/co-resident-acknowledgements"
WANG = {"name": "王小明", "relation": "本人", "pays": True, "decides": True, "lives": True}
LI = {"name": "李梅", "relation": "配偶", "decides": True, "lives": True}
CHILD = {"name": "王小宝", "relation": "子女", "lives": True, "signs": False}
STROKES = [[[100, 100], [400, 300], [700, 100]]]
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def drawn(*names: str) -> dict[str, Any]:
    return {"signatures": [{"name": name, "strokes": STROKES} for name in names]}


async def record(board: Board, site: Site, who: str = "staff", key: str = "", **more: Any) -> httpx2.Response:
    body = {"site_id": site.id, "customer_reference": "C1", "unit_reference": "3栋1202", "people": [WANG, LI, CHILD]} | more
    return await board.client.post(URL, json=body, headers=board.headers[who] | ({"Idempotency-Key": key} if key else {}))


async def do(board: Board, path: str, body: Any, version: int, who: str = "staff", key: str = "") -> httpx2.Response:
    headers = board.headers[who] | {"If-Match": f'"{version}"'} | ({"Idempotency-Key": key} if key else {})
    return await board.client.post(f"{URL}/{path}", json=body, headers=headers)


async def scan(board: Board, ack: dict[str, Any], data: bytes = PDF, key: str = "") -> httpx2.Response:
    headers = board.headers["staff"] | {"If-Match": f'"{ack["version"]}"'} | ({"Idempotency-Key": key} if key else {})
    files = {"file": ("知情确认书.pdf", data, "application/pdf")}
    return await board.client.post(f"{URL}/{ack['id']}/scan", files=files, headers=headers)


async def test_it_is_recorded_signed_and_told(board: Board, site: Site, rows: Rows) -> None:
    first, again = [await record(board, site, key="ack-00000001") for _ in range(2)]
    made = first.json()
    assert (first.status_code, again.json(), first.headers["etag"]) == (201, made, '"1"')
    assert (made["status"], made["notice_version"], made["text_zh"]) == ("draft", "co-2026-11", current_notice("co_residents").zh)
    assert (await record(board, site, key="ack-00000001", customer_label="王先生")).json()["code"] == "idempotency_key_reused"
    asked = {"site_id": site.id, "unit_reference": "3栋1202"}
    assert (await board.get("staff", f"{URL}/check", **asked))["acknowledged"] is False
    for names in (("王小明",), ("王小明", "李梅", "王小宝"), ("王小明", "李梅", "路人")):
        refused = await do(board, f"{made['id']}/signatures", drawn(*names), 1)
        assert (refused.status_code, refused.json()["code"]) == (422, "acknowledgement_signatures"), names
    dot = {"signatures": [{"name": "王小明", "strokes": STROKES}, {"name": "李梅", "strokes": [[[5, 5], [9, 9]]]}]}
    assert (await do(board, f"{made['id']}/signatures", dot, 1)).json()["detail"] == "body.signatures: 李梅"
    assert (await do(board, f"{made['id']}/signatures", drawn("王小明", "李梅"), 2)).json()["code"] == "version_conflict"
    signed = await do(board, f"{made['id']}/signatures", drawn("王小明", "李梅"), 1, key="sign-0000001")
    repeated = await do(board, f"{made['id']}/signatures", drawn("王小明", "李梅"), 1, key="sign-0000001")
    assert (signed.status_code, signed.json()["status"], repeated.json()) == (200, "signed", signed.json())
    assert (signed.json()["signed_by"], signed.json()["witnessed_by"]) == (["王小明", "李梅"], board.people["staff"].id)
    assert (await do(board, f"{made['id']}/signatures", drawn("王小明", "李梅"), 2)).json()["code"] == "acknowledgement_state"
    found = await board.get("staff", f"{URL}/check", **asked)
    assert (found["acknowledged"], found["acknowledgement_id"]) == (True, made["id"])
    assert (await board.get("staff", f"{URL}/check", site_id=site.id, customer_reference="C2", unit_reference="3栋1202"))[
        "acknowledged"
    ] is False
    noted = [row.action for row in await rows.scalars(select(AuditRecord).where(AuditRecord.subject_type == "co_resident_ack"))]
    assert noted == ["api:co_resident_ack:recorded", "api:co_resident_ack:signed"]
    told = [row.topic for row in await rows.scalars(select(OutboxMessage).order_by(OutboxMessage.id)) if "ack" in row.topic]
    assert told == ["acknowledgement.recorded", "acknowledgement.signed"]
    row = await rows.one(select(CoResidentAck))
    assert row.digest == service.digest(row)
    row.people = [WANG | {"signs": True}]
    assert row.digest != service.digest(row)


async def test_a_subscription_without_one_is_warned_of_until_it_is_signed(board: Board, site: Site) -> None:
    await board.tell(board.event("subscription", ago=4, unit_reference="3栋1202"))
    await board.look()
    assert [(one.status, one.reasons[0]["code"]) for one in await board.warnings()] == [("open", "co_resident")]
    made = (await record(board, site)).json()
    await board.look()
    assert [one.status for one in await board.warnings()] == ["open"]  # a draft says nothing
    signed = (await do(board, f"{made['id']}/signatures", drawn("王小明", "李梅"), 1)).json()
    await board.look()
    assert [(one.status, one.outcome) for one in await board.warnings()] == [("resolved", "cause_gone")]
    body = {"reason": "配偶姓名登记有误"}
    withdrawn = await do(board, f"{made['id']}/withdraw", body, signed["version"])
    assert (withdrawn.status_code, withdrawn.json()["status"]) == (200, "withdrawn")
    board.clock.pass_(minutes=1)
    await board.look()
    assert [one.status for one in await board.warnings()] == ["resolved", "open"]  # nobody has dealt with it: it is warned of again
    assert (await do(board, f"{made['id']}/withdraw", body, 3)).json()["code"] == "acknowledgement_state"


@pytest.mark.parametrize("whose", [{"unit_reference": ""}, {"customer_reference": ""}])
async def test_one_that_was_signed_before_the_subscription_came_counts(board: Board, site: Site, rows: Rows, whose: dict[str, str]) -> None:
    """The board learns of the customer later, from a file that is days old: no warning comes up in between."""
    made = (await record(board, site, **whose)).json()
    await do(board, f"{made['id']}/signatures", drawn("王小明", "李梅"), 1)
    assert await rows.scalars(select(CrmEvent)) == []
    answer = await board.tell(board.event("subscription", ago=5, unit_reference="3栋1202"))
    assert answer.json()["taken"] == 1
    assert sorted(event.kind for event in await rows.scalars(select(CrmEvent))) == ["co_resident_ack", "subscription"]
    await board.look()
    assert await board.warnings() == []


async def test_another_customer_of_the_same_unit_has_not_acknowledged(board: Board, site: Site) -> None:
    made = (await record(board, site)).json()
    await do(board, f"{made['id']}/signatures", drawn("王小明", "李梅"), 1)
    await board.tell(board.event("subscription", who="C9", ago=5, unit_reference="3栋1202"))
    await board.look()
    assert [one.reasons[0]["code"] for one in await board.warnings()] == ["co_resident"]


async def test_a_page_signed_by_hand_is_kept_once_and_comes_back(board: Board, site: Site, rows: Rows) -> None:
    made, other = (await record(board, site)).json(), (await record(board, site, customer_reference="C2")).json()
    wrong = await scan(board, made, b"\x00\x01\x02 no page")
    assert wrong.json()["code"] == "evidence_type"
    first, again = [await scan(board, made, key="scan-0000001") for _ in range(2)]
    assert (first.status_code, first.json()["method"], again.json()) == (200, "paper", first.json()), first.text
    assert (await scan(board, other)).json()["scan"]["sha256"] == first.json()["scan"]["sha256"]
    assert len(await rows.scalars(select(EvidenceBlob))) == 1
    page = await board.client.get(f"{URL}/{made['id']}/scan", headers=board.headers["manager"])
    assert (page.content, page.headers["content-type"]) == (PDF, "application/pdf")
    assert (await board.client.get(f"{URL}/{made['id']}/scan", headers=board.headers["admin"])).status_code == 403


async def test_a_draft_is_changed_and_a_paper_is_whole(board: Board, site: Site) -> None:
    made = (await record(board, site)).json()
    for people in (
        [],
        [WANG | {"pays": False}],
        [WANG | {"lives": False}],
        [WANG | {"signs": False}],
        [WANG, WANG],
    ):
        headers = board.headers["staff"] | {"If-Match": '"1"'}
        answer = await board.client.put(f"{URL}/{made['id']}", json={"people": people}, headers=headers)
        assert answer.json()["code"] == "invalid_request", people
    assert (await record(board, site, customer_reference="", unit_reference="")).json()["code"] == "invalid_request"
    missing = await board.client.put(f"{URL}/{made['id']}", json={"people": [WANG]}, headers=board.headers["staff"])
    assert missing.json()["code"] == "precondition_required"
    changed = await board.client.put(f"{URL}/{made['id']}", json={"people": [WANG]}, headers=board.headers["staff"] | {"If-Match": '"1"'})
    assert [person["name"] for person in changed.json()["people"]] == ["王小明"]


async def test_it_is_found_by_customer_unit_and_name_at_its_own_site(
    board: Board, site: Site, other_site: Site, make_person: MakePerson, sign_in: SignIn
) -> None:
    board.headers["there"] = await sign_in(await make_person("there", ("site_manager", other_site.id)))
    board.headers["finance"] = await sign_in(await make_person("finance", ("finance", site.id)))
    made = (await record(board, site)).json()
    for params, count in (
        ({}, 1),
        ({"q": "李梅"}, 1),
        ({"q": "1202"}, 1),
        ({"q": "%"}, 0),
        ({"customer_reference": "C1"}, 1),
        ({"unit_reference": "3栋1202"}, 1),
        ({"unit_reference": "3栋"}, 0),
        ({"status": "signed"}, 0),
    ):
        assert len((await board.get("finance", URL, **params))["items"]) == count, params
        assert (await board.get("there", URL, **params))["items"] == []
    for path in (made["id"], f"{made['id']}/paper.pdf", f"check?site_id={site.id}&unit_reference=1"):
        assert (await board.client.get(f"{URL}/{path}", headers=board.headers["there"])).json()["code"] == "not_found"
    assert (await record(board, site, who="there")).json()["code"] == "forbidden"
    assert (await record(board, site, who="finance")).json()["code"] == "forbidden"
    assert (await do(board, f"{made['id']}/signatures", drawn("王小明", "李梅"), 1, who="there")).json()["code"] == "not_found"


async def test_the_paper_names_everybody_and_repeats_itself(board: Board, site: Site, rows: Rows) -> None:
    made = (await record(board, site)).json()

    async def paper() -> bytes:
        answer = await board.client.get(f"{URL}/{made['id']}/paper.pdf", headers=board.headers["staff"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
        return answer.content

    async def blocks() -> list[Any]:
        return printing.document(await rows.one(select(CoResidentAck)), made["text_zh"], "海德花园", "Asia/Shanghai", "李静").blocks

    blank = await paper()
    assert Signatures(("王小明", "李梅", "见证人（案场）")) in await blocks()
    signed = (await do(board, f"{made['id']}/signatures", drawn("王小明", "李梅"), 1)).json()
    once, twice = await paper(), await paper()
    assert (once[:5], once == twice, once == blank) == (b"%PDF-", True, False)
    told = await blocks()
    assert [block.label for block in told if isinstance(block, Drawn)] == ["王小明", "李梅"]
    [table] = [block for block in told if isinstance(block, Table)]
    assert table.rows[2] == ("王小宝", "子女", "—", "—", "是")
    assert signed["digest"] in "".join(block.text for block in told if isinstance(block, Paragraph))


async def test_old_ones_go_with_the_retention_period(board: Board, site: Site, factory: Factory, rows: Rows) -> None:
    made = (await record(board, site)).json()
    await scan(board, made)
    later = board.clock() + timedelta(days=731)
    assert await service.forget_old(factory, later - timedelta(days=2), 730) == 0
    assert await service.forget_old(factory, later, 730) == 1
    assert (await rows.scalars(select(CoResidentAck)), await rows.scalars(select(EvidenceBlob))) == ([], [])
    await forget_old(factory, later)
    assert await rows.scalars(select(CrmEvent)) == []


async def test_one_of_a_case_that_is_kept_stays(board: Board, site: Site, factory: Factory) -> None:
    await record(board, site)
    case = await board.client.post("/v1/cases", json={"customer_label": "王", "external_reference": "C1"}, headers=board.headers["staff"])
    assert case.status_code == 201, case.text
    assert await service.forget_old(factory, board.clock() + timedelta(days=800), 730) == 0


point = st.tuples(st.integers(0, 1000), st.integers(0, 400))


@given(st.lists(st.lists(point, min_size=1, max_size=8), max_size=5))
def test_who_has_drawn_too_little_has_not_signed(strokes: list[list[tuple[int, int]]]) -> None:
    people = [LI | {"signs": True}, CHILD]
    assert unsigned(people, {"李梅": strokes}) == (["李梅"] if ink(strokes) < INK_MIN else [])
    assert unsigned(people, {}) == ["李梅"]
