"""`calmdesk bench review`: how long the review page of a very long conversation takes to come."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import httpx2
import numpy as np
import soundfile as sf
import typer
from numpy.typing import NDArray
from rich.console import Console

from audio_service.client.source import read_audio
from audio_service.hearing import HearingModels
from audio_service.hearing.evaluate import run
from audio_service.hearing.events import ROW, HearingEvent, StateReport, Tick, VoiceEnd
from audio_service.intake.codecs import as_float
from audio_service.intake.finalise import FINAL_NAME
from audio_service.messages import SAMPLE_RATE
from case_api import demo
from case_api.bootstrap import DEFAULT_SITE
from case_api.cli.bench_browser import opened
from case_api.cli.common import print_json
from case_api.console.door import PREFIX, TOKEN_COOKIE
from case_api.demo_data.talk import CALMING, COMPLAINT, OPENING
from case_api.harness import Service, Staff, own_settings, prepare
from case_api.sites.repository import site_by_code
from models.base import utc_now
from models.comments import SessionComment
from models.consents import Consent
from models.engine import create_engine, session_factory, transaction
from models.keywords import KeywordHit
from models.prompts import PromptShown
from models.prosody import CHUNK_SECONDS, ProsodyTrack, pack
from models.sessions import Session
from models.settings import Settings
from models.settings_detection import DetectionSettings
from models.states import StateEvent
from models.utterances import Utterance

STEP: Final = 0.1
SAYINGS: Final = (OPENING, COMPLAINT[0], "我今天来就是要退房。", "您慢慢说，我一条一条记下来。", "你们到底能不能解决！")
COMMENTS: Final = 40
console = Console(stderr=True)
Samples = NDArray[np.int16]


def review(
    hours: Annotated[float, typer.Option(min=0.05, max=12, help="Length of the conversation")] = 2.0,
    times: Annotated[int, typer.Option(min=1, max=100, help="How often the page is opened")] = 5,
    browser: Annotated[bool, typer.Option(help="Also in Chromium, from the navigation to the drawn page, and zooming in it")] = False,
    keep: Annotated[bool, typer.Option(help="Say where it is and go on serving until Ctrl-C, for a browser")] = False,
) -> None:
    """Open the review page of a conversation: seconds until the server has sent it and its contents, and their bytes.

    The demonstration's recording is heard by the ear and repeated; its words are made up. The page comes from a service of its own.
    """
    with tempfile.TemporaryDirectory(prefix="calmdesk-bench-") as folder:
        settings = own_settings(Path(folder))
        staff = asyncio.run(prepare(settings, "bench"))
        session_id, counts = asyncio.run(long_conversation(settings, staff, hours))
        with Service(Path(folder)) as service:
            page = f"http://127.0.0.1:{service.port}{PREFIX}/sessions/{session_id}"
            figures = {"hours": hours, **counts, **_opened(service, staff, session_id, times)}
            if browser:
                figures["browser"] = opened(page, staff.token, times)
            print_json(figures)
            if keep:
                console.print(f"{page}  {TOKEN_COOKIE}={staff.token}")
                _until_interrupted()


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        pass


def _opened(service: Service, staff: Staff, session_id: str, times: int) -> dict[str, Any]:
    """The page, its contents, which the browser asks for beside it, and the first of the sound."""
    address = f"http://127.0.0.1:{service.port}"
    page = f"{address}{PREFIX}/sessions/{session_id}"
    with httpx2.Client(cookies={TOKEN_COOKIE: staff.token}, timeout=60, headers={"Accept-Encoding": "gzip"}) as client:
        figures = {name: _asked(client, service, path, times) for name, path in (("page", page), ("contents", f"{page}/talk"))}
        first = []
        for _ in range(times):
            begun = time.perf_counter()
            sound = client.get(f"{address}{PREFIX}/files/v1/sessions/{session_id}/audio", headers={"Range": "bytes=0-65535"})
            sound.raise_for_status()
            first.append(time.perf_counter() - begun)
    return {**figures, "first_sound_s": round(statistics.median(first), 3)}


def _asked(client: httpx2.Client, service: Service, path: str, times: int) -> dict[str, float]:
    took, worked, wire, size = [], [], 0, 0
    for _ in range(times + 1):
        begun, before = time.perf_counter(), service.processor_seconds()
        with client.stream("GET", path) as answer:
            answer.raise_for_status()
            size = len(answer.read())
            wire = answer.num_bytes_downloaded
        took.append(time.perf_counter() - begun)
        worked.append(service.processor_seconds() - before)
    seconds = {
        "cold_s": took[0],
        "median_s": statistics.median(took[1:]),
        "worst_s": max(took[1:]),
        "processor_s": statistics.median(worked[1:]),
    }
    return {name: round(value, 3) for name, value in seconds.items()} | {"bytes": size, "bytes_sent": wire}


async def long_conversation(settings: Settings, staff: Staff, hours: float) -> tuple[str, dict[str, int]]:
    """A conversation of that length with everything that the ear writes, at the staff member's site: its id, and how many rows of what."""
    piece = read_audio(demo.NEGOTIATION)
    events = await asyncio.to_thread(run, HearingModels.load(), DetectionSettings(), None, as_float(piece))
    seconds = hours * 3600
    engine = create_engine(settings)
    try:
        async with transaction(session_factory(engine)) as db:
            consent = Consent(recording=True, notice_version="bench", notice_text="告知", method="written", informed_by="bench")
            db.add(consent)
            await db.flush()
            site = await site_by_code(db, str(DEFAULT_SITE["code"]))
            assert site is not None
            session = Session(site_id=site.id, staff_id=staff.person_id, consent_id=consent.id, recording=True, status="ended")
            session.codec, session.sample_rate, session.seconds, session.speech_seconds = "flac", SAMPLE_RATE, seconds, seconds * 0.7
            session.started_at = session.ended_at = utc_now()
            session.peak_level, session.recording_path = "agitated", None
            session.summary = {"moments": list(_moments(seconds))}
            db.add(session)
            await db.flush()
            rows = [*rows_heard(session.id, events, len(piece) / SAMPLE_RATE, seconds), *_comments(session.id, staff, seconds)]
            db.add_all(rows)
            session_id = session.id
    finally:
        await engine.dispose()
    await asyncio.to_thread(_write_sound, settings.data_dir / "recordings" / session_id, piece, seconds)
    return session_id, {name: sum(isinstance(row, table) for row in rows) for name, table in COUNTED.items()}


COUNTED: Final = {
    "utterances": Utterance,
    "states": StateEvent,
    "track_chunks": ProsodyTrack,
    "keywords": KeywordHit,
    "prompts": PromptShown,
}


def _moments(seconds: float) -> Iterator[dict[str, Any]]:
    kinds: list[dict[str, Any]] = [{"kind": "interruption", "by": "customer"}, {"kind": "silence", "seconds": 6.0}, {"kind": "calmed"}]
    for number, at in enumerate(np.linspace(30, seconds - 30, 200)):
        yield {"type": "moment", "by": None, "seconds": None, "at": round(float(at), 1)} | kinds[number % 3]


def rows_heard(session: str, events: Sequence[HearingEvent], length: float, seconds: float) -> Iterator[Any]:
    """Rows of the piece over and over until `seconds`."""
    states = [event for event in events if isinstance(event, StateReport)]
    turns = [event for event in events if isinstance(event, VoiceEnd)]
    ordinal = state = 0
    for begin in np.arange(0, seconds, length):
        for turn in (turn for turn in turns if begin + turn.end <= seconds):
            yield from _said(session, ordinal, begin + turn.start, begin + turn.end, turn.speaker)
            ordinal += 1
        for report in states:
            measures = report.measures.model_dump(mode="json", exclude_none=True)
            how = {"speaker": report.speaker, "confidence": report.confidence, "level": report.level, "score": report.score}
            yield StateEvent(session_id=session, ordinal=state, at=round(float(begin + report.at), 2), measures=measures, **how)
            state += 1
        prompt = {"prompt_key": f"p{round(begin)}", "script_id": "calming-understand", "text": CALMING, "reasons": ["客户语速 +22%"]}
        yield PromptShown(session_id=session, kind="calming", at=float(begin) + 45, **prompt)
    yield from _track(session, [event.row() for event in events if isinstance(event, Tick)], seconds)


def _said(session: str, ordinal: int, start: float, end: float, speaker: str) -> Iterator[Any]:
    text = SAYINGS[ordinal % len(SAYINGS)]
    each = (end - start) / len(text)
    characters = [[one, round(start + n * each, 2), round(start + (n + 1) * each, 2)] for n, one in enumerate(text)]
    times = {"start": round(float(start), 2), "end": round(float(end), 2)}
    how = {"speaker": speaker, "confidence": 0.9, "quality": {"avg_logprob": -0.3}, "characters": characters}
    yield Utterance(session_id=session, ordinal=ordinal, id=f"u{ordinal}", text=text, **times, **how)
    if text == COMPLAINT[0]:
        hit = {"utterance_id": f"u{ordinal}", "term": COMPLAINT[1], "heard": COMPLAINT[1], "category": "complaint", "speaker": "customer"}
        yield KeywordHit(session_id=session, ordinal=ordinal, at=times["start"], end=times["end"], match="exact", score=1.0, **hit)


def _track(session: str, ticks: Sequence[tuple[float | None, ...]], seconds: float) -> Iterator[ProsodyTrack]:
    table = np.array([[np.nan if value is None else value for value in row] for row in ticks], np.float32)
    every = round(CHUNK_SECONDS / STEP)
    table = np.tile(table, (-(-round(seconds / STEP) // len(table)), 1))[: round(seconds / STEP)]
    for ordinal, first in enumerate(range(0, len(table), every)):
        part = table[first : first + every]
        names, data = pack({name: part[:, column] for column, name in enumerate(ROW) if name != "at"})
        yield ProsodyTrack(session_id=session, ordinal=ordinal, start=first * STEP, step=STEP, columns=names, data=data)


def _comments(session: str, staff: Staff, seconds: float) -> Iterator[SessionComment]:
    for at in np.linspace(10, seconds - 10, COMMENTS):
        yield SessionComment(session_id=session, at=round(float(at), 1), text="这里先让客户把话说完，再解释流程", person_id=staff.person_id)


def _write_sound(folder: Path, piece: Samples, seconds: float) -> None:
    folder.mkdir(parents=True)
    left = round(seconds * SAMPLE_RATE)
    with sf.SoundFile(folder / FINAL_NAME, "w", SAMPLE_RATE, 1, "PCM_16", format="FLAC") as out:
        while left > 0:
            out.write(piece[:left])
            left -= len(piece)
