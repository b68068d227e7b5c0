"""`calmdesk retention`: remove what has been kept long enough."""

from __future__ import annotations

from typing import Annotated

import typer

from case_api.cli.common import AsJson, out, print_json, run
from case_api.retention.run import Passed
from case_api.retention.run import run as go_through
from models.base import utc_now
from models.engine import Factory
from models.settings import Settings

KINDS = {"case": "案件 · case", "session": "会话 · conversation"}
app = typer.Typer(no_args_is_help=True, help="保存期限 · retention")


@app.callback()
def retention() -> None:
    """Records are kept for two years at the least."""


@app.command("run")
def run_(dry: Annotated[bool, typer.Option("--dry-run", help="Only say what is due")] = False, as_json: AsJson = False) -> None:
    """Delete every case and conversation whose retention period is over and that no legal hold keeps, with its files."""

    async def work(factory: Factory, settings: Settings) -> Passed:
        return await go_through(factory, settings, utc_now(), dry=dry)

    passed = run(work)
    if as_json:
        kept = [one.model_dump(mode="json") | {"why": why} for one, why in passed.kept]
        removed = [one.model_dump(mode="json") for one in passed.removed]
        print_json(
            {
                "dry_run": dry,
                "removed": removed,
                "kept": kept,
                "held": passed.held,
                "cleared": passed.cleared,
                "orphans": passed.orphans,
                "events": passed.events,
                "acknowledgements": passed.acknowledgements,
            }
        )
        return
    for one in passed.removed:
        out.print(f"{KINDS[one.kind]} {one.code or one.id} {one.removal_at:%Y-%m-%d}", highlight=False)
    for one, why in passed.kept:
        out.print(f"未删除 · not removed: {KINDS[one.kind]} {one.code or one.id} ({why})", highlight=False)
    verb = "到期 · due" if dry else "已删除 · removed"
    held = f"保全中 · held: {passed.held}"
    out.print(f"{verb}: {len(passed.removed)}；{held}；孤立文件 · orphans: {passed.orphans}", highlight=False)
    if passed.acknowledgements:
        out.print(f"共居人确认书 · co-residents' acknowledgements: {passed.acknowledgements}", highlight=False)
    if passed.events:
        out.print(f"CRM 事件 · CRM events: {passed.events}", highlight=False)
