"""Search over what was said: any part of a sentence, whose it is, where it is; the index follows whatever writes or deletes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from case_api.transcripts.blocks import below, newest, together, windows
from case_api.transcripts.pinyin import Sought, heard, sought, sounds, tokens
from case_api.transcripts.query import NEWEST, asked, in_fts5, words
from case_api.transcripts.service import snippet
from models.consents import Consent
from models.corrections import UtteranceCorrection
from models.engine import Factory, reading, transaction
from models.people import Person
from models.readings import readings
from models.sessions import Session
from models.sites import Site
from models.transcripts import BLOCK, UtteranceSearchBlock
from models.utterances import Utterance
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, SignIn

SAID = [
    ("customer", 1.0, 3.0, "我要退定金，今天就退"),
    ("staff", 3.5, 5.0, "定金按合同约定处理 OK 吗"),
    ("customer", 6.0, 8.0, "那我找媒体曝光 100% 退款"),
]
NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


async def found(client: httpx2.AsyncClient, who: dict[str, str], **query: Any) -> list[str]:
    answer = await client.get("/v1/utterances", headers=who, params={name.rstrip("_"): value for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return ["".join(piece["text"] for piece in item["snippet"]) for item in answer.json()["items"]]


async def hits(client: httpx2.AsyncClient, who: dict[str, str], **query: Any) -> dict[str, Any] | None:
    told: dict[str, Any] | None = (await client.get("/v1/utterances", headers=who, params=query)).json()["hits"]
    return told


async def test_any_part_of_a_sentence_is_found(
    client: httpx2.AsyncClient, make_session: MakeSession, staff: Person, site: Site, sign_in: SignIn
) -> None:
    session = await make_session(staff, site.id, lines=SAID, peak_level="agitated")
    who = await sign_in(staff)
    lines = [line[3] for line in SAID]
    assert await found(client, who) == lines[::-1]
    for q in ("退定", "退定金，今", "退", "金", "我要 今天", "100%", "ok", "k 吗", "媒"):
        assert await found(client, who, q=q) == [line for line in lines[::-1] if all(word in line.lower() for word in q.split())], q
    for q in ("定退", "%", "_", '"', "s*", "AND", "退定金 合同", "没有说过的话"):
        assert await found(client, who, q=q) == [line for line in lines[::-1] if all(word in line for word in q.split())], q
    assert await found(client, who, q="定金", speaker="staff") == [lines[1]]
    assert await found(client, who, q="定金", category="媒体") == [lines[1]]
    assert await found(client, who, category="质量") == []
    assert await found(client, who, q="媒体", level="agitated") == [lines[2]]
    assert await found(client, who, level="calm") == []
    begun = session.started_at
    for since, until, there in ((-1, 1, 1), (-400, 1, 1), (-9000, 1, 1), (1, 2, 0), (-2, -1, 0)):
        period = {"from_": (begun + timedelta(days=since)).isoformat(), "to": (begun + timedelta(days=until)).isoformat()}
        assert len(await found(client, who, q="媒体", **period)) == there, period
    item = (await client.get("/v1/utterances?q=曝光", headers=who)).json()["items"][0]
    assert [piece["text"] for piece in item["snippet"] if piece["match"]] == ["曝光"]
    assert (item["session_id"], item["start"], item["staff_name"]) == (session.id, 6.0, staff.display_name)


async def test_what_is_typed_as_pinyin(
    client: httpx2.AsyncClient, make_session: MakeSession, staff: Person, site: Site, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written so comes first, then what only sounds so; a page goes on from the one to the other."""
    written, sounded, bank = "你们的tousu电话", "我要投诉你们", "银行重庆分行 退房"
    await make_session(staff, site.id, lines=[("customer", 1.0, 2.0, written)])
    await make_session(staff, site.id, lines=[("customer", 1.0, 2.0, sounded), ("staff", 3.0, 4.0, bank)])
    who = await sign_in(staff)
    for q in ("tousu", "TouSu"):
        assert await found(client, who, q=q) == [written, sounded], q
    for q in ("tou su", "tou'su"):
        assert sounded in await found(client, who, q=q), q
    for q in ("ts", "tsu", "tous", "woyts", "ts nimen"):
        assert sounded in await found(client, who, q=q), q
    for q in ("yinhang", "yinhang tuif", "chongqing", "cq", "退房 yh"):
        assert await found(client, who, q=q) == [bank], q
    for q in ("yinxing", "zhongqing", "zq", "sutou", "退 tousu"):
        assert await found(client, who, q=q) == [], q
    assert await found(client, who, q="tousu", speaker="staff") == []
    item = (await client.get("/v1/utterances?q=tsu", headers=who)).json()["items"][0]
    assert [piece["text"] for piece in item["snippet"] if piece["match"]] in (["投诉"], ["tousu"])
    monkeypatch.setattr("case_api.transcripts.service.FIRST", 1)
    got, cursor = [], None
    while not got or cursor:
        asked_for = {"q": "tousu", "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/utterances", headers=who, params=asked_for)).json()
        got += ["".join(piece["text"] for piece in item["snippet"]) for item in page["items"]]
        cursor = page["next_cursor"]
        assert len(got) < 5
    assert got == [written, sounded]


@pytest.mark.parametrize(
    ("typed", "ways"),
    [
        ("tousu", [("tou", "su")]),
        ("ts", [("t", "s")]),
        ("tsu", [("t", "su")]),
        ("dingj", [("ding", "j")]),
        ("sh", [("s", "h")]),
        ("zhs", [("zh", "s"), ("z", "h", "s")]),
        ("xian", [("xian",), ("xi", "an")]),
        ("xi'an", [("xi", "an")]),
        ("fangan", [("fan", "gan"), ("fang", "an")]),
        ("t", []),
        ("100", []),
        ("a" * 31, []),
    ],
)
def test_the_ways_to_read_what_was_typed(typed: str, ways: list[tuple[str, ...]]) -> None:
    assert list(sounds(typed)) == ways


@given(st.text(st.sampled_from("退定金投诉银行重庆长期还款女略"), min_size=2, max_size=8), st.data())
def test_the_index_is_never_asked_for_more_than_was_said(said: str, data: st.DataObject) -> None:
    """Wherever a sound is heard, the index has its tokens: those of every reading of every character."""
    read = [readings()[char] for char in said]
    held = {f"y0{one}" for each in read for one in each} | {f"i0{a[0]}{b[0]}" for one, two in pairwise(read) for a in one for b in two}
    begin = data.draw(st.integers(0, len(said) - 2))
    sound = tuple(data.draw(st.sampled_from(each + tuple(one[0] for one in each))) for each in read[begin : begin + 4])
    assert set(tokens(sound)) <= held
    if all(len(each) == 1 for each in read[begin : begin + 4]):
        assert (begin, min(begin + 4, len(said))) in list(heard(said, sound))


async def test_pages_follow_each_other(
    client: httpx2.AsyncClient, make_session: MakeSession, staff: Person, site: Site, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("case_api.transcripts.service.FIRST", 2)
    monkeypatch.setattr("case_api.transcripts.service.MORE", 2)
    monkeypatch.setattr("case_api.transcripts.service.MOST_READ", 4)
    for n in range(5):
        await make_session(staff, site.id, lines=[("customer", float(k), k + 0.9, f"第{n}次第{k}句") for k in range(3)])
    who, got, cursor, pages = await sign_in(staff), [], None, 0
    first = (await client.get("/v1/utterances", headers=who, params={"q": "第0", "limit": 1})).json()
    assert first["hits"] == {"number": 7, "precision": "about"}
    # Of the newest four candidates one is right, and so as many of the other eleven.
    assert await hits(client, who, q="第", category="媒体", limit=1) == {"number": 3, "precision": "about"}
    assert await hits(client, who, q="第0", limit=1, cursor=first["next_cursor"]) is None
    assert await hits(client, who, q="第1次", limit=100) == {"number": 3, "precision": "exact"}
    assert await hits(client, who, q="没有") == {"number": 0, "precision": "exact"}
    monkeypatch.setattr("case_api.transcripts.service.MOST_COUNTED", 2)
    assert (await hits(client, who, q="第0", limit=1) or {})["precision"] == "at_least"
    while pages == 0 or cursor:
        answer = (
            await client.get("/v1/utterances", headers=who, params={"q": "第0", "limit": 1} | ({"cursor": cursor} if cursor else {}))
        ).json()
        got += ["".join(piece["text"] for piece in item["snippet"]) for item in answer["items"]]
        cursor, pages = answer["next_cursor"], pages + 1
        assert pages < 30
    assert got == [f"第{n}次第{k}句" for n in reversed(range(5)) for k in reversed(range(3)) if n == 0 or k == 0]
    for junk in ("x", "-1", "9" * 19, "１", "p", "pp1", "q1"):
        assert (await client.get("/v1/utterances", headers=who, params={"cursor": junk})).json()["code"] == "invalid_request"


async def test_only_what_one_may_read(
    client: httpx2.AsyncClient,
    factory: Factory,
    make_session: MakeSession,
    make_person: MakePerson,
    staff: Person,
    site: Site,
    sign_in: SignIn,
) -> None:
    other = await make_person("other", ("staff", site.id))
    manager = await make_person("manager", ("site_manager", site.id))
    office = await make_person("office", ("hq_risk", None))
    payer = await make_person("payer", ("finance", site.id))
    async with transaction(factory) as db:
        far = Site(code="YL", name="云麓台", name_en="Yunlu")
        db.add(far)
    away = await make_person("away", ("staff", far.id))
    for person, place in ((staff, site), (other, site), (away, far)):
        await make_session(person, place.id, lines=[("customer", 1.0, 2.0, f"退定金{person.username}")])
    own = f"退定金{staff.username}"
    assert await found(client, await sign_in(staff), q="退定金") == [own]
    assert await found(client, await sign_in(manager), q="退定金") == ["退定金other", own]
    assert await found(client, await sign_in(manager), q="退定金", site_id=far.id) == []
    assert await found(client, await sign_in(manager), staff_id=staff.id) == [own]
    assert await found(client, await sign_in(office), q="退定金") == ["退定金away", "退定金other", own]
    assert await found(client, await sign_in(office), site_id=far.id) == ["退定金away"]
    assert (await client.get("/v1/utterances", headers=await sign_in(payer))).json()["code"] == "forbidden"
    async with transaction(factory) as db:
        await db.execute(update(Consent).values(withdrawn_at=NOW))
    assert await found(client, await sign_in(office), q="退定金") == []


async def test_the_index_follows_what_is_written_and_deleted(
    client: httpx2.AsyncClient, factory: Factory, make_session: MakeSession, staff: Person, site: Site, sign_in: SignIn
) -> None:
    session = await make_session(staff, site.id, lines=SAID)
    who = await sign_in(staff)

    async def held(token: str) -> int:
        """Rows of the bare index that hold this pair of characters."""
        async with reading(factory) as db:
            if db.get_bind().dialect.name == "sqlite":
                query = text("SELECT count(*) FROM utterance_search_index WHERE utterance_search_index MATCH :token")
                return int((await db.execute(query, {"token": f'"{token}"'})).scalar_one())
            query = text("SELECT count(*) FROM utterance_search WHERE string_to_array(grams, ' ') @> ARRAY[:token]")
            return int((await db.execute(query, {"token": token})).scalar_one())

    assert (await held("定金"), await held("曝光")) == (2, 1)
    first = (Utterance.session_id == session.id) & (Utterance.ordinal == 0)
    async with transaction(factory) as db:
        await db.execute(update(Utterance).where(first).values(speaker="staff"))
        db.add(
            UtteranceCorrection(
                session_id=session.id, ordinal=0, version=1, text="改过的话", speaker="staff", reason="核对", person_id=staff.id
            )
        )
        await db.flush()
        await db.execute(update(Utterance).where(first).values(text="改过的话", heard_text=SAID[0][3], heard_speaker="staff", version=1))
    assert (await held("定金"), await held("改过"), await held(f"s{site.id}")) == (1, 1, 3)
    assert await found(client, who, q="改过") == ["改过的话"]
    assert await found(client, who, q="退定金") == []
    async with transaction(factory) as db:
        await db.execute(delete(Utterance).where(first))
    assert (await held("改过"), await held(f"s{site.id}")) == (0, 2)
    async with transaction(factory) as db:
        await db.execute(delete(Utterance).where(Utterance.session_id == session.id))
        await db.execute(delete(Session).where(Session.id == "nobody"))
    assert (await held("定金"), await held("曝光"), await held(f"s{site.id}"), await held(f"u{staff.id}")) == (0, 0, 0, 0)


async def test_an_old_conversation_is_found_where_it_was_written(
    client: httpx2.AsyncClient, factory: Factory, make_session: MakeSession, staff: Person, site: Site, sign_in: SignIn
) -> None:
    """Far apart in the index, and one that was written long after it began."""
    await _far_ahead(factory, 1)  # emptied tables number on where they stopped
    old = await make_session(staff, site.id, lines=[("customer", 1.0, 2.0, "从前说退定金")])
    await _far_ahead(factory, 1000 << BLOCK)
    new = await make_session(staff, site.id, lines=[("customer", 1.0, 2.0, "后来说退定金")])
    late = Utterance(session_id=old.id, ordinal=9, id="u9", speaker="customer", confidence=1.0, start=9.0, end=10.0, text="补写的退定金")
    async with transaction(factory) as db:
        await db.execute(update(Session).where(Session.id == old.id).values(started_at=NOW - timedelta(days=100)))
        await db.execute(update(Session).where(Session.id == new.id).values(started_at=NOW))
        db.add(late)
    who, day = await sign_in(staff), (NOW - timedelta(days=1)).isoformat()
    assert await found(client, who, q="退定金") == ["补写的退定金", "后来说退定金", "从前说退定金"]
    for q in ({"q": "退定金"}, {}):
        assert await found(client, who, to=day, **q) == ["补写的退定金", "从前说退定金"]
        assert await found(client, who, from_=day, **q) == ["后来说退定金"]
    async with reading(factory) as db:
        placed = (await db.execute(select(UtteranceSearchBlock.session_id, UtteranceSearchBlock.block))).all()
    assert sorted(map(tuple, placed)) == sorted([(old.id, 0), (new.id, 1000), (old.id, 1000)])


async def _far_ahead(factory: Factory, row: int) -> None:
    async with transaction(factory) as db:
        if db.get_bind().dialect.name == "sqlite":
            await db.execute(text("UPDATE sqlite_sequence SET seq = :row WHERE name = 'utterance_search'"), {"row": row})
        else:
            await db.execute(text("SELECT setval('utterance_search_id_seq', :row)"), {"row": row})


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_snippet_holds_the_text_and_marks_what_was_asked_for(said: str, q: str) -> None:
    pieces = snippet(said, sought(words(q)))
    assert "".join(piece.text for piece in pieces) == said
    assert all(any(piece.text.lower() == word.lower() for word in words(q)) for piece in pieces if piece.match and piece.text.isascii())


def test_a_long_text_is_cut_around_the_match() -> None:
    pieces = snippet("前" * 300 + "定金" + "后" * 300, (Sought(("定金",)),))
    assert [piece.text for piece in pieces if piece.match] == ["定金"]
    assert all(len(piece.text) <= 90 for piece in pieces)
    assert (pieces[0].text[0], pieces[-1].text[-1]) == ("…", "…")


def test_what_the_index_is_asked() -> None:
    assert in_fts5(asked(words("退定金 是"), [("s1", "u2"), ()])) == '"退定" AND "定金" AND "是" AND ("s1" OR "u2")'
    assert in_fts5(asked(words('"; DROP'), [])) == '"dr" AND "ro" AND "op"'


def test_where_in_the_index_to_look() -> None:
    assert together([1900, 1899, 1300, 1290, 3]) == [range(1899, 1901), range(1290, 1301), range(3, 4)]
    assert together([*range(1900, 300, -20), 100]) == [
        *(range(n, n + 1) for n in range(1900, 1780, -20)),
        range(320, 1781),
        range(100, 101),
    ]
    assert together([]) == []
    assert below([range(899, 901), range(3, 5)], 4 << BLOCK) == [range(3, 4)]
    assert below([range(3, 5)], (4 << BLOCK) + 1) == [range(3, 5)]
    assert below([range(3, 5)], 0) == below([], NEWEST) == []
    assert newest(range(100), 10) == (range(88, 100), range(88))
    assert newest(range(95, 100), 10) == (range(95, 100), range(95, 95))
    assert windows(range(9, 300)) == (
        "w13n37",
        "w13n36",
        "w13n35",
        "w13n34",
        "w13n33",
        "w13n32",
        "w17n1",
        *(f"w13n{n}" for n in range(15, 0, -1)),
    )
    assert windows(range(4096)) == ("w21n1", "w21n0")


@given(st.integers(0, 20_000), st.integers(1, 20_000))
def test_windows_hold_the_blocks_and_hardly_others(first: int, count: int) -> None:
    held = [
        row
        for bits, number in (map(int, token[1:].split("n")) for token in windows(range(first, first + count)))
        for row in range(number << bits - BLOCK, number + 1 << bits - BLOCK)
    ]
    assert sorted(held) == list(range(first // 8 * 8, -(-(first + count) // 8) * 8))
