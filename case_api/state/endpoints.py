"""`/v1/state`: whether the service is well, and how far it is set up."""

from __future__ import annotations

import asyncio
import time
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy import text

from case_api.commands import Now
from case_api.database import ReadDb, SettingsDep, get_factory
from case_api.library.service import LibraryDesk
from case_api.mic.address import phone_address
from case_api.security import Permission, Principal, require
from case_api.state import repository
from case_api.state.schemas import EarOut, LibraryOut, StateOut
from models.notifications import ChannelMessage
from models.webhooks import WebhookDelivery
from scripts_library.problems import LibraryError

router = APIRouter(prefix="/state", tags=["service"])


@router.get("", operation_id="getState")
async def get_state(
    request: Request, _: Annotated[Principal, Depends(require(Permission.METRICS_READ))], db: ReadDb, settings: SettingsDep, now: Now
) -> StateOut:
    """Database, ear, library, what waits to be told, late work, and what is missing before a first conversation. Counts only."""
    begun = time.perf_counter()
    await db.execute(text("SELECT 1"))
    took = time.perf_counter() - begun
    registry = request.app.state.registry
    live = len(registry.live) if registry is not None else 0
    return StateOut(
        version=version("calmdesk"),
        database=db.get_bind().dialect.name,
        database_seconds=round(took, 4),
        ear=EarOut(listening=registry is not None, conversations=live, conversations_max=settings.stream.max_sessions),
        library=await _library(request),
        events=await repository.events(db, now),
        webhooks=await repository.carried(db, now, WebhookDelivery),
        messages=await repository.carried(db, now, ChannelMessage),
        late_work=await repository.late_work(db, now),
        phone_address=await asyncio.to_thread(phone_address, str(request.base_url), settings.host, settings.public.url),
        set_up=await repository.set_up(db),
    )


async def _library(request: Request) -> LibraryOut:
    desk: LibraryDesk = request.app.state.library
    try:
        library = (await desk.shelf(request.app.state.registry, get_factory(request))).tools.library
    except LibraryError:
        return LibraryOut(usable=False, scripts=0, approved=0, terms=0)
    approved = sum(script.review.status == "approved" for script in library.scripts.values())
    return LibraryOut(usable=True, scripts=len(library.scripts), approved=approved, terms=len(library.terms))
