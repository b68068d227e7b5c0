"""`calmdesk audit`: whether the record of who did what is whole."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from case_api.cli.common import AsJson, err, out, print_json, run
from case_api.trace.service import Verdict
from case_api.trace.service import verify as walk
from models.engine import Factory, reading
from models.settings import Settings

app = typer.Typer(no_args_is_help=True, help="审计记录 · the audit record")


@app.command()
def verify(
    first: Annotated[int, typer.Option("--from", min=1, help="Record to begin at; the one before it is trusted")] = 1,
    as_json: AsJson = False,
) -> None:
    """Walk the hash chain; exit status 1 at the first record that was changed, removed or put in."""

    async def work(factory: Factory, _: Settings) -> Verdict:
        async with reading(factory) as db:
            return await walk(db, first)

    found = run(work)
    if as_json:
        print_json(asdict(found))
    elif found.broken is None:
        out.print(f"审计链完整，共 {found.checked} 条 · the chain holds, {found.checked} records, last {found.last_hash}", highlight=False)
    else:
        err.print(
            f"审计链在第 {found.broken} 条（{found.action}）断开，此前 {found.checked} 条完整 · "
            f"the chain breaks at record {found.broken} ({found.action}); the {found.checked} before it hold",
            style="red",
            highlight=False,
            markup=False,
        )
    if found.broken is not None:
        raise typer.Exit(1)
