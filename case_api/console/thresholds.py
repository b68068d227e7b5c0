"""The ear's thresholds at a site: what holds, what the service has, and a form for what the site wants otherwise."""

from __future__ import annotations

import math
from typing import Any

from fastapi import Request
from nicegui import events, ui

from case_api.console.door import PREFIX
from case_api.console.fields import Field, Mistyped
from case_api.console.forms import SUBMIT, done_banner, lines_of, tell
from case_api.console.pages import page
from case_api.console.parts import div, el, empty, labelled, select, table, tag
from case_api.console.rest import Refused, command_key
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]


@page("/thresholds", "nav.thresholds", Permission.THRESHOLD_READ, icon="thresholds")
async def thresholds(visit: Visit, request: Request) -> None:
    """One site at a time; an empty field is the service's own value."""
    sites = [(site, visit.site(site)) for site in visit.sites if visit.principal.may(Permission.THRESHOLD_READ, site)]
    el("h1", visit.t("thresholds.title"))
    el("p", visit.t("thresholds.help"), "note")
    done_banner(visit)
    if not sites:
        empty(visit.t("thresholds.no_site"))
        return
    chosen = visit.query.get("site_id", "")
    site = chosen if chosen in dict(sites) else sites[0][0]
    with el("form", "", "filters", method="get", action=f"{PREFIX}/thresholds", role="search"):
        select("site_id", visit.t("site"), sites, site)
        el("button", visit.t("search"), "button", type="submit")
    held = await visit.rest.get(f"sites/{site}/detection")
    if held["reason"]:
        el("p", visit.t("thresholds.changed", at=visit.moment(held["changed_at"]), reason=held["reason"]), "note")
    _form(visit, site, held)


def _form(visit: Visit, site: str, held: Row) -> None:
    may = visit.principal.may(Permission.SITE_MANAGE, site)
    key = command_key()
    form = el("form", "", "form", novalidate="")
    with form:
        heads = ("name", "usual", "own", "range")
        with table([visit.t(f"thresholds.{head}") for head in heads], visit.t("thresholds.title"), "flow"):
            for item in held["items"]:
                _row(visit, item, held["changes"], may=may)
        trouble = div("trouble")
        if may:
            with el("label", "", "field"):
                el("span", visit.t("field.reason"))
                el("input", type="text", name="reason", required="", maxlength="200", autocomplete="off")
            with div("buttons"):
                el("button", visit.t("save"), "button primary", type="submit")

    async def sent(event: events.GenericEventArguments) -> None:
        trouble.clear()
        try:
            body = {"changes": changes_of(event.args), "reason": str(event.args.get("reason", "")).strip()}
            await visit.rest.send("PUT", f"sites/{site}/detection", body, version=held["version"], key=key)
        except Mistyped as mistyped:
            tell(trouble, [visit.look.pair(visit.t(mistyped.field.text), visit.t(mistyped.key))])
            return
        except Refused as refused:
            tell(trouble, lines_of(visit, refused, [Field("reason")]))
            return
        ui.navigate.to(f"/thresholds?site_id={site}&done=thresholds")

    form.on("submit", sent, js_handler=SUBMIT)


def _row(visit: Visit, item: Row, changes: Row, *, may: bool) -> None:
    name = item["name"]
    own = changes.get(name)
    with el("tr"):
        with el("td"):
            el("span", visit.named("threshold", name), "strong")
            if own is not None:
                tag(visit.t("thresholds.differs"), "info")
            el("small", f"{name} · {item['en'].replace('`', '')}" if visit.look.language == "en" else name)
        labelled(visit.t("thresholds.usual"), f"{item['usual']:g}", "number")
        with el("td", data_label=visit.t("thresholds.own")):
            if may:
                label = visit.named("threshold", name)
                value = "" if own is None else f"{own:g}"
                el("input", type="text", inputmode="decimal", name=name, value=value, aria_label=label, autocomplete="off", size="8")
            else:
                el("span", "—" if own is None else f"{own:g}", "number")
        bounds = [f"{bound:g}" if bound is not None else "" for bound in (item["least"], item["most"])]
        labelled(visit.t("thresholds.range"), " – ".join(bounds), "number nowrap")


def changes_of(given: Row) -> dict[str, float]:
    """What was typed; an empty field is no change. Raises Mistyped: no number."""
    return {name: _number(name, str(value)) for name, value in given.items() if name != "reason" and str(value).strip()}


def _number(name: str, typed: str) -> float:
    try:
        number = float(typed.strip())
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Mistyped(Field(name, label=f"threshold.{name}"), "thresholds.no_number")
    return number
