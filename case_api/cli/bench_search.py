"""`calmdesk bench search`: how long a search over very many conversations takes."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import accumulate, islice, pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from pypinyin import lazy_pinyin
from rich.console import Console
from sqlalchemy import Connection, NullPool, insert, make_url, text
from sqlalchemy import create_engine as plain_engine

from case_api.cli.common import print_json
from case_api.harness import own_settings
from case_api.security import Principal
from case_api.transcripts import service
from case_api.transcripts.query import words
from case_api.transcripts.repository import Wanted
from models import migrations
from models.base import utc_now
from models.consents import Consent
from models.engine import Factory, create_engine, database_url, reading, session_factory, transaction
from models.keywords import KeywordHit
from models.people import Person
from models.readings import readings
from models.sessions import Session
from models.settings import Settings
from models.sites import Site
from models.transcripts import BLOCK, UtteranceSearchBlock
from models.utterances import Utterance

AN_HOUR, EACH = 1000, 500
"""Utterances of an hour of talk, and of one conversation; two hours of dense talk had 2,684 (`bench memory`)."""
BATCH = 40
"""Conversations of one transaction."""
SITES, PEOPLE, YEAR = 20, 200, 365 * 24 * 3600
SAYINGS = ["退定金", "虚假宣传", "找媒体曝光", "我要投诉", "什么时候交房", "贷款批不下来"]
SPOT_CHECKS = 200
"""Single sentences written to measure what the index costs whoever writes one."""
COLUMNS = 'session_id, ordinal, id, text, start, "end", speaker, confidence, language, characters, alternatives, quality, created_at'
BENCH = "calmdesk_bench_search"
console = Console(stderr=True)


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
        written = _written(settings, hours, seed)
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


def _vocabulary() -> tuple[list[str], list[float]]:
    """Words of two or three characters, the n-th said 1/n as often as the first."""
    source = random.Random(0)
    found = ["".join(chr(0x4E00 + int(2500 * source.random() ** 2)) for _ in range(source.choice((2, 2, 3)))) for _ in range(8000)]
    return found, list(accumulate(1 / (n + 1) for n in range(len(found))))


def _written(settings: Settings, hours: int, seed: int) -> dict[str, Any]:
    """Fill, unless it is filled."""
    migrations.upgrade(settings)
    url = database_url(settings)
    sqlite = url.get_backend_name() == "sqlite"
    engine = plain_engine(url.set(drivername="sqlite") if sqlite else url, poolclass=NullPool)
    begun = time.perf_counter()
    with engine.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM utterance")).scalar_one()
        connection.rollback()
        if count == 0:
            count = _fill(connection, hours, random.Random(seed))
            took = time.perf_counter() - begun
            filled = {"written_s": round(took, 1), "a_second": round(count / took)}
        else:
            filled = {}
        sizes = (
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            if sqlite
            else "SELECT pg_database_size(current_database())"
        )
        size = connection.execute(text(sizes)).scalar_one()
    return {"utterances": count, **filled, "database_mb": round(size / 1e6)}


def _fill(connection: Connection, hours: int, chance: random.Random) -> int:
    """In batches, each a transaction. What the triggers would write is written along, which is quicker; see `_as_triggers`."""
    vocabulary, weights = _vocabulary()
    conversations = max(hours * AN_HOUR // EACH, 1)
    now, begun = utc_now(), time.perf_counter()
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        for pragma in ("synchronous=OFF", "cache_size=-262144", "journal_mode=WAL"):
            connection.exec_driver_sql(f"PRAGMA {pragma}")
    again = [_without(connection, sqlite, kind, name) for kind, name in _KEPT[connection.dialect.name]]
    connection.execute(
        insert(Site), [{"id": f"site{n}", "code": f"S{n}", "name": f"案场{n}", "name_en": f"Site {n}"} for n in range(SITES)]
    )
    people = [{"id": f"person{n}", "username": f"p{n}", "display_name": f"员工{n}", "password_hash": ""} for n in range(PEOPLE)]
    connection.execute(insert(Person), people)
    for first in range(0, conversations, BATCH):
        batch = range(first, min(first + BATCH, conversations))
        connection.execute(insert(Consent), [_consent(number) for number in batch])
        begins = (now - timedelta(seconds=YEAR * (1 - number / conversations)) for number in batch)
        sessions = [_session(number, at, chance) for number, at in zip(batch, begins, strict=True)]
        connection.execute(insert(Session), sessions)
        said = [one for number in batch for one in _said(number, chance, vocabulary, weights)]
        _write(connection, sessions, said, first * EACH + 1)
        connection.execute(insert(KeywordHit), [_hit(one) for one in said if one[3].endswith(tuple(SAYINGS))])
        connection.commit()
        if batch[-1] * 20 // conversations != (batch[0] - 1) * 20 // conversations:
            rate = (batch[-1] + 1) * EACH / (time.perf_counter() - begun)
            left = (conversations - batch[-1] - 1) * EACH / rate
            console.print(f"{(batch[-1] + 1) * EACH:,} sentences, {rate:,.0f} a second, {left / 60:.0f} min left")
    if not sqlite:
        connection.execute(text("SELECT setval('utterance_search_id_seq', max(id)) FROM utterance_search"))
        connection.execute(text("SET maintenance_work_mem = '1GB'"))
    for statement in again:
        connection.exec_driver_sql(statement)
    connection.commit()
    connection.execute(text("ANALYZE"))
    connection.commit()
    if not sqlite:
        _as_triggers(connection)
    return conversations * EACH


_KEPT: dict[str, tuple[tuple[str, str], ...]] = {
    "sqlite": (("trigger", "utterance_search_added"), ("trigger", "utterance_search_placed")),
    "postgresql": (("trigger", "utterance"), ("trigger", "utterance_search"), ("index", "utterance_search_index")),
}
"""What keeps the index, and is away while it is filled: triggers of these names (SQLite), those of these tables (PostgreSQL)."""


def _without(connection: Connection, sqlite: bool, kind: str, name: str) -> str:
    """Take it away; the statement that brings it back."""
    if sqlite:
        again = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name}).scalar_one()
    elif kind == "index":
        again = connection.execute(text("SELECT pg_get_indexdef(to_regclass(:name))"), {"name": name}).scalar_one()
    else:
        again = f"ALTER TABLE {name} ENABLE TRIGGER USER"
    connection.execute(text(f"DROP {kind} {name}" if sqlite or kind == "index" else f"ALTER TABLE {name} DISABLE TRIGGER USER"))
    return str(again)


def _write(connection: Connection, sessions: list[dict[str, Any]], said: list[tuple[Any, ...]], first: int) -> None:
    """Not by SQLAlchemy, whose part would be a third of the time."""
    facets = {one["id"]: f"s{one['site_id']} u{one['staff_id']} {one['started_at']:d%Y%m%d m%Y%m}" for one in sessions}
    blocks = sorted({(one[0], row >> BLOCK) for row, one in enumerate(said, first)})
    connection.execute(insert(UtteranceSearchBlock), [{"session_id": session, "block": block} for session, block in blocks])
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        driver.executemany(f"INSERT INTO utterance ({COLUMNS}) VALUES ({', '.join('?' * 13)})", said)
        rows = ((row, one[0], one[1], facets[one[0]]) for row, one in enumerate(said, first))
        driver.executemany("INSERT INTO utterance_search (id, session_id, ordinal, facets) VALUES (?, ?, ?, ?)", rows)
        held = ((row, f"{' '.join(_tokens(one[3]))} {facets[one[0]]}") for row, one in enumerate(said, first))
        driver.executemany("INSERT INTO utterance_search_index (rowid, grams) VALUES (?, ?)", held)
        return
    with driver.cursor() as cursor:
        with cursor.copy(f"COPY utterance ({COLUMNS}) FROM STDIN") as copy:
            for one in said:
                copy.write_row(one)
        with cursor.copy("COPY utterance_search (id, session_id, ordinal, facets, grams) FROM STDIN") as copy:
            for row, one in enumerate(said, first):
                windows = f"w13n{row >> 13} w17n{row >> 17} w21n{row >> 21}"
                copy.write_row((row, one[0], one[1], "", f"{' '.join(_tokens(one[3]))} {facets[one[0]]} {windows}"))


def _tokens(said: str) -> set[str]:
    """As migration 0029 has them, for a text of Chinese characters only."""
    read = [(char, readings().get(char, ())) for char in said]
    found = {token for char, syllables in read for token in (char, *(f"y0{one}" for one in syllables))}
    for (a, before), (b, after) in pairwise(read):
        found.add(a + b)
        found.update(f"i0{one[0]}{two[0]}" for one in before for two in after)
    return found


def _as_triggers(connection: Connection) -> None:
    """What was written is what the trigger would have written, or there was nothing to measure."""
    wrong = connection.execute(
        text(
            "SELECT count(*) FROM (SELECT * FROM utterance_search WHERE id <= :some) s JOIN utterance u USING (session_id, ordinal)"
            " WHERE ARRAY(SELECT DISTINCT unnest(string_to_array(grams, ' ')) ORDER BY 1)"
            " <> ARRAY(SELECT DISTINCT unnest(string_to_array(utterance_search_tokens(s.id, text, session_id), ' ')) ORDER BY 1)"
        ),
        {"some": SPOT_CHECKS},
    ).scalar_one()
    connection.rollback()
    if wrong:
        raise RuntimeError(f"{wrong} of {SPOT_CHECKS} sentences have other tokens than their trigger gives them")


def _hit(said: tuple[Any, ...]) -> dict[str, Any]:
    term = next(saying for saying in SAYINGS if said[3].endswith(saying))
    heard = {"term": term, "category": f"类别{SAYINGS.index(term)}", "heard": term, "match": "exact", "score": 1.0}
    where = {"session_id": said[0], "ordinal": said[1], "utterance_id": said[2], "at": said[4], "end": said[5], "speaker": said[6]}
    return where | heard


def _consent(number: int) -> dict[str, Any]:
    said = {"notice_version": "bench", "notice_text": "告知", "method": "written", "informed_by": "bench"}
    return {"id": f"consent{number}", "recording": True, **said}


def _session(number: int, at: Any, chance: random.Random) -> dict[str, Any]:
    person = chance.randrange(PEOPLE)
    where = {"id": f"session{number}", "site_id": f"site{person % SITES}", "staff_id": f"person{person}", "consent_id": f"consent{number}"}
    how = {"status": "ended", "recording": True, "codec": "pcm_s16le", "sample_rate": 16000, "started_at": at}
    return where | how | {"peak_level": chance.choices(["calm", "rising", "agitated"], [7, 2, 1])[0], "seconds": 3.6 * EACH}


def _said(number: int, chance: random.Random, vocabulary: list[str], weights: list[float]) -> Iterator[tuple[Any, ...]]:
    for ordinal in range(EACH):
        text = "".join(chance.choices(vocabulary, cum_weights=weights, k=chance.randint(2, 8)))
        if chance.random() < 0.05:
            text += chance.choice(SAYINGS)
        yield _utterance(f"session{number}", ordinal, text, "customer" if chance.random() < 0.5 else "staff")


def _utterance(session: str, ordinal: int, text: str, speaker: str) -> tuple[Any, ...]:
    start = 3.6 * ordinal
    return (session, ordinal, f"u{ordinal}", text, start, start + 3, speaker, 0.9, "zh", "[]", "[]", "{}", "2026-11-01 08:00:00+00:00")


async def _ask(settings: Settings, queries: int, chance: random.Random) -> dict[str, Any]:
    engine = create_engine(settings)
    factory, now = session_factory(engine), utc_now()
    vocabulary, _ = _vocabulary()
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

    kinds: dict[str, Any] = {
        "common": lambda: (office, Wanted(words(chance.choice(SAYINGS)))),
        "frequent": lambda: (office, Wanted((frequent(),))),
        "rare": lambda: (office, Wanted(rare())),
        "nothing": lambda: (office, Wanted((chance.choice(vocabulary) + "龘" + chance.choice(vocabulary),))),
        "one_character": lambda: (office, Wanted((chance.choice(vocabulary)[0],))),
        "two_frequent": lambda: (office, Wanted((frequent(), frequent()))),
        "two_words": lambda: (office, Wanted((*rare(), chance.choice(SAYINGS)))),
        "site_and_speaker": lambda: (office, Wanted(rare(), speaker="customer", site_id=f"site{chance.randrange(SITES)}")),
        "frequent_at_site": lambda: (office, Wanted((frequent(),), site_id=f"site{chance.randrange(SITES)}")),
        "old_month": lambda: (office, Wanted((chance.choice(SAYINGS),), **month)),
        "frequent_before": lambda: (office, Wanted((frequent(),), until=month["since"])),
        "frequent_month": lambda: (office, Wanted((frequent(),), **month)),
        "agitated": lambda: (office, Wanted(words(chance.choice(SAYINGS)), level="agitated")),
        "agitated_month": lambda: (office, Wanted((frequent(),), level="agitated", **month)),
        "category_month": lambda: (office, Wanted(category=f"类别{chance.randrange(len(SAYINGS))}", **month)),
        "category": lambda: (office, Wanted(category=f"类别{chance.randrange(len(SAYINGS))}")),
        "own": lambda: (consultant, Wanted(rare())),
        "pinyin_common": lambda: (office, Wanted(typed(chance.choice(SAYINGS)))),
        "pinyin_frequent": lambda: (office, Wanted(typed(frequent()))),
        "pinyin_rare": lambda: (office, Wanted(typed(*rare()))),
        "pinyin_at_site": lambda: (office, Wanted(typed(*rare()), site_id=f"site{chance.randrange(SITES)}")),
        "initials": lambda: (office, Wanted(initials(chance.choice(SAYINGS)))),
        "initials_rare": lambda: (office, Wanted(initials(*rare()))),
    }
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
    vocabulary, weights = _vocabulary()
    lines = [one[3] for one in islice(_said(0, random.Random(9), vocabulary, weights), SPOT_CHECKS)]
    sqlite = engine.dialect.name == "sqlite"
    off = "DROP TRIGGER utterance_search_added" if sqlite else "ALTER TABLE utterance DISABLE TRIGGER utterance_search_kept"
    async with reading(factory) as db:
        again = await db.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'utterance_search_added'")) if sqlite else None
    again = again or "ALTER TABLE utterance ENABLE TRIGGER utterance_search_kept"
    report = {}
    try:
        report["write_ms"] = await _write_each(factory, lines, EACH)
        async with transaction(factory) as db:
            await db.execute(text(off))
        report["write_unindexed_ms"] = await _write_each(factory, lines, EACH + SPOT_CHECKS)
    finally:
        async with transaction(factory) as db:
            await db.execute(text("DELETE FROM utterance WHERE session_id = 'session0' AND ordinal >= :first"), {"first": EACH})
            await (await db.connection()).exec_driver_sql(again)
        await engine.dispose()
    return report


async def _write_each(factory: Factory, lines: list[str], first: int) -> float:
    names = [name.strip(' "') for name in COLUMNS.split(",")]
    took = []
    for ordinal, line in enumerate(lines, first):
        row = dict(zip(names, _utterance("session0", ordinal, line, "staff"), strict=True))
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
