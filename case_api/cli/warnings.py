"""`calmdesk warnings`: large files of events, and rules tried on the past, for whoever has a shell on the server."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, get_args

import typer
import yaml
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from case_api.cli.common import AsJson, err, out, print_json, run
from case_api.early_warning.backtest import service as backtests
from case_api.early_warning.backtest.rules import measure
from case_api.early_warning.backtest.schemas import BacktestIn, BacktestOut
from case_api.early_warning.board.repository import waiting
from case_api.early_warning.board.watch import look
from case_api.early_warning.imports import service as imports
from case_api.early_warning.imports.rules import FileMapping
from case_api.early_warning.rule_sets.rules import RuleSet
from case_api.early_warning.rule_sets.service import rules_in_force
from case_api.early_warning.sources.service import named
from case_api.intake.imports.schemas import fault_out
from case_api.problems import Problem, ProblemCode
from case_api.sites.repository import site_by_code
from models.audit import Actor
from models.base import utc_now
from models.crm import ToldKind
from models.engine import Factory, reading, transaction
from models.settings import Settings

app = typer.Typer(no_args_is_help=True, help="实时预警 · early warnings: import events, try rules on the past")

ROWS_MAX = 10_000_000
SiteCode = Annotated[str, typer.Option("--site", help="Code of the site")]
STAGES = {"read": "读取 · reading", "taken": "导入 · importing", "looked": "检查客户 · examining customers", "tried": "回测 · backtest"}


class Bar:
    """A progress bar on standard error, one line a stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def __call__(self, stage: str, done: int, total: int | None = None) -> None:
        """So much of a stage is done."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(STAGES[stage], total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)


@contextmanager
def bar() -> Iterator[Bar]:
    """Shown while the work inside goes on; nothing is drawn where nobody looks (a file, a pipe)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as progress:
        yield Bar(progress)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV or Excel file, as docs/early-warning.md says", exists=True, dir_okay=False)],
    source: Annotated[str, typer.Option(help="Whose events these are, by name; made if there is no such source")],
    site: Annotated[str | None, typer.Option(help="Code of the site of lines that name none")] = None,
    mapping: Annotated[Path | None, typer.Option(help="JSON or YAML: columns, kinds, kind", exists=True, dir_okay=False)] = None,
    kind: Annotated[str | None, typer.Option(help=f"Kind of every line: {', '.join(get_args(ToldKind))}")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is wrong with the file")] = False,
    as_json: AsJson = False,
) -> None:
    """Read the whole FILE, then take every event that is not there yet. Cut off or repeated, it goes on where it was.

    Exit status 1, and nothing imported, if any line is wrong.
    """

    async def work(factory: Factory, settings: Settings) -> tuple[imports.Checked, int, int]:
        with file.open("rb") as stream, bar() as shown:
            return await import_file(factory, stream, source, site, _mapping(mapping, kind), shown, dry_run=dry_run)

    checked, taken, known = run(work)
    faults = [fault_out(fault) for fault in checked.faults]
    if as_json:
        told = {"lines": checked.lines, "taken": taken, "known": known, "faulty": checked.faulty}
        print_json(told | {"dry_run": dry_run, "faults": [fault.model_dump() for fault in faults]})
    else:
        for fault in faults:
            err.print(f"{fault.line}: {fault.column} {fault.zh} · {fault.en}", style="red", highlight=False, markup=False)
        out.print(
            f"事件 · events: {checked.lines}；有误 · faulty: {checked.faulty}；新 · new: {taken}；已有 · known: {known}", highlight=False
        )
    raise typer.Exit(1 if checked.faulty else 0)


async def import_file(
    factory: Factory, stream: BinaryIO, source: str, site_code: str | None, mapping: FileMapping, shown: Bar, *, dry_run: bool = False
) -> tuple[imports.Checked, int, int]:
    """What the file holds, and how many of its events were new and known. Raises Problem: site_unknown."""
    now, who = utc_now(), Actor(f"cli:{getpass.getuser()}")
    async with transaction(factory) as db:
        found = await site_by_code(db, site_code) if site_code is not None else None
        if site_code is not None and found is None:
            raise Problem(ProblemCode.SITE_UNKNOWN, site_code)
        row = await named(db, source, who, now)
    job = imports.File(stream, mapping, row, found.id if found is not None else None, ROWS_MAX)
    context = await imports.context_of(factory, job, now)
    checked = await imports.check(job, context, shown)
    if dry_run or checked.faulty:
        return checked, 0, 0
    taken, known = await imports.bring_in(factory, job, context, who, lambda stage, done: shown(stage, done, checked.lines))
    return checked, taken, known


def _mapping(path: Path | None, kind: str | None) -> FileMapping:
    told = yaml.safe_load(path.read_text(encoding="utf-8")) if path is not None else {}
    if not isinstance(told, dict):
        raise ValueError("the mapping holds no columns")
    mapping = FileMapping.model_validate(told | ({"kind": kind} if kind is not None else {}))
    mapping.headers()
    return mapping


@app.command()
def examine() -> None:
    """Look at every customer who waits for it now, instead of waiting for the service to do so."""

    async def work(factory: Factory, settings: Settings) -> int:
        with bar() as shown:
            return await examine_all(factory, shown)

    out.print(f"已检查客户 · customers examined: {run(work)}", highlight=False)


async def examine_all(factory: Factory, shown: Bar) -> int:
    """How many customers were looked at."""
    now, done = utc_now(), 0
    async with reading(factory) as db:
        total = await waiting(db, now)
    while found := await look(factory, now):
        done += found
        shown("looked", done, total)
    return done


@app.command()
def backtest(
    site: SiteCode,
    since: Annotated[datetime, typer.Option(help="Begin of the period, local time")],
    until: Annotated[datetime, typer.Option(help="Its end")],
    horizon: Annotated[int, typer.Option(min=1, max=180, help="Days within which a request has to follow an alarm")] = 30,
    rules: Annotated[Path | None, typer.Option(help="JSON or YAML with a rule set; without it what holds at the site", exists=True)] = None,
    as_json: AsJson = False,
) -> None:
    """What a rule set would have seen at a site, against the withdrawal requests that came."""

    async def work(factory: Factory, settings: Settings) -> BacktestOut:
        async with reading(factory) as db:
            found = await site_by_code(db, site)
            if found is None:
                raise Problem(ProblemCode.SITE_UNKNOWN, site)
            held = (await rules_in_force(db, utc_now())).at_site(found.id).rules
        tried = RuleSet.model_validate(yaml.safe_load(rules.read_text(encoding="utf-8"))) if rules is not None else held
        body = BacktestIn(site_id=found.id, since=since.astimezone(), until=until.astimezone(), horizon_days=horizon)
        backtests.demand_past(body.since, body.until, utc_now())
        with bar() as shown:
            return await backtests.run(
                factory,
                body,
                tried,
                lambda job: asyncio.to_thread(measure, job),
                customers_max=None,
                progress=lambda done, total: shown("tried", done, total),
            )

    found = run(work)
    if as_json:
        print_json(found.model_dump())
        return
    _tell(found)


def _tell(found: BacktestOut) -> None:
    table = Table("", "")
    lead = found.lead_hours
    for name, value in {
        "预警 · alarms": f"{found.alarms}（待定 · undecided {found.undecided}）",
        "退房申请 · requests": str(found.requests),
        "准确率 · precision": _share(found.precision),
        "召回率 · recall": _share(found.recall),
        "提前 · lead time": f"{lead.median / 24:.1f} d ({lead.first / 24:.1f}-{lead.third / 24:.1f})" if lead else "-",
    }.items():
        table.add_row(name, value)
    for one in found.indicators:
        table.add_row(one.code, f"{one.right}/{one.alarms}")
    out.print(table)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
