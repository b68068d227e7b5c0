"""`calmdesk bench`: the figures users feel, measured on the real service. Never part of the tests: machines differ, ratios travel."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import soundfile as sf
import typer
from numpy.typing import NDArray
from rich.console import Console

from audio_service.client import noise
from audio_service.client.figures import latencies
from audio_service.client.source import read_audio
from audio_service.live.pulse import CAUSES
from audio_service.messages import SAMPLE_RATE
from audio_service.transcription.bench import bench_asr
from case_api import demo
from case_api.cli.bench_cases import cases
from case_api.cli.bench_figures import figures
from case_api.cli.bench_mining import mining
from case_api.cli.bench_review import review
from case_api.cli.bench_search import search
from case_api.cli.bench_wall import wall
from case_api.cli.bench_warnings import warnings
from case_api.harness import Service, Staff, own_settings, play_and_kill, prepare, staff_phone
from models.settings import get_settings

app = typer.Typer(help="Measure the service on this machine.", no_args_is_help=True)
app.command()(cases)
app.command()(mining)
app.command()(review)
app.command()(search)
app.command()(wall)
app.command()(warnings)
app.command()(figures)
console = Console()

Samples = NDArray[np.int16]
KILLS_EACH = 5
"""Kills of one conversation."""


@app.command()
def live(
    file: Annotated[Path, typer.Argument(help="Conversation to play at real-time speed")] = demo.NEGOTIATION,
    enrolment: Annotated[Path, typer.Option(help="The staff member's voice")] = demo.ENROLMENT,
    conversations: Annotated[int, typer.Option(min=1, max=16, help="How many at the same time")] = 1,
) -> None:
    """Latency at real-time speed: finals, first partials, calming prompts, and how late the event loop woke."""
    samples = read_audio(file)
    with _service(enrolment) as (service, staff):
        events = _together(service, staff, [samples] * conversations, 1.0)
        report = latencies(events)
        report |= {"conversations": conversations, "seconds": round(samples.size / SAMPLE_RATE, 1), **_loop(service, staff)}
    _print(report)


@app.command()
def asr(
    folder: Annotated[Path, typer.Argument(help="labels.json ([{file, text}]) and the files it names")],
    clips: Annotated[int | None, typer.Option(min=1, help="Only the first so many")] = None,
) -> None:
    """Error rate and time of transcription against plain decoding, on the same clips in turn."""
    settings = get_settings()
    _print(bench_asr(folder, settings.asr, settings.data_dir / "models", clips))


@app.command()
def kills(
    count: Annotated[int, typer.Option(min=1, max=200)] = 20,
    speed: Annotated[float, typer.Option(min=1, max=20)] = 3.0,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """Kill the service (SIGKILL) at random moments of a conversation; the recording must be what the phone sent."""
    samples = read_audio(demo.NEGOTIATION)
    source, started = random.Random(seed), time.monotonic()
    killed = identical = lost = reconnects = 0
    runs = -(-count // KILLS_EACH)
    with _service(demo.ENROLMENT) as (service, staff):
        for _ in range(runs):
            last = samples.size / SAMPLE_RATE / speed
            moments = sorted(source.uniform(2, last) for _ in range(min(KILLS_EACH, count - killed)))
            run = play_and_kill(service, staff, samples, speed, moments)
            recorded = sf.read(service.data_dir / "recordings" / str(run.phone.session) / "recording.flac", dtype="int16")[0]
            same = np.array_equal(recorded, samples)
            killed, identical, lost = killed + len(moments), identical + same, lost + run.lost
            reconnects += run.phone.reconnects
            finals = {e["utterance"] for e in run.events if e["type"] == "transcript" and e["final"]}
            console.print(f"{killed}/{count} kills, recording {'identical' if same else 'DIFFERENT'}, {len(finals)} utterances")
    result = {"kills": killed, "conversations": runs, "recordings_identical": identical, "acked_samples_lost": lost}
    _print(result | {"reconnects": reconnects, "minutes": round((time.monotonic() - started) / 60, 1)})
    raise typer.Exit(0 if identical == runs and lost == 0 else 1)


@app.command("noise")
def noise_(minutes: Annotated[float, typer.Option(min=0.1, max=60)] = 10.0, speed: Annotated[float, typer.Option()] = 20.0) -> None:
    """Office noise, music and silence: how many words, keywords and prompts come out of nothing."""
    report: dict[str, Any] = {"minutes_each": minutes}
    with _service(demo.ENROLMENT) as (service, staff):
        for kind, make in noise.KINDS.items():
            [events] = _together(service, staff, [make(minutes * 60)], speed)
            finals = [event["text"] for event in events if event["type"] == "transcript" and event["final"] and event["text"]]
            counts = {name: sum(event["type"] == name for event in events) for name in ("keyword", "prompt")}
            report[kind] = {"texts": finals, **counts}
    _print(report)


@app.command()
def memory(
    hours: Annotated[float, typer.Option(min=0.05, max=6)] = 2.0, speed: Annotated[float, typer.Option(min=1, max=100)] = 8.0
) -> None:
    """The service's memory over a long conversation, played faster than real time; it has to be flat after ten minutes."""
    counts, watch = _endured(read_audio(demo.NEGOTIATION), hours, speed)
    _print({"hours": hours, "speed": speed, "texts": counts["text"], **watch.report()})


@app.command()
def silence(
    hours: Annotated[float, typer.Option(min=0.05, max=6)] = 3.0, speed: Annotated[float, typer.Option(min=1, max=200)] = 30.0
) -> None:
    """A phone forgotten on the table: nothing may come of hours of a quiet room but a warning, and memory stays flat.

    Exit status 1 if there was a word, a keyword or a prompt, or no warning.
    """
    begun = time.monotonic()
    counts, watch = _endured(noise.silence(600), hours, speed)
    found = {name: counts[name] for name in ("text", "keyword", "prompt", "warning:no_speech", "state", "reconnects")}
    _print({"hours": hours, "minutes_taken": round((time.monotonic() - begun) / 60, 1), **found, **watch.report()})
    raise typer.Exit(1 if counts["text"] or counts["keyword"] or counts["prompt"] or not counts["warning:no_speech"] else 0)


@app.command()
def corpus(
    folder: Annotated[Path, typer.Argument(help="labels.json, <id>.flac, enrol-<voice>.flac")],
    out: Annotated[Path, typer.Option(help="Where <id>.jsonl go")] = Path("out/events"),
    speed: Annotated[float, typer.Option(min=0.5, max=50, help="1 is real time: only then are latencies those of a user")] = 1.0,
    only: Annotated[str, typer.Option(help="Only conversations whose id starts like this")] = "",
    resume: Annotated[bool, typer.Option(help="Keep the conversations that were played to their end; play the others")] = False,
) -> None:
    """Play every labelled conversation into the service, one at a time, and keep what a phone received, for scoring."""
    out.mkdir(parents=True, exist_ok=True)
    streams = []
    for label in json.loads((folder / "labels.json").read_text(encoding="utf-8")):
        if not label["id"].startswith(only):
            continue
        kept = out / f"{label['id']}.jsonl"
        if resume and kept.exists():
            streams.append([json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()])
            continue
        with _service(folder / f"enrol-{label['staff_voice']}.flac") as (service, staff):
            [events] = _together(service, staff, [read_audio(folder / f"{label['id']}.flac")], speed)
            late = _loop(service, staff)
        streams.append(events)
        partial = kept.with_suffix(".partial")  # a file of that name is a whole conversation
        partial.write_text("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events), encoding="utf-8")
        partial.replace(kept)
        console.print(f"{label['id']} {label['kind']}: {len(events)} messages, {late}")
    if speed == 1:
        _print(latencies(streams))


def _endured(piece: Samples, hours: float, speed: float) -> tuple[Counter[str], _MemoryWatch]:
    """Play a piece over and over in one conversation; how often each kind of message came, and the service's memory."""
    length = int(hours * 3600 * SAMPLE_RATE)
    counts: Counter[str] = Counter()
    with _service(demo.ENROLMENT) as (service, staff):
        watch = _MemoryWatch(service.pid)

        def note(event: dict[str, Any]) -> None:
            counts[event["type"]] += 1
            if event["type"] == "ack":
                watch.note((event["seq"] + 1) * phone.packet_ms / 1000)
            elif event["type"] == "transcript" and event["final"] and event["text"]:
                counts["text"] += 1
            elif event["type"] == "warning":
                counts[f"warning:{event['code']}"] += 1

        phone = staff_phone(service, staff, note)
        asyncio.run(phone.play(np.tile(piece, -(-length // piece.size))[:length], speed))
        counts["reconnects"] = phone.reconnects
    return counts, watch


class _MemoryWatch:
    """Resident memory of a process by audio time, at most once a second of wall clock."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._last = 0.0
        self.seen: list[tuple[float, float]] = []

    def note(self, at: float) -> None:
        if time.monotonic() - self._last < 1:
            return
        self._last = time.monotonic()
        line = next(line for line in self._status.read_text().splitlines() if line.startswith("VmRSS"))
        self.seen.append((at, int(line.split()[1]) / 1024))

    def report(self) -> dict[str, Any]:
        """MB after ten minutes of audio (of a shorter conversation, from its begin), at the end and at most."""
        after = [megabytes for at, megabytes in self.seen if at >= 600] or [megabytes for _, megabytes in self.seen]
        tenth = len(after) // 10 or 1
        first, last = round(float(np.median(after[:tenth]))), round(float(np.median(after[-tenth:])))
        return {"mb_at_10_min": first, "mb_at_end": last, "mb_peak": round(max(megabytes for _, megabytes in self.seen))}


@contextmanager
def _service(enrolment: Path | None) -> Iterator[tuple[Service, Staff]]:
    with tempfile.TemporaryDirectory(prefix="calmdesk-bench-") as folder:
        staff = asyncio.run(prepare(own_settings(Path(folder)), "bench", enrolment, measures=True))
        with Service(Path(folder)) as service:
            yield service, staff


def _together(service: Service, staff: Staff, sounds: list[Samples], speed: float) -> list[list[dict[str, Any]]]:
    """Play several conversations at once; the messages of each."""
    events: list[list[dict[str, Any]]] = [[] for _ in sounds]

    async def play() -> None:
        phones = [staff_phone(service, staff, received.append) for received in events]
        await asyncio.gather(*(phone.play(sound, speed) for phone, sound in zip(phones, sounds, strict=True)))

    asyncio.run(play())
    return events


def _loop(service: Service, staff: Staff) -> dict[str, Any]:
    """How late the service's event loop woke and why, from its own metrics."""
    text = service.metrics(staff.token)
    lag = {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if line.startswith("calmdesk_loop_la")}
    late = {cause: round(lag[f'calmdesk_loop_late_total{{cause="{cause}"}}']) for cause in CAUSES}
    return {"loop_wakes_over_50ms": late, "loop_worst_s": round(lag["calmdesk_loop_lag_worst_seconds"], 3)}


def _print(report: dict[str, Any]) -> None:
    console.print_json(json.dumps(report, ensure_ascii=False))
