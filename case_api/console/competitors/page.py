"""Competitors' offers of the person's sites, newest first."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request

from case_api.console.competitors.view import API, marks, records
from case_api.console.door import PREFIX
from case_api.console.forms import action, done_banner
from case_api.console.pages import page
from case_api.console.parts import card, div, el, empty, labelled, link, select, table
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
FILTERS: Final = ("q", "verified", "site_id")
READERS: Final = (Permission.COMPETITOR_RECORD, Permission.COMPETITOR_VERIFY)


@page("/competitor-offers", "nav.competitors", *READERS, icon="competitors")
async def competitor_offers(visit: Visit, request: Request) -> None:
    """What was not verified yet is a filter: marketing begins there."""
    wanted = {name: visit.query[name] for name in FILTERS if visit.query.get(name)}
    found = await visit.rest.get(API, limit=50, cursor=visit.query.get("cursor"), **wanted)
    for site in {offer["site_id"] for offer in found["items"]}:
        await visit.load_people(site)
    with div("page-head"):
        el("h1", visit.t("rivals.title"))
        if visit.holds(Permission.COMPETITOR_RECORD):
            action(visit, visit.t("rivals.new"), records(visit), "primary")
    el("p", visit.t("rivals.help"), "note")
    done_banner(visit)
    _filters(visit)
    if not found["items"]:
        with card():
            empty(visit.t("rivals.empty"))
        return
    heads = ("rivals.competitor", "rivals.offered", "rivals.heard", "site", "rivals.case", "rivals.status")
    with table([visit.t(head) for head in heads], visit.t("rivals.title"), "stacked lines"):
        for offer in found["items"]:
            _row(visit, offer)
    if found["next_cursor"]:
        link(visit.t("more"), "/competitor-offers", "button", cursor=found["next_cursor"], **wanted)


def _filters(visit: Visit) -> None:
    with el("form", "", "filters", method="get", action=f"{PREFIX}/competitor-offers", role="search"):
        with el("label", "", "inline-field wide"):
            el("span", visit.t("rivals.search"))
            el("input", type="search", name="q", value=visit.query.get("q", ""))
        states = [("false", visit.t("rivals.unverified")), ("true", visit.t("rivals.verified"))]
        select("verified", visit.t("rivals.status"), states, visit.query.get("verified", ""), visit.t("all"))
        if len(visit.sites) > 1:
            sites = [(one, visit.site(one)) for one in visit.sites]
            select("site_id", visit.t("site"), sites, visit.query.get("site_id", ""), visit.t("all"))
        el("button", visit.t("search"), "button", type="submit")
        if any(visit.query.get(name) for name in FILTERS):
            link(visit.t("reset"), "/competitor-offers", "button quiet")


def _row(visit: Visit, offer: Row) -> None:
    with el("tr"):
        with el("td", "", "nowrap"):
            link(offer["competitor"], f"/competitor-offers/{offer['id']}", "strong")
        el("td", offer["offered"], "wide-cell")
        labelled(visit.t("rivals.heard"), f"{visit.person(offer['heard_by'])} · {visit.moment(offer['heard_at'])}", "nowrap")
        el("td", visit.site(offer["site_id"]), "nowrap")
        with el("td", "", "nowrap" if offer["case_id"] else "nowrap blank"):
            if offer["case_id"]:
                link(visit.t("warnings.open_case"), f"/cases/{offer['case_id']}", tab="assessment")
            else:
                el("span", "—")
        with el("td", "", "nowrap"):
            marks(visit, offer)
