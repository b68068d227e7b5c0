"""`calmdesk bench warnings`: a year of CRM events imported, every customer examined, and the board asked, on SQLite."""

from __future__ import annotations

import asyncio
import csv
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx2
import numpy as np
import typer
from rich.console import Console
from sqlalchemy import func, select

from case_api.bootstrap import DEFAULT_SITE
from case_api.cli.warnings import Bar, bar, examine_all, import_file
from case_api.early_warning.imports.rules import FileMapping
from case_api.harness import Service, own_settings, prepare
from models.base import utc_now
from models.early_warnings import IS_OPEN, EarlyWarning
from models.engine import create_engine, reading, session_factory

console = Console()
ASKS: list[dict[str, Any]] = [
    {},
    {"level": "red"},
    {"level": "yellow", "sort": "newest"},
    {"state": "open"},
    {"mine": True},
    {"limit": 100},
]
TIMES = 200
"""How often each question is asked."""


def warnings(
    events: Annotated[int, typer.Option(min=1000, help="Events in the file")] = 1_000_000,
    customers: Annotated[int, typer.Option(min=100, help="Customers they are about")] = 50_000,
) -> None:
    """Seconds to import and to examine, and the latency of the board with all of it in the database."""
    with tempfile.TemporaryDirectory(prefix="calmdesk-bench-") as folder, bar() as shown:
        data_dir = Path(folder)
        staff = asyncio.run(prepare(own_settings(data_dir), "bench"))
        file = data_dir / "events.csv"
        report: dict[str, Any] = {"events": _write(file, events, customers), "customers": customers}
        report |= {"file_mb": round(file.stat().st_size / 1e6), **asyncio.run(_fill(data_dir, file, shown))}
        with Service(data_dir) as service:
            report["board"] = asyncio.run(_ask(service, staff.token))
    console.print_json(data=report)


def _write(file: Path, events: int, customers: int) -> int:
    chance, now = random.Random(1), utc_now()
    with file.open("w", encoding="utf-8", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(["event_id", "customer_reference", "unit_reference", "kind", "at", "due_at", "reference"])
        for n, line in zip(range(events), _lines(chance, now, customers), strict=False):
            lines.writerow([f"E{n:09d}", *line])
    return events


def _lines(chance: random.Random, now: datetime, customers: int) -> Iterator[tuple[str, ...]]:
    """Visits, questions, payments and papers of a year; most of what is due comes in time."""
    while True:
        who = chance.randrange(customers)
        told = (f"C{who:07d}", f"{who % 40 + 1}栋{who}")
        at = now - timedelta(seconds=chance.randrange(365 * 86_400))
        kind = chance.choices(("visit", "visit_booked", "policy_query", "payment_due", "loan_papers_due"), (60, 10, 6, 8, 4))[0]
        yield (*told, *_line(kind, at, at + timedelta(days=7), chance))
        if kind in ("payment_due", "loan_papers_due") and chance.random() < 0.998:
            came = at + timedelta(days=chance.randrange(12))
            if came < now:
                yield (*told, kind.replace("_due", "_received"), came.isoformat(), "", _reference(at))


def _line(kind: str, at: datetime, due: datetime, chance: random.Random) -> tuple[str, str, str, str]:
    if kind in ("visit", "policy_query"):
        return kind, at.isoformat(), "", ""
    return kind, at.isoformat(), due.isoformat(), _reference(at) if kind != "visit_booked" else str(chance.randrange(10**6))


def _reference(at: datetime) -> str:
    return f"R{at.timestamp():.0f}"


async def _fill(data_dir: Path, file: Path, shown: Bar) -> dict[str, Any]:
    engine = create_engine(own_settings(data_dir))
    factory = session_factory(engine)
    site = str(DEFAULT_SITE["code"])
    report: dict[str, Any] = {}
    for name in ("import", "import_again"):
        with file.open("rb") as stream, _timed(report, name):
            _, taken, known = await import_file(factory, stream, "bench", site, FileMapping(), shown)
        report[name] |= {"taken": taken, "known": known}
    with _timed(report, "examine"):
        await examine_all(factory, shown)
    async with reading(factory) as db:
        report["warnings"] = await db.scalar(select(func.count()).select_from(EarlyWarning).where(IS_OPEN))
    await engine.dispose()
    return report


@contextmanager
def _timed(report: dict[str, Any], name: str) -> Iterator[None]:
    """Seconds by the wall's clock, and the processor's: the second does not depend on what else the machine is doing."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    report[name] = {"s": round(time.perf_counter() - wall, 1), "cpu_s": round(time.process_time() - cpu, 1)}


async def _ask(service: Service, token: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    took: dict[str, list[float]] = {}
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{service.port}", headers=headers, timeout=30) as client:
        first = (await client.get("/v1/warnings")).raise_for_status().json()["items"]
        busy = service.processor_seconds()
        for asked in ASKS:
            for _ in range(TIMES):
                await _time(took, client, "/v1/warnings", asked)
        for warning in first:
            await _time(took, client, f"/v1/warnings/{warning['id']}", {})
        for _ in range(TIMES):
            await _time(took, client, "/v1/warnings/counts", {})
    each = (service.processor_seconds() - busy) / sum(map(len, took.values()))
    figures: dict[str, Any] = {"cpu_ms_a_request": round(each * 1000, 1)}
    return figures | {name: {"median_ms": _ms(values, 0.5), "p95_ms": _ms(values, 0.95)} for name, values in took.items()}


async def _time(took: dict[str, list[float]], client: httpx2.AsyncClient, path: str, params: dict[str, Any]) -> None:
    begun = time.perf_counter()
    (await client.get(path, params=params)).raise_for_status()
    name = "one" if len(path) > 30 else path.rpartition("/")[2] + "".join(f" {key}={value}" for key, value in params.items())
    took.setdefault(name, []).append(time.perf_counter() - begun)


def _ms(values: list[float], quantile: float) -> float:
    return round(float(np.quantile(values, quantile)) * 1000, 1)
