"""Cases: a column for each step, or a list; filters are the address."""

from __future__ import annotations

from typing import Any, Final, get_args

from fastapi import Request

from case_api.cases.machine import OVER, STEPS
from case_api.console.door import PREFIX
from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import card, choices, countdown, div, el, empty, href, labelled, link, select, table, tag
from case_api.console.saved import saved_filters
from case_api.console.visit import Visit
from case_api.intake.causes import Cause
from case_api.security import Permission

Row = dict[str, Any]
OPEN_STEPS: Final = [step for step in STEPS if step not in OVER]
FILTERS: Final = ("q", "status", "cause", "site_id", "overdue")


@page("/cases", "nav.board", Permission.CASE_READ, icon="board")
async def cases(visit: Visit, request: Request) -> None:
    """The board shows work that goes on; the list everything, newest first, page by page."""
    as_list = visit.query.get("view") == "list"
    wanted = {name: visit.query[name] for name in FILTERS if visit.query.get(name)}
    with div("page-head"):
        el("h1", visit.t("nav.board"))
        with div("segments", role="group", aria_label=visit.t("board.view")):
            link(visit.t("board.board"), "/cases", "on" if not as_list else "", **wanted)
            link(visit.t("board.list"), "/cases", "on" if as_list else "", view="list", **wanted)
        if visit.holds(Permission.CASE_CREATE):
            action(visit, visit.t("board.new"), lambda: _new(visit), "primary")
    done_banner(visit)
    _filters(visit, as_list)
    await saved_filters(visit, "cases", wanted and wanted | ({"view": "list"} if as_list else {}))
    if as_list:
        await _list(visit, wanted)
    else:
        await _board(visit, wanted)


def _filters(visit: Visit, as_list: bool) -> None:
    with el("form", "", "filters", method="get", action=f"{PREFIX}/cases", role="search"):
        if as_list:
            el("input", type="hidden", name="view", value="list")
        with el("label", "", "inline-field wide"):
            el("span", visit.t("board.search"))
            el("input", type="search", name="q", value=visit.query.get("q", ""), placeholder=visit.t("board.search_hint"))
        if as_list:
            select("status", visit.t("board.step"), choices(visit, "step", STEPS), visit.query.get("status", ""), visit.t("all"))
        select("cause", visit.t("board.cause"), choices(visit, "cause", get_args(Cause)), visit.query.get("cause", ""), visit.t("all"))
        if len(visit.sites) > 1:
            sites = [(site, visit.site(site)) for site in visit.sites]
            select("site_id", visit.t("site"), sites, visit.query.get("site_id", ""), visit.t("all"))
        select("overdue", visit.t("board.overdue"), [("true", visit.t("board.late"))], visit.query.get("overdue", ""), visit.t("all"))
        el("button", visit.t("search"), "button", type="submit")
        if any(visit.query.get(name) for name in FILTERS):
            link(visit.t("reset"), "/cases", "button quiet", view="list" if as_list else None)


async def _board(visit: Visit, wanted: dict[str, str]) -> None:
    given: Row = wanted | {"status": OPEN_STEPS}
    found = await visit.rest.everything("cases", sort="received_at", **given)
    if not found:
        with card():
            empty(visit.t("board.empty"))
        return
    with div("board", tabindex="0", role="region", aria_label=visit.t("board.board")):
        for step in OPEN_STEPS:
            here = sorted((case for case in found if case["status"] == step), key=lambda case: case["due_at"] or "9")
            with el("section", "", "lane"):
                with div("lane-head"):
                    el("h2", visit.named("step", step))
                    el("span", str(len(here)), "count")
                for case in here:
                    _card(visit, case)
    if len(found) >= 300:
        el("p", visit.t("board.cut"), "note")


def _card(visit: Visit, case: Row) -> None:
    with el("a", "", "case-card late-card" if case["overdue"] else "case-card", href=href(f"/cases/{case['id']}")):
        with div("case-card-head"):
            el("strong", visit.customer(case["customer_label"]))
            countdown(visit, case["due_at"])
        el("small", f"{case['code']} · {case['unit_label'] or visit.site(case['site_id'])}")
        if case["causes"] or case["tier"]:
            with div("tags"):
                for cause in case["causes"]:
                    tag(visit.named("cause", cause))
                if case["tier"]:
                    tag(visit.named("role", case["tier"]["approvers"][-1]), "info")


async def _list(visit: Visit, wanted: dict[str, str]) -> None:
    found = await visit.rest.get("cases", limit=50, cursor=visit.query.get("cursor"), **wanted)
    if not found["items"]:
        with card():
            empty(visit.t("board.empty"))
        return
    heads = ["board.code", "board.customer", "board.unit", "board.step", "board.cause", "board.received", "board.limit"]
    with table([visit.t(head) for head in heads], visit.t("board.list"), "flow"):
        for case in found["items"]:
            with el("tr"):
                with el("td", "", "nowrap"):
                    link(case["code"], f"/cases/{case['id']}", "strong")
                el("td", visit.customer(case["customer_label"]), "nowrap")
                el("td", case["unit_label"] or "—", "" if case["unit_label"] else "blank")
                with el("td"):
                    tag(visit.named("step", case["status"]), STEP_TONES.get(case["status"], ""))
                el("td", visit.look.listed(visit.named("cause", cause) for cause in case["causes"]) or "—")
                labelled(visit.t("board.received"), visit.moment(case["received_at"]), "nowrap")
                with el("td", "", "nowrap"):
                    countdown(visit, case["due_at"])
    if found["next_cursor"]:
        link(visit.t("more"), "/cases", "button", view="list", cursor=found["next_cursor"], **wanted)


STEP_TONES: Final = {"archived": "", "cancelled": "", "closing": "good", "approving": "info", "executing": "info"}


async def _new(visit: Visit) -> None:
    sites = [(site, visit.site(site)) for site in visit.sites if visit.principal.may(Permission.CASE_CREATE, site)]
    people: dict[str, str] = {}
    if len(sites) == 1:
        people = await visit.load_people(sites[0][0])
    fields = [
        Field("customer_label", required=True),
        Field("unit_label"),
        *([Field("site_id", "choice", required=True, options=sites)] if len(sites) > 1 else []),
        *([Field("responsible_id", "choice", options=list(people.items()), help="help.responsible")] if people else []),
        Field("received_at", "moment", help="help.received"),
    ]

    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", "cases", body, key=key)

    await ask(visit, visit.t("board.new"), fields, send, done="case", note=visit.t("board.new_note"))
