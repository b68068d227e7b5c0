"""Scripts, new terms, groups, the digest, before and after: who may, what is refused, and that nobody is appraised."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from audio_service.live.plan import keep, plan_for, plan_of
from case_api.learning.scripts import service as scripts
from case_api.learning.scripts.nightly import learn_due
from case_api.sessions.spots import ADDRESS, spot_of
from models.audit import AuditRecord
from models.base import utc_now
from models.engine import Factory, transaction
from models.learning import RankingVersion
from models.people import Person
from models.settings import Settings
from models.settings_learning import LearningSettings
from models.sites import Site
from models.utterances import Utterance
from scripts_library.learned import Plan, Worth
from scripts_library.library import LEARNED_TERMS
from tests.case_api.conftest import Clock
from tests.case_api.documents.reading import pdf_text
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, SignIn

PATHS = ["uses", "effects", "effects/spread", "rankings", "terms", "clusters", "digest", "terms/毛坯交付/variants"]
LEARNERS = {"site_manager", "legal", "city_gm", "hq_risk", "regional_ops", "trainer"}


@pytest.mark.parametrize("role", ["staff", "finance", "trainer", "regional_ops", "admin"])
async def test_who_may_learn(client: httpx2.AsyncClient, make_person: MakePerson, sign_in: SignIn, site: Site, role: str) -> None:
    headers = await sign_in(await make_person("somebody", (role, None if role == "admin" else site.id)))
    for path in [*PATHS, f"sites/{site.id}", f"sites/{site.id}/before-after"]:
        answer = await client.get(f"/v1/learning/{path}", headers=headers)
        assert answer.status_code == (200 if role in LEARNERS else 403), path


async def test_effects_are_ones_own_or_of_three_people(
    client: httpx2.AsyncClient,
    make_session: MakeSession,
    make_person: MakePerson,
    staff: Person,
    site: Site,
    trainer: dict[str, str],
    sign_in: SignIn,
) -> None:
    await make_session(staff, site.id)
    own = (await client.get("/v1/learning/effects/own", headers=await sign_in(staff))).json()
    assert own["sessions"] == 1
    assert (await client.get("/v1/learning/effects/own", headers=trainer)).json()["code"] == "forbidden"
    all_ = (await client.get("/v1/learning/effects", headers=trainer)).json()
    assert (await client.get("/v1/learning/effects?horizon=60", headers=trainer)).status_code == 200
    assert (await client.get("/v1/learning/effects?horizon=59", headers=trainer)).status_code == 422
    for item in [*own["items"], *all_["items"]]:
        assert {(one["verdict"], one["mean"], one["zh"]) for one in item["effects"]} == {("not_enough", None, "数据还不够")}
    few = {"script_id": "calm-01", "shown": 1, "used": None, "helpful": None, "dismissed": None, "unhelpful": None}
    assert (await client.get("/v1/learning/uses", headers=trainer)).json() == {"items": [few]}
    for name in ("wangfang", "zhoujie"):
        await make_session(await make_person(name, ("staff", site.id)), site.id)
    told = few | {"shown": 3, "used": 0, "helpful": 3, "dismissed": 0, "unhelpful": 0}
    assert (await client.get("/v1/learning/uses", headers=trainer)).json() == {"items": [told]}
    spread = (await client.get("/v1/learning/effects/spread", headers=trainer)).json()
    assert spread == {"people": 0, "low": None, "median": None, "high": None}


async def test_what_a_site_agreed_to_is_versioned_and_holds_for_the_whole_conversation(
    client: httpx2.AsyncClient,
    make_session: MakeSession,
    staff: Person,
    site: Site,
    trainer: dict[str, str],
    factory: Factory,
    clock: Clock,
) -> None:
    path = f"/v1/learning/sites/{site.id}"
    frozen = await client.put(path, headers=trainer | {"If-Match": '"0"'}, json={"ranking": "frozen"})
    assert (frozen.status_code, frozen.json()["code"]) == (409, "ranking_none")
    made = await client.put(path, headers=trainer | {"If-Match": '"0"'}, json={"holdout_bp": 500, "ranking": "learning"})
    assert (made.status_code, made.headers["ETag"]) == (200, '"1"')
    again = await client.put(path, headers=trainer | {"If-Match": '"0"'}, json={"holdout_bp": 0})
    assert again.json()["code"] == "version_conflict"
    too_much = await client.put(path, headers=trainer | {"If-Match": '"1"'}, json={"holdout_bp": 2001})
    assert too_much.json()["code"] == "invalid_request"
    async with transaction(factory) as db:
        db.add(RankingVersion(id="v1", made_at=utc_now(), worths={"a": [0.5, 0.1, 40]}, moments=40))
    session = await make_session(staff, site.id)
    async with transaction(factory) as db:
        plan = await plan_for(db, session.id, site.id, recording=True)
        assert plan == Plan(session.id, 500, "v1", {"a": Worth(0.5, 0.1, 40)})
        keep(db, plan)
        db.add(RankingVersion(id="v2", made_at=utc_now() + timedelta(hours=1), worths={}, moments=50))
    kept = await client.put(path, headers=trainer | {"If-Match": '"1"'}, json={"ranking": "frozen", "ranking_version_id": "v1"})
    assert kept.json()["ranking_version_id"] == "v1"
    moved = await client.put(path, headers=trainer | {"If-Match": '"2"'}, json={"ranking": "frozen", "go_live_on": "2026-03-02"})
    assert moved.json()["ranking_version_id"] == "v1", "what else is agreed to does not let go of it"
    async with factory() as db:
        assert await plan_of(db, session.id) == plan  # it goes on as it began
        later = await plan_for(db, "later", site.id, recording=True)
        assert (later.holdout_bp, later.version) == (0, "v1")
        assert await plan_for(db, "x", "no-such-site", recording=True) == Plan("x")
        assert (await plan_for(db, "unrecorded", site.id, recording=False)).version == "v1"
        actions = (await db.scalars(select(AuditRecord.action).where(AuditRecord.subject_id == site.id))).all()
    assert actions.count("api:learning:agree") == 3


async def test_learning_anew_makes_a_version_that_explains_itself(
    client: httpx2.AsyncClient,
    make_session: MakeSession,
    staff: Person,
    site: Site,
    trainer: dict[str, str],
    sign_in: SignIn,
    factory: Factory,
) -> None:
    await make_session(staff, site.id)
    refused = await client.post("/v1/learning/rankings", headers=await sign_in(staff))
    assert refused.json()["code"] == "forbidden"
    key = {"Idempotency-Key": "learn-2026-48"}
    first, second = [await client.post("/v1/learning/rankings", headers=trainer | key) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, second.json())
    async with transaction(factory) as db:
        db.add(RankingVersion(made_at=utc_now() + timedelta(hours=1), worths={"calm-01": [0.4, 0.1, 90]}, moments=90))
    newest = (await client.get("/v1/learning/rankings", headers=trainer)).json()["items"][0]
    assert newest["scripts"][0]["zh"] == "据 90 次提示，30 秒后客户比可比时刻更平静 0.40 个标准差（±0.20）"


async def test_new_beliefs_are_made_once_a_night_where_a_site_learns(
    client: httpx2.AsyncClient, site: Site, trainer: dict[str, str], factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def learned(*_: Any) -> tuple[dict[str, Any], int]:  # how it learns is tested elsewhere
        return {"calm-01": [0.4, 0.1, 40]}, 40

    monkeypatch.setattr(scripts, "learn", learned)
    settings, morning = (
        LearningSettings(),
        (utc_now() + timedelta(days=1)).replace(hour=1, minute=0, second=0, microsecond=0),
    )  # 9 o'clock in China

    async def made() -> list[datetime]:
        async with factory() as db:
            return list(await db.scalars(select(RankingVersion.made_at).order_by(RankingVersion.made_at)))

    assert await learn_due(factory, settings, lambda: morning) is False  # the site does not learn
    agreed = await client.put(f"/v1/learning/sites/{site.id}", headers=trainer | {"If-Match": '"0"'}, json={"ranking": "learning"})
    assert agreed.status_code == 200
    assert await learn_due(factory, LearningSettings(nightly_hour=None), lambda: morning) is False
    assert sorted(await asyncio.gather(*(learn_due(factory, settings, lambda: morning) for _ in range(2)))) == [False, True]
    before_three = morning + timedelta(hours=17, minutes=59)
    assert [await learn_due(factory, settings, lambda at=at: at) for at in (morning + timedelta(hours=5), before_three)] == [False, False]
    assert await learn_due(factory, settings, lambda: before_three + timedelta(minutes=1)) is True
    assert await made() == [morning, before_three + timedelta(minutes=1)]


async def test_a_phrase_is_taken_into_the_lexicon_by_one_click(
    client: httpx2.AsyncClient, trainer: dict[str, str], sign_in: SignIn, staff: Person, settings: Settings
) -> None:
    body = {"phrase": "毛坯交付", "verdict": "accepted", "misheard": ["矛匹叫夫"], "severity": 2, "cause": "quality"}
    assert (await client.post("/v1/learning/terms", headers=await sign_in(staff), json=body)).json()["code"] == "forbidden"
    assert (await client.post("/v1/learning/terms", headers=trainer, json=body)).status_code == 201
    assert "毛坯交付" in (settings.data_dir / "library" / LEARNED_TERMS).read_text("utf-8")
    tried = (await client.post("/v1/library/try", headers=trainer, json={"text": "现在说是毛坯交付我不同意"})).json()
    assert "毛坯交付" in [hit["term"] for hit in tried["hits"]]
    again = await client.post("/v1/learning/terms", headers=trainer, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "term_decided")
    taken = await client.post("/v1/learning/terms", headers=trainer, json={"phrase": "订金", "verdict": "accepted"})
    assert (taken.status_code, taken.json()["code"]) == (422, "library_refused")
    # the refusal rolled the decision back with it
    assert (await client.post("/v1/learning/terms", headers=trainer, json={"phrase": "订金", "verdict": "dismissed"})).status_code == 201


async def test_what_the_recogniser_made_of_a_phrase_is_found_where_only_another_hypothesis_has_it(
    client: httpx2.AsyncClient, trainer: dict[str, str], make_session: MakeSession, staff: Person, site: Site, factory: Factory
) -> None:
    session = await make_session(staff, site.id, lines=[("customer", 1.0, 3.0, "现在说是矛匹叫夫"), ("customer", 4.0, 6.0, "我们回去商量")])
    async with transaction(factory) as db:
        hypotheses = [["现在说是矛匹叫夫", -0.6, False], ["现在说是毛坯交付", -0.7, False]]
        await db.execute(update(Utterance).where(Utterance.session_id == session.id, Utterance.id == "u0").values(alternatives=hypotheses))
    found = (await client.get("/v1/learning/terms/毛坯交付/variants", headers=trainer)).json()["items"]
    assert found == [{"text": "矛匹叫夫", "times": 1, "source": "hypotheses"}]


async def test_the_digest_is_made_three_ways_and_names_nobody(
    client: httpx2.AsyncClient, make_session: MakeSession, staff: Person, site: Site, trainer: dict[str, str], clock: Clock
) -> None:
    week = datetime(2026, 11, 18, 3, tzinfo=UTC)
    for n in range(4):
        said: list[tuple[str, float, float, str]] = [
            ("staff", 0.0, 1.5, "您好"),
            ("customer", 2.0, 4.2, f"我是张伟<b>，找媒体报光你们{'啊' * n}"),
        ]
        await make_session(staff, site.id, lines=said, started_at=week, peak_level="agitated")
    clock.now = datetime(2026, 11, 25, tzinfo=UTC)
    digest: dict[str, Any] = (await client.get("/v1/learning/digest", headers=trainer)).json()
    assert (digest["monday"], digest["sessions"], digest["escalated"]) == ("2026-11-16", 4, 4)
    assert digest["terms"] == [{"term": "曝光", "sessions": 4, "before": 0}]
    [group] = digest["clusters"]
    assert group["quotes"][0]["text"].startswith("我是〔姓名〕")
    pdf = await client.get("/v1/learning/digest?format=pdf", headers=trainer)
    assert pdf.content.startswith(b"%PDF")
    links = [f"http://calmdesk.test{quote['review_url']}" for quote in group["quotes"][:3]]
    assert all(link.encode() in pdf.content for link in links)  # a click leads there
    assert all(link in pdf_text(pdf.content).replace("\n", "") for link in links)  # and it can be read
    html = (await client.get("/v1/learning/digest?format=html&week=2026-11-16", headers=trainer)).text
    assert html.count("<section>") == 3
    assert "&lt;b&gt;" in html
    assert "张伟" not in html
    assert all(f'href="{link}"' in html for link in links)
    english = (await client.get("/v1/learning/digest?format=html&lang=en", headers=trainer)).text
    assert '<html lang="en">' in english
    assert "Complaints of the week" in english
    assert "没有" not in english
    first, *rest = [quote["review_url"] for quote in group["quotes"]]
    left = (await client.get("/v1/learning/digest", params={"without": first}, headers=trainer)).json()
    assert [quote["review_url"] for quote in left["clusters"][0]["quotes"]] == rest
    assert (await client.get("/v1/learning/digest", params={"without": [first, *rest]}, headers=trainer)).json()["clusters"] == []
    by_cause = (await client.get("/v1/learning/clusters?by=cause", headers=trainer)).json()
    assert [(one["cause"], one["size"]) for one in by_cause["items"]] == [("unknown", 4)]
    assert (await client.get("/v1/learning/clusters?groups=2", headers=trainer)).status_code == 200
    assert (await client.get("/v1/learning/clusters?groups=99", headers=trainer)).status_code == 422
    assert {spot_of(quote["review_url"].removeprefix(ADDRESS)) for quote in group["quotes"]} == {
        (quote["session_id"], 1) for quote in group["quotes"]
    }
    assert (await client.get("/v1/learning/digest?week=2026-11-17", headers=trainer)).json()["code"] == "week_invalid"


async def test_before_and_after_takes_what_was_counted_on_paper(
    client: httpx2.AsyncClient, site: Site, trainer: dict[str, str], sign_in: SignIn, staff: Person, clock: Clock
) -> None:
    clock.now = datetime(2026, 11, 25, tzinfo=UTC)
    path = f"/v1/learning/sites/{site.id}"
    first = {"If-Match": '"0"'}
    for n in range(20):
        monday = datetime(2026, 6, 1, tzinfo=UTC).date() + timedelta(weeks=n)
        body = {"conversations": 80, "complaints": 12 if n < 10 else 5, "escalations": 20, "source": "客服台账"}
        assert (await client.get(f"{path}/weeks/{monday}", headers=trainer)).status_code == 404
        entered = await client.put(f"{path}/weeks/{monday}", headers=trainer | first, json=body)
        assert entered.status_code == 200
        assert (await client.get(f"{path}/weeks/{monday}", headers=trainer)).json() == entered.json()
    assert (await client.get(f"{path}/before-after", headers=trainer)).json()["zh"] == "尚未设定上线日"
    await client.put(path, headers=trainer | first, json={"go_live_on": "2026-08-10"})
    found = (await client.get(f"{path}/before-after", headers=trainer)).json()
    assert (found["before"], found["after"], found["goal"], found["enough"]) == (15.0, 6.25, -0.63, True)
    assert found["low"] <= found["change"] <= found["high"] < 0
    assert (len(found["weeks"]), found["weeks_entered"]) == (20, 20)
    for monday, code in [("2026-06-02", "week_invalid"), ("2027-06-07", "week_invalid"), ("2026-06-01", "version_conflict")]:
        body = {"conversations": 80, "complaints": 1, "escalations": 0, "source": "台账"}
        assert (await client.put(f"{path}/weeks/{monday}", headers=trainer | first, json=body)).json()["code"] == code
    too_many = {"conversations": 1, "complaints": 2, "escalations": 0, "source": "台账"}
    assert (await client.put(f"{path}/weeks/2026-06-01", headers=trainer | {"If-Match": '"1"'}, json=too_many)).status_code == 422
    refused = await client.put(f"{path}/weeks/2026-06-01", headers=await sign_in(staff) | first, json=body)
    assert refused.status_code in (403, 404)
