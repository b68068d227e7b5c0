"""`calmdesk db`: the schema."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from case_api.cli.common import err, fail, out, plain_errors
from models import migrations
from models.engine import database_url
from models.files import sync
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
def backup(target: Annotated[Path, typer.Argument(help="File to write; one that is there is not written over", dir_okay=False)]) -> None:
    """Copy a SQLite database whole while the service runs (docs/backup.md); PostgreSQL has pg_dump."""
    with plain_errors():
        url = database_url(get_settings())
    if url.get_backend_name() != "sqlite":
        fail("PostgreSQL 请用 pg_dump 备份 · back up PostgreSQL with pg_dump", 2)
    source = Path(url.database or "")
    if not source.is_file():
        fail(f"没有这个数据库 · there is no such database: {source}", 1)
    if target.exists():
        fail(f"文件已存在 · there is such a file already: {target}", 1)
    part = target.with_name(f"{target.name}.part")
    try:
        rows = _copy(source, part)
        part.rename(target)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        fail(f"备份失败 · the copy failed: {error}", 1)
    out.print(f"已备份，审计记录 {rows} 条 · copied, with {rows} audit records: {target}", highlight=False, markup=False, soft_wrap=True)


def _copy(source: Path, part: Path) -> int:
    """Everything that was committed, also what is still in the log: how many audit records. Raises sqlite3.Error, OSError."""
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # whole ID and account numbers are in it
    with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old, closing(sqlite3.connect(part)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
        # not quick_check: to SQLite 3.40's a table WITHOUT ROWID holds NULL where its key's columns stand in another order
        [found] = new.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        [rows] = new.execute("SELECT count(*) FROM audit_record").fetchone()
    sync(part)
    return int(rows)


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
