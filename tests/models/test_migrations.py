"""Migrations: what they build is what the tables say, from nothing and back to nothing, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect, text

from models import migrations
from models.engine import database_url
from models.settings import Settings
from models.tables import Base
from tests.conftest import POSTGRES_URL, administer, databases

SEARCHED = ("case_search_index", "utterance_search_index", "utterance_search_place", "utterance_search_sound")


@pytest.fixture(params=databases())
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a database without tables."""
    if request.param == "sqlite":
        yield Settings(data_dir=tmp_path)
        return
    name = f"calmdesk_migrations_{tmp_path.name.replace('-', '_')}"[:60].lower()
    administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # a run that was killed left it
    administer(f"CREATE DATABASE {name}")
    yield Settings(data_dir=tmp_path, database_url=POSTGRES_URL.rsplit("/", 1)[0] + f"/{name}")
    administer(f"DROP DATABASE {name} WITH (FORCE)")


def tables_and_checks(settings: Settings) -> tuple[set[str], set[str]]:
    """Names of the tables, and of the CHECK constraints, which alembic does not compare."""
    url = database_url(settings)
    engine = create_engine(url.set(drivername="sqlite") if url.get_backend_name() == "sqlite" else url, poolclass=NullPool)
    with engine.connect() as connection:
        found = inspect(connection)
        tables = {name for name in found.get_table_names() if not name.startswith(SEARCHED)} - {"alembic_version"}
        return tables, {str(check["name"]) for table in tables for check in found.get_check_constraints(table)}


def declared_checks() -> set[str]:
    engine = create_engine("sqlite://", poolclass=NullPool)
    with engine.connect() as connection:
        Base.metadata.create_all(connection)
        found = inspect(connection)
        return {str(check["name"]) for table in Base.metadata.tables for check in found.get_check_constraints(table)}


def test_the_migrated_schema_is_what_the_tables_declare(empty: Settings) -> None:
    assert migrations.current(empty) is None
    migrations.upgrade(empty)
    assert migrations.current(empty) == migrations.head()
    assert migrations.differences(empty) == []
    assert tables_and_checks(empty) == (set(Base.metadata.tables), declared_checks())


def test_an_upgrade_can_be_repeated_and_taken_back(empty: Settings) -> None:
    migrations.upgrade(empty)
    migrations.upgrade(empty)
    migrations.downgrade(empty, "base")
    assert tables_and_checks(empty)[0] == set()
    migrations.upgrade(empty)
    assert migrations.differences(empty) == []


def test_processes_that_start_together_migrate_once(empty: Settings) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrations.upgrade, [empty] * 4))
    assert migrations.differences(empty) == []


def test_a_migration_that_leaves_rows_referring_to_nothing_is_rolled_back(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    migrations.upgrade(settings)
    with pytest.raises(RuntimeError, match="refer to nothing"), migrations._connection(settings) as connection:
        connection.execute(text("INSERT INTO person_role (id, person_id, role) VALUES ('r', 'nobody', 'staff')"))
    with migrations._connection(settings) as connection:
        assert connection.execute(text("SELECT count(*) FROM person_role")).scalar_one() == 0
