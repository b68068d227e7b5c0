"""A migrated database of each kind, the application on it, and people who are signed in."""

from __future__ import annotations

import gc
import os
import secrets
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psycopg
import pytest
from fastapi import FastAPI
from hypothesis import settings as effort
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import URL, Select, event, make_url, select
from sqlalchemy.ext.asyncio import AsyncEngine

from case_api.accounts.service import issue_token
from case_api.application import create_app
from case_api.documents.pool import Renderer
from case_api.logs import configure
from case_api.policies.service import SINCE_EVER, install_defaults
from models import migrations
from models.base import utc_now
from models.engine import Factory, create_engine, reading, session_factory, transaction
from models.people import Person, PersonRole
from models.policies import PolicyPosting, PolicyVersion
from models.settings import Settings
from models.sites import Site
from models.tables import Base

T = TypeVar("T")

POSTGRES_URL = os.environ.get("CALMDESK_TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
PASSWORD = "correct horse battery"
# A real argon2id hash, made with little memory: the cost is in the hash, so checking it is quick too.
PASSWORD_HASH = Argon2Hasher(time_cost=1, memory_cost=256).hash(PASSWORD)

# The same tree gives the same answer twice; `make fuzz` looks at new examples every time.
effort.register_profile("repeatable", derandomize=True, deadline=None)
effort.register_profile("fuzz", derandomize=False, print_blob=True, deadline=None)
effort.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

PLAIN = Settings()
"""Read once: two milliseconds for each of five thousand tests."""

gc.disable()
"""Until everything is collected. What modules and five thousand tests hold is no garbage: to look through it again and again took a third
of the collection and a sixth of the tests."""

MakePerson = Callable[..., Awaitable[Person]]
SignIn = Callable[..., Awaitable[dict[str, str]]]


def databases() -> list[str]:
    """`CALMDESK_TEST_DATABASES` names them; else SQLite, and PostgreSQL where a server answers or one was named."""
    named = os.environ.get("CALMDESK_TEST_DATABASES")
    if named:
        return named.split(",")
    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=2).close()
    except psycopg.OperationalError:
        if "CALMDESK_TEST_POSTGRES_URL" in os.environ:
            raise
        return ["sqlite"]
    return ["sqlite", "postgresql"]


def administer(statement: str) -> None:
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "in_turn: each of these tests runs on one database, and the next one on the next")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is slow and no matter of one database's SQL runs once: a test marked `in_turn` on the first, the next one on the second."""
    kinds: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        database = item.callspec.params.get("migrated") if hasattr(item, "callspec") else None
        if database and item.get_closest_marker("in_turn"):
            kinds[item.nodeid.replace(database, "", 1)].append(item)
    left = [item for number, same in enumerate(kinds.values()) for place, item in enumerate(same) if place != number % len(same)]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def logs() -> None:
    """As the product logs them. structlog's own default draws tracebacks with every local variable: seconds, on the event loop."""
    configure(PLAIN)


@pytest.fixture(scope="session", params=databases())
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """The address of a migrated, empty database; PostgreSQL's goes with the test session."""
    if request.param == "sqlite":
        folder = tmp_path_factory.mktemp("template")
        migrations.upgrade(Settings(data_dir=folder))
        yield make_url(f"sqlite:///{folder / 'calmdesk.db'}")
        return
    name = f"calmdesk_test_{secrets.token_hex(4)}"
    administer(f"CREATE DATABASE {name}")
    administer(f"ALTER DATABASE {name} SET synchronous_commit = off")  # no test pulls the plug: see `engine`
    url = make_url(POSTGRES_URL).set(database=name)
    migrations.upgrade(Settings(database_url=url.render_as_string(hide_password=False)))
    yield url
    administer(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(migrated: URL, tmp_path: Path) -> Settings:
    """Settings of a data folder and an empty database of one's own."""
    if migrated.get_backend_name() == "sqlite":
        shutil.copy(str(migrated.database), tmp_path / "calmdesk.db")
        return Settings(data_dir=tmp_path)
    url = migrated.render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        emptied = "; ".join(f'DELETE FROM "{table}"' for table in Base.metadata.tables)  # one trip to the server, not sixty
        connection.execute(f"SET session_replication_role = replica; {emptied}")  # type: ignore[arg-type]  # past the audit's triggers
    return Settings(data_dir=tmp_path, database_url=url)


@pytest.fixture
async def engine(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The product's own, but that its commits do not wait for the disk: that is for when the power fails."""
    made = create_engine(settings)
    if made.dialect.name == "sqlite":
        event.listen(made.sync_engine, "connect", _no_sync)
    yield made
    await made.dispose()


def _no_sync(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


@pytest.fixture
def factory(engine: AsyncEngine) -> Factory:
    return session_factory(engine)


class Rows:
    """For looking at rows: each question sees what is committed when it is asked."""

    def __init__(self, factory: Factory) -> None:
        self._factory = factory

    async def scalars(self, query: Select[T]) -> Sequence[T]:
        async with reading(self._factory) as session:
            return (await session.scalars(query)).all()

    async def one(self, query: Select[T]) -> T:
        [row] = await self.scalars(query)
        return row


@pytest.fixture
def rows(factory: Factory) -> Rows:
    return Rows(factory)


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    """One pool of processes for all applications: each takes seconds to start, and holds nothing of any."""
    made = Renderer()
    yield made
    made.close()


@pytest.fixture
def app(settings: Settings, engine: AsyncEngine, renderer: Renderer) -> FastAPI:
    made = create_app(settings, engine=engine)
    made.state.renderer = renderer
    return made


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://calmdesk.test") as made:
        yield made


@pytest.fixture
async def site(factory: Factory) -> Site:
    async with transaction(factory) as session:
        made = Site(code="HD", name="海德花园")
        session.add(made)
    return made


@pytest.fixture
async def other_site(factory: Factory) -> Site:
    async with transaction(factory) as session:
        made = Site(code="YL", name="云麓")
        session.add(made)
    return made


@pytest.fixture
async def policies(factory: Factory) -> None:
    """The policies of the source as a first start installs them: tiers and deadlines in force, the refund steps a draft."""
    async with transaction(factory) as session:
        await install_defaults(session, utc_now())


@pytest.fixture
async def refund_policy(factory: Factory, policies: None, site: Site, make_person: MakePerson) -> str:
    """The refund steps of the source, authorised by legal, posted at `site` and in force since ever; the version's id."""
    legal = await make_person("group-legal", ("legal", None))
    manager = await make_person("poster", ("site_manager", site.id))
    async with transaction(factory) as session:
        row = (await session.scalars(select(PolicyVersion).where(PolicyVersion.kind == "refund"))).one()
        row.status, row.authorised_by, row.authorised_at = "published", legal.id, SINCE_EVER
        row.published_by, row.published_at, row.effective_from = manager.id, SINCE_EVER, SINCE_EVER
        session.add(PolicyPosting(policy_id=row.id, site_id=site.id, proof="大厅公示栏", posted_by=manager.id, posted_at=SINCE_EVER))
    return row.id


@pytest.fixture
def make_person(factory: Factory) -> MakePerson:
    """`await make_person("lijing", ("staff", site.id), …)`; the password is `PASSWORD`."""

    async def make(username: str, *roles: tuple[str, str | None], must_change: bool = False) -> Person:
        person = Person(
            username=username,
            display_name=username.title(),
            password_hash=PASSWORD_HASH,
            must_change_password=must_change,
            roles=[PersonRole(role=role, site_id=site_id) for role, site_id in roles],
        )
        async with transaction(factory) as session:
            session.add(person)
        return person

    return make


@pytest.fixture
def sign_in(factory: Factory, settings: Settings) -> SignIn:
    """The headers of a person who is signed in: `await client.get(…, headers=await sign_in(person))`."""

    async def headers(person: Person) -> dict[str, str]:
        async with transaction(factory) as session:
            token, _ = issue_token(session, person, settings.auth)
        return {"Authorization": f"Bearer {token}"}

    return headers
