"""Two conversations side by side: the same axis, from their beginning or from where it escalated, and their figures."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from nicegui.element import Element

from case_api.console.pages import page
from case_api.console.parts import banner, card, clock, el, empty, href, link, select, table, tag
from case_api.console.review import TRACK_TEXTS, names_of, sound_of
from case_api.console.scripts import SHARED
from case_api.console.sessions import prompts_of
from case_api.console.talk import curves, drawn, marks_of
from case_api.console.visit import Visit, reference
from case_api.security import Permission

Row = dict[str, Any]
POINTS: Final = 600
"""Points of a curve: two conversations share the screen."""
OFFERED: Final = 60
"""Of the newest conversations, to choose from."""
_TEXTS: Final = (*TRACK_TEXTS, "play", "pause")


class Comparison(Element, component=Path(__file__).parent / "static" / "compare.js", esm=SHARED):
    """Two players under each other; everything they show is in `compared`."""

    def __init__(self, compared: Row) -> None:
        super().__init__()
        self.props["compared"] = compared


@page("/sessions/{session_id}/compare", "compare.title", Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE)
async def compare(visit: Visit, request: Request) -> None:
    """`with` is the other conversation, `from` where both begin: `begin` or `onset`."""
    own = reference(request, "session_id")
    other = visit.query.get("with", "")
    session = await visit.rest.get(f"sessions/{own}", characters=False)
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        link(visit.t("nav.sessions"), "/sessions")
        link(_title(visit, session), f"/sessions/{own}")
        el("span", visit.t("compare.title"), aria_current="page")
    el("h1", visit.t("compare.title"))
    await _choice(visit, session, other)
    if not other:
        with card():
            empty(visit.t("compare.choose"))
        return
    beside = await visit.rest.get(f"sessions/{other}", characters=False)
    if not (session["recording"] and beside["recording"]):
        banner(visit.t("compare.unrecorded"), "warn")
        return
    found = await asyncio.gather(*(curves(visit, one, POINTS) for one in (session, beside)))
    sides = [_side(visit, one, *seen) for one, seen in zip((session, beside), found, strict=True)]
    names = {"texts": {name: visit.t(f"player.{name}") for name in _TEXTS}, "names": names_of(visit)}
    Comparison({"sides": sides, **names})
    _figures(visit, [session, beside], [course for course, _ in found])


def _title(visit: Visit, session: Row) -> str:
    return f"{session['staff_name']} · {visit.moment(session['started_at'])}"


async def _choice(visit: Visit, session: Row, other: str) -> None:
    offered = await visit.rest.everything("sessions", OFFERED, site_id=session["site_id"])
    options = [
        (one["id"], f"{_title(visit, one)} · {visit.named('level', one['peak_level'])} · {clock(one['seconds'])}")
        for one in offered
        if one["recording"] and one["id"] != session["id"]
    ]
    starts = [(name, visit.t(f"compare.{name}")) for name in ("begin", "onset")]
    with el("form", "", "filters", method="get", action=href(f"/sessions/{session['id']}/compare")):
        select("with", visit.t("compare.with"), options, other, visit.t("choose"))
        select("from", visit.t("compare.from"), starts, visit.query.get("from", "begin"))
        el("button", visit.t("compare.show"), "button primary", type="submit")


def _side(visit: Visit, session: Row, course: Row, track: Row) -> Row:
    at_onset = visit.query.get("from") == "onset" and course["onset"] is not None
    return drawn(session, course, track) | {
        "id": session["id"],
        "title": _title(visit, session),
        "href": href(f"/sessions/{session['id']}"),
        "audio": sound_of(visit, session),
        "zero": course["onset"] if at_onset else 0,
        "marks": marks_of(visit, session),
    }


def _figures(visit: Visit, sessions: list[Row], courses: list[Row]) -> None:
    rows = [_measured(visit, session, course) for session, course in zip(sessions, courses, strict=True)]
    heads = [visit.t("compare.figure"), *(_title(visit, session) for session in sessions)]
    with card(visit.t("compare.figures")), table(heads, visit.t("compare.figures")):
        with el("tr"):
            el("th", visit.t("sessions.peak"), scope="row")
            for session in sessions:
                with el("td"):
                    tag(visit.named("level", session["peak_level"]), session["peak_level"])
        for name in rows[0]:
            with el("tr"):
                el("th", visit.t(name), scope="row")
                for row in rows:
                    el("td", row[name], "number")


def _measured(visit: Visit, session: Row, course: Row) -> dict[str, str]:
    counts = session["counts"]
    moments = (session["summary"] or {}).get("moments", [])
    onset = course["onset"]
    calmed = calmed_after(moments, onset)
    return {
        "sessions.length": clock(session["seconds"]),
        "review.speech": clock(session["speech_seconds"]),
        "compare.customer": f"{session['talk_share'].get('customer', 0):.0%}",
        "compare.onset_at": clock(onset) if onset is not None else "—",
        "compare.rising": clock(lasting(course["bands"], "rising")),
        "compare.agitated": clock(lasting(course["bands"], "agitated")),
        "compare.calmed": clock(calmed) if calmed is not None else "—",
        "sessions.prompts": str(prompts_of(counts)),
        "sessions.keywords": str(counts.get("keywords", 0)),
        "compare.interruptions": str(sum(counts.get("interruptions", {}).values())),
    }


def lasting(bands: list[Row], level: str) -> float:
    """Seconds of a level."""
    return float(sum(band["end"] - band["start"] for band in bands if band["level"] == level))


def calmed_after(moments: list[Row], onset: float | None) -> float | None:
    """Seconds from the onset until the customer was first heard to have calmed down."""
    if onset is None:
        return None
    return next((moment["at"] - onset for moment in moments if moment["kind"] == "calmed" and moment["at"] >= onset), None)
