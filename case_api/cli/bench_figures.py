"""`calmdesk bench figures`: how long the figures take on a large database."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.demo_data import service as demo
from case_api.figures import service
from case_api.figures.service import Wanted
from case_api.harness import own_settings
from models import migrations
from models.base import utc_now
from models.engine import create_engine, reading, session_factory, transaction
from models.sites import CHINA
from models.tables import Base

console = Console()
# What is told apart in each copy of the demonstration's year.
COPIED: dict[str, tuple[str, ...]] = {
    "withdrawal_case": ("id", "code"),
    "case_task": ("id", "case_id"),
    "solution": ("id", "case_id"),
    "offer": ("id", "case_id"),
    "offer_answer": ("id", "case_id", "offer_id"),
    "approval_round": ("id", "case_id"),
    "refund_instruction": ("id", "case_id", "round_id", "number"),
    "team_review": ("id", "case_id"),
    "satisfaction_answer": ("case_id",),
    "consent": ("id",),
    "session": ("id", "case_id", "consent_id"),
    "keyword_hit": ("id", "session_id"),
}


def figures(
    count: Annotated[int, typer.Option(min=624, help="Cases in the database")] = 100_000,
    times: Annotated[int, typer.Option(min=1, max=100, help="How often each is asked for")] = 5,
) -> None:
    """Seconds for all figures of a year, of one site, of one cause, of one month; on SQLite, with copies of the demonstration's year."""
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(_measure(Path(folder), count, times))
    console.print_json(data=report)


async def _measure(folder: Path, count: int, times: int) -> dict[str, Any]:
    settings, now = own_settings(folder), utc_now()
    migrations.upgrade(settings)
    engine = create_engine(settings)
    try:
        factory = session_factory(engine)
        filled = await demo.fill(factory, folder, now, seed=1, password_hash="")
        async with transaction(factory) as db:
            await _multiply(db, -(-count // filled.cases) - 1)
            cases = (await db.execute(text("SELECT count(*) FROM withdrawal_case"))).scalar_one()
            site = (await db.execute(text("SELECT min(id) FROM site"))).scalar_one()
        report: dict[str, Any] = {"cases": cases}
        year = service.period(Wanted(), None, CHINA.key, now)
        asked = {"a year": Wanted(), "one site": Wanted(site_id=site), "one cause": Wanted(cause="family")}
        asked["a month"] = Wanted(first=year.before.replace(day=1), before=year.before)
        for name, wanted in asked.items():
            sites = frozenset({site}) if wanted.site_id else None
            took = []
            for _ in range(times):
                begun = time.perf_counter()
                async with reading(factory) as db:
                    period = service.period(wanted, sites, CHINA.key, now)
                    await service.figures(db, period, wanted, settings.figures, now)
                took.append(time.perf_counter() - begun)
            report[name] = {"median_s": round(sorted(took)[len(took) // 2], 2), "max_s": round(max(took), 2)}
        return report
    finally:
        await engine.dispose()


async def _multiply(db: AsyncSession, copies: int) -> None:
    """Copy every row so many times, in the database itself: the triggers that watch over people's commands are not for this."""
    for guard in (await db.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))).scalars().all():
        await db.execute(text(f'DROP TRIGGER "{guard}"'))
    for name, own in COPIED.items():
        columns = [column.name for column in Base.metadata.tables[name].columns]
        taken = ", ".join(f"\"{column}\" || '-' || n.n" if column in own else f'"{column}"' for column in columns)
        named = ", ".join(f'"{column}"' for column in columns)
        numbers = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :copies)"
        await db.execute(text(f'{numbers} INSERT INTO "{name}" ({named}) SELECT {taken} FROM "{name}" CROSS JOIN n'), {"copies": copies})
