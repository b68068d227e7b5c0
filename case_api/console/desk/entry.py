"""One script, term or wording rule: what it says, what it achieves, its versions, and the way back to an older one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request

from case_api.console.desk.effects import effect_and_uses
from case_api.console.desk.parts import (
    SHELVES,
    address,
    called,
    card_of,
    crumbs,
    difference_table,
    said,
    scripts_by_id,
    status_tags,
    who_and_when,
)
from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner
from case_api.console.learning.asking import later
from case_api.console.pages import page
from case_api.console.parts import banner, card, div, el, empty, facts, link, tag
from case_api.console.visit import Visit
from case_api.library.edits.weighing import differences
from case_api.security import Permission

Row = dict[str, Any]


@page("/library/entry", "desk.edit", Permission.LIBRARY_DESK)
async def entry(visit: Visit, request: Request) -> None:
    """By its shelf and name."""
    shelf, key = visit.query.get("shelf", ""), visit.query.get("key") or "-"
    shelf = shelf if shelf in SHELVES else "script"
    found, scripts = await asyncio.gather(visit.rest.get("library/entry", shelf=shelf, key=key), scripts_by_id(visit))
    history = await visit.rest.everything("library/edits", shelf=shelf, key=key)
    crumbs(visit, shelf)
    with div("page-head"):
        el("h1", called(visit, shelf, key, found["content"]))
        tag(visit.t("desk.gone" if found["content"] is None else "desk.is_in_force"), "" if found["content"] is None else "good")
        _buttons(visit, found)
    if shelf == "script":
        el("p", key, "note")
    done_banner(visit)
    if found["open"]:
        with banner(visit.t("desk.open_edit"), "warn"):
            link(visit.t("desk.look"), f"/library/edits/{found['open']['id']}")
    with div("columns desk-columns"):
        with div("stack"):
            with card(visit.named("desk_shelf", shelf)):
                _content(visit, shelf, found, scripts)
            with card(visit.t("desk.history")):
                _history(visit, found, history)
        with div("stack desk-side"):
            if shelf != "term" and found["content"] is not None:
                with card(visit.t("desk.preview"), visit.t("desk.preview_note")), div("phone"):
                    card_of(visit, shelf, found["content"], scripts)
            if shelf == "script" and visit.holds(Permission.LEARNING_READ):
                changed = next((one["decided_at"] for one in history if one["status"] == "approved"), None)
                with card(visit.t("desk.effect"), visit.t("desk.effect_note")):
                    later(visit, lambda: effect_and_uses(visit, key), lambda both: both.show(visit, changed))


def _content(visit: Visit, shelf: str, found: Row, scripts: dict[str, Row]) -> None:
    content = found["content"] or {}
    facts([(visit.t(f"desk.field.{one.field}"), said(visit, one.field, one.after)) for one in differences(None, content)])
    pairs = [(visit.t("desk.source"), visit.t("desk.of_the_desk" if found["of_the_desk"] else "desk.of_the_files"))]
    if shelf == "script" and found["key"] in scripts:
        review = scripts[found["key"]]["review"]
        words = [visit.named("review", review["status"]), visit.said(review["by"]), review["on"] or "", visit.said(review["note"])]
        pairs.append((visit.t("library.review"), " · ".join(filter(None, words))))
    facts(pairs)


def _buttons(visit: Visit, found: Row) -> None:
    if not visit.holds(Permission.LIBRARY_EDIT) or found["open"]:
        return
    shelf, key = found["shelf"], found["key"]
    with div("buttons"):
        link(visit.t("desk.edit"), "/library/edit", "button primary", **address(shelf, key))
        if found["of_the_desk"]:
            action(visit, visit.t("desk.reset"), drafting(visit, shelf, key, "reset"))
        if found["content"] is not None:
            action(visit, visit.t("desk.remove"), drafting(visit, shelf, key, "remove"), "quiet-danger")


def drafting(visit: Visit, shelf: str, key: str, verb: str, content: Row | None = None) -> Callable[[], Awaitable[None]]:
    """Drafts and submits `remove`, `reset`, or `restore` with the content of a version."""

    async def send(body: Row, command: str) -> None:
        change = {"shelf": shelf, "key": key, "action": "put" if verb == "restore" else verb, "content": content}
        await visit.rest.send("POST", "library/edits", {"change": change, "note": body.get("note", ""), "submit": True}, key=command)

    async def open_() -> None:
        fields = [Field("note", "prose", label="desk.note")]
        title = f"{visit.t(f'desk.{verb}')} · {key}"
        note = visit.t(f"desk.{verb}_note")
        await ask(visit, title, fields, send, done="desk_submitted", note=note, go=visit.t("desk.submit"), danger=verb == "remove")

    return open_


def _history(visit: Visit, found: Row, history: list[Row]) -> None:
    if not history:
        empty(visit.t("desk.history_none"))
        return
    held = max((one["number"] or 0 for one in history), default=0)
    for number, one in enumerate(history):
        with el("details", "", "version", open="" if number == 0 else None):
            with el("summary"):
                status_tags(visit, one)
                if one["number"] == held and held:
                    tag(visit.t("desk.is_in_force"), "info")
                el("span", who_and_when(visit, one), "note")
            if one["note"]:
                el("p", one["note"])
            if one["reason"]:
                banner(visit.t("desk.reason", reason=one["reason"]), "warn")
            if one["action"] != "reset":
                difference_table(visit, [change.model_dump() for change in differences(one["before"], one["content"])])
            _ways_back(visit, found, one)


def _ways_back(visit: Visit, found: Row, one: Row) -> None:
    """Whatever it said once can be said again, if somebody else agrees."""
    if not visit.holds(Permission.LIBRARY_EDIT) or found["open"]:
        return
    versions = (
        ("restore", one["content"], one["status"] in ("approved", "returned", "withdrawn")),
        ("restore_before", one["before"], one["status"] == "approved"),
    )
    with div("buttons"):
        for label, content, offered in versions:
            if offered and content is not None and content != found["content"]:
                action(visit, visit.t(f"desk.{label}"), drafting(visit, found["shelf"], found["key"], "restore", content), "small")
        link(visit.t("desk.look"), f"/library/edits/{one['id']}", "button small quiet")
