"""`/v1/library`: what a trainer's files say, as conversations use them now."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from audio_service.live.shelf import Shelf
from audio_service.messages import Speaker
from case_api.database import SettingsDep, get_factory
from case_api.library import schemas, service
from case_api.schemas import Line
from case_api.security import Permission, require
from scripts_library.records import Cause, Kind, Moment, ReviewStatus, Signal, Tone

router = APIRouter(prefix="/library", tags=["library"], dependencies=[Depends(require(Permission.LIBRARY_READ))])

Search = Annotated[Line | None, Query(description="Words that all have to stand in it")]


async def _shelf(request: Request) -> Shelf:
    desk: service.LibraryDesk = request.app.state.library
    return await desk.shelf(request.app.state.registry, get_factory(request))


ShelfDep = Annotated[Shelf, Depends(_shelf)]


@router.get("/scripts", operation_id="listScripts")
async def list_scripts(
    shelf: ShelfDep,
    q: Search = None,
    kind: Kind | None = None,
    situation: Moment | None = None,
    cause: Cause | None = None,
    tone: Tone | None = None,
    level: Annotated[schemas.Level | None, Query(description="Customer level it is meant for")] = None,
    review: ReviewStatus | None = None,
) -> schemas.Scripts:
    """The scripts, by id."""
    library = shelf.tools.library
    items = service.scripts(library, q, kind=kind, situation=situation, cause=cause, tone=tone, level=level, review=review)
    return schemas.Scripts(fingerprint=library.fingerprint, items=items)


@router.get("/terms", operation_id="listTerms")
async def list_terms(
    shelf: ShelfDep,
    q: Search = None,
    category: Annotated[Line | None, Query(description="Id of a category")] = None,
    signal: Signal | None = None,
    moment: Moment | None = None,
    cause: Cause | None = None,
    severity: Annotated[int | None, Query(ge=1, le=3)] = None,
) -> schemas.Terms:
    """The complaint lexicon, by category, the gravest terms first."""
    library = shelf.tools.library
    items = service.terms(library, q, category=category, signal=signal, moment=moment, cause=cause, severity=severity)
    return schemas.Terms(fingerprint=library.fingerprint, items=items)


@router.get("/wording", operation_id="listWording")
async def list_wording(shelf: ShelfDep, q: Search = None) -> schemas.Wording:
    """Staff wording that escalates, and what to say instead."""
    library = shelf.tools.library
    return schemas.Wording(fingerprint=library.fingerprint, items=service.wording(library, q))


@router.post("/try", operation_id="trySentence")
async def try_sentence(shelf: ShelfDep, settings: SettingsDep, body: schemas.Try) -> schemas.Tried:
    """What a sentence would set off: terms, wording, and the prompt that would come up. Nothing is kept."""
    return await asyncio.to_thread(service.tried, shelf, settings, body.text, Speaker(body.speaker))
