"""`calmdesk bench`: the figures users feel, measured on the real service. Never part of the tests: machines differ, ratios travel."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import threading
import time
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
from audio_service.client.phone import Phone
from audio_service.client.source import read_audio
from audio_service.intake.recording import iter_samples
from audio_service.messages import SAMPLE_RATE
from audio_service.transcription.bench import bench_asr
from case_api import demo
from case_api.cli.stream import consent
from case_api.harness import Service, Staff, own_settings, prepare
from case_api.notices import current_notice
from models.settings import get_settings

app = typer.Typer(help="Measure the service on this machine.", no_args_is_help=True)
console = Console()

Samples = NDArray[np.int16]


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
        report = latencies([event for stream in events for event in stream])
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
    source, lost, identical, reconnects = random.Random(seed), 0, 0, 0
    started = time.monotonic()
    with _service(demo.ENROLMENT) as (service, staff):
        killed = 0
        while killed < count:
            moments = sorted(source.uniform(2, samples.size / SAMPLE_RATE / speed) for _ in range(min(5, count - killed)))
            events, phone, kept_at_kill = _killed(service, staff, samples, speed, moments)
            killed += len(moments)
            recorded = sf.read(service.data_dir / "recordings" / str(phone.session) / "recording.flac", dtype="int16")[0]
            identical += int(np.array_equal(recorded, samples))
            lost += sum(max(0, acked - stored) for acked, stored in kept_at_kill)
            reconnects += phone.reconnects
            finals = {e["utterance"] for e in events if e["type"] == "transcript" and e["final"]}
            console.print(f"{killed}/{count} kills, recording {'identical' if identical else 'DIFFERENT'}, {len(finals)} utterances")
    runs = -(-count // 5)
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
    piece = read_audio(demo.NEGOTIATION)
    samples = np.tile(piece, int(np.ceil(hours * 3600 * SAMPLE_RATE / piece.size)))[: int(hours * 3600 * SAMPLE_RATE)]
    with _service(demo.ENROLMENT) as (service, staff):
        watch = _MemoryWatch(service.pid)
        events: list[dict[str, Any]] = []

        def note(event: dict[str, Any]) -> None:
            if event["type"] == "state":
                watch.note(event["at"])
            events.append({"type": event["type"]})

        phone = _phone(service, staff, note)
        asyncio.run(phone.play(samples, speed))
    after = [megabytes for at, megabytes in watch.seen if at >= 600]
    first, last = after[: len(after) // 10 or 1], after[-(len(after) // 10 or 1) :]
    report = {"hours": hours, "speed": speed, "mb_at_10_min": round(float(np.median(first))), "mb_at_end": round(float(np.median(last)))}
    _print(report | {"mb_peak": round(max(megabytes for _, megabytes in watch.seen))})


@app.command()
def corpus(
    folder: Annotated[Path, typer.Argument(help="labels.json, <id>.flac, enrol-<voice>.flac")],
    out: Annotated[Path, typer.Option(help="Where <id>.jsonl go")] = Path("out/events"),
    speed: Annotated[float, typer.Option(min=0.5, max=50)] = 1.0,
    only: Annotated[str, typer.Option(help="Only conversations whose id starts like this")] = "",
) -> None:
    """Play every labelled conversation into the service and keep what a phone received, for scoring."""
    out.mkdir(parents=True, exist_ok=True)
    for label in json.loads((folder / "labels.json").read_text(encoding="utf-8")):
        if not label["id"].startswith(only):
            continue
        with _service(folder / f"enrol-{label['staff_voice']}.flac") as (service, staff):
            [events] = _together(service, staff, [read_audio(folder / f"{label['id']}.flac")], speed)
        lines = [json.dumps(event, ensure_ascii=False) for event in events]
        (out / f"{label['id']}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        console.print(f"{label['id']} {label['kind']}: {len(events)} messages")


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


@contextmanager
def _service(enrolment: Path | None) -> Iterator[tuple[Service, Staff]]:
    with tempfile.TemporaryDirectory(prefix="calmdesk-bench-") as folder:
        staff = asyncio.run(prepare(own_settings(Path(folder)), "bench", enrolment, measures=True))
        with Service(Path(folder)) as service:
            yield service, staff


def _phone(service: Service, staff: Staff, on_message: Any) -> Phone:
    return Phone(service.url, staff.token, consent(True, current_notice("recording").version), on_message)


def _together(service: Service, staff: Staff, sounds: list[Samples], speed: float) -> list[list[dict[str, Any]]]:
    """Play several conversations at once; the messages of each."""
    events: list[list[dict[str, Any]]] = [[] for _ in sounds]

    async def play() -> None:
        phones = [_phone(service, staff, received.append) for received in events]
        await asyncio.gather(*(phone.play(sound, speed) for phone, sound in zip(phones, sounds, strict=True)))

    asyncio.run(play())
    return events


def _killed(
    service: Service, staff: Staff, samples: Samples, speed: float, moments: list[float]
) -> tuple[list[dict[str, Any]], Phone, list[tuple[int, int]]]:
    """One conversation during which the service dies at `moments` (s); also (acknowledged, stored) samples at each death."""
    events: list[dict[str, Any]] = []
    acked = 0
    at_kill: list[tuple[int, int]] = []

    def note(event: dict[str, Any]) -> None:
        nonlocal acked
        events.append(event)
        if event["type"] == "ack":
            acked = max(acked, event["seq"] + 1)

    phone = _phone(service, staff, note)

    def killer() -> None:
        begun = time.monotonic()
        for moment in moments:
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            service.kill()
            known = acked
            folder = service.data_dir / "recordings" / str(phone.session)
            at_kill.append((min(known * SAMPLE_RATE // 10, samples.size), sum(block.size for block in iter_samples(folder))))
            service.start()

    thread = threading.Thread(target=killer)
    thread.start()
    asyncio.run(phone.play(samples, speed))
    thread.join()
    return events, phone, at_kill


def _loop(service: Service, staff: Staff) -> dict[str, Any]:
    """How late the service's event loop woke, from its own metrics."""
    text = service.metrics(staff.token)
    lag = {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if line.startswith("calmdesk_loop_lag")}
    return {
        "loop_wakes_over_50ms": round(lag["calmdesk_loop_lag_seconds_count"] - lag['calmdesk_loop_lag_seconds_bucket{le="0.05"}']),
        "loop_worst_s": round(lag["calmdesk_loop_lag_worst_seconds"], 3),
    }


def _print(report: dict[str, Any]) -> None:
    console.print_json(json.dumps(report, ensure_ascii=False))
