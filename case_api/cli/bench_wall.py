"""`calmdesk bench wall`: what a look at the live wall costs while long conversations run."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from audio_service.client.source import read_audio
from audio_service.hearing import HearingModels
from audio_service.hearing.evaluate import run
from audio_service.hearing.events import HearingEvent
from audio_service.intake.codecs import as_float
from audio_service.messages import SAMPLE_RATE
from case_api import demo
from case_api.bootstrap import DEFAULT_SITE
from case_api.cli.bench_review import rows_heard
from case_api.cli.common import print_json
from case_api.harness import Service, Staff, own_settings, prepare
from case_api.notices import current_notice
from case_api.sites.repository import site_by_code
from case_api.wall.service import MOST
from models.base import utc_now
from models.consents import Consent
from models.engine import Factory, create_engine, session_factory, transaction
from models.prosody import ProsodyTrack
from models.sessions import Session
from models.settings import Settings
from models.settings_detection import DetectionSettings


def wall(
    conversations: Annotated[int, typer.Option(min=1, max=MOST, help="How many run at the same time")] = 20,
    hours: Annotated[float, typer.Option(min=0.05, max=12, help="How long each has gone on")] = 1.0,
    times: Annotated[int, typer.Option(min=3, max=200, help="How often one looks")] = 20,
) -> None:
    """A look at the wall: seconds, the server's processor time, bytes. Beside it what reading every conversation whole would take."""
    with tempfile.TemporaryDirectory(prefix="calmdesk-bench-") as folder:
        settings = own_settings(Path(folder))
        staff = asyncio.run(prepare(settings, "bench"))
        asyncio.run(_filled(settings, staff, conversations, hours))
        with Service(Path(folder)) as service, _client(service, staff) as client:
            ids = [one["id"] for one in client.get("wall").raise_for_status().json()["items"]]
            whole = [path for id_ in ids for path in (f"sessions/{id_}?characters=false", f"sessions/{id_}/states")]
            figures = {"look": _measured(client, service, ["wall"], times), "whole": _measured(client, service, whole, 3)}
    print_json({"conversations": len(ids), "hours": hours, **figures})


def _client(service: Service, staff: Staff) -> httpx2.Client:
    return httpx2.Client(base_url=f"http://127.0.0.1:{service.port}/v1/", headers={"Authorization": f"Bearer {staff.token}"}, timeout=60)


def _measured(client: httpx2.Client, service: Service, paths: Sequence[str], times: int) -> dict[str, float]:
    """All of these paths once, the median and worst of so many times; the first time, which compiles the questions, is left out."""
    took, worked, size = [], [], 0
    for _ in range(times + 1):
        begun, before = time.perf_counter(), service.processor_seconds()
        size = sum(len(client.get(path).raise_for_status().content) for path in paths)
        took.append(time.perf_counter() - begun)
        worked.append(service.processor_seconds() - before)
    seconds = {"median_s": statistics.median(took[1:]), "worst_s": max(took[1:]), "processor_s": statistics.mean(worked[1:])}
    return {name: round(value, 4) for name, value in seconds.items()} | {"bytes": size}


async def _filled(settings: Settings, staff: Staff, conversations: int, hours: float) -> None:
    piece = read_audio(demo.NEGOTIATION)
    events = await asyncio.to_thread(run, HearingModels.load(), DetectionSettings(), None, as_float(piece))
    engine = create_engine(settings)
    try:
        for _ in range(conversations):
            await _conversation(session_factory(engine), staff, events, len(piece) / SAMPLE_RATE, hours * 3600)
    finally:
        await engine.dispose()


async def _conversation(factory: Factory, staff: Staff, events: Sequence[HearingEvent], length: float, seconds: float) -> None:
    """One that waits for its phone, with everything that the ear wrote but the track, which no wall asks for."""
    async with transaction(factory) as db:
        site = await site_by_code(db, str(DEFAULT_SITE["code"]))
        assert site is not None
        notice = current_notice("recording").version
        consent = Consent(recording=True, notice_version=notice, notice_text="告知", method="written", informed_by="bench")
        db.add(consent)
        await db.flush()
        session = Session(site_id=site.id, staff_id=staff.person_id, consent_id=consent.id, recording=True, status="interrupted")
        session.codec, session.sample_rate, session.seconds, session.started_at = "flac", SAMPLE_RATE, seconds, utc_now()
        db.add(session)
        await db.flush()
        db.add_all([row for row in rows_heard(session.id, events, length, seconds) if not isinstance(row, ProsodyTrack)])
