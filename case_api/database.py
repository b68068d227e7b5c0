"""The database as endpoints ask for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from models.engine import Factory, reading, transaction
from models.settings import Settings


def get_factory(request: Request) -> Factory:
    """What the application's sessions are made by."""
    factory: Factory = request.app.state.factory
    return factory


# No dependency is a plain function: FastAPI would take each to a worker thread and back, for looking up a name.
async def _factory(request: Request) -> Factory:
    return get_factory(request)


async def get_app_settings(request: Request) -> Settings:
    """The settings the application was built with."""
    settings: Settings = request.app.state.settings
    return settings


async def _read(request: Request) -> AsyncIterator[AsyncSession]:
    async with reading(get_factory(request)) as db:
        yield db


async def _write(request: Request) -> AsyncIterator[AsyncSession]:
    async with transaction(get_factory(request)) as db:
        yield db


FactoryDep = Annotated[Factory, Depends(_factory)]
"""For the few endpoints that do slow work (passwords, voices) before they take the write lock."""
SettingsDep = Annotated[Settings, Depends(get_app_settings)]
ReadDb = Annotated[AsyncSession, Depends(_read, scope="function")]
# Scope "function": the commit happens before the response is sent, so that nobody is told of a change that failed.
WriteDb = Annotated[AsyncSession, Depends(_write, scope="function")]
