"""What was drafted: what waits for a second person, and one change with everything that helps to decide on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import Request
from nicegui import events

from case_api.console.desk.parts import (
    address,
    called,
    card_of,
    crumbs,
    difference_table,
    scripts_by_id,
    status_tags,
    tried_sides,
    who_and_when,
)
from case_api.console.fields import Field
from case_api.console.forms import SUBMIT, action, ask, done_banner, refuse
from case_api.console.pages import page
from case_api.console.parts import banner, card, choices, clock, div, el, empty, link, select, table
from case_api.console.rest import Refused
from case_api.console.visit import Visit, reference
from case_api.library.edits.service import may_decide
from case_api.security import Permission

Row = dict[str, Any]
VIEWS: Final = {"waiting": ("submitted",), "drafts": ("draft",), "decided": ("approved", "returned", "withdrawn")}
SHOWN: Final = 60
CONVERSATIONS: Final = 40


@page("/library/edits", "desk.review", Permission.LIBRARY_DESK)
async def edits(visit: Visit, request: Request) -> None:
    """Waiting first; drafts; what was decided."""
    view = visit.query.get("view", "waiting")
    view = view if view in VIEWS else "waiting"
    lists = await asyncio.gather(*(visit.rest.get("library/edits", status=status, limit=SHOWN) for status in VIEWS[view]))
    found = sorted((one for some in lists for one in some["items"]), key=lambda one: str(one["drafted_at"]), reverse=True)
    crumbs(visit, "script")
    el("h1", visit.t("desk.review"))
    el("p", visit.t("desk.review_help"), "note")
    done_banner(visit)
    with el("nav", "", "tabs", aria_label=visit.t("desk.review")):
        for name in VIEWS:
            made = link(visit.t(f"desk.view.{name}"), "/library/edits", view=name)
            if name == view:
                made.props["aria-current"] = "page"
    with card():
        if not found:
            empty(visit.t(f"desk.none.{view}"))
        with el("ul", "", "entries"):
            for one in found:
                _line(visit, one)


def _line(visit: Visit, one: Row) -> None:
    with el("li"), link("", f"/library/edits/{one['id']}", "entry"):
        with div("grow"):
            el("strong", called(visit, one["shelf"], one["key"], one["content"] or one["before"]))
            el("small", f"{one['key']} · {who_and_when(visit, one)}" if one["shelf"] == "script" else who_and_when(visit, one))
            if one["note"]:
                el("small", one["note"])
        status_tags(visit, one)


@page("/library/edits/{edit_id}", "desk.review", Permission.LIBRARY_DESK)
async def edit(visit: Visit, request: Request) -> None:
    """What it changes, how it looks, what it would have done; and the decision."""
    found = await visit.rest.get(f"library/edits/{reference(request, 'edit_id')}")
    scripts = await scripts_by_id(visit)
    crumbs(visit, found["shelf"], review=True)
    with div("page-head"):
        el("h1", called(visit, found["shelf"], found["key"], found["before"] or found["content"]))
        status_tags(visit, found)
        _buttons(visit, found)
    el("p", f"{found['key']} · {who_and_when(visit, found)}" if found["shelf"] == "script" else who_and_when(visit, found), "note")
    done_banner(visit)
    if found["status"] == "submitted" and found["drafted_by"] == visit.me["id"]:
        banner(visit.t("desk.own"))
    elif found["status"] == "submitted" and not may_decide(visit.principal, found["shelf"], found["drafted_by"]):
        banner(visit.t("desk.others_term" if found["shelf"] == "term" else "desk.others"))
    if found["reason"]:
        banner(visit.t("desk.reason", reason=found["reason"]), "warn")
    if found["note"]:
        el("p", found["note"])
    with card(visit.t("desk.changes")):
        if found["action"] == "reset":
            el("p", visit.t("desk.reset_change"))
        else:
            difference_table(visit, found["differences"])
    _cards(visit, found, scripts)
    if found["status"] in ("draft", "submitted"):
        _try(visit, found)
        if visit.holds(Permission.SESSION_READ_SITE):
            await _replay(visit, found)


def _cards(visit: Visit, found: Row, scripts: dict[str, Row]) -> None:
    if found["shelf"] == "term":
        return
    with div("columns"):
        for name, content in (("now", found["before"]), ("new", found["content"])):
            if content is not None:
                with card(visit.t(f"desk.preview_{name}")), div("phone"):
                    card_of(visit, found["shelf"], content, scripts)


def _buttons(visit: Visit, found: Row) -> None:
    own, status = found["drafted_by"] == visit.me["id"], found["status"]
    with div("buttons"):
        if status == "submitted" and may_decide(visit.principal, found["shelf"], found["drafted_by"]):
            action(visit, visit.t("desk.approve"), _command(visit, found, "approve"), "primary")
            action(visit, visit.t("desk.return"), _command(visit, found, "return", (Field("reason", "prose", required=True),)))
        if own and status in ("draft", "submitted"):
            if found["action"] == "put":
                link(visit.t("desk.edit"), "/library/edit", "button", edit=found["id"])
            if status == "draft":
                action(visit, visit.t("desk.submit"), _command(visit, found, "submit"), "primary")
            action(visit, visit.t("desk.withdraw"), _command(visit, found, "withdraw"), "quiet-danger")
        if status == "returned" and found["action"] == "put" and visit.holds(Permission.LIBRARY_EDIT):
            link(visit.t("desk.revise"), "/library/edit", "button primary", edit=found["id"])
        link(visit.t("desk.history"), "/library/entry", "button quiet", **address(found["shelf"], found["key"]))


NOTES: Final = {"approve": "desk.approve_note", "withdraw": "desk.withdraw_note"}
DONE: Final = {"submit": "desk_submitted"}


def _command(visit: Visit, found: Row, verb: str, fields: tuple[Field, ...] = ()) -> Callable[[], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"library/edits/{found['id']}/{verb}", body or None, version=found["version"], key=key)

    async def open_() -> None:
        title = f"{visit.t(f'desk.{verb}')} · {found['key']}"
        note = visit.t(NOTES[verb]) if verb in NOTES else ""
        await ask(visit, title, fields, send, done=DONE.get(verb, f"desk_{verb}"), note=note, danger=verb == "withdraw")

    return open_


def _try(visit: Visit, found: Row) -> None:
    with card(visit.t("desk.try"), visit.t("desk.try_note")):
        form = el("form", "", "filters")
        with form:
            select("speaker", visit.t("player.lanes"), choices(visit, "speaker", ("customer", "staff")), "customer")
            with el("label", "", "inline-field wide"):
                el("span", visit.t("library.text"))
                el("input", type="text", name="text", required="", maxlength="500", autocomplete="off")
            el("button", visit.t("desk.try"), "button", type="submit")
        place = div("tried", aria_live="polite")

    async def tried(event: events.GenericEventArguments) -> None:
        place.clear()
        with place:
            try:
                tried_sides(visit, await visit.rest.send("POST", f"library/edits/{found['id']}/try", event.args))
            except Refused as refused:
                banner(visit.problem(refused), "bad")

    form.on("submit", tried, js_handler=SUBMIT)


async def _replay(visit: Visit, found: Row) -> None:
    sessions = (await visit.rest.get("sessions", limit=CONVERSATIONS, status="ended"))["items"]
    recorded = [one for one in sessions if one.get("audio_url") or one.get("recording")]
    with card(visit.t("desk.replay"), visit.t("desk.replay_note")):
        if not recorded:
            empty(visit.t("desk.replay_none"))
            return
        form = el("form", "", "filters")
        with form:
            options = [
                (one["id"], f"{visit.moment(one['started_at'])} · {visit.site(one['site_id'])} · {clock(one['seconds'])}")
                for one in recorded
            ]
            select("session_id", visit.t("desk.replay_pick"), options)
            el("button", visit.t("desk.replay_go"), "button", type="submit")
        place = div("tried", aria_live="polite")

    async def replayed(event: events.GenericEventArguments) -> None:
        place.clear()
        with place:
            el("p", visit.t("learning.working"), "note")
        try:
            heard = await visit.rest.send("POST", f"library/edits/{found['id']}/replay", event.args)
        except Refused as refused:
            refuse(visit, place, refused)
            return
        place.clear()
        with place:
            _replayed(visit, heard)

    form.on("submit", replayed, js_handler=SUBMIT)


def _replayed(visit: Visit, heard: Row) -> None:
    counts = {
        "utterances": heard["utterances"],
        "changed": heard["changed"],
        "before": heard["prompts_before"],
        "after": heard["prompts_after"],
    }
    el("p", visit.t("desk.replayed", **counts), "strong")
    if not heard["items"]:
        empty(visit.t("desk.replay_same"))
        return
    heads = ["sessions.started", "desk.said", "desk.preview_now", "desk.preview_new"]
    with table([visit.t(head) for head in heads], visit.t("desk.replay")):
        for one in heard["items"]:
            differs = (one["before"], one["prompt_before"]) != (one["after"], one["prompt_after"])
            with el("tr", "", "differs" if differs else ""):
                with el("td", "", "number"):
                    link(clock(one["at"]), f"/sessions/{heard['session_id']}", at=f"{one['at']:.1f}", play=1)
                el("td", one["text"] or visit.t("desk.voice_rose"), "wide-cell")
                for side in ("before", "after"):
                    with el("td", "", "wide-cell"):
                        el("span", visit.look.listed(one[side]) or "—")
                        if one[f"prompt_{side}"]:
                            el("p", one[f"prompt_{side}"], "live-prompt")
