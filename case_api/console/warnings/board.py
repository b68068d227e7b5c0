"""The early-warning board: a column for each level, or everything that there ever was; filters are the address."""

from __future__ import annotations

from typing import Any, Final, get_args

from fastapi import Request

from case_api.console.door import PREFIX
from case_api.console.forms import done_banner
from case_api.console.pages import page
from case_api.console.parts import card, choices, div, el, empty, href, labelled, link, select, table, tag
from case_api.console.visit import Visit
from case_api.console.warnings.view import LEVELS, STATE_TONES, answerers, clock_of, level_tag, title_of
from case_api.security import Permission
from models.early_warnings import WarningStatus

Row = dict[str, Any]
FILTERS: Final = ("level", "site_id", "assignee_id", "state")
MINE: Final = "me"


@page("/warnings", "nav.warnings", Permission.WARNING_READ_RED, icon="warnings")
async def warnings(visit: Visit, request: Request) -> None:
    """What is not resolved, most urgent first; the list shows what was, newest first."""
    as_list = visit.query.get("view") == "list"
    wanted = {name: visit.query[name] for name in FILTERS if visit.query.get(name)}
    with div("page-head"):
        el("h1", visit.t("warnings.title"))
        with div("segments", role="group", aria_label=visit.t("board.view")):
            link(visit.t("board.board"), "/warnings", "on" if not as_list else "", **wanted)
            link(visit.t("warnings.history_list"), "/warnings", "on" if as_list else "", view="list", **wanted)
        if visit.holds(Permission.POLICY_READ):
            link(visit.t("warnings.rule_sets"), "/warning-rules", "button")
    el("p", visit.t("warnings.help"), "note")
    done_banner(visit)
    await _filters(visit, as_list)
    if as_list:
        await _list(visit, wanted)
    else:
        await _board(visit, wanted)


def _asked(visit: Visit, wanted: dict[str, str]) -> Row:
    asked: Row = dict(wanted)
    if asked.get("assignee_id") == MINE:
        asked |= {"assignee_id": None, "mine": "true"}
    return asked


async def _filters(visit: Visit, as_list: bool) -> None:
    one = visit.query.get("site_id") or next(iter(visit.sites), "")
    people = await answerers(visit, one) if one in visit.sites and (len(visit.sites) == 1 or visit.query.get("site_id")) else []
    with el("form", "", "filters", method="get", action=f"{PREFIX}/warnings", role="search"):
        if as_list:
            el("input", type="hidden", name="view", value="list")
        select("level", visit.t("warnings.level"), choices(visit, "alarm", LEVELS), visit.query.get("level", ""), visit.t("all"))
        if len(visit.sites) > 1:
            sites = [(site, visit.site(site)) for site in visit.sites]
            select("site_id", visit.t("site"), sites, visit.query.get("site_id", ""), visit.t("all"))
        mine = [(MINE, visit.t("warnings.mine")), *((id_, name) for id_, name in people if id_ != visit.me["id"])]
        select("assignee_id", visit.t("warnings.assignee"), mine, visit.query.get("assignee_id", ""), visit.t("all"))
        if as_list:
            states = choices(visit, "alarm_state", ("live", *get_args(WarningStatus)))
            select("state", visit.t("warnings.state"), states, visit.query.get("state", ""), visit.t("all"))
        el("button", visit.t("search"), "button", type="submit")
        if any(visit.query.get(name) for name in FILTERS):
            link(visit.t("reset"), "/warnings", "button quiet", view="list" if as_list else None)


async def _board(visit: Visit, wanted: dict[str, str]) -> None:
    found = await visit.rest.everything("warnings", **(_asked(visit, wanted) | {"state": "live"}))
    with div("board alarms", tabindex="0", role="region", aria_label=visit.t("warnings.title")):
        whole = visit.holds(Permission.WARNING_READ)  # headquarters sees what was ever red: other lanes would look empty, not unseen
        for level in LEVELS:
            if wanted.get("level", level) != level or not (whole or level == "red" or any(one["level"] == level for one in found)):
                continue
            here = [warning for warning in found if warning["level"] == level]
            with el("section", "", f"lane alarm-lane {level}"):
                with div("lane-head"):
                    el("h2", visit.named("alarm", level))
                    el("small", visit.named("alarm_clock", level))
                    el("span", str(len(here)), "count")
                for warning in here:
                    _card(visit, warning)
                if not here:
                    empty(visit.t("warnings.lane_empty"))
    if len(found) >= 300:
        el("p", visit.t("warnings.cut"), "note")


def _card(visit: Visit, warning: Row) -> None:
    with el("a", "", "case-card", href=href(f"/warnings/{warning['id']}")):
        with div("case-card-head"):
            el("strong", title_of(warning))
            clock_of(visit, warning)
        with el("ul", "", "bullets"):
            for reason in warning["reasons"]:
                el("li", visit.both(reason))
        with div("tags"):
            tag(visit.t("warnings.points", points=warning["score"]))
            tag(visit.named("alarm_state", warning["status"]), STATE_TONES[warning["status"]])
            tag(warning["assignee"] or visit.t("warnings.nobody"), "" if warning["assignee"] else "warn")
        if len(visit.sites) > 1:
            el("small", visit.site(warning["site_id"]))


async def _list(visit: Visit, wanted: dict[str, str]) -> None:
    asked = {"state": "all", **_asked(visit, wanted)}
    found = await visit.rest.get("warnings", limit=50, sort="newest", cursor=visit.query.get("cursor"), **asked)
    if not found["items"]:
        with card():
            empty(visit.t("warnings.empty"))
        return
    heads = ("customer", "level", "score", "reasons", "state", "assignee", "raised", "outcome")
    named = {head: visit.t(f"warnings.{head}") for head in heads}
    with table(list(named.values()), visit.t("warnings.title"), "stacked lines"):
        for warning in found["items"]:
            with el("tr"):
                with el("td", "", "nowrap"):
                    link(title_of(warning), f"/warnings/{warning['id']}", "strong")
                with el("td"):
                    level_tag(visit, warning)
                labelled(named["score"], str(warning["score"]), "number")
                el("td", visit.look.sentences(visit.both(reason) for reason in warning["reasons"]), "wide-cell")
                with el("td"):
                    tag(visit.named("alarm_state", warning["status"]), STATE_TONES[warning["status"]])
                labelled(named["assignee"], warning["assignee"] or "")
                labelled(named["raised"], visit.moment(warning["raised_at"]), "nowrap")
                labelled(named["outcome"], visit.named("alarm_outcome", warning["outcome"]))
    if found["next_cursor"]:
        link(visit.t("more"), "/warnings", "button", view="list", cursor=found["next_cursor"], **wanted)
