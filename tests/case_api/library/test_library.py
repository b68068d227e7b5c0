"""The library over REST: everything the files say, filtered, searched and sorted; and a sentence tried on it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from case_api.library.rules import found
from case_api.library.service import LibraryDesk
from case_api.security import GRANTS, Permission
from models.settings import Settings
from models.sites import Site
from scripts_library.library import DATA, Library
from tests.conftest import MakePerson, SignIn

pytestmark = pytest.mark.in_turn

LISTS = ("scripts", "terms", "wording")
MAY = {"staff", "receptionist", "site_manager", "legal", "city_gm", "hq_risk", "regional_ops", "trainer"}


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


@pytest.fixture
async def headers(make_person: MakePerson, sign_in: SignIn, site: Site) -> dict[str, str]:
    return await sign_in(await make_person("lijing", ("trainer", site.id)))


@pytest.mark.parametrize("role", sorted(GRANTS))
async def test_who_may_read_the_library(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, role: str
) -> None:
    headers = await sign_in(await make_person("somebody", (role, None if role == "admin" else site.id)))
    expected = 200 if role in MAY else 403
    assert (Permission.LIBRARY_READ in GRANTS[role]) is (role in MAY)
    answers = [await client.get(f"/v1/library/{name}", headers=headers) for name in LISTS]
    answers.append(await client.post("/v1/library/try", headers=headers, json={"text": "我要退房"}))
    assert [answer.status_code for answer in answers] == [expected] * 4
    if expected == 403:
        assert {answer.json()["code"] for answer in answers} == {"forbidden"}


async def test_the_lists_hold_everything_in_order(client: httpx2.AsyncClient, headers: dict[str, str], library: Library) -> None:
    scripts, terms, wording = [(await client.get(f"/v1/library/{name}", headers=headers)).json() for name in LISTS]
    assert {scripts["fingerprint"], terms["fingerprint"], wording["fingerprint"]} == {library.fingerprint}
    assert [one["id"] for one in scripts["items"]] == sorted(library.scripts)
    assert {one["name"] for one in terms["items"]} == set(library.terms)
    order = [(one["category"]["id"], -one["severity"], one["name"]) for one in terms["items"]]
    assert order == sorted(order)
    assert len(wording["items"]) == len(library.wording)
    assert all(one["better"] for one in wording["items"])
    for one in scripts["items"]:
        script = library.scripts[one["id"]]
        assert (one["zh"], one["en"], one["review"]["status"]) == (script.zh, script.en, script.review.status)


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ("scripts?kind=calming", "kind", "calming"),
        ("scripts?situation=threat_media", "situation", "threat_media"),
        ("scripts?cause=family", "cause", "family"),
        ("scripts?tone=warm", "tone", "warm"),
        ("terms?signal=litigation", "signal", "litigation"),
        ("terms?severity=3", "severity", 3),
    ],
)
async def test_filters_leave_what_agrees_and_nothing_else(
    client: httpx2.AsyncClient, headers: dict[str, str], path: str, key: str, value: Any
) -> None:
    name = path.partition("?")[0]
    whole = (await client.get(f"/v1/library/{name}", headers=headers)).json()["items"]
    left = (await client.get(f"/v1/library/{path}", headers=headers)).json()["items"]
    assert left == [one for one in whole if one[key] == value]
    assert left


async def test_level_review_and_category_filter_too(client: httpx2.AsyncClient, headers: dict[str, str], library: Library) -> None:
    async def get(path: str) -> list[dict[str, Any]]:
        return list((await client.get(f"/v1/library/{path}", headers=headers)).json()["items"])

    assert {one["id"] for one in await get("scripts?level=agitated")} == {
        one.id for one in library.scripts.values() if "agitated" in one.levels
    }
    assert len(await get("scripts?review=approved")) == len(library.approved)
    category = next(iter(library.categories))
    assert {one["category"]["id"] for one in await get(f"terms?category={category}")} == {category}
    assert await get("terms?category=no-such-category") == []


async def test_search_finds_what_is_written(client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    for path, key in (("scripts?q=理解", "zh"), ("wording?q=规定", "phrases")):
        items = (await client.get(f"/v1/library/{path}", headers=headers)).json()["items"]
        assert items
        assert all(path[-2:] in str(one) for one in items), key
    assert (await client.get("/v1/library/scripts?q=没有这句话呢", headers=headers)).json()["items"] == []


@pytest.mark.parametrize("path", ["scripts?kind=angry", "scripts?level=furious", "terms?severity=9", "terms?q=" + "x" * 81])
async def test_a_filter_that_cannot_be_is_refused(client: httpx2.AsyncClient, headers: dict[str, str], path: str) -> None:
    answer = await client.get(f"/v1/library/{path}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_customers_threat_is_matched_and_pushed(client: httpx2.AsyncClient, headers: dict[str, str], library: Library) -> None:
    body = {"text": "你们再不退定金，我就去法院起诉你们"}
    tried = (await client.post("/v1/library/try", headers=headers, json=body)).json()
    assert any(hit["signal"] == "litigation" for hit in tried["hits"])
    for hit in tried["hits"]:
        assert body["text"][hit["start"] : hit["end"]] == hit["heard"]
    assert tried["moment"] == "threat_lawyer"
    script = library.scripts[tried["if_voice_rises"]["script_id"]]
    assert (script.approved, script.situation) == (True, "threat_lawyer")


async def test_a_question_brings_guidance_and_a_remark_brings_nothing(client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    question, remark = [
        (await client.post("/v1/library/try", headers=headers, json={"text": text})).json()
        for text in ("我要退房，定金退给我", "今天天气不错")
    ]
    assert question["prompt"]["kind"] == "guidance"
    assert question["prompt"]["reasons"]
    assert (remark["hits"], remark["prompt"]) == ([], None)


async def test_staff_wording_gets_a_better_one_and_the_same_words_of_a_customer_do_not(
    client: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    said = {"text": "这是公司规定，不能退", "speaker": "staff"}
    staff = (await client.post("/v1/library/try", headers=headers, json=said)).json()
    customer = (await client.post("/v1/library/try", headers=headers, json=said | {"speaker": "customer"})).json()
    assert staff["wording"]
    assert staff["prompt"]["kind"] == "wording"
    assert staff["if_voice_rises"] is None
    assert customer["prompt"] is None or customer["prompt"]["kind"] != "wording"


@pytest.mark.parametrize(
    "body", [{}, {"text": ""}, {"text": "  "}, {"text": "好" * 501}, {"text": "a\u0000"}, {"text": "好", "speaker": "boss"}]
)
async def test_a_sentence_that_is_none_is_refused(client: httpx2.AsyncClient, headers: dict[str, str], body: dict[str, str]) -> None:
    answer = await client.post("/v1/library/try", headers=headers, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def test_a_saved_file_is_seen_at_the_next_request(
    client: httpx2.AsyncClient, headers: dict[str, str], app: FastAPI, settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "library"
    shutil.copytree(DATA, folder)
    app.state.library = LibraryDesk(settings.model_copy(update={"library_dir": folder}))
    before = (await client.get("/v1/library/wording", headers=headers)).json()
    wording = folder / "wording.yaml"
    wording.write_text(wording.read_text(encoding="utf-8") + "\n# checked\n", encoding="utf-8")
    after = (await client.get("/v1/library/wording", headers=headers)).json()
    assert before["items"] == after["items"]
    assert before["fingerprint"] != after["fingerprint"]


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_text_is_found_by_itself_and_by_its_parts(before: str, after: str) -> None:
    assert found(before, (before + after,))
    assert found(None, ())
    assert found("ＡＢ　c", ("abC",))
    assert not found("a b", ("a",))
