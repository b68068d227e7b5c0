"""Requests made up from the OpenAPI document: every answer is one that the document names, and none is a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from numpy.typing import NDArray
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from case_api.accounts.service import issue_token
from case_api.application import create_app
from models.engine import database_url, dump_json, listen_sqlite, session_factory, transaction
from models.people import Person, PersonRole
from models.settings import Settings
from models.sites import Site
from tests.conftest import PASSWORD_HASH

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
LEFT_OUT = {"signOut", "changePassword"} | {"signIn", "resetPassword"}
"""The first two end the token that the others need; the other two take a password's time for each request and have tests of their own."""
OPERATIONS = sorted(operation["operationId"] for path in create_app(Settings()).openapi()["paths"].values() for operation in path.values())


@pytest.fixture
def application(settings: Settings) -> tuple[FastAPI, str]:
    """The application, and the token of somebody who may do everything. Each call has its own event loop, so nothing is pooled."""
    engine = create_async_engine(database_url(settings), json_serializer=dump_json, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        listen_sqlite(engine.sync_engine)

    async def sign_in() -> str:
        async with transaction(session_factory(engine)) as db:
            site = Site(code="HD", name="海德花园")
            db.add(site)
            await db.flush()
            roles = [
                PersonRole(role=role, site_id=site_id) for role, site_id in (("admin", None), ("site_manager", site.id), ("staff", None))
            ]
            person = Person(username="root", display_name="根", password_hash=PASSWORD_HASH, must_change_password=False, roles=roles)
            db.add(person)
            await db.flush()
            return issue_token(db, person, settings.auth)[0]

    def embed(recordings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        raise ValueError("no speech")  # which is so for every sound made up here

    return create_app(settings, engine=engine, embed=embed), asyncio.run(sign_in())


@pytest.mark.parametrize("operation_id", sorted(set(OPERATIONS) - LEFT_OUT))
def test_every_answer_is_in_the_contract(application: tuple[FastAPI, str], operation_id: str) -> None:
    app, token = application
    operation = schemathesis.openapi.from_asgi("/openapi.json", app).find_operation_by_id(operation_id)

    @effort(max_examples=4, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def tried(case: schemathesis.Case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=CHECKS)

    tried()
