"""The made-up year: the source's figures come out of it, every figure leads to its cases, and all of it can be taken out again."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from case_api.demo_data import PREFIX, SITES, service
from case_api.demo_data.crm import WARNED
from case_api.demo_data.level import HEARD
from case_api.demo_data.story import Story, evenly, go_live_of, stories
from case_api.demo_data.voice import MEASURED
from case_api.early_warning.board.watch import look
from case_api.early_warning.events.own import gather
from case_api.figures.rules import WINTER
from case_api.figures.schedule import make_due
from models.early_warnings import EarlyWarning
from models.engine import Factory, reading, transaction
from models.figures import FigureBrief
from models.outbox import OutboxMessage
from models.people import Person
from models.prompts import PromptShown
from models.sessions import Session
from models.settings import Settings
from models.settings_figures import FigureSettings
from models.sites import Site
from models.solutions import OfferAnswer
from models.states import StateEvent
from models.tables import Base, WithdrawalCase
from scripts_library.records import LEVELS
from tests.case_api.conftest import Clock
from tests.conftest import PASSWORD, PASSWORD_HASH, MakePerson, Rows, SignIn

TODAY = date(2026, 11, 23)
PARTS = ("assessment", "solutions", "offers", "offer/answer", "approvals", "refund-instruction", "closing", "evidence", "timeline")
STEPS = ("draft", "assessing", "solving", "offered", "executing", "closing", "archived")
KEPT = {"audit_record", "policy_version"}
"""What nothing is ever taken out of."""


@given(st.integers(min_value=0, max_value=2000), st.integers(min_value=0, max_value=100))
def test_any_run_holds_its_share(run: int, part: int) -> None:
    assert abs(sum(evenly(number, part, 100) for number in range(run)) - run * part / 100) < 1


@pytest.mark.parametrize("today", [TODAY, date(2026, 1, 15), date(2024, 2, 29)])
def test_the_same_seed_tells_the_same_year(today: date) -> None:
    told = stories(today, 7)
    assert told == stories(today, 7)
    assert told != stories(today, 8)
    assert [one.received_at for one in told] == sorted(one.received_at for one in told)
    assert told[-1].received_at.date() < today


@pytest.mark.parametrize("today", [TODAY, date(2026, 1, 15), date(2024, 2, 29)])
def test_either_sites_year_alone_is_the_sources_too(today: date) -> None:
    """A site manager sees one site: its figures are not those of the two only when they are added up."""

    def share(told: list[Story], of: Callable[[Story], bool]) -> float:
        return sum(map(of, told)) / len(told)

    for site in SITES:
        year = [one for one in stories(today, 1) if one.site == site]
        winter = [one for one in year if one.received_at.month in WINTER]
        rest = [one for one in year if one not in winter]
        late = [one for one in year if one.received_at.date() >= go_live_of(today)]
        early = [one for one in year if one not in late]
        assert share(winter, lambda one: "cash_flow" in one.causes) / share(rest, lambda one: "cash_flow" in one.causes) == pytest.approx(
            1.41, abs=0.02
        )
        assert share(year, lambda one: bool(one.undiscussed)) == pytest.approx(0.68, abs=0.01)
        assert share(late, lambda one: one.complains) / share(early, lambda one: one.complains) == pytest.approx(0.37, abs=0.03)


async def counts(engine: AsyncEngine) -> dict[str, int]:
    """Rows of every table."""
    async with engine.connect() as connection:
        return {
            name: (await connection.execute(select(func.count()).select_from(t))).scalar_one() for name, t in Base.metadata.tables.items()
        }


async def test_the_years_figures_are_the_sources_and_all_of_it_goes_again(
    client: httpx2.AsyncClient,
    clock: Clock,
    settings: Settings,
    engine: AsyncEngine,
    factory: Factory,
    rows: Rows,
    site: Site,
    policies: None,
    make_person: MakePerson,
    sign_in: SignIn,
) -> None:
    real = await make_person("real", ("site_manager", site.id))
    async with transaction(factory) as db:
        db.add(WithdrawalCase(site_id=site.id, code="HD-1", created_by=real.id, received_at=clock(), causes=["family"]))
    before = await counts(engine)
    fill = {"seed": 1, "password_hash": PASSWORD_HASH}
    with pytest.raises(service.Refused, match="1 cases"):
        await service.fill(factory, settings.data_dir, clock(), **fill)
    assert await counts(engine) == before
    filled = await service.fill(factory, settings.data_dir, clock(), **fill, force=True)
    with pytest.raises(service.Refused, match="remove it first"):
        await service.fill(factory, settings.data_dir, clock(), **fill, force=True)
    assert len(list((settings.data_dir / "recordings").iterdir())) == service.WITH_AUDIO

    signed_in = await client.post("/v1/tokens", json={"username": f"{PREFIX}regional-ops", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    await _figures(client, headers, filled.go_live)
    await _briefs(factory, rows, client, headers)
    await _warnings(factory, rows, clock)
    await _prevention(factory, clock, client)
    await _effects(client)
    await _counted(factory)
    await _levels(client, factory, clock)
    await _read_whole(client, rows)
    await _decided(client, rows)

    gone = await service.remove(factory, settings.data_dir, clock())
    assert (gone["cases"], gone["sessions"]) == (624, 829)  # some only came to ask
    after = await counts(engine)
    assert {name: n for name, n in after.items() if name not in KEPT} == {name: n for name, n in before.items() if name not in KEPT}
    assert list((settings.data_dir / "recordings").iterdir()) == []
    assert (await service.remove(factory, settings.data_dir, clock())) == {"cases": 0, "sessions": 0, "people": 0}


async def _warnings(factory: Factory, rows: Rows, clock: Clock) -> None:
    """The watch makes the board of what the made-up CRM told."""
    while await look(factory, clock()):
        pass
    raised = Counter(warning.level for warning in await rows.scalars(select(EarlyWarning)))
    assert raised == {"yellow": 2 * 5, "orange": 2 * 2, "red": 2}
    assert raised.total() == 2 * WARNED


async def _prevention(factory: Factory, clock: Clock, client: httpx2.AsyncClient) -> None:
    """The pages of prevention have something to show: what was signed, what was compared, a past that rules can be tried on."""
    signed_in = await client.post("/v1/tokens", json={"username": f"{PREFIX}a-site-manager", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    [site] = (await client.get("/v1/sites", headers=headers)).json()["items"]
    acks = (await client.get("/v1/co-resident-acknowledgements", headers=headers)).json()["items"]
    assert Counter(ack["status"] for ack in acks) == {"signed": 4, "draft": 1}
    paper = await client.get(f"/v1/co-resident-acknowledgements/{acks[1]['id']}/paper.pdf", headers=headers)
    assert paper.content.startswith(b"%PDF")
    offers = (await client.get("/v1/competitor-offers", headers=headers)).json()["items"]
    assert [offer["matchable"] for offer in offers] == [None, None, "partly", "yes"]
    await gather(factory, clock())  # as the running server's watch does
    assert await look(factory, clock()) > 0
    period = {"since": str(TODAY - timedelta(days=180)), "until": str(TODAY)}
    asked = {name: f"{day}T00:00:00+08:00" for name, day in period.items()}
    tried = await client.post("/v1/warning-backtests", json={"site_id": site["id"], **asked}, headers=headers)
    assert tried.status_code == 200, tried.text
    assert (tried.json()["precision"], tried.json()["recall"]) == (pytest.approx(0.8, abs=0.15), pytest.approx(0.5, abs=0.2))


async def _effects(client: httpx2.AsyncClient) -> None:
    """What is known of the made-up scripts is found, harm included, and what was shown too rarely is told as such."""
    signed_in = await client.post("/v1/tokens", json={"username": f"{PREFIX}trainer", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    found = (await client.get("/v1/learning/effects", headers=headers)).json()["items"]
    verdicts = {one["key"]: one["effects"][0]["verdict"] for one in found}
    assert {"works", "harms", "not_enough"} <= set(verdicts.values())
    assert (verdicts["first-understand"], verdicts["first-sorry-feel"], verdicts["first-water"]) == ("works", "harms", "not_enough")
    spread = (await client.get("/v1/learning/effects/spread", headers=headers)).json()
    assert spread["people"] >= 5


async def _read_whole(client: httpx2.AsyncClient, rows: Rows) -> None:
    """One case of each kind opens on every page; where money went back, what was approved is what was accepted."""
    signed_in = await client.post("/v1/tokens", json={"username": f"{PREFIX}hq-risk", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    taken = {one.case_id: one.path["kind"] for one in await rows.scalars(select(OfferAnswer)) if one.path is not None}
    cases = await rows.scalars(select(WithdrawalCase).where(WithdrawalCase.code.startswith("DEMO")))
    open_ = {(case.code[:5], case.status) for case in cases}
    assert open_ >= {(site, status) for site in SITES for status in STEPS}
    some = {(case.status, taken.get(case.id)): case.id for case in cases}
    assert {kind for _, kind in some} == {"keep_with_benefits", "rescission", "transfer", "deferral", "referral", None}
    asked = Counter[str]()
    for (status, kind), case_id in some.items():
        for part in PARTS:
            answer = await client.get(f"/v1/cases/{case_id}/{part}", headers=headers)
            assert answer.status_code in (200, 404, 409), (status, kind, part, answer.text)
            asked[part] += answer.status_code == 200
        if kind == "rescission":
            answer, rounds = [
                (await client.get(f"/v1/cases/{case_id}/{part}", headers=headers)).json() for part in ("offer/answer", "approvals")
            ]
            assert [one["content_hash"] for one in rounds] == [answer["content_hash"]]
            assert [payee["amount_fen"] for payee in answer["payees"]] == [answer["path"]["price"]["total_fen"]]
    assert set(asked) == set(PARTS)


async def _decided(client: httpx2.AsyncClient, rows: Rows) -> None:
    """What waits can be decided: a small loss by the manager, as the deputy began the round, a large one by the city; then it is paid."""
    waiting = {}
    for username in ("a-site-manager", "a-site-manager-2", "city-gm", "a-finance"):
        signed_in = await client.post("/v1/tokens", json={"username": f"{PREFIX}{username}", "password": PASSWORD})
        waiting[username] = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    found = {who: (await client.get("/v1/approvals", headers=headers)).json()["items"] for who, headers in waiting.items()}
    sums = {who: [one["content"]["price"]["total_fen"] for one in items] for who, items in found.items()}
    assert sums == {"a-site-manager": [5_600_000], "a-site-manager-2": [], "city-gm": [19_600_000] * 2, "a-finance": []}
    [one] = found["a-site-manager"]
    body = {"decision": "approve", "content_hash": one["content_hash"], "reason": "与评估一致"}
    headers = waiting["a-site-manager"] | {"If-Match": f'"{one["version"]}"', "Idempotency-Key": "approve-of-the-demonstration"}
    decided = await client.post(f"/v1/approvals/{one['step_id']}/decision", json=body, headers=headers)
    assert decided.status_code == 200, decided.text
    to_pay = [case for case in await rows.scalars(select(WithdrawalCase)) if case.status == "executing" and case.code.startswith("DEMOA")]
    assert len(to_pay) == 2  # that, and one whose approval is a while ago; both from the account that is set
    tasks = (await client.get("/v1/tasks", params={"mine": "true"}, headers=waiting["a-finance"])).json()["items"]
    assert {task["case_id"] for task in tasks if task["kind"] == "refund_payment"} == {case.id for case in to_pay}  # where finance looks
    for case in to_pay:
        made = await client.post(
            f"/v1/cases/{case.id}/refund-instruction",
            headers=waiting["a-finance"] | {"If-Match": f'"{case.version}"', "Idempotency-Key": f"pay-{case.id}"},
        )
        assert made.status_code == 201, made.text


async def _figures(client: httpx2.AsyncClient, headers: dict[str, str], go_live: str) -> None:
    asked = {"before": str(TODAY), "go_live": go_live}
    answer = await client.get("/v1/figures", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["cases"] == 624
    assert round(found["undiscussed"]["share"], 2) == 0.68  # 「约 68% 的退房请求源于签约前未充分沟通的关键问题」
    assert round(found["season"]["change"], 2) == 0.41  # 「比例较平日上升 41%」
    assert round(found["complaints"]["change"], 2) == pytest.approx(-0.63, abs=0.02)  # 「因沟通不当引发的投诉下降 63%」
    named = (await client.get("/v1/figures", params={"before": str(TODAY)}, headers=headers)).json()
    assert named["complaints"] == found["complaints"]  # both sites name that day themselves
    lately = (await client.get("/v1/learning/terms?compare=recent", headers=headers)).json()
    assert "毛坯交付" in {one["text"] for one in lately["items"]}
    gone_wrong = (await client.get("/v1/learning/terms", headers=headers)).json()
    assert gone_wrong["others"] > 0  # who only came to ask
    assert "到底能不能解决" in {one["text"] for one in gone_wrong["items"]}
    assert "方案" not in {one["text"] for one in gone_wrong["items"]}  # everybody says it
    for site in {one["id"] for one in (await client.get("/v1/sites", headers=headers)).json()["items"] if one["code"] in SITES}:
        told = (await client.get(f"/v1/learning/sites/{site}/before-after", headers=headers)).json()
        assert (told["crude"], told["change"]) == (pytest.approx(-0.63, abs=0.03), pytest.approx(-0.63, abs=0.04))
        assert told["high"] < 0  # against the trend before it is told apart, not only counted
    assert sum(month["cases"] for month in found["months"]) == 624
    assert {path["path"] for path in found["paths"]} >= {"keep_with_benefits", "rescission", "transfer", "deferral", "none"}
    assert [refund["stage"] for refund in found["refunds"]] == ["deposit_only", "online_signed"]
    live = (await client.get("/v1/figures", params={"before": str(TODAY), "first": go_live}, headers=headers)).json()
    early = (await client.get("/v1/figures", params={"before": go_live}, headers=headers)).json()
    assert (early["days"]["mean"], live["days"]["mean"]) == (pytest.approx(5.8, rel=0.1), pytest.approx(1.2, rel=0.1))
    assert live["overdue"] < early["overdue"]
    for of, value, expected in _leads(found):
        assert await _behind(client, headers, asked | {"of": of, "value": value}) == expected, (of, value)
    parts = [await client.get("/v1/figures", params=asked | {"cause": cause}, headers=headers) for cause in ("family", "cash_flow")]
    assert [part.json()["cases"] for part in parts] == [
        next(c["cases"] for c in found["causes"] if c["code"] == code) for code in ("family", "cash_flow")
    ]
    excel = await client.get("/v1/figures/export", params=asked, headers=headers)
    with zipfile.ZipFile(io.BytesIO(excel.content)) as book:
        assert "家庭决策分歧" in book.read("xl/sharedStrings.xml").decode()
    english = await client.get("/v1/figures/export", params=asked | {"lang": "en"}, headers=headers)
    with zipfile.ZipFile(io.BytesIO(english.content)) as book:
        read = book.read("xl/sharedStrings.xml").decode() + book.read("xl/workbook.xml").decode()
    assert "Retention by path" in read
    assert re.findall("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]", read) == []
    paper = await client.get("/v1/figures/export", params=asked | {"format": "pdf"}, headers=headers)
    assert paper.content.startswith(b"%PDF-")
    assert "attachment" in paper.headers["content-disposition"]


def _leads(found: dict[str, Any]) -> list[tuple[str, str, int]]:
    """(figure, row, how many cases it says): one of each."""
    node = found["nodes"][0]
    path = found["paths"][0]
    return [
        ("all", "", found["cases"]),
        ("cause", found["causes"][0]["code"], found["causes"][0]["cases"]),
        ("undiscussed", "", found["undiscussed"]["cases"]),
        ("undiscussed", found["undiscussed"]["questions"][0]["code"], found["undiscussed"]["questions"][0]["cases"]),
        ("node", node["kind"], node["tasks"]),
        ("late", node["kind"], node["late"]),
        ("path", path["path"], path["ended"]),
        ("path", "none", found["paths"][-1]["ended"]),
        ("stage", "online_signed", found["refunds"][1]["refunds"]),
        ("score", "1", found["satisfaction"]["scores"]["1"]),
        ("score", "nonsense", 0),
    ]


async def _behind(client: httpx2.AsyncClient, headers: dict[str, str], asked: dict[str, str]) -> int:
    seen: set[str] = set()
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/v1/figures/cases", params=asked | cursor | {"limit": "100"}, headers=headers)).json()
        seen |= {item["id"] for item in page["items"]}
        if page["next_cursor"] is None:
            return len(seen)
        cursor = {"cursor": page["next_cursor"]}


async def _briefs(factory: Factory, rows: Rows, client: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    """One a site and period, from the hour that is set; none where nothing happened."""
    first_of_month = datetime(2026, 10, 31, 16, tzinfo=UTC)  # midnight in Shanghai
    assert await make_due(factory, FigureSettings(brief="off"), first_of_month + timedelta(hours=9)) == 0
    assert await make_due(factory, FigureSettings(), first_of_month + timedelta(hours=7, minutes=59)) == 0
    assert await make_due(factory, FigureSettings(), first_of_month + timedelta(hours=8)) == 2
    assert await make_due(factory, FigureSettings(), first_of_month + timedelta(hours=9)) == 0
    told = await rows.scalars(select(OutboxMessage).where(OutboxMessage.topic == "figures.brief"))
    assert {message.payload["first"] for message in told} == {"2026-10-01"}
    listed = (await client.get("/v1/figures/briefs", headers=headers)).json()["items"]
    assert len(listed) == 2
    three_months_off = first_of_month + timedelta(days=92, hours=9)  # nothing happened in December and January
    assert [await make_due(factory, FigureSettings(), three_months_off) for _ in range(2)] == [2, 0]
    told = await rows.scalars(select(OutboxMessage).where(OutboxMessage.topic == "figures.brief"))
    assert [message.payload["first"] for message in told[2:]] == ["2026-11-01"] * 2
    one = await client.get(f"/v1/figures/briefs/{listed[0]['id']}", headers=headers)
    assert one.json()["body"]["cases"] > 0


async def _levels(client: httpx2.AsyncClient, factory: Factory, clock: Clock) -> None:
    """Reviews of what is measured have the customer's level, the highest of it the conversation's; the last fortnight's are heard."""
    async with reading(factory) as db:
        newest = (await db.scalars(select(Session).where(Session.started_at > clock() - HEARD + timedelta(days=1)))).all()
        sketched = Session.started_at.between(clock() - MEASURED + timedelta(days=1), clock() - HEARD - timedelta(days=1))
        for session in await db.scalars(select(Session).where(sketched, Session.peak_level != "provisional").limit(40)):
            levels = list(await db.scalars(select(StateEvent.level).where(StateEvent.session_id == session.id)))
            assert len(levels) > 1
            assert max(levels, key=LEVELS.index) == session.peak_level
        heard = Counter[str]()
        for session in newest:
            levels = set(await db.scalars(select(StateEvent.level).where(StateEvent.session_id == session.id)))
            assert max(levels, key=LEVELS.index) == session.peak_level
            heard[session.peak_level] += 1
    assert min(heard[level] for level in ("calm", "rising", "agitated")) > 0, heard
    signed_in = await client.post("/v1/tokens", json={"username": f"{PREFIX}trainer", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    course = (await client.get(f"/v1/sessions/{newest[0].id}/course", headers=headers)).json()
    assert len(course["bands"]) >= 2
    assert course["usual"]["pitch"]


async def _counted(factory: Factory) -> None:
    """A conversation's own counts are as the ear would have written them: prompts by kind."""
    async with reading(factory) as db:
        told = {row.id: row.counts["prompts"] for row in await db.scalars(select(Session))}
        counted = {session: Counter[str]() for session in told}
        for session, kind in (await db.execute(select(PromptShown.session_id, PromptShown.kind))).all():
            counted[session][kind] += 1
    assert counted == told
    assert any(counted.values())


async def test_what_one_may_not_see_is_not_counted(
    client: httpx2.AsyncClient, clock: Clock, factory: Factory, site: Site, other_site: Site, make_person: MakePerson, sign_in: SignIn
) -> None:
    manager = await make_person("manager", ("site_manager", site.id))
    async with transaction(factory) as db:
        for place in (site, other_site):
            db.add(WithdrawalCase(site_id=place.id, code=f"{place.code}-1", created_by=manager.id, received_at=clock(), causes=["family"]))
        db.add(FigureBrief(site_id=other_site.id, period="weekly", first=TODAY, before=TODAY, body={}))
    headers = await sign_in(manager)
    empty = (await client.get("/v1/figures", headers=headers)).json()
    assert (empty["cases"], empty["days"]["mean"], empty["undiscussed"]["share"], empty["complaints"]["go_live"]) == (1, None, None, None)
    assert (await client.get("/v1/figures/briefs", headers=headers)).json()["items"] == []
    refused = await client.get("/v1/figures", params={"site_id": other_site.id}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    for bad in ({"first": "2026-02-02", "before": "2026-02-01"}, {"first": "1900-01-01"}, {"before": "9999-12-31"}, {"cause": "x"}):
        assert (await client.get("/v1/figures", params=bad, headers=headers)).status_code == 422, bad
    async with reading(factory) as db:
        brief = (await db.scalars(select(FigureBrief))).one()
        assert (await db.scalars(select(Person))).all()
    assert (await client.get(f"/v1/figures/briefs/{brief.id}", headers=headers)).status_code == 404
    paper = await client.get("/v1/figures/export", params={"format": "pdf", "site_id": site.id}, headers=headers)
    assert paper.content.startswith(b"%PDF-")  # also of nearly nothing
