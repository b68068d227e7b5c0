"""`calmdesk mine`: learning from conversations, for whoever runs the service. Sees every site."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column
from rich.table import Table as Grid
from sqlalchemy import or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from case_api.cli.common import AsJson, fail, out, print_json, run
from case_api.documents.pdf import Language
from case_api.documents.pdf import render as render_pdf
from case_api.documents.pool import Renderer
from case_api.learning.digest import pages
from case_api.learning.digest import service as digests
from case_api.learning.export.files import Form
from case_api.learning.export.files import render as render_log
from case_api.learning.export.service import table as log_table
from case_api.learning.keywords import service as keywords
from case_api.learning.keywords.schemas import Frequencies
from case_api.learning.scope import DEFAULT_DAYS, MOST_DAYS, Scope
from case_api.learning.scripts import service as scripts
from case_api.learning.scripts.schemas import Effects, RankingOut
from case_api.learning.terms import service as terms
from case_api.learning.terms.schemas import Compare, Phrases
from models.audit import Actor
from models.base import utc_now
from models.engine import Factory, reading, transaction
from models.settings import Settings
from models.sites import CHINA, Site
from scripts_library.library import Library, places
from scripts_library.mining.frequency import Dimension
from scripts_library.mining.masking import Masker
from scripts_library.mining.masking_check import check, read
from scripts_library.mining.words import Segmenter

app = typer.Typer(help="从会话中学习 · learn from conversations: complaints, scripts, new terms, digest.", no_args_is_help=True)

Days = Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="Conversations of the last so many days")]
Out = Annotated[Path, typer.Option("--out", help="File to write")]
SiteName = Annotated[str | None, typer.Option("--site", help="Only this site: its code, name or id")]


async def _site(db: AsyncSession, named: str | None) -> str | None:
    """The id of the site that is called so; ends the command with status 2 where there is none."""
    if named is None:
        return None
    found = (
        await db.scalars(select(Site.id).where(or_(Site.code == named, Site.name == named, Site.name_en == named, Site.id == named)))
    ).all()
    if len(found) != 1:
        codes = (await db.scalars(select(Site.code).order_by(Site.code))).all()
        fail(f"--site 没有这个案场 · no such site: {named}（{' '.join(codes)}）", 2)
    return found[0]


async def _scope(db: AsyncSession, days: int, site: str | None = None) -> Scope:
    now = utc_now()
    return Scope(true(), now - timedelta(days=days), now, await _site(db, site))


def _write(target: Path, content: bytes) -> None:
    try:
        target.write_bytes(content)
    except OSError as error:
        fail(f"写不进文件 · the file cannot be written: {target} ({error.strerror})", 1)
    out.print(str(target), highlight=False)


def _writable(target: Path) -> None:
    """Before minutes of work are spent on it."""
    if not target.parent.is_dir():
        fail(f"没有这个目录 · no such directory: {target.parent}", 2)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        fail(f"读不了文件 · the file cannot be read: {file} ({getattr(error, 'strerror', None) or 'UTF-8'})", 2)


@app.command("keywords")
def keywords_(
    by: Annotated[str, typer.Option(help="term category site staff cause outcome")] = "term",
    days: Days = DEFAULT_DAYS,
    site: SiteName = None,
    as_json: AsJson = False,
) -> None:
    """How often customers complained of what."""
    if by not in ("term", "category", "site", "staff", "cause", "outcome"):
        fail("--by: term category site staff cause outcome", 2)
    side: Dimension = by  # type: ignore[assignment]

    async def work(factory: Factory, settings: Settings) -> Frequencies:
        async with reading(factory) as db:
            return await keywords.counted(db, await _scope(db, days, site), side, Library.load(*places(settings)), None, None)

    found = run(work)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    grid = Grid(
        "名称 · name",
        "会话 · conversations",
        "每百次 · per 100",
        "次数 · hits",
        title=f"{found.sessions} 次录音会话 · recorded conversations",
    )
    for one in found.items[:50]:
        grid.add_row(one.label, str(one.sessions), f"{one.per_100:.1f}", str(one.hits))
    out.print(grid if found.items else "没有投诉词 · no complaint term")


@app.command("terms")
def terms_(
    compare: Annotated[str, typer.Option(help="escalated: against calm conversations; recent: against earlier ones")] = "escalated",
    days: Days = DEFAULT_DAYS,
    site: SiteName = None,
    as_json: AsJson = False,
) -> None:
    """Phrases that the lexicon does not have and that conversations gone wrong, or the newest ones, hold more often."""
    if compare not in ("escalated", "recent"):
        fail("--compare: escalated recent", 2)
    kind: Compare = compare  # type: ignore[assignment]

    async def work(factory: Factory, settings: Settings) -> Phrases:
        async with reading(factory) as db:
            return await terms.phrases(db, await _scope(db, days, site), Library.load(*places(settings)), kind, 20)

    found = run(work)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    grid = Grid("说法 · phrase", "得分 · score", "此类每百次 · per 100", "其他每百次 · of others")
    for one in found.items:
        grid.add_row(one.text, f"{one.score:.1f}", f"{one.per_100:.1f}", f"{one.per_100_others:.1f}")
    out.print(grid if found.items else "没有明显的新说法 · nothing new")


@app.command("scripts")
def scripts_(
    days: Days = DEFAULT_DAYS,
    learn: Annotated[bool, typer.Option("--learn", help="Keep what was found: sites whose ranking learns use it from now on")] = False,
    site: SiteName = None,
    as_json: AsJson = False,
) -> None:
    """What each script achieves, of nobody by name."""
    if learn and site is not None:
        fail("--learn 不按案场：排序是大家共用的 · not of one site: everybody's ranking is learned", 2)

    async def work(factory: Factory, settings: Settings) -> tuple[Effects, RankingOut | None]:
        async with reading(factory) as db:
            scope = await _scope(db, days, site)
            found = await scripts.effects(db, scope, Library.load(*places(settings)), "script", 30)
        if not learn:
            return found, None
        learned = await scripts.learn(factory, scope)
        async with transaction(factory) as write:
            version = await scripts.keep_ranking(write, Actor("calmdesk mine"), utc_now(), learned)
        return found, scripts.ranking_out(version)

    found, kept = run(work)
    if as_json:
        print_json({"effects": found.model_dump(mode="json"), "ranking": kept.model_dump(mode="json") if kept else None})
        return
    script, verdict = (Column(head, overflow="fold") for head in ("话术 · script", "结论 · verdict"))
    grid = Grid(script, "次数 · moments", "30 秒后 · after 30 s", "95 %", verdict)
    for item in found.items:
        one = item.effects[0]
        span = f"{one.low:+.2f} … {one.high:+.2f}" if one.low is not None and one.high is not None else "–"
        grid.add_row(
            f"{item.key}\n{item.text}".strip(), str(one.moments), f"{one.mean:+.2f}" if one.mean is not None else "–", span, one.zh
        )
    out.print(grid if found.items else "还没有提示 · no prompt yet")
    if kept is not None:
        out.print(f"排序版本 · ranking {kept.id}: {len(kept.scripts)} 条话术 · scripts", highlight=False)


@app.command()
def masking(file: Annotated[Path, typer.Argument(help="Sentences with {kind:text} marks, one a line")], as_json: AsJson = False) -> None:
    """Measure masking on marked sentences: recall of the marks, precision of the masks. Below a recall of .99 the status is 1."""
    sentences, masker = read(_lines(file)), Masker(Segmenter(Library.load()))
    parts = {"all": sentences, "held_out": [one for one in sentences if one.held_out]}
    found = {name: check(part, masker) for name, part in parts.items() if part}
    report: dict[str, Any] = {
        name: {
            "sentences": len(parts[name]),
            "marks": one.marks,
            "recall": round(one.recall, 4),
            "precision": round(one.precision, 4),
            "needless": round(one.spoilt, 4),
        }
        for name, one in found.items()
    }
    report["by_kind"] = {kind: f"{found['all'].found_by_kind[kind]}/{count}" for kind, count in found["all"].by_kind.items()}
    report["missed"] = found["all"].missed
    if as_json:
        print_json(report)
    else:
        for name, value in report.items():
            out.print(f"{name}: {value}", highlight=False, markup=False)
    raise typer.Exit(0 if found["all"].recall >= 0.99 else 1)


@app.command()
def groups(
    file: Annotated[Path, typer.Argument(help="Sentences with their meaning, `meaning | sentence`, one a line")], as_json: AsJson = False
) -> None:
    """Measure grouping on sentences of known meaning: adjusted Rand index and V-measure, beside what plainer vectors would do."""
    from scripts_library.mining import clusters_check  # and with it scikit-learn, a second that no other command has to wait

    sentences, library = clusters_check.read(_lines(file)), Library.load()
    parts = {part: [one for one in sentences if one.part == part] for part in dict.fromkeys(one.part for one in sentences)}
    if not all(len({one.meaning for one in part}) > 1 for part in parts.values()) or not parts:
        fail("每部分须有两种以上意思 · each part needs two meanings or more", 2)
    found = {part: {name: asdict(one) for name, one in clusters_check.check(said, library).items()} for part, said in parts.items()}
    if as_json:
        print_json(found)
        return
    grid = Grid("部分 · part", "方法 · by", "组数 · groups", "ARI", "V")
    for part, methods in found.items():
        for name, one in methods.items():
            grid.add_row(part, name, *(str(value) for value in one.values()))
    out.print(grid)


@app.command()
def digest(
    target: Out,
    week: Annotated[str | None, typer.Option(help="Its Monday, 2026-01-05; the last whole week if left out")] = None,
    base: Annotated[str, typer.Option(help="Address of the service, for the links to the recordings")] = "",
    language: Annotated[Language, typer.Option("--lang", help="zh, en; what was said stays as it was")] = "zh",
    site: SiteName = None,
) -> None:
    """The week for a training session; a name that ends in .pdf, .html or .json says as what."""
    today = utc_now().astimezone(CHINA).date()
    monday = _monday(week) if week else today - timedelta(days=today.weekday() + 7)
    if monday is None or monday.weekday() or monday > today:
        fail("--week 须为已开始的一周的周一，如 2026-01-05 · the Monday of a week that has begun, like 2026-01-05", 2)
    if target.suffix not in (".pdf", ".html", ".json"):
        fail("文件名须以 .pdf .html .json 结尾 · a name that ends in .pdf, .html or .json", 2)
    _writable(target)

    async def work(factory: Factory, settings: Settings) -> bytes:
        with closing(Renderer()) as renderer:
            async with reading(factory) as db:
                found = await digests.digest(db, true(), await _site(db, site), monday, Library.load(*places(settings)), renderer)
        if target.suffix == ".pdf":
            return await asyncio.to_thread(render_pdf, pages.document(found, utc_now(), base, language))
        return (pages.html(found, base, language) if target.suffix == ".html" else found.model_dump_json(indent=2)).encode()

    _write(target, run(work))


def _monday(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None


@app.command()
def export(
    target: Out,
    days: Days = DEFAULT_DAYS,
    language: Annotated[Language, typer.Option("--lang", help="zh, en: headings and names in a spreadsheet")] = "zh",
    site: SiteName = None,
) -> None:
    """The keyword log without names and numbers; a name that ends in .csv, .xlsx or .json says as what."""
    form = target.suffix.removeprefix(".")
    if form not in ("csv", "xlsx", "json"):
        fail("文件名须以 .csv .xlsx .json 结尾 · a name that ends in .csv, .xlsx or .json", 2)
    _writable(target)
    kind: Form = form  # type: ignore[assignment]

    async def work(factory: Factory, settings: Settings) -> bytes:
        async with reading(factory) as db:
            table = await log_table(db, await _scope(db, days, site), Library.load(*places(settings)), utc_now(), None, None)
        return await asyncio.to_thread(render_log, table, kind, language)

    _write(target, run(work))
