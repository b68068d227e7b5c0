"""`calmdesk bench cases`: reads and writes of the case API on a large database, at a steady rate."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx2
import numpy as np
import typer
from rich.console import Console
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session

from case_api.cases.rules import search_text
from case_api.deadlines.rules import plan
from case_api.harness import Service, Staff, own_settings, prepare
from models.base import new_id, utc_now
from models.cases import WithdrawalCase
from models.deadlines import Deadline
from models.search import CaseSearch, grams
from models.sites import Site
from models.tasks import IS_OPEN, CaseTask

console = Console()
BATCH = 2000
FAR = timedelta(days=3650)  # no deadline comes up while it is measured
NAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "小明建国秀英志强丽娟海燕文博雨欣子涵俊杰婷婷"
WORDS = "配偶看房后认为朝向不好坚持退房贷款未批首付资金周转困难工期延误质量问题竞品降价学区变化家庭意见不合银行利率上涨全额退款"
CAUSES = ["family", "cash_flow", "competitor", "quality", "delay", "other"]
# In a year's database nearly everything is archived; what is open is a few per cent.
STATUSES = ["archived"] * 95 + ["assessing", "assessing", "solving", "offered", "closing"]

Ask = Callable[[], Awaitable[httpx2.Response]]


def cases(
    count: Annotated[int, typer.Option(min=100, help="Cases in the database")] = 100_000,
    rate: Annotated[float, typer.Option(min=1, max=1000, help="Requests a second, one in five of them a write")] = 50,
    seconds: Annotated[float, typer.Option(min=1, max=3600, help="How long")] = 30,
    folder: Annotated[Path | None, typer.Option(help="Keep the filled database here, and measure on copies of it", file_okay=False)] = None,
) -> None:
    """Latency of reads and writes from the moment they were due, on SQLite. Exit status 1 if any request failed."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        data_dir = Path(place)
        staff = _prepared(data_dir, count, folder / f"{count}-cases.db" if folder is not None else None)
        there = _there(data_dir)
        with Service(data_dir, {"CALMDESK_FIGURES__BRIEF": "off"}) as service:  # last month's would be made just now
            report, failures = asyncio.run(_drive(service, staff.token, *there, rate, seconds))
    console.print_json(data=report)
    if failures:
        console.print(f"failed: {dict(failures)}", style="red", markup=False)
        raise typer.Exit(1)


def _prepared(data_dir: Path, count: int, kept: Path | None) -> Staff:
    """The database with its cases, filled or copied, and on the disk before anything is measured."""
    database = data_dir / "calmdesk.db"
    filled = kept is not None and kept.exists()
    if kept is not None and filled:
        shutil.copy(kept, database)
    staff = asyncio.run(prepare(own_settings(data_dir), "bench"))
    if not filled:
        _fill(data_dir, staff.person_id, count)
        if kept is not None:
            shutil.copy(database, kept)
    with database.open("rb+") as file:
        os.fsync(file.fileno())
    return staff


def _there(data_dir: Path) -> tuple[str, list[str], list[str]]:
    """What may be asked for: (site id, ids of cases, ids of open tasks that nobody has changed)."""
    engine = create_engine(f"sqlite:///{data_dir / 'calmdesk.db'}")
    with Session(engine) as db:
        site_id = db.scalars(select(Site.id)).first() or ""
        ids = db.scalars(select(WithdrawalCase.id)).all()
        tasks = db.scalars(select(CaseTask.id).where(IS_OPEN, CaseTask.version == 1).order_by(CaseTask.id)).all()
    engine.dispose()
    return site_id, list(ids), list(tasks)


def _fill(data_dir: Path, person_id: str, count: int) -> None:
    """The rows, as the API would have left them."""
    begun, chance = time.perf_counter(), random.Random(1)
    engine = create_engine(f"sqlite:///{data_dir / 'calmdesk.db'}")
    with Session(engine) as db:
        site_id = db.scalars(select(Site.id)).first() or ""
        for first in range(0, count, BATCH):
            made = [_case(chance, site_id, person_id, n) for n in range(first, min(first + BATCH, count))]
            work = [task for case in made for task in _tasks(chance, case)]
            db.execute(insert(WithdrawalCase), made)
            db.execute(insert(CaseSearch), [{"case_id": case["id"], "grams": " ".join(grams(case["search_text"]))} for case in made])
            db.execute(insert(CaseTask), work)
            db.execute(insert(Deadline), [_deadline(task) for task in work])
            db.commit()
    engine.dispose()
    console.print(f"{count:,} cases written in {time.perf_counter() - begun:.0f} s")


def _case(chance: random.Random, site_id: str, person_id: str, n: int) -> dict[str, Any]:
    at = utc_now() - timedelta(minutes=5 * n)
    status = chance.choice(STATUSES)
    case: dict[str, Any] = {"id": new_id(), "site_id": site_id, "code": f"HD-{at:%Y%m%d}-{n:06d}", "status": status, "source": "staff"}
    case |= {
        "customer_label": f"{chance.choice(NAMES)}{chance.choice(['先生', '女士'])}",
        "unit_label": f"{chance.randint(1, 20)}栋{n % 3000}",
    }
    case |= {"received_at": at, "created_at": at, "created_by": person_id, "causes": [chance.choice(CAUSES)], "version": 3}
    if status in ("closing", "archived"):
        case |= {"outcome": chance.choice(["withdrawn", "kept"]), "ended_at": at + timedelta(hours=20)}
    else:
        case |= {"outcome": None, "ended_at": None}
    return case | {"search_text": search_text([case["code"], case["customer_label"], case["unit_label"], _name(chance), _story(chance)])}


def _name(chance: random.Random) -> str:
    return chance.choice(NAMES) + chance.choice(GIVEN) + chance.choice(GIVEN)


def _story(chance: random.Random) -> str:
    """What the customer said, as long as people write it."""
    return "".join(chance.choices(WORDS, k=chance.randint(20, 150)))


def _tasks(chance: random.Random, case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting = {"assessing": "joint_assessment", "solving": "solutions", "offered": "customer_answer", "closing": "team_review"}
    for kind in ["registration", waiting.get(case["status"], "customer_tag")]:
        open_ = kind == waiting.get(case["status"])
        task = {"id": new_id(), "case_id": case["id"], "site_id": case["site_id"], "kind": kind, "role": "site_manager", "subject_key": ""}
        task |= {"status": "open" if open_ else "done", "opened_at": case["created_at"], "version": 1}
        yield task | {"due_at": utc_now() + FAR if open_ else case["created_at"] + timedelta(minutes=30)}


def _deadline(task: dict[str, Any]) -> dict[str, Any]:
    armed = task["status"] == "open"
    row = {"id": new_id(), "task_id": task["id"], "case_id": task["case_id"], "site_id": task["site_id"], "kind": task["kind"], "stage": 0}
    row |= {"status": "armed" if armed else "met", "starts_at": task["opened_at"], "due_at": task["due_at"]}
    return row | {
        "plan": [list(step) for step in plan([], task["role"], [(10_000, "city_gm")])],
        "next_at": task["due_at"] if armed else None,
    }


class _Load:
    """Requests of a site manager's day, in fixed proportions."""

    def __init__(self, client: httpx2.AsyncClient, site_id: str, ids: list[str], tasks: list[str]) -> None:
        self._client, self._site_id, self._ids, self._tasks = client, site_id, ids, tasks
        self._chance = random.Random(2)
        self.paused: list[tuple[str, str]] = []

    def read(self) -> tuple[str, Ask]:
        """One of the reads."""
        case = self._chance.choice(self._ids)
        return self._chance.choice(
            [
                ("list", lambda: self._client.get("/v1/cases")),
                ("by status", lambda: self._client.get("/v1/cases", params={"status": "solving", "site_id": self._site_id})),
                ("search", lambda: self._client.get("/v1/cases", params={"q": self._chance.choice(NAMES)})),
                ("search a name", lambda: self._client.get("/v1/cases", params={"q": _name(self._chance)})),
                ("search in vain", lambda: self._client.get("/v1/cases", params={"q": "阿依古丽"})),
                ("one", lambda: self._client.get(f"/v1/cases/{case}")),
                ("its tasks", lambda: self._client.get(f"/v1/cases/{case}/tasks")),
                ("my tasks", lambda: self._client.get("/v1/tasks", params={"mine": True})),
            ]
        )

    def write(self) -> tuple[str, Ask]:
        """One of the writes: a new case, a clock stopped, a clock set going again."""
        if self.paused and self._chance.random() < 0.3:
            task, version = self.paused.pop()
            headers = {"If-Match": version}
            return "resume", lambda: self._client.post(f"/v1/tasks/{task}/resume", json={"reason": "客户到访"}, headers=headers)
        if self._chance.random() < 0.5:
            body = {"customer_label": f"{self._chance.choice(NAMES)}女士", "unit_label": "3栋1202", "site_id": self._site_id}
            return "create", lambda: self._client.post("/v1/cases", json=body, headers={"Idempotency-Key": new_id()})
        task = self._tasks.pop()
        return "pause", lambda: self._pause(task)

    async def _pause(self, task: str) -> httpx2.Response:
        answer = await self._client.post(f"/v1/tasks/{task}/pause", json={"reason": "客户改日"}, headers={"If-Match": '"1"'})
        self.paused.append((task, answer.headers.get("ETag", "")))
        return answer


async def _drive(
    service: Service, token: str, site_id: str, ids: list[str], tasks: list[str], rate: float, seconds: float
) -> tuple[dict[str, Any], Counter[str]]:
    took: dict[tuple[str, str], list[float]] = defaultdict(list)
    failures: Counter[str] = Counter()
    address = f"http://127.0.0.1:{service.port}"
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx2.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30, limits=limits) as client:
        load = _Load(client, site_id, ids, tasks)
        begun, busy = time.perf_counter() + 0.5, service.processor_seconds()

        async def one(n: int) -> None:
            due = begun + n / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            kind = "write" if n % 5 == 0 else "read"
            name, ask = load.write() if kind == "write" else load.read()
            try:
                answer = await ask()
            except httpx2.HTTPError as error:
                failures[f"{name} {type(error).__name__}"] += 1
                return
            took[kind, name].append(time.perf_counter() - due)
            if answer.status_code >= 400:
                failures[f"{name} {answer.status_code} {answer.json().get('code')}"] += 1

        await asyncio.gather(*(one(n) for n in range(int(rate * seconds))))
    # Processor time does not depend on what else the machine is doing; latency does.
    each = (service.processor_seconds() - busy) / max(1, sum(map(len, took.values())))
    report: dict[str, Any] = {"cases": len(ids), "rate": rate, "seconds": seconds, "cpu_ms_a_request": round(each * 1000, 1)}
    for kind in ("read", "write"):
        report[kind] = _figures([value for (found, _), values in took.items() if found == kind for value in values])
        report[kind] |= {name: _figures(values) for (found, name), values in sorted(took.items()) if found == kind}
    return report, failures


def _figures(values: list[float]) -> dict[str, Any]:
    """Milliseconds: median, 95th percentile, worst."""
    ms = np.asarray(values) * 1000
    return {
        "n": len(values),
        "median_ms": round(float(np.median(ms)), 1),
        "p95_ms": round(float(np.quantile(ms, 0.95)), 1),
        "max_ms": round(float(ms.max()), 1),
    }
