"""Learning on demand: one at a time, seen while it goes on, told of afterwards, and never in the way for ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from case_api.learning.scripts import service
from case_api.learning.scripts.nightly import learn_due
from models.audit import AuditRecord
from models.base import utc_now
from models.engine import Factory, transaction
from models.learning import RankingVersion
from models.outbox import OutboxMessage
from models.people import Person
from models.settings_learning import LearningSettings
from models.sites import Site
from tests.case_api.conftest import Clock
from tests.case_api.sessions.conftest import MakeSession
from tests.conftest import MakePerson, SignIn

RUNS = "/v1/learning/runs"


class Slow:
    """Learning that takes as long as a test wants; how it learns is tested elsewhere."""

    def __init__(self) -> None:
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        self.asked_of: list[str] = []
        self.found: Any = ({"calm-01": [0.4, 0.1, 40]}, 40)

    async def learn(self, factory: Factory, scope: Any, tell: Any) -> Any:
        self.asked_of.append(str(scope.allowed.compile(compile_kwargs={"literal_binds": True})))
        await tell(25, 60)
        self.begun.set()
        await self.go_on.wait()
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    made = Slow()
    monkeypatch.setattr(service, "learn", made.learn)
    return made


async def seen(client: httpx2.AsyncClient, headers: dict[str, str], run_id: str, **wanted: Any) -> dict[str, Any]:
    """The run, as soon as it is like this."""
    while True:
        run: dict[str, Any] = (await client.get(f"{RUNS}/{run_id}", headers=headers)).json()
        if wanted.items() <= run.items():
            return run
        await asyncio.sleep(0)


async def test_one_at_a_time_and_how_far_it_is(
    client: httpx2.AsyncClient, app: FastAPI, trainer: dict[str, str], slow: Slow, factory: Factory, clock: Clock, site: Site
) -> None:
    key = {"Idempotency-Key": "learn-now-1"}
    begun = await client.post(RUNS, headers=trainer | key)
    assert (begun.status_code, begun.json()["status"], begun.json()["started_by_name"]) == (202, "running", "Trainer")
    assert begun.json()["site_ids"] == [site.id]
    run = await seen(client, trainer, begun.json()["id"], sessions=60)
    assert (run["status"], run["sessions_done"], run["ended_at"]) == ("running", 25, None)
    second = await client.post(RUNS, headers=trainer)
    assert (second.status_code, second.json()["code"]) == (409, "learning_running")
    meanwhile = await client.post("/v1/learning/rankings", headers=trainer)
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "learning_running")
    again = await client.post(RUNS, headers=trainer | key)  # the same click once more
    assert (again.status_code, again.json()["id"]) == (202, run["id"])
    slow.go_on.set()
    await app.state.learner.settled()
    assert len(slow.asked_of) == 1
    run = await seen(client, trainer, run["id"], status="done", sessions_done=60)
    [listed] = (await client.get(RUNS, headers=trainer)).json()["items"]
    assert listed == run
    [version] = (await client.get("/v1/learning/rankings", headers=trainer)).json()["items"]
    assert version["id"] == run["ranking_version_id"]
    async with factory() as db:
        query = select(AuditRecord.action).where(AuditRecord.subject_id.in_([run["id"], version["id"]])).order_by(AuditRecord.id)
        assert list(await db.scalars(query)) == ["api:learning:start", "api:ranking:learn", "api:learning:end"]
        topics = list(await db.scalars(select(OutboxMessage.topic).order_by(OutboxMessage.id)))
        assert [topic for topic in topics if topic.startswith("learning.")] == ["learning.run", "learning.ranking", "learning.run"]
    assert (await client.post(RUNS, headers=trainer)).status_code == 202  # the place is free again
    await app.state.learner.settled()


async def test_of_two_clicks_at_once_one_runs(client: httpx2.AsyncClient, app: FastAPI, trainer: dict[str, str], slow: Slow) -> None:
    answers = await asyncio.gather(*(client.post(RUNS, headers=trainer) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    slow.go_on.set()
    await app.state.learner.settled()
    assert len(slow.asked_of) == 1


async def test_a_ranking_that_is_asked_for_takes_the_same_place(
    client: httpx2.AsyncClient, trainer: dict[str, str], slow: Slow, site: Site
) -> None:
    key = {"Idempotency-Key": "learn-2026-48"}
    waiting = asyncio.create_task(client.post("/v1/learning/rankings", headers=trainer | key))
    await slow.begun.wait()
    for path in (RUNS, "/v1/learning/rankings"):
        assert (await client.post(path, headers=trainer)).json()["code"] == "learning_running"
    slow.go_on.set()
    ranking = await waiting
    assert ranking.status_code == 201
    again = await client.post("/v1/learning/rankings", headers=trainer | key)
    assert (again.status_code, again.json()) == (201, ranking.json())
    assert len(slow.asked_of) == 1
    [run] = (await client.get(RUNS, headers=trainer)).json()["items"]
    assert (run["status"], run["ranking_version_id"], run["site_ids"]) == ("done", ranking.json()["id"], [site.id])
    slow.found = RuntimeError("the disk is full")
    assert (await client.post("/v1/learning/rankings", headers=trainer)).status_code == 500
    assert (await client.get(RUNS, headers=trainer)).json()["items"][0]["status"] == "failed"  # and makes room at once


@pytest.mark.parametrize(("role", "may"), [("staff", False), ("legal", False), ("site_manager", True), ("trainer", True)])
async def test_who_may_learn_now(
    client: httpx2.AsyncClient, app: FastAPI, make_person: MakePerson, sign_in: SignIn, site: Site, slow: Slow, role: str, may: bool
) -> None:
    slow.go_on.set()
    answer = await client.post(RUNS, headers=await sign_in(await make_person("somebody", (role, site.id))))
    assert answer.status_code == (202 if may else 403)
    await app.state.learner.settled()


async def test_it_learns_from_the_sites_that_learn_whoever_asks(
    client: httpx2.AsyncClient,
    app: FastAPI,
    trainer: dict[str, str],
    make_person: MakePerson,
    sign_in: SignIn,
    other_site: Site,
    slow: Slow,
) -> None:
    theirs = await sign_in(await make_person("theirs", ("trainer", other_site.id)))
    agreed = await client.put(f"/v1/learning/sites/{other_site.id}", headers=theirs | {"If-Match": '"0"'}, json={"ranking": "learning"})
    assert agreed.status_code == 200
    slow.go_on.set()
    begun = await client.post(RUNS, headers=trainer)  # of another site: one site's manager must not make everybody's beliefs of few
    await app.state.learner.settled()
    assert begun.json()["site_ids"] == [other_site.id]
    assert other_site.id in slow.asked_of[0]


async def test_nothing_measured_is_said_and_leaves_the_beliefs_alone(
    client: httpx2.AsyncClient, app: FastAPI, trainer: dict[str, str], slow: Slow
) -> None:
    slow.found = ({}, 0)
    slow.go_on.set()
    begun = await client.post(RUNS, headers=trainer)
    await app.state.learner.settled()
    run = await seen(client, trainer, begun.json()["id"], status="done")
    assert run["ranking_version_id"] is None
    assert (await client.get("/v1/learning/rankings", headers=trainer)).json()["items"] == []


async def test_what_fails_or_dies_makes_room(
    client: httpx2.AsyncClient, app: FastAPI, trainer: dict[str, str], slow: Slow, clock: Clock
) -> None:
    slow.found = RuntimeError("the disk is full")
    slow.go_on.set()
    failed = (await client.post(RUNS, headers=trainer)).json()
    await app.state.learner.settled()
    assert (await seen(client, trainer, failed["id"], status="failed"))["ranking_version_id"] is None
    slow.go_on.clear()
    slow.found = ({"calm-01": [0.4, 0.1, 40]}, 40)
    dead = (await client.post(RUNS, headers=trainer)).json()
    await seen(client, trainer, dead["id"], sessions=60)
    clock.pass_(minutes=4)  # nobody has seen it for that long
    await seen(client, trainer, dead["id"], status="failed")
    next_ = (await client.post(RUNS, headers=trainer)).json()
    slow.go_on.set()
    await app.state.learner.settled()
    await seen(client, trainer, next_["id"], status="done")
    await seen(client, trainer, dead["id"], status="failed", ranking_version_id=None)  # it came back, and was too late
    assert len((await client.get("/v1/learning/rankings", headers=trainer)).json()["items"]) == 1


async def test_an_application_that_ends_breaks_it_off(
    client: httpx2.AsyncClient, app: FastAPI, trainer: dict[str, str], slow: Slow
) -> None:
    begun = (await client.post(RUNS, headers=trainer)).json()
    await seen(client, trainer, begun["id"], sessions=60)
    await app.state.learner.close()
    assert (await client.get(f"{RUNS}/{begun['id']}", headers=trainer)).json()["status"] == "failed"
    assert (await client.get(f"{RUNS}/none", headers=trainer)).status_code == 404


async def test_a_night_with_nothing_to_learn_is_not_tried_again_until_the_next(
    client: httpx2.AsyncClient, trainer: dict[str, str], site: Site, factory: Factory, slow: Slow, clock: Clock
) -> None:
    await client.put(f"/v1/learning/sites/{site.id}", headers=trainer | {"If-Match": '"0"'}, json={"ranking": "learning"})
    slow.found = ({}, 0)
    slow.go_on.set()
    for hours, runs in [(0, 1), (1, 1), (24, 2)]:
        clock.pass_(hours=hours)
        assert await learn_due(factory, LearningSettings(), clock) is False
        assert len(slow.asked_of) == runs


async def test_real_conversations_are_counted_while_it_learns(
    client: httpx2.AsyncClient, app: FastAPI, make_session: MakeSession, staff: Person, site: Site, trainer: dict[str, str]
) -> None:
    await make_session(staff, site.id)
    begun = await client.post(RUNS, headers=trainer)
    await app.state.learner.settled()
    run = await seen(client, trainer, begun.json()["id"], status="done")
    assert (run["sessions"], run["sessions_done"]) == (1, 1)


async def test_what_a_version_changed_is_told_script_by_script(
    client: httpx2.AsyncClient, trainer: dict[str, str], factory: Factory
) -> None:
    async with transaction(factory) as db:
        worths = [{"first-thank-candour": [0.05, 0.05, 30]}, {"first-thank-candour": [-0.9, 0.1, 60]}]
        first, second = (RankingVersion(made_at=utc_now() + timedelta(hours=n), worths=one, moments=n) for n, one in enumerate(worths, 1))
        db.add_all([first, second])
    path = "/v1/learning/rankings/{}/moves"
    alone = (await client.get(path.format(first.id), headers=trainer)).json()
    assert (alone["before_id"], alone["moved"]) == (None, 0)
    found = (await client.get(path.format(second.id), headers=trainer)).json()
    assert found["before_id"] == first.id
    assert found["moved"] > 0
    [situation] = [one for one in found["situations"] if one["moved"]]
    last = situation["scripts"][-1]
    assert (last["script_id"], last["why"], last["points"]) == ("first-thank-candour", "harm", -1.5)
    assert last["zh"] == "很可能有反效果，减满 1.5 分：更激动 0.90（±0.20，依据 60 次）"
    assert last["place"] > last["place_before"]
    assert (await client.get(path.format("none"), headers=trainer)).json()["code"] == "not_found"
