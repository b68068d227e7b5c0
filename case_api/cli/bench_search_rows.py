"""Made-up transcripts of `calmdesk bench search`, with the index that triggers would make of them, only sooner."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Any

from rich.console import Console
from sqlalchemy import Connection, NullPool, insert, text
from sqlalchemy import create_engine as plain_engine

from models import migrations
from models.base import utc_now
from models.consents import Consent
from models.engine import database_url
from models.keywords import KeywordHit
from models.people import Person
from models.readings import readings
from models.sessions import Session
from models.settings import Settings
from models.sites import Site
from models.transcripts import BLOCK, UtteranceSearchBlock

AN_HOUR, EACH = 1000, 500
"""Utterances of an hour of talk, and of one conversation; two hours of dense talk had 2,684 (`bench memory`)."""
BATCH = 40
"""Conversations of one transaction."""
SITES, PEOPLE, YEAR = 20, 200, 365 * 24 * 3600
SAYINGS = ["退定金", "虚假宣传", "找媒体曝光", "我要投诉", "什么时候交房", "贷款批不下来"]
SPOT_CHECKS = 200
"""Single sentences written to measure what the index costs whoever writes one."""
COLUMNS = 'session_id, ordinal, id, text, start, "end", speaker, confidence, language, characters, alternatives, quality, created_at'
console = Console(stderr=True)


def vocabulary() -> tuple[list[str], list[float]]:
    """Words of two or three characters, the n-th said 1/n as often as the first."""
    source = random.Random(0)
    found = ["".join(chr(0x4E00 + int(2500 * source.random() ** 2)) for _ in range(source.choice((2, 2, 3)))) for _ in range(8000)]
    return found, list(accumulate(1 / (n + 1) for n in range(len(found))))


def written(settings: Settings, hours: int, seed: int) -> dict[str, Any]:
    """Fill the database, unless it is filled: how many sentences there are, and their size."""
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
    known, weights = vocabulary()
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
        said = [one for number in batch for one in sentences(number, chance, known, weights)]
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


def sentences(number: int, chance: random.Random, known: list[str], weights: list[float]) -> Iterator[tuple[Any, ...]]:
    """What is said in a conversation, as rows of `COLUMNS`."""
    for ordinal in range(EACH):
        text = "".join(chance.choices(known, cum_weights=weights, k=chance.randint(2, 8)))
        if chance.random() < 0.05:
            text += chance.choice(SAYINGS)
        yield utterance(f"session{number}", ordinal, text, "customer" if chance.random() < 0.5 else "staff")


def utterance(session: str, ordinal: int, text: str, speaker: str) -> tuple[Any, ...]:
    """A row of `COLUMNS`."""
    start = 3.6 * ordinal
    return (session, ordinal, f"u{ordinal}", text, start, start + 3, speaker, 0.9, "zh", "[]", "[]", "{}", "2026-11-01 08:00:00+00:00")
