"""Requests made up from the OpenAPI document: every answer is one that the document names, and none is a crash.

Half of them are about a case, a site, a person and a task that exist, and are sent by somebody who holds every role.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Iterator, Sequence
from typing import Any, get_args

import numpy as np
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from numpy.typing import NDArray
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from case_api.accounts.service import issue_token
from case_api.application import create_app
from case_api.cases import flow
from case_api.cases.service import Opening, open_case
from case_api.commands import By
from case_api.documents.pool import Renderer
from case_api.policies.service import install_defaults
from case_api.security import principal_of
from models.audit import Actor
from models.base import utc_now
from models.engine import database_url, dump_json, listen_sqlite, session_factory, transaction
from models.people import Person, PersonRole, Role
from models.settings import Settings
from models.sites import Site
from tests.conftest import PASSWORD_HASH

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LEFT_OUT = {"signOut", "changePassword"} | {"signIn", "resetPassword"} | {"exportFigures"}
"""The first two end the token that the others need; the next two take a password's time for each request, the last one starts processes
for whatever it is asked. They have tests of their own."""
DOCUMENT = create_app(Settings()).openapi()
OPERATIONS = sorted({operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()} - LEFT_OUT)


class Door:
    """Where the document's requests go in, whichever application stands behind it. It has no lifespan: Schemathesis would begin one for
    each application and end none, and each would look after its database to the end of the test run."""

    app: FastAPI | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise NotImplementedError
        assert self.app is not None
        await self.app(scope, receive, send)


DOOR = Door()
SCHEMA = schemathesis.openapi.from_dict(copy.deepcopy(DOCUMENT))
SCHEMA.app = DOOR


@pytest.fixture
def application(settings: Settings, renderer: Renderer) -> Iterator[tuple[str, dict[str, str]]]:
    """Behind the door; the token of somebody who may do everything, and ids of what there is, by the name of the path's parameter.

    Each call has its own event loop, so nothing is pooled.
    """
    engine = create_async_engine(database_url(settings), json_serializer=dump_json, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        listen_sqlite(engine.sync_engine)

    async def sign_in() -> tuple[str, dict[str, str]]:
        async with transaction(session_factory(engine)) as db:
            await install_defaults(db, utc_now())
            site = Site(code="HD", name="海德花园")
            db.add(site)
            await db.flush()
            roles = [PersonRole(role=role, site_id=site.id if role == "site_manager" else None) for role in get_args(Role)]
            person = Person(username="root", display_name="根", password_hash=PASSWORD_HASH, must_change_password=False, roles=roles)
            db.add(person)
            await db.flush()
            token, row = issue_token(db, person, settings.auth)
            by = By(principal_of(person, row), Actor("根", person.id), utc_now())
            case = await open_case(db, by, site.id, Opening(customer_label="王先生"))
            [task] = await flow.open_tasks(db, case.id)
            return token, {"case_id": case.id, "site_id": site.id, "person_id": person.id, "task_id": task.id}

    def embed(recordings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        raise ValueError("no speech")  # which is so for every sound made up here

    DOOR.app = create_app(settings, engine=engine, embed=embed)
    DOOR.app.state.renderer = renderer
    yield asyncio.run(sign_in())
    DOOR.app = None


@pytest.mark.in_turn  # what differs between the databases is in the tests of the operations
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_every_answer_is_in_the_contract(application: tuple[str, dict[str, str]], operation_id: str) -> None:
    token, ids = application
    operation = SCHEMA.find_operation_by_id(operation_id)

    @effort(max_examples=4, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), real=st.booleans())
    def tried(case: schemathesis.Case, real: bool) -> None:
        if real and case.path_parameters:
            case.path_parameters = {name: ids.get(name, value) for name, value in case.path_parameters.items()}
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=CHECKS)

    tried()
