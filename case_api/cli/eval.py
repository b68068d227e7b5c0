"""`calmdesk eval`: labelled conversations through the real service; figures, intervals, plots and a page for people."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from audio_service.client.phone import Phone, StreamRefused
from audio_service.client.source import read_audio
from audio_service.evaluation.ablation import Ablation, ablate, spoken
from audio_service.evaluation.corpus import Conversation, Corpus, read_corpus
from audio_service.evaluation.page import outcome, page
from audio_service.evaluation.problems import CorpusCode, CorpusError, CorpusProblem
from audio_service.evaluation.report import Evaluation, evaluate
from audio_service.evaluation.streams import StreamError, is_complete, read_stream, write_stream
from audio_service.evaluation.wording import HEADLINES, kind_name, lookup, range_of, shown
from audio_service.hearing import EnrolmentTooShortError, Words
from audio_service.live.shelf import Tools
from case_api.cli.common import fail
from case_api.cli.stream import consent
from case_api.harness import Service, ServiceFailed, Staff, own_settings, prepare
from case_api.notices import current_notice
from models.files import write_whole
from models.settings import Settings, get_settings
from models.settings_detection import DetectionSettings
from scripts_library.library import places
from scripts_library.watcher import LibraryWatcher

console = Console()

ABLATION = "ablation.json"
RUN = "run.json"
"""Beside the streams: what they were made with."""
Advance = Callable[[float], None]


def evaluation(
    corpus: Annotated[Path, typer.Argument(help="labels.json, <id>.flac, enrol-<staff_voice>.flac")],
    out: Annotated[Path, typer.Option(help="Where report.html and report.json go")] = Path("out/eval"),
    events: Annotated[Path | None, typer.Option(help="Where <id>.jsonl go, as `calmdesk stream --events` writes them [OUT/events]")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this id or kind; may be repeated")] = None,
    no_enrolment: Annotated[bool, typer.Option("--no-enrolment", help="As if no staff member had enrolled")] = False,
    speed: Annotated[float, typer.Option(min=0.5, max=50, help="1 is real time; the outcome is the same, latencies need 1")] = 8.0,
    resume: Annotated[bool, typer.Option(help="Keep the streams that are there and complete; play the others")] = False,
    ablation: Annotated[bool, typer.Option("--ablate", help="The ear alone, without each cue and guard in turn; plays nothing")] = False,
) -> None:
    """Play every labelled conversation of CORPUS into a service of its own and report how well it heard.

    Exit status 2 when the corpus is broken (nothing is played then), 1 when the service fails; finished conversations are kept.
    """
    streams = events or out / "events"
    checked = _checked(corpus, only or [], not no_enrolment)
    settings = get_settings()
    about = {
        "corpus": corpus.resolve().name,
        "date": date.today().isoformat(),
        "version": version("calmdesk"),
        "enrolled": not no_enrolment,
        "asr": settings.asr.model,
        "settings": changed(settings.detection),
    }
    if resume or ablation:
        _same_run(streams, about)
    out.mkdir(parents=True, exist_ok=True)
    if ablation:
        _ablate(checked, settings, streams, out, enrolled=not no_enrolment)
    elif waiting := [one for one in checked.conversations if not (resume and is_complete(streams / f"{one.id}.jsonl"))]:
        streams.mkdir(parents=True, exist_ok=True)
        write_whole(streams / RUN, json.dumps(about, ensure_ascii=False).encode())
        _play(checked, waiting, streams, speed, enrolled=not no_enrolment)
    _report(checked, streams, out, about)


def changed(settings: DetectionSettings) -> dict[str, Any]:
    """The thresholds that are not the defaults: a figure is worth nothing without them."""
    usual = DetectionSettings().model_dump()
    return {name: value for name, value in settings.model_dump().items() if value != usual[name]}


def _same_run(streams: Path, about: dict[str, Any]) -> None:
    """Streams of other settings would be reported as if they were these: refused. Streams that came without a note are taken."""
    try:
        known = json.loads((streams / RUN).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return
    differing = [name for name in ("enrolled", "asr", "settings") if known.get(name) != about[name]]
    if differing:
        fail(f"已有的事件是用别的设置得到的 · the streams there were made otherwise: {', '.join(differing)} ({streams})", 2)


def _checked(folder: Path, only: list[str], enrolled: bool) -> Corpus:
    try:
        corpus = read_corpus(folder, only=only, enrolled=enrolled)
    except CorpusError as error:
        fail(f"标注数据有误，未运行 · the corpus is broken, nothing was run:\n{error}", 2)
        raise AssertionError("fail ends the command") from error
    for warning in corpus.warnings:
        console.print(str(warning), style="yellow", markup=False, highlight=False)
    return corpus


# ---- playing --------------------------------------------------------------------------------------------------------


def _play(corpus: Corpus, waiting: list[Conversation], streams: Path, speed: float, *, enrolled: bool) -> None:
    """Conversations one after the other into one service; each stream is written when its summary has come."""
    with tempfile.TemporaryDirectory(prefix="calmdesk-eval-") as folder, _failures():
        settings = own_settings(Path(folder))
        with console.status("准备数据库、模型和员工声音 · preparing …"):
            staff = {voice: _staff(settings, corpus, voice) for voice in {one.enrolment if enrolled else None for one in waiting}}
        with Service(Path(folder)) as service, _progress(sum(one.seconds for one in waiting)) as (progress, advance):
            for number, conversation in enumerate(waiting, 1):
                progress.console.print(f"[dim]{number}/{len(waiting)}[/] {conversation.id} {kind_name(conversation.kind)}")
                who = staff[conversation.enrolment if enrolled else None]
                write_stream(streams / f"{conversation.id}.jsonl", _heard(service, who, corpus.audio(conversation), speed, advance))


def _staff(settings: Settings, corpus: Corpus, enrolment: str | None) -> Staff:
    recording = None if enrolment is None else corpus.folder / enrolment
    try:
        return asyncio.run(prepare(settings, "eval", recording))
    except EnrolmentTooShortError as error:
        raise CorpusError([CorpusProblem(CorpusCode.ENROLMENT_SHORT, enrolment or "", detail=str(error))]) from error


def _heard(service: Service, staff: Staff, audio: Path, speed: float, advance: Advance) -> list[dict[str, Any]]:
    """Every message that a phone receives while it plays a recording. `advance` is told how far (s) the ear is."""
    received: list[dict[str, Any]] = []

    def take(message: dict[str, Any]) -> None:
        received.append(message)
        if message["type"] == "state":
            advance(message["at"])
        elif message["type"] == "summary":
            advance(message["seconds"])

    phone = Phone(service.url, staff.token, consent(True, current_notice("recording").version), take)
    asyncio.run(phone.play(read_audio(audio), speed))
    return received


@contextmanager
def _failures() -> Iterator[None]:
    """What ends the run, as one line."""
    try:
        yield
    except CorpusError as error:
        fail(str(error), 2)
    except (ServiceFailed, StreamRefused, TimeoutError) as error:
        fail(f"服务失败，已完成的对话保留，可用 --resume 继续 · the service failed; go on with --resume:\n{error}", 1)


@contextmanager
def _progress(seconds: float) -> Iterator[tuple[Progress, Advance]]:
    """A bar over the audio of all conversations; the advance is told the position (s) within the one that plays."""
    columns = (BarColumn(), TextColumn("{task.completed:.0f}/{task.total:.0f} s"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=seconds)
        last = 0.0

        def advance(position: float) -> None:
            nonlocal last
            progress.advance(task, position - last if position >= last else position)
            last = position

        yield progress, advance


# ---- reporting ------------------------------------------------------------------------------------------------------


def _report(corpus: Corpus, streams: Path, out: Path, about: dict[str, Any]) -> None:
    heard, missing = [], []
    for conversation in corpus.conversations:
        path = streams / f"{conversation.id}.jsonl"
        if not path.exists():
            missing.append(conversation.id)
            continue
        try:
            heard.append((conversation, read_stream(path)))
        except StreamError as error:
            fail(str(error), 2)
    if not heard:
        return
    found = evaluate(heard, missing, corpus.vocabulary, about)
    write_whole(out / "report.json", (json.dumps(found.document, ensure_ascii=False, indent=1) + "\n").encode())
    write_whole(out / "report.html", page(found, _known_ablation(out, about["corpus"])).encode())
    console.print(_figures(found))
    console.print(_conversations(found))
    console.print(f"报告 · report: {out / 'report.html'}", soft_wrap=True)


def _figures(found: Evaluation) -> Table:
    document = found.document
    table = Table(
        "数字 · figure", "值 · value", "95 %", "目标 · target", title=f"{found.about['corpus']} · {document['all']['hours'] * 60:.1f} min"
    )
    for headline in HEADLINES:
        value = lookup(document["all"], headline.path)
        interval = document["exact"].get(headline.path) or document["intervals"].get(headline.path)
        style = None if value is None or headline.reached is None else "green" if headline.reached(value) else "red"
        between = range_of(headline, interval) if value is not None else ""
        table.add_row(f"{headline.zh} · {headline.en}", shown(headline, value), between, headline.target, style=style)
    return table


def _conversations(found: Evaluation) -> Table:
    table = Table("对话", "情形 · kind", "结果 · outcome")
    for case in found.cases:
        words, good = outcome(case)
        table.add_row(case.conversation.id, kind_name(case.conversation.kind), words, style=None if good else "red")
    return table


def _ablate(corpus: Corpus, settings: Settings, streams: Path, out: Path, *, enrolled: bool) -> None:
    words = _words(corpus, settings, streams)
    without = "" if len(words) == len(corpus.conversations) else "，没有事件流的对话不含文字 · conversations without a stream have no words"
    console.print(f"只重跑听觉部分，文字取自事件流 · the ear alone, with the words of the streams{without}")
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console) as progress, _failures():
        task = progress.add_task("", total=len(corpus.conversations))

        def tell(conversation: str) -> None:
            progress.update(task, advance=1, description=conversation)

        try:
            done = ablate(corpus, settings.detection, words, enrolled=enrolled, tell=tell)
        except EnrolmentTooShortError as error:
            raise CorpusError([CorpusProblem(CorpusCode.ENROLMENT_SHORT, "enrol-*.flac", detail=str(error))]) from error
    write_whole(out / ABLATION, (json.dumps(done.document, ensure_ascii=False, indent=1) + "\n").encode())
    table = Table("去掉 · removed", "及时 · answered", "中位 · median", "p90", "误提醒/时 · false/h", "对 · right", "错 · wrong")
    for row in done.rows:
        delays = ["—" if value is None else f"{value:.1f} s" for value in (row.delay_median, row.delay_p90)]
        false = "—" if row.false_per_hour is None else f"{row.false_per_hour:.1f}"
        table.add_row(row.name, f"{row.hits}/{row.escalations}", *delays, false, f"{row.right:.3f}", f"{row.wrong:.3f}")
    console.print(table)


def _words(corpus: Corpus, settings: Settings, streams: Path) -> dict[str, tuple[Words, ...]]:
    """What was said, of the conversations that have a complete stream."""
    tools = Tools.of(LibraryWatcher(*places(settings)).library)
    paths = {conversation.id: streams / f"{conversation.id}.jsonl" for conversation in corpus.conversations}
    return {name: spoken(read_stream(path), tools) for name, path in paths.items() if is_complete(path)}


def _known_ablation(out: Path, corpus: str) -> Ablation | None:
    """The table of an earlier `--ablate` over the same corpus, if it is there."""
    try:
        known = Ablation.from_document(json.loads((out / ABLATION).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return known if known.corpus == corpus else None
