"""What the player of a conversation shows, as JSON beside its page: the page comes at once, and the browser reads both together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from nicegui import ui

from case_api.console.door import PREFIX
from case_api.console.rest import Refused
from case_api.console.visit import Visit, arrive, reference

Row = dict[str, Any]
POINTS: Final = 1200
"""Points of a curve that a screen can tell apart."""
STEP_MIN: Final = 0.2
CURVES: Final = ("loudness_momentary", "pitch", "rate")
LINE: Final = ("id", "speaker", "start", "end", "text", "version", "corrected", "doubtful")


def source_of(session: Row) -> str:
    """Where the browser finds it."""
    return f"{PREFIX}/sessions/{session['id']}"


def ask_early(session: Row) -> None:
    """Lets the browser ask before the player's code is there."""
    ui.add_head_html(f'<link rel="preload" as="fetch" crossorigin="anonymous" href="{source_of(session)}/talk">')


def router() -> APIRouter:
    """`talk`: everything, its curves as fine as a screen shows them. `curves`: a part of them, finer. Whether one may, the API says."""
    made = APIRouter()

    @made.get("/sessions/{session_id}/talk")
    async def talk(request: Request) -> JSONResponse:
        return await _answer(request, _talk)

    @made.get("/sessions/{session_id}/curves")
    async def part(request: Request) -> JSONResponse:
        return await _answer(request, _part)

    return made


async def _answer(request: Request, find: Callable[[Visit, Request], Awaitable[Row]]) -> JSONResponse:
    try:
        return JSONResponse(await find(await arrive(request), request), headers={"Cache-Control": "no-store"})
    except Refused as refused:
        return JSONResponse({"code": refused.code}, refused.status)


async def _talk(visit: Visit, request: Request) -> Row:
    session = await visit.rest.get(f"sessions/{reference(request, 'session_id')}", characters=False)
    course, track = await curves(visit, session, extremes=True)
    keywords = [{name: hit[name] for name in ("utterance_id", "heard")} for hit in session["keywords"]]
    return drawn(session, course, track) | {"marks": marks_of(visit, session), "keywords": keywords}


async def _part(visit: Visit, request: Request) -> Row:
    asked = {name: visit.query.get(name) for name in ("from", "to", "step")}
    return thinned(await visit.rest.get(f"sessions/{reference(request, 'session_id')}/track", **asked, extremes=True))


async def curves(visit: Visit, session: Row, points: int = POINTS, *, extremes: bool = False) -> tuple[Row, Row]:
    """Course and prosody; a conversation whose consent was withdrawn meanwhile has none."""
    step = min(max(session["seconds"] / points, STEP_MIN), 60)
    path = f"sessions/{session['id']}"
    track_of = visit.rest.optional(f"{path}/track", step=f"{step:.1f}", extremes=extremes)
    course, track = await asyncio.gather(visit.rest.optional(f"{path}/course"), track_of)
    return course or {"bands": [], "usual": {}, "onset": None}, track or {"start": 0, "step": 1, "columns": {}}


def drawn(session: Row, course: Row, track: Row) -> Row:
    """What the tracks of a conversation are drawn from."""
    return {
        "seconds": max([session["seconds"], *(said["end"] for said in session["utterances"])]),
        "track": thinned(track),
        "bands": course["bands"],
        "usual": course["usual"],
        "utterances": [{name: said[name] for name in LINE} for said in session["utterances"]],
    }


def thinned(track: Row) -> Row:
    """The columns that are drawn, as fine as a screen shows them."""
    shown = {
        part: {name: [_short(value) for value in track[part][name]] for name in CURVES if name in track[part]}
        for part in ("columns", "low", "high")
        if track.get(part)
    }
    return {"start": track["start"], "step": track["step"], "columns": {}} | shown


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def marks_of(visit: Visit, session: Row) -> list[Row]:
    """Prompts, terms, marks and the course of the talk, by their moment."""
    prompts = [{"kind": f"prompt {one['kind']}", "at": one["at"], "text": one["text"]} for one in session["prompts"]]
    held = visit.t("review.withheld")
    prompts += [{"kind": "withheld", "at": one["at"], "text": visit.look.pair(held, one["text"])} for one in session["withheld"]]
    words = [{"kind": "keyword", "at": one["at"], "text": one["term"]} for one in session["keywords"] if not one["false_hit"]]
    marks = [{"kind": "mark", "at": one["at"], "text": one["note"] or visit.t("review.mark")} for one in session["marks"]]
    hints = [
        {
            "kind": "hint",
            "at": one["at"],
            "text": visit.look.pair(one["person_name"], f"{one['text']} · {visit.named('hint', one['state'])}"),
        }
        for one in session["hints"]
        if one["at"] is not None
    ]
    course = [_moment(visit, one) for one in (session["summary"] or {}).get("moments", [])]
    return sorted([*prompts, *words, *marks, *hints, *course], key=lambda one: one["at"])


def _moment(visit: Visit, moment: Row) -> Row:
    said = visit.t(f"moment.{moment['kind']}", who=visit.named("speaker", moment["by"]), seconds=round(moment["seconds"] or 0))
    return {"kind": f"moment {moment['kind']}", "at": moment["at"], "by": moment["by"], "seconds": moment["seconds"], "text": said}
