"""Labelling a conversation: who spoke when, when it escalated, which terms were said; and what was labelled, as a corpus."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, get_args

from fastapi import Request
from nicegui import events
from nicegui.element import Element

from case_api.console.door import PREFIX
from case_api.console.pages import page
from case_api.console.parts import banner, card, choices, clock, div, el, empty, labelled, link, select, table, tag
from case_api.console.rest import Refused
from case_api.console.scripts import SHARED
from case_api.console.visit import Visit, reference
from case_api.labels.schemas import LabelKind, Role
from case_api.security import Permission

Row = dict[str, Any]
_TEXTS: Final = (
    "kind", "onset", "offset", "now", "clear", "turns", "turns_help", "add", "split", "remove", "play_turn", "start", "end", "text",
    "keywords", "role", "save", "saved", "unsaved", "nothing", "timeline", "kind_help", "agitation_help",
)  # fmt: skip
_PLACE: Final = re.compile(r"body\.(?:turns\.(?P<turn>\d+)\.)?(?P<field>\w+)")


class LabelEditor(Element, component=Path(__file__).parent / "static" / "labels.js", esm=SHARED):
    """The player with the turns as rows to correct; emits `save` with the labels' body."""

    def __init__(self, labels: Row) -> None:
        super().__init__()
        self.props["labels"] = labels


@page("/sessions/{session_id}/labels", "labels.title", Permission.SESSION_LABEL)
async def labels(visit: Visit, request: Request) -> None:
    """One conversation; drafted from what the ear heard until somebody has saved it."""
    path = f"sessions/{reference(request, 'session_id')}"
    session, found = await visit.rest.get(path), await visit.rest.get(f"{path}/labels")
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        link(visit.t("nav.sessions"), "/sessions")
        link(f"{session['staff_name']} · {visit.moment(session['started_at'])}", f"/sessions/{session['id']}")
        el("span", visit.t("labels.title"), aria_current="page")
    with div("page-head"):
        el("h1", visit.t("labels.title"))
        link(visit.t("labels.all"), "/labels", "button small")
    el("p", visit.t("labels.help"), "note")
    state = div("label-state")
    with state:
        _state(visit, found)
    editor = LabelEditor(_editor(visit, session, found))

    async def save(event: events.GenericEventArguments) -> None:
        state.clear()
        try:
            kept = await visit.rest.send("PUT", f"{path}/labels", event.args, version=found["version"])
        except Refused as refused:
            with state, banner("", "bad"):
                for line in dict.fromkeys([visit.problem(refused), *(wrong(visit, error) for error in refused.errors)]):
                    el("span", line)
            editor.run_method("refused")
            return
        found.update(kept)
        with state:
            banner(visit.t("labels.saved"), "good")
            _state(visit, found)
        editor.run_method("saved")

    editor.on("save", save)


def _state(visit: Visit, found: Row) -> None:
    if found["version"] == 0:
        banner(visit.t("labels.drafted"))
    elif found["kind"] == "draft":
        banner(visit.t("labels.unfinished"), "warn")
    for code in found["warnings"]:
        banner(visit.named("label_problem", code), "warn")


def wrong(visit: Visit, error: Row) -> str:
    """One contradiction, by the number of its row on the screen."""
    place = _PLACE.fullmatch(error["field"])
    said = visit.named("label_problem", error["message"])
    if place is None or place["turn"] is None:
        return said
    return visit.t("labels.wrong_turn", number=int(place["turn"]) + 1, text=said)


def _editor(visit: Visit, session: Row, found: Row) -> Row:
    return {
        "audio": f"{PREFIX}/files/v1/sessions/{session['id']}/audio",
        **{name: found[name] for name in ("kind", "seconds", "onset", "offset", "turns")},
        "kinds": choices(visit, "label_kind", get_args(LabelKind)),
        "roles": choices(visit, "speaker", get_args(Role)),
        "texts": {name: visit.t(f"labels.{name}") for name in _TEXTS}
        | {name: visit.t(f"player.{name}") for name in ("play", "pause", "speed", "soundless")},
    }


@page("/labels", "labels.all", Permission.SESSION_LABEL)
async def corpus(visit: Visit, request: Request) -> None:
    """What was labelled, and the corpus of it."""
    wanted = {name: visit.query[name] for name in ("kind", "site_id") if visit.query.get(name)}
    found = await visit.rest.get("labels", limit=50, cursor=visit.query.get("cursor"), **wanted)
    with div("page-head"):
        el("h1", visit.t("labels.all"))
        if any(one["kind"] != "draft" for one in found["items"]):
            query = "&".join(f"{name}={value}" for name, value in wanted.items())
            el("a", visit.t("labels.download"), "button primary", href=f"{PREFIX}/files/v1/labels/corpus?{query}", download="")
    el("p", visit.t("labels.all_help"), "note")
    with el("form", "", "filters", method="get", action=f"{PREFIX}/labels", role="search"):
        select(
            "kind", visit.t("labels.kind"), choices(visit, "label_kind", get_args(LabelKind)), visit.query.get("kind", ""), visit.t("all")
        )
        if len(visit.sites) > 1:
            sites = [(site, visit.site(site)) for site in visit.sites]
            select("site_id", visit.t("site"), sites, visit.query.get("site_id", ""), visit.t("all"))
        el("button", visit.t("search"), "button", type="submit")
    if not found["items"]:
        with card():
            empty(visit.t("labels.empty"))
        return
    heads = ["sessions.started", "sessions.staff", "site", "labels.kind", "sessions.length", "labels.turns", "labels.at"]
    with table([visit.t(head) for head in heads], visit.t("labels.all"), "flow"):
        for one in found["items"]:
            with el("tr"):
                with el("td", "", "nowrap"):
                    link(visit.moment(one["started_at"]), f"/sessions/{one['session_id']}/labels", "strong")
                el("td", one["staff_name"], "nowrap")
                el("td", visit.site(one["site_id"]), "nowrap")
                with el("td"):
                    tag(visit.named("label_kind", one["kind"]), {"escalate": "bad", "draft": "warn"}.get(one["kind"], "good"))
                el("td", clock(one["seconds"]), "number")
                labelled(visit.t("labels.turns"), str(one["turns"]), "number")
                labelled(visit.t("labels.at"), visit.moment(one["labelled_at"]), "nowrap")
    if found["next_cursor"]:
        link(visit.t("more"), "/labels", "button", cursor=found["next_cursor"], **wanted)
