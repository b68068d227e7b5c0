"""`calmdesk db`: the schema."""

from __future__ import annotations

from typing import Annotated

import typer

from case_api.cli.common import err, out, plain_errors
from models import migrations
from models.settings import get_settings

app = typer.Typer(no_args_is_help=True, help="数据库结构 · the database's schema")


@app.command()
def upgrade(revision: Annotated[str, typer.Argument(help="Revision to go to")] = "head") -> None:
    """Bring the schema up to date (`serve` does it by itself)."""
    with plain_errors():
        migrations.upgrade(get_settings(), revision)
        out.print(f"schema at {migrations.current(get_settings())}")


@app.command()
def downgrade(
    revision: Annotated[str, typer.Argument(help="Revision to go back to; `base` removes every table")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Take the schema back. What the newer tables hold is lost."""
    if not yes:
        typer.confirm("数据可能丢失，继续？ · Data may be lost. Go on?", abort=True)
    with plain_errors():
        migrations.downgrade(get_settings(), revision)
        out.print(f"schema at {migrations.current(get_settings())}")


@app.command()
def current() -> None:
    """Show the database's revision and the program's."""
    with plain_errors():
        out.print(f"database {migrations.current(get_settings())}, program {migrations.head()}")


@app.command()
def check() -> None:
    """Compare the database with the program's tables; exit status 1 if they differ."""
    with plain_errors():
        found = migrations.differences(get_settings())
    for difference in found:
        err.print(repr(difference), highlight=False, markup=False)
    if found:
        raise typer.Exit(1)
    out.print("数据库结构一致 · the schema agrees")
