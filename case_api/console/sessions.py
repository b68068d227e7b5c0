"""Conversations: found by site, person, level, time and words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, get_args

from fastapi import Request

from case_api.console.door import PREFIX
from case_api.console.forms import done_banner
from case_api.console.pages import page
from case_api.console.parts import card, choices, clock, div, el, empty, labelled, link, select, table, tag
from case_api.console.saved import saved_filters
from case_api.console.visit import Visit
from case_api.security import Permission
from models.sessions import Level
from models.sites import CHINA

Row = dict[str, Any]
FILTERS: Final = ("q", "level", "site_id", "day", "case_id")


@page("/sessions", "nav.sessions", Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE, icon="sessions")
async def sessions(visit: Visit, request: Request) -> None:
    """Newest first, page by page."""
    wanted = {name: visit.query[name] for name in FILTERS if visit.query.get(name)}
    found = await visit.rest.get("sessions", limit=50, cursor=visit.query.get("cursor"), **_asked(wanted))
    with div("page-head"):
        el("h1", visit.t("nav.sessions"))
        link(visit.t("clips.title"), "/clips", "button small")
        if visit.holds(Permission.SESSION_LABEL):
            link(visit.t("labels.all"), "/labels", "button small")
    done_banner(visit)
    _filters(visit)
    await saved_filters(visit, "sessions", wanted)
    if not found["items"]:
        with card():
            empty(visit.t("sessions.empty"))
        return
    heads = [
        "sessions.started",
        "sessions.staff",
        "site",
        "sessions.case",
        "sessions.length",
        "sessions.peak",
        "sessions.prompts",
        "sessions.keywords",
    ]
    with table([visit.t(head) for head in heads], visit.t("nav.sessions"), "flow"):
        for session in found["items"]:
            _row(visit, session)
    if found["next_cursor"]:
        link(visit.t("more"), "/sessions", "button", cursor=found["next_cursor"], **wanted)


def _asked(wanted: dict[str, str]) -> dict[str, str]:
    """A day is from its midnight to the next one, on the sales office's clock."""
    asked = {name: value for name, value in wanted.items() if name != "day"}
    try:
        begin = datetime.fromisoformat(wanted.get("day", "")).replace(tzinfo=CHINA)
    except ValueError:
        return asked
    return asked | {"from_": begin.isoformat(), "to": (begin + timedelta(days=1)).isoformat()}


def _filters(visit: Visit) -> None:
    with el("form", "", "filters", method="get", action=f"{PREFIX}/sessions", role="search"):
        with el("label", "", "inline-field wide"):
            el("span", visit.t("sessions.search"))
            el("input", type="search", name="q", value=visit.query.get("q", ""), placeholder=visit.t("sessions.search_hint"))
        select("level", visit.t("sessions.peak"), choices(visit, "level", get_args(Level)), visit.query.get("level", ""), visit.t("all"))
        with el("label", "", "inline-field"):
            el("span", visit.t("sessions.day"))
            el("input", type="date", name="day", value=visit.query.get("day", ""))
        if len(visit.sites) > 1:
            sites = [(site, visit.site(site)) for site in visit.sites]
            select("site_id", visit.t("site"), sites, visit.query.get("site_id", ""), visit.t("all"))
        el("button", visit.t("search"), "button", type="submit")
        if any(visit.query.get(name) for name in FILTERS):
            link(visit.t("reset"), "/sessions", "button quiet")


def _row(visit: Visit, session: Row) -> None:
    counts = session["counts"]
    with el("tr"):
        with el("td", "", "nowrap"):
            link(visit.moment(session["started_at"]), f"/sessions/{session['id']}", "strong")
            if session["status"] != "ended":
                tag(visit.named("session", session["status"]), "bad" if session["status"] == "live" else "warn")
            if not session["recording"]:
                tag(visit.t("sessions.withdrawn" if session["consent_withdrawn"] else "sessions.unrecorded"))
        el("td", session["staff_name"], "nowrap")
        el("td", visit.site(session["site_id"]), "nowrap")
        with el("td", "", "nowrap" if session["case_code"] else "nowrap blank"):
            if session["case_id"] and visit.holds(Permission.CASE_READ):
                link(session["case_code"], f"/cases/{session['case_id']}")
            else:
                el("span", session["case_code"] or "—")
        el("td", clock(session["seconds"]), "number")
        with el("td"):
            tag(visit.named("level", session["peak_level"]), session["peak_level"])
        labelled(visit.t("sessions.prompts"), str(prompts_of(counts)), "number")
        labelled(visit.t("sessions.keywords"), str(counts.get("keywords", 0)), "number")


def prompts_of(counts: Row) -> int:
    """Prompts of every kind."""
    return sum(counts.get("prompts", {}).values())
