"""The live wall: conversations that run now, the most agitated first."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import Request
from nicegui import ui

from case_api.console.pages import page
from case_api.console.parts import banner, card, clock, div, el, empty, href, tag
from case_api.console.rest import Refused
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
REFRESH_SECONDS: Final = 3.0
MOST: Final = 24
ORDER: Final = ("agitated", "rising", "calm", "provisional")


@page("/live", "nav.live", Permission.SESSION_READ_SITE, icon="live")
async def live(visit: Visit, request: Request) -> None:
    """Looks again every few seconds; what the recorder has written is what is shown."""
    with div("page-head"):
        el("h1", visit.t("nav.live"))
        el("span", visit.t("live.refreshes"), "note")
    wall = div("wall", role="region", aria_label=visit.t("nav.live"))

    async def again() -> None:
        try:
            found = await running(visit)
        except Refused as refused:
            wall.clear()
            with wall:
                banner(visit.problem(refused), "bad")
            timer.deactivate()
            return
        wall.clear()
        with wall:
            _show(visit, found)

    timer = ui.timer(REFRESH_SECONDS, again, immediate=False)
    with wall:
        _show(visit, await running(visit))


async def running(visit: Visit) -> list[Row]:
    """Conversations that have not ended, each with what was last heard of it."""
    lists = await asyncio.gather(*(visit.rest.get("sessions", status=status, limit=MOST) for status in ("live", "interrupted")))
    found = [session for page_ in lists for session in page_["items"]][:MOST]
    return sorted(await asyncio.gather(*(_heard(visit, one) for one in found)), key=lambda one: ORDER.index(one["level"]))


async def _heard(visit: Visit, session: Row) -> Row:
    if not session["recording"]:
        return session | {"level": session["peak_level"], "speaker": None, "utterances": [], "prompts": [], "keywords": []}
    path = f"sessions/{session['id']}"
    detail, states = await asyncio.gather(visit.rest.get(path), visit.rest.get(f"{path}/states"))
    newest: Row = states["items"][-1] if states["items"] else {"level": "provisional", "speaker": None, "at": 0}
    heard = max([detail["seconds"], newest["at"], *(said["end"] for said in detail["utterances"][-1:])])
    return {**detail, "level": newest["level"], "speaker": newest["speaker"], "seconds": heard}


def _show(visit: Visit, found: list[Row]) -> None:
    if not found:
        with card():
            empty(visit.t("live.empty"))
        return
    for session in found:
        _one(visit, session)


def _one(visit: Visit, session: Row) -> None:
    with el("a", "", f"live-card {session['level']}", href=href(f"/sessions/{session['id']}")):
        with div("case-card-head"):
            el("strong", session["staff_name"])
            tag(visit.named("level", session["level"]), session["level"])
        who = visit.named("speaker", session["speaker"]) if session["speaker"] else visit.t("live.quiet")
        el(
            "small",
            f"{visit.site(session['site_id'])} · {session['case_code'] or visit.t('live.no_case')} · {clock(session['seconds'])} · {who}",
        )
        if session["status"] == "interrupted":
            tag(visit.named("session", "interrupted"), "warn")
        if not session["recording"]:
            el("p", visit.t("live.unrecorded"), "note")
        for said in session["utterances"][-2:]:
            el("p", f"{visit.named('speaker', said['speaker'])}：{said['text']}", "said")
        for prompt in session["prompts"][-1:]:
            el("p", prompt["text"], "live-prompt")
        if session["keywords"]:
            with div("tags"):
                for term in list(dict.fromkeys(hit["term"] for hit in reversed(session["keywords"])))[:6]:
                    tag(term, "warn")
