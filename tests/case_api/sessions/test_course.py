"""How a conversation went: its states in short, and the report that is drawn from them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import httpx2
from sqlalchemy import select, update

from case_api.sessions.course import CUES, bands, onset, usual
from case_api.sessions.schemas import UtteranceOut
from models.audit import AuditRecord
from models.engine import Factory, transaction
from models.sites import Site
from models.utterances import Utterance
from tests.case_api.documents.reading import pdf_text
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, Rows, SignIn


def state(at: float, level: str, speaker: str = "customer", rate: float | None = None) -> Any:
    return SimpleNamespace(at=at, level=level, speaker=speaker, loudness=None, rate=rate, pitch=None)


def test_states_become_stretches() -> None:
    found = bands([state(1, "calm"), state(2, "calm"), state(5, "rising"), state(9, "calm")], 12)
    assert found == [("calm", 1, 5), ("rising", 5, 9), ("calm", 9, 12)]
    assert onset(found) == 5
    assert (onset(found[:1]), bands([], 12)) == (None, [])


def test_what_is_usual_is_the_customers_and_told_when_it_changes() -> None:
    states = [
        state(1, "calm", rate=4.0),
        state(2, "calm", rate=4.02),
        state(3, "calm", "staff", 6.0),
        state(4, "calm"),
        state(5, "calm", rate=4.3),
    ]
    assert usual(states) == {"loudness": [], "rate": [(1, 4.0), (5, 4.3)], "pitch": []}


async def test_a_long_session_is_read_without_the_time_of_each_character(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, make_session: MakeSession, factory: Factory, site: Site
) -> None:
    staff = await make_person("lijing", ("staff", site.id))
    path = f"/v1/sessions/{(await make_session(staff, site.id)).id}"
    async with transaction(factory) as db:
        await db.execute(update(Utterance).values(characters=[["您", 0.1, 0.3]]))
    headers = await sign_in(staff)
    whole = (await client.get(path, headers=headers)).json()
    short = (await client.get(path, params={"characters": False}, headers=headers)).json()
    assert [one.pop("characters") for one in whole["utterances"]] == [[["您", 0.1, 0.3]]] * 3
    assert [one.pop("characters") for one in short["utterances"]] == [[]] * 3
    assert short == whole
    least = (await client.get(path, params={"utterances": False}, headers=headers)).json()
    assert least == whole | {"utterances": []}


async def test_a_text_that_may_be_misheard_says_so_until_somebody_has_corrected_it(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, make_session: MakeSession, factory: Factory, site: Site
) -> None:
    staff = await make_person("lijing", ("staff", site.id))
    session = await make_session(staff, site.id)
    async with transaction(factory) as db:
        await db.execute(update(Utterance).where(Utterance.id == "u1").values(quality={"avg_logprob": -0.9}))
    read = (await client.get(f"/v1/sessions/{session.id}", headers=await sign_in(staff))).json()
    assert [one["doubtful"] for one in read["utterances"]] == [False, True, False]
    assert not UtteranceOut.model_validate(read["utterances"][1] | {"corrected": True}).doubtful


async def test_curves_are_told_with_their_extremes_where_a_step_holds_several(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, make_session: MakeSession, site: Site
) -> None:
    staff = await make_person("lijing", ("staff", site.id))
    path, headers = f"/v1/sessions/{(await make_session(staff, site.id)).id}/track", await sign_in(staff)

    async def track(**asked: Any) -> dict[str, Any]:
        return dict((await client.get(path, params=asked, headers=headers)).json())

    plain, finest, coarse = await track(step=1), await track(step=0.1, extremes=True), await track(step=1, extremes=True)
    assert (plain["low"], finest["low"], finest["high"]) == (None, None, None)
    assert coarse["columns"] == plain["columns"]
    for name, fine in finest["columns"].items():
        known = [[value for value in fine[at : at + 10] if value is not None] for at in range(0, len(fine), 10)]
        assert coarse["low"][name] == [min(values, default=None) for values in known]
        assert coarse["high"][name] == [max(values, default=None) for values in known]


async def test_the_report_tells_who_when_and_what_came_up(
    client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, make_session: MakeSession, rows: Rows, site: Site
) -> None:
    staff = await make_person("lijing", ("staff", site.id))
    course = [{"type": "moment", "kind": "silence", "at": 20.0, "by": None, "seconds": 6.2}]
    session = await make_session(staff, site.id, summary={"moments": course}, peak_level="rising")
    manager = await sign_in(await make_person("zhangwei", ("site_manager", site.id)))
    path = f"/v1/sessions/{session.id}"

    told = (await client.get(f"{path}/course", headers=manager)).json()
    assert told == {"bands": [{"level": "rising", "start": 4.0, "end": 70.0}], "usual": {cue: [] for cue in CUES}, "onset": 4.0}

    for transcript in (False, True):
        answer = await client.get(f"{path}/report.pdf", params={"transcript": transcript}, headers=manager)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        text = pdf_text(answer.content)
        for expected in ("会话报告", "Lijing", "升高", "语速", "曝光", "我完全理解您的心情", "员工标记：提到媒体", "沉默 6 秒"):
            assert expected in text, expected
        assert ("我要退房，不然就找媒体曝光" in text) == transcript
    printed = await rows.scalars(select(AuditRecord).where(AuditRecord.action == "api:session:print").order_by(AuditRecord.id))
    assert [one.after for one in printed] == [{"transcript": said, "language": "zh"} for said in (False, True)]

    english = pdf_text((await client.get(f"{path}/report.pdf", params={"lang": "en", "transcript": True}, headers=manager)).content)
    for expected in ("Conversation report", "Rising", "Rate", "Silence, 6 s", "Page 1 of", "Customer", "我完全理解您的心情"):
        assert expected in english, expected
    assert not [word for word in ("会话", "客户", "时刻", "页") if word in english]
    assert (await client.get(f"{path}/report.pdf", params={"lang": "fr"}, headers=manager)).status_code == 422

    stranger = await sign_in(await make_person("qianfang", ("staff", site.id)))
    for part in ("course", "report.pdf"):
        assert (await client.get(f"{path}/{part}", headers=stranger)).json()["code"] == "not_found"
