"""`calmdesk bench search`: how long a search over very many conversations takes."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from sqlalchemy import create_engine as plain_engine
from sqlalchemy import insert
from sqlalchemy.orm import Session as Db

from case_api.cli.common import print_json
from case_api.harness import own_settings
from case_api.security import Principal
from case_api.transcripts import service
from case_api.transcripts.query import words
from case_api.transcripts.repository import Wanted
from models import migrations
from models.base import utc_now
from models.consents import Consent
from models.engine import create_engine, reading, session_factory
from models.people import Person
from models.sessions import Session
from models.settings import Settings
from models.sites import Site
from models.utterances import Utterance

AN_HOUR, EACH = 600, 300
"""Utterances of an hour of talk, and of one conversation."""
SITES, PEOPLE, YEAR = 20, 200, 365 * 24 * 3600
SAYINGS = ["退定金", "虚假宣传", "找媒体曝光", "我要投诉", "什么时候交房", "贷款批不下来"]
console = Console(stderr=True)


def search(
    hours: Annotated[int, typer.Option(min=1, help="Hours of talk; 600 sentences each")] = 100,
    queries: Annotated[int, typer.Option(min=5, max=10_000, help="Searches of each kind")] = 40,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """Search made-up transcripts on SQLite: milliseconds of a first page, by kind of question. The same every time for one seed."""
    with tempfile.TemporaryDirectory() as folder:
        settings = own_settings(Path(folder))
        begun = time.perf_counter()
        count = _fill(settings, hours, random.Random(seed))
        filled = time.perf_counter() - begun
        console.print(f"{count:,} utterances written in {filled:.0f} s")
        report = asyncio.run(_ask(settings, queries, random.Random(seed + 1)))
        size = (Path(folder) / "calmdesk.db").stat().st_size
    written = {"utterances": count, "written_s": round(filled, 1), "a_second": round(count / filled), "database_mb": round(size / 1e6)}
    print_json(written | report)


def _vocabulary() -> tuple[list[str], list[float]]:
    """Words of two or three characters, the n-th said 1/n as often as the first."""
    source = random.Random(0)
    found = ["".join(chr(0x4E00 + int(2500 * source.random() ** 2)) for _ in range(source.choice((2, 2, 3)))) for _ in range(8000)]
    return found, list(accumulate(1 / (n + 1) for n in range(len(found))))


def _fill(settings: Settings, hours: int, chance: random.Random) -> int:
    migrations.upgrade(settings)
    engine = plain_engine(f"sqlite:///{settings.data_dir / 'calmdesk.db'}")
    vocabulary, weights = _vocabulary()
    conversations = max(hours * AN_HOUR // EACH, 1)
    now = utc_now()
    with Db(engine) as db:
        db.execute(insert(Site), [{"id": f"site{n}", "code": f"S{n}", "name": f"案场{n}", "name_en": f"Site {n}"} for n in range(SITES)])
        people = [{"id": f"person{n}", "username": f"p{n}", "display_name": f"员工{n}", "password_hash": ""} for n in range(PEOPLE)]
        db.execute(insert(Person), people)
        for number in range(conversations):
            db.execute(insert(Consent), [_consent(number)])
            db.execute(insert(Session), [_session(number, now - timedelta(seconds=YEAR * (1 - number / conversations)), chance)])
            db.execute(insert(Utterance), list(_said(number, chance, vocabulary, weights)))
            if number % 20 == 19:
                db.commit()
        db.commit()
    engine.dispose()
    return conversations * EACH


def _consent(number: int) -> dict[str, Any]:
    said = {"notice_version": "bench", "notice_text": "告知", "method": "written", "informed_by": "bench"}
    return {"id": f"consent{number}", "recording": True, **said}


def _session(number: int, at: Any, chance: random.Random) -> dict[str, Any]:
    person = chance.randrange(PEOPLE)
    where = {"id": f"session{number}", "site_id": f"site{person % SITES}", "staff_id": f"person{person}", "consent_id": f"consent{number}"}
    how = {"status": "ended", "recording": True, "codec": "pcm_s16le", "sample_rate": 16000, "started_at": at}
    return where | how | {"peak_level": chance.choices(["calm", "rising", "agitated"], [7, 2, 1])[0], "seconds": 1800.0}


def _said(number: int, chance: random.Random, vocabulary: list[str], weights: list[float]) -> Iterator[dict[str, Any]]:
    for ordinal in range(EACH):
        text = "".join(chance.choices(vocabulary, cum_weights=weights, k=chance.randint(3, 9)))
        if chance.random() < 0.05:
            text += chance.choice(SAYINGS)
        at = {"start": 6.0 * ordinal, "end": 6.0 * ordinal + 5, "speaker": chance.choice(["customer", "staff"]), "confidence": 0.9}
        yield {"session_id": f"session{number}", "ordinal": ordinal, "id": f"u{ordinal}", "text": text, **at}


async def _ask(settings: Settings, queries: int, chance: random.Random) -> dict[str, Any]:
    engine = create_engine(settings)
    factory, now = session_factory(engine), utc_now()
    vocabulary, _ = _vocabulary()
    office = Principal("nobody", "", "", (("hq_risk", None),), "", False)
    consultant = Principal("person7", "", "", (("staff", "site7"),), "", False)
    month: dict[str, Any] = {"since": now - timedelta(days=200), "until": now - timedelta(days=170)}

    def rare() -> tuple[str, ...]:
        return (chance.choice(vocabulary[1000:]),)

    kinds: dict[str, Any] = {
        "common": lambda: (office, Wanted(words(chance.choice(SAYINGS)))),
        "frequent": lambda: (office, Wanted((chance.choice(vocabulary[:20]),))),
        "rare": lambda: (office, Wanted(rare())),
        "nothing": lambda: (office, Wanted((chance.choice(vocabulary) + "龘" + chance.choice(vocabulary),))),
        "one_character": lambda: (office, Wanted((chance.choice(vocabulary)[0],))),
        "site_and_speaker": lambda: (office, Wanted(rare(), speaker="customer", site_id=f"site{chance.randrange(SITES)}")),
        "old_month": lambda: (office, Wanted(words(chance.choice(SAYINGS)), **month)),
        "agitated": lambda: (office, Wanted(words(chance.choice(SAYINGS)), level="agitated")),
        "own": lambda: (consultant, Wanted(rare())),
        "two_words": lambda: (office, Wanted((*rare(), chance.choice(SAYINGS)))),
    }
    took: dict[str, list[float]] = {kind: [] for kind in kinds}
    found: dict[str, int] = dict.fromkeys(kinds, 0)
    for _ in range(queries):
        for kind, make in kinds.items():
            principal, wanted = make()
            begun = time.perf_counter()
            async with reading(factory) as db:
                page = await service.search(db, principal, wanted, now, limit=30, before=None)
            took[kind].append(1000 * (time.perf_counter() - begun))
            found[kind] += len(page.items)
    await engine.dispose()
    every = [ms for many in took.values() for ms in many]
    by_kind = {kind: {"p95_ms": _p95(many), "max_ms": round(max(many), 1), "found": found[kind]} for kind, many in took.items()}
    return {"searches": len(every), "p50_ms": round(float(np.median(every)), 1), "p95_ms": _p95(every), "kinds": by_kind}


def _p95(values: list[float]) -> float:
    return round(float(np.percentile(values, 95)), 1)
