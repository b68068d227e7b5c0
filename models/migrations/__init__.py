"""Migrations, run by the program itself: `upgrade` at start, the rest by `calmdesk db`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine

from models.engine import database_url, listen_sqlite
from models.settings import Settings
from models.tables import Base

_UPGRADE_LOCK = 7_214_001  # any number that no other program on the same PostgreSQL uses
PATIENCE_SECONDS = 60.0
"""How long a process that starts waits while another one migrates."""


@contextmanager
def _connection(settings: Settings) -> Iterator[Connection]:
    """One transaction that no other migration can run beside.

    SQLite rebuilds a table to alter it; with foreign keys on, dropping the old one would delete what refers to it. They are off
    here, and checked before the commit.
    """
    url = database_url(settings)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite:
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool, connect_args={"timeout": PATIENCE_SECONDS})
        listen_sqlite(engine, foreign_keys=False)
    else:
        engine = create_engine(url, poolclass=NullPool)
    with engine.connect().execution_options(calmdesk_immediate=True) as connection, connection.begin():
        if not sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})")
        yield connection
        if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            raise RuntimeError(f"the migration left {len(broken)} rows that refer to nothing, the first in {broken[0][0]}")
    engine.dispose()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(settings: Settings, revision: str = "head") -> None:
    """Bring the schema to `revision`; nothing happens if it is there."""
    with _connection(settings) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(settings: Settings, revision: str) -> None:
    """Take the schema back to `revision` (`base` removes every table with its rows)."""
    with _connection(settings) as connection:
        command.downgrade(_config(connection), revision)


def head() -> str | None:
    """The newest revision this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current(settings: Settings) -> str | None:
    """The revision of the database; None for an empty one."""
    with _connection(settings) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def differences(settings: Settings) -> list[object]:
    """What differs between the database and the tables of the program; empty if they agree."""
    with _connection(settings) as connection:
        options = {"compare_type": True, "include_name": _declared}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


_SEARCHED = ("case_search_index", "utterance_search_index", "utterance_search_place", "utterance_search_sound")


def _declared(name: str | None, type_: str, _: object) -> bool:
    """The indexes that cases and transcripts are searched by (migrations 0010, 0018, 0029) cannot be declared for both databases."""
    return type_ not in ("table", "index") or not (name or "").startswith(_SEARCHED)
