"""`calmdesk bench search`: how long a search over very many conversations takes."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from pypinyin import lazy_pinyin
from sqlalchemy import NullPool, insert, make_url, text
from sqlalchemy import create_engine as plain_engine

from case_api.cli import bench_search_rows as rows
from case_api.cli.common import print_json
from case_api.harness import own_settings
from case_api.security import Principal
from case_api.transcripts import service
from case_api.transcripts.query import words
from case_api.transcripts.repository import Wanted
from models.base import utc_now
from models.engine import Factory, create_engine, reading, session_factory, transaction
from models.settings import Settings
from models.utterances import Utterance

BENCH = "calmdesk_bench_search"
Question = tuple[Principal, Wanted]


def search(
    hours: Annotated[int, typer.Option(min=1, help="Hours of talk; 1,000 sentences each")] = 100,
    queries: Annotated[int, typer.Option(min=5, max=10_000, help="Searches of each kind")] = 40,
    seed: Annotated[int, typer.Option()] = 1,
    database: Annotated[str | None, typer.Option(help="A PostgreSQL server: a database of the benchmark's own is made there")] = None,
    folder: Annotated[Path | None, typer.Option(help="Keep the filled database here for another run (SQLite)", file_okay=False)] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the filled database on the server for another run (PostgreSQL)")] = False,
) -> None:
    """Search made-up transcripts: milliseconds of a first page, by kind of question. The same every time for one seed."""
    with _place(database, folder, keep) as settings:
        written = rows.written(settings, hours, seed)
        report = asyncio.run(_ask(settings, queries, random.Random(seed + 1)))
        report |= asyncio.run(_cost_of_writing(settings))
    print_json(written | report)


@contextmanager
def _place(database: str | None, folder: Path | None, keep: bool) -> Iterator[Settings]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield own_settings(folder)
    elif database is None:
        with tempfile.TemporaryDirectory() as own:
            yield own_settings(Path(own))
    else:
        server = plain_engine(make_url(database).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with server.connect() as connection:
            there = connection.execute(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": BENCH}).scalar_one()
            if there and not keep:
                connection.execute(text(f"DROP DATABASE {BENCH} WITH (FORCE)"))
            if not (there and keep):
                connection.execute(text(f"CREATE DATABASE {BENCH}"))
            try:
                yield Settings(database_url=make_url(database).set(database=BENCH).render_as_string(hide_password=False))
            finally:
                if not keep:
                    connection.execute(text(f"DROP DATABASE {BENCH} WITH (FORCE)"))


def _kinds(chance: random.Random) -> dict[str, Callable[[], Question]]:
    """What is asked for, by whom: a question of each kind, another one every time."""
    now = utc_now()
    vocabulary, _ = rows.vocabulary()
    office = Principal("nobody", "", "", (("hq_risk", None),), "", False)
    consultant = Principal("person7", "", "", (("staff", "site7"),), "", False)
    month: dict[str, Any] = {"since": now - timedelta(days=200), "until": now - timedelta(days=170)}

    def rare() -> tuple[str, ...]:
        return (chance.choice(vocabulary[1000:]),)

    def frequent() -> str:
        return chance.choice(vocabulary[:20])

    def typed(word: str) -> tuple[str, ...]:
        return ("".join(lazy_pinyin(word, v_to_u=False)),)

    def initials(word: str) -> tuple[str, ...]:
        return ("".join(one[0] for one in lazy_pinyin(word, v_to_u=False)),)

    return {
        "common": lambda: (office, Wanted(words(chance.choice(rows.SAYINGS)))),
        "frequent": lambda: (office, Wanted((frequent(),))),
        "rare": lambda: (office, Wanted(rare())),
        "nothing": lambda: (office, Wanted((chance.choice(vocabulary) + "龘" + chance.choice(vocabulary),))),
        "one_character": lambda: (office, Wanted((chance.choice(vocabulary)[0],))),
        "two_frequent": lambda: (office, Wanted((frequent(), frequent()))),
        "two_words": lambda: (office, Wanted((*rare(), chance.choice(rows.SAYINGS)))),
        "site_and_speaker": lambda: (office, Wanted(rare(), speaker="customer", site_id=f"site{chance.randrange(rows.SITES)}")),
        "frequent_at_site": lambda: (office, Wanted((frequent(),), site_id=f"site{chance.randrange(rows.SITES)}")),
        "old_month": lambda: (office, Wanted((chance.choice(rows.SAYINGS),), **month)),
        "frequent_before": lambda: (office, Wanted((frequent(),), until=month["since"])),
        "frequent_month": lambda: (office, Wanted((frequent(),), **month)),
        "agitated": lambda: (office, Wanted(words(chance.choice(rows.SAYINGS)), level="agitated")),
        "agitated_month": lambda: (office, Wanted((frequent(),), level="agitated", **month)),
        "category_month": lambda: (office, Wanted(category=f"类别{chance.randrange(len(rows.SAYINGS))}", **month)),
        "category": lambda: (office, Wanted(category=f"类别{chance.randrange(len(rows.SAYINGS))}")),
        "own": lambda: (consultant, Wanted(rare())),
        "pinyin_common": lambda: (office, Wanted(typed(chance.choice(rows.SAYINGS)))),
        "pinyin_frequent": lambda: (office, Wanted(typed(frequent()))),
        "pinyin_rare": lambda: (office, Wanted(typed(*rare()))),
        "pinyin_at_site": lambda: (office, Wanted(typed(*rare()), site_id=f"site{chance.randrange(rows.SITES)}")),
        "initials": lambda: (office, Wanted(initials(chance.choice(rows.SAYINGS)))),
        "initials_rare": lambda: (office, Wanted(initials(*rare()))),
    }


async def _ask(settings: Settings, queries: int, chance: random.Random) -> dict[str, Any]:
    engine = create_engine(settings)
    factory, kinds = session_factory(engine), _kinds(chance)
    took: dict[str, list[float]] = {kind: [] for kind in [*kinds, "tenth_page"]}
    found: dict[str, int] = dict.fromkeys(took, 0)
    for _ in range(queries):
        for kind, make in kinds.items():
            principal, wanted = make()
            page = await _timed(factory, principal, wanted, service.START, took[kind])
            found[kind] += len(page.items)
        principal, wanted = kinds["frequent"]()
        place = service.START
        for number in range(10):
            page = await _timed(factory, principal, wanted, place, took["tenth_page"] if number == 9 else [])
            place = service.Place(int(page.next_cursor or 0))
        found["tenth_page"] += len(page.items)
    await engine.dispose()
    every = [ms for many in took.values() for ms in many]
    by_kind = {
        kind: {"p50_ms": _p50(many), "p95_ms": _p95(many), "max_ms": round(max(many), 1), "found": found[kind]}
        for kind, many in took.items()
    }
    return {"searches": len(every), "p50_ms": _p50(every), "p95_ms": _p95(every), "load": _load(), "kinds": by_kind}


async def _timed(factory: Factory, principal: Principal, wanted: Wanted, place: service.Place, took: list[float]) -> Any:
    begun = time.perf_counter()
    async with reading(factory) as db:
        page = await service.search(db, principal, wanted, limit=30, after=place)
    took.append(1000 * (time.perf_counter() - begun))
    return page


async def _cost_of_writing(settings: Settings) -> dict[str, Any]:
    """Milliseconds of a transaction that writes one sentence, with the index and without; nothing of it stays."""
    engine = create_engine(settings)
    factory = session_factory(engine)
    vocabulary, weights = rows.vocabulary()
    lines = [one[3] for one in islice(rows.sentences(0, random.Random(9), vocabulary, weights), rows.SPOT_CHECKS)]
    sqlite = engine.dialect.name == "sqlite"
    off = "DROP TRIGGER utterance_search_added" if sqlite else "ALTER TABLE utterance DISABLE TRIGGER utterance_search_kept"
    async with reading(factory) as db:
        again = await db.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'utterance_search_added'")) if sqlite else None
    again = again or "ALTER TABLE utterance ENABLE TRIGGER utterance_search_kept"
    report = {}
    try:
        report["write_ms"] = await _write_each(factory, lines, rows.EACH)
        async with transaction(factory) as db:
            await db.execute(text(off))
        report["write_unindexed_ms"] = await _write_each(factory, lines, rows.EACH + rows.SPOT_CHECKS)
    finally:
        async with transaction(factory) as db:
            await (await db.connection()).exec_driver_sql(again)  # first: it takes what was indexed out of the index
            await db.execute(text("DELETE FROM utterance WHERE session_id = 'session0' AND ordinal >= :first"), {"first": rows.EACH})
        await engine.dispose()
    return report


async def _write_each(factory: Factory, lines: list[str], first: int) -> float:
    names = [name.strip(' "') for name in rows.COLUMNS.split(",")]
    took = []
    for ordinal, line in enumerate(lines, first):
        row = dict(zip(names, rows.utterance("session0", ordinal, line, "staff"), strict=True))
        row |= {"characters": [], "alternatives": [], "quality": {}, "created_at": utc_now()}
        begun = time.perf_counter()
        async with transaction(factory) as db:
            await db.execute(insert(Utterance).values(**row))
        took.append(1000 * (time.perf_counter() - begun))
    return round(statistics.median(took), 2)


def _load() -> str:
    """What else the machine did; a search that waits for a core takes longer."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def _p50(values: list[float]) -> float:
    return round(statistics.median(values), 1)


def _p95(values: list[float]) -> float:
    return round(float(np.percentile(values, 95)), 1)
