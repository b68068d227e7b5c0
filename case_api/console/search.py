"""Every sentence that was said, found by its words; a result plays on the review page."""

from __future__ import annotations

import asyncio
from typing import Any, Final, get_args

from fastapi import Request

from case_api.console.door import PREFIX
from case_api.console.forms import done_banner
from case_api.console.learning.asking import categories, moment_link, period
from case_api.console.pages import page
from case_api.console.parts import banner, card, choices, clock, div, el, empty, link, select, tag
from case_api.console.rest import Refused
from case_api.console.saved import saved_filters
from case_api.console.visit import Visit
from case_api.security import Permission
from models.sessions import Level, Speaker

Row = dict[str, Any]
FILTERS: Final = ("q", "speaker", "category", "level", "site_id", "from", "to")
PAGE: Final = 30


@page("/search", "nav.search", Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE, icon="search")
async def search(visit: Visit, request: Request) -> None:
    """Newest first; without a question nothing is read."""
    wanted = {name: visit.query[name] for name in FILTERS if visit.query.get(name)}
    asked: dict[str, Any] = period(visit) | {name: value for name, value in wanted.items() if name not in ("from", "to")}
    el("h1", visit.t("nav.search"))
    el("p", visit.t("search.help"), "note")
    try:
        names, found = await asyncio.gather(categories(visit), _found(visit, asked if wanted else None))
    except Refused as refused:
        if refused.signed_out:
            raise
        _filters(visit, {})
        banner(visit.problem(refused), "bad")
        return
    done_banner(visit)
    _filters(visit, names)
    await saved_filters(visit, "search", wanted)
    if found is None:
        return
    with card():
        hits = found["hits"]
        if hits and hits["number"]:
            el("p", visit.t(f"search.hits_{hits['precision']}", number=f"{hits['number']:,}"), "note", role="status")
        if not found["items"]:
            empty(visit.t("search.look_on" if found["next_cursor"] else "search.empty"))
        else:
            with el("ul", "", "entries"):
                for said in found["items"]:
                    _said(visit, said)
    if found["next_cursor"]:
        link(visit.t("more"), "/search", "button", cursor=found["next_cursor"], **wanted)


async def _found(visit: Visit, asked: dict[str, Any] | None) -> Any:
    return None if asked is None else await visit.rest.get("utterances", limit=PAGE, cursor=visit.query.get("cursor"), **asked)


def _filters(visit: Visit, names: dict[str, str]) -> None:
    with el("form", "", "filters", method="get", action=f"{PREFIX}/search", role="search"):
        with el("label", "", "inline-field wide"):
            el("span", visit.t("search.words"))
            hint = visit.t("search.hint")
            el(
                "input",
                type="search",
                name="q",
                value=visit.query.get("q", ""),
                placeholder=hint,
                maxlength="100",
                autofocus=not visit.query,
            )
        select(
            "speaker", visit.t("player.lanes"), choices(visit, "speaker", get_args(Speaker)), visit.query.get("speaker", ""), visit.t("all")
        )
        if names:
            select("category", visit.t("search.category"), sorted(names.items()), visit.query.get("category", ""), visit.t("all"))
        select("level", visit.t("sessions.peak"), choices(visit, "level", get_args(Level)), visit.query.get("level", ""), visit.t("all"))
        if len(visit.sites) > 1:
            sites = [(site, visit.site(site)) for site in visit.sites]
            select("site_id", visit.t("site"), sites, visit.query.get("site_id", ""), visit.t("all"))
        for name in ("from", "to"):
            with el("label", "", "inline-field"):
                el("span", visit.t(f"learning.{name}"))
                el("input", type="date", name=name, value=visit.query.get(name, ""))
        el("button", visit.t("search"), "button primary", type="submit")
        if any(visit.query.get(name) for name in FILTERS):
            link(visit.t("reset"), "/search", "button quiet")


def _said(visit: Visit, said: Row) -> None:
    with el("li", "", "entry top-row"):
        moment_link(visit, f"▶ {clock(said['start'])}", said["session_id"], said["start"], "button small number")
        with div("grow"):
            with el("p", "", "snippet"):
                el("b", visit.look.pair(visit.named("speaker", said["speaker"]), ""))
                for piece in said["snippet"]:
                    el("mark" if piece["match"] else "span", piece["text"])
            el("small", " · ".join([visit.moment(said["said_at"]), said["staff_name"], visit.site(said["site_id"])]))
        if said["corrected"]:
            tag(visit.t("player.corrected"))
        tag(visit.named("level", said["level"]), said["level"])
