"""Filters that somebody wants again, under the list that they narrow. The address stays the filter: a link to it needs nothing saved."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from case_api.console.fields import Field
from case_api.console.forms import action, ask, now_at, refuse
from case_api.console.parts import button, div, el, link
from case_api.console.rest import Refused, command_key
from case_api.console.visit import Visit
from models.saved_filters import FilteredList

Row = dict[str, Any]


async def saved_filters(visit: Visit, of: FilteredList, wanted: dict[str, str]) -> None:
    """A link each; what the list is narrowed to now can be saved, or deleted if it is one of them."""
    there = (await visit.rest.get(f"me/filters/{of}"))["items"]
    if not there and not wanted:
        return
    trouble = div("trouble")
    with div("saved", role="group", aria_label=visit.t("saved.title")):
        if there:
            el("span", visit.t("saved.title"), "note")
        now = next((one for one in there if one["wanted"] == wanted), None)
        for one in there:
            link(one["name"], f"/{of}", "button small on" if one is now else "button small", **one["wanted"])
        if now is not None:
            label = visit.t("saved.delete", name=now["name"])
            button("×", "button small quiet", aria_label=label, title=label).on("click", lambda: _delete(visit, of, now, trouble))
        elif wanted:
            action(visit, visit.t("saved.save"), lambda: _save(visit, of, wanted), "small quiet")


async def _save(visit: Visit, of: FilteredList, wanted: dict[str, str]) -> None:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("PUT", f"me/filters/{of}", body | {"wanted": wanted}, key=key)

    name = Field("name", label="saved.name", required=True, help="saved.help")
    await ask(visit, visit.t("saved.save"), [name], send, done="filter")


async def _delete(visit: Visit, of: FilteredList, one: Row, trouble: Any) -> None:
    """At once: the list stays as it is, and saving it again undoes it."""
    try:
        await visit.rest.send("DELETE", f"me/filters/{of}/{one['id']}", key=command_key())
    except Refused as refused:
        refuse(visit, trouble, refused)
        return
    ui.navigate.to(now_at(visit, "filter_gone"))
