"""The library out as files, and files in as drafts: tried first, each fault by its line."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request
from nicegui import events

from case_api.console.desk.parts import address, crumbs, difference_table
from case_api.console.door import PREFIX
from case_api.console.pages import page
from case_api.console.parts import banner, card, div, el, link, tag
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
SUBMIT: Final = "async (e) => { e.preventDefault(); emit(await calmdesk.uploaded(e.target, e.submitter)); }"


@page("/library/files", "desk.files", Permission.LIBRARY_DESK)
async def files(visit: Visit, request: Request) -> None:
    """Export for everybody at the desk, import for who drafts."""
    crumbs(visit, "script")
    el("h1", visit.t("desk.files"))
    with card(visit.t("desk.export"), visit.t("desk.export_note")):
        el("a", visit.t("desk.export"), "button primary", href=f"{PREFIX}/files/v1/library/export", download="", data_made="")
    if visit.holds(Permission.LIBRARY_EDIT):
        _import(visit)


def _import(visit: Visit) -> None:
    with card(visit.t("desk.import")):
        el("p", visit.t("desk.import_note"), "note")
        form = el("form", "", "form", action=f"{PREFIX}/files/v1/library/import", novalidate="")
        with form:
            with div("filters"):
                with el("label", "", "inline-field wide"):
                    el("span", visit.t("desk.import_file"))
                    el("input", type="file", name="file", accept=".yaml,.yml,.zip")
                with el("label", "", "inline-field wide"):
                    el("span", visit.t("desk.note"))
                    el("input", type="text", name="note", maxlength="500", autocomplete="off")
            with div("buttons"):
                el("button", visit.t("desk.import_try"), "button primary", type="submit", value="true")
                el("button", visit.t("desk.import_go"), "button", type="submit", value="false")
        place = div("tried", aria_live="polite")

    def told(event: events.GenericEventArguments) -> None:
        place.clear()
        with place:
            _told(visit, event.args)

    form.on("submit", told, js_handler=SUBMIT)


def _told(visit: Visit, answer: Row) -> None:
    status, said = answer["status"], answer.get("body") or {}
    if status <= 0:
        banner(visit.t("desk.import_choose" if status == 0 else "desk.import_lost"), "bad")
        return
    if status >= 400:
        with banner("", "bad"):
            el("span", f"{visit.both(said)} {said.get('detail') or ''}")
            for error in said.get("errors") or []:
                el("span", f"{error['field']} {error['message']}")
        return
    _found(visit, said)


def _found(visit: Visit, said: Row) -> None:
    if said["faults"]:
        with banner(visit.t("desk.import_faults"), "bad"):
            for fault in said["faults"]:
                el("span", f"{fault['file']}:{fault['line']}:{fault['column']} {visit.both(fault)}")
        return
    if said["edits"]:
        with banner(visit.t("desk.import_done", count=len(said["edits"])), "good"):
            link(visit.t("desk.review"), "/library/edits")
    counts = {"entries": said["entries"], "same": said["same"], "changes": len(said["changes"])}
    el("p", visit.t("desk.import_found", **counts), "strong")
    for number, one in enumerate(said["changes"]):
        with el("details", "", "version", open="" if number < 3 else None):
            with el("summary"):
                tag(visit.t("desk.import_new" if one["new"] else "desk.import_changed"), "info" if one["new"] else "warn")
                el("strong", one["key"])
                el("span", visit.named("desk_shelf", one["shelf"]), "note")
            difference_table(visit, one["differences"])
            if not one["new"]:
                link(visit.t("desk.history"), "/library/entry", "button small quiet", **address(one["shelf"], one["key"]))
