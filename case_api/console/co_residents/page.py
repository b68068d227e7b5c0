"""Acknowledgements: asked for before a subscription is taken, found again, recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, get_args

from fastapi import Request
from nicegui import ui

from case_api.console.co_residents.view import API, TONES, people_fields, taken, title_of
from case_api.console.door import PREFIX
from case_api.console.fields import Field, Mistyped
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import banner, card, choices, div, el, empty, labelled, link, select, table, tag
from case_api.console.visit import Visit
from case_api.security import Permission
from models.co_residents import AckStatus

Row = dict[str, Any]
FILTERS: Final = ("q", "status", "site_id", "customer_reference", "unit_reference")


@page("/acknowledgements", "nav.acknowledgements", Permission.ACK_READ, icon="acknowledgements")
async def acknowledgements(visit: Visit, request: Request) -> None:
    """The question that a sales desk asks comes first; below it what there is, newest first."""
    with div("page-head"):
        el("h1", visit.t("acks.title"))
        if visit.holds(Permission.ACK_RECORD):
            action(visit, visit.t("acks.new"), _new(visit), "primary")
    el("p", visit.t("acks.help"), "note")
    done_banner(visit)
    await _check(visit)
    wanted = {name: visit.query[name] for name in FILTERS if visit.query.get(name)}
    if "customer_reference" in wanted:
        wanted.pop("unit_reference", None)  # a number is enough: one that was recorded without the unit is the customer's too
    _filters(visit)
    found = await visit.rest.get(API, limit=50, cursor=visit.query.get("cursor"), **wanted)
    for site in {ack["site_id"] for ack in found["items"]}:
        await visit.load_people(site)
    if not found["items"]:
        with card():
            empty(visit.t("acks.empty"))
        return
    heads = ("acks.customer", "acks.people", "site", "acks.status", "acks.signed", "acks.witness")
    with table([visit.t(head) for head in heads], visit.t("acks.title"), "stacked lines"):
        for ack in found["items"]:
            _row(visit, ack)
    if found["next_cursor"]:
        link(visit.t("more"), "/acknowledgements", "button", cursor=found["next_cursor"], **wanted)


def _row(visit: Visit, ack: Row) -> None:
    with el("tr"):
        with el("td", "", "nowrap"):
            link(title_of(ack), f"/acknowledgements/{ack['id']}", "strong")
        el("td", visit.look.listed(person["name"] for person in ack["people"]), "wide-cell")
        el("td", visit.site(ack["site_id"]), "nowrap")
        with el("td"):
            tag(visit.named("ack", ack["status"]), TONES[ack["status"]])
        labelled(visit.t("acks.signed"), visit.moment(ack["signed_at"]), "nowrap")
        labelled(visit.t("acks.witness"), visit.person(ack["witnessed_by"]), "nowrap")


async def _check(visit: Visit) -> None:
    """Whether a customer has one: the address is the question, so that a warning can lead to its answer."""
    asked = {name: visit.query.get(name, "") for name in ("customer_reference", "unit_reference")}
    site = visit.query.get("site_id") or next(iter(visit.sites), "")
    with card(visit.t("acks.check"), visit.t("acks.check_note")):
        with el("form", "", "filters", method="get", action=f"{PREFIX}/acknowledgements", role="search"):
            if len(visit.sites) > 1:
                select("site_id", visit.t("site"), [(one, visit.site(one)) for one in visit.sites], site)
            for name, value in asked.items():
                with el("label", "", "inline-field"):
                    el("span", visit.t(f"acks.{name}"))
                    el("input", type="text", name=name, value=value, maxlength="64", autocomplete="off")
            el("button", visit.t("acks.ask"), "button", type="submit")
        if site and any(asked.values()):
            found = await visit.rest.get(f"{API}/check", site_id=site, **asked)
            if found["acknowledged"]:
                banner(visit.t("acks.has", at=visit.moment(found["signed_at"])), "good")
                link(visit.t("acks.open"), f"/acknowledgements/{found['acknowledgement_id']}", "button small")
            else:
                banner(visit.t("acks.has_none"), "warn")


def _filters(visit: Visit) -> None:
    with el("form", "", "filters", method="get", action=f"{PREFIX}/acknowledgements", role="search"):
        with el("label", "", "inline-field wide"):
            el("span", visit.t("acks.search"))
            el("input", type="search", name="q", value=visit.query.get("q", ""))
        select("status", visit.t("acks.status"), choices(visit, "ack", get_args(AckStatus)), visit.query.get("status", ""), visit.t("all"))
        if len(visit.sites) > 1:
            sites = [(one, visit.site(one)) for one in visit.sites]
            select("site_id", visit.t("site"), sites, visit.query.get("site_id", ""), visit.t("all"))
        el("button", visit.t("search"), "button", type="submit")
        if any(visit.query.get(name) for name in FILTERS):
            link(visit.t("reset"), "/acknowledgements", "button quiet")


def _new(visit: Visit) -> Callable[[], Awaitable[None]]:
    sites = [(site, visit.site(site)) for site in visit.sites if visit.principal.may(Permission.ACK_RECORD, site)]
    whose = [
        Field(name, label=f"acks.{name}", value=visit.query.get(name))
        for name in ("customer_label", "customer_reference", "unit_reference")
    ]
    if len(sites) > 1:
        whose.append(Field("site_id", "choice", required=True, options=sites, value=visit.query.get("site_id")))
    made: Row = {}

    async def send(body: Row, key: str) -> None:
        if not (body.get("customer_reference") or body.get("unit_reference")):
            raise Mistyped(whose[1], "typed.customer_or_unit")
        body["people"] = taken(body)
        made.update(await visit.rest.send("POST", API, {"site_id": sites[0][0]} | body, key=key))

    async def open_() -> None:
        fields = [*whose, *people_fields(visit, [])]
        await ask(visit, visit.t("acks.new"), fields, send, note=visit.t("acks.new_note"), then=lambda: ui.navigate.to(_of(made)))

    return open_


def _of(ack: Row) -> str:
    return f"/acknowledgements/{ack['id']}?done=ack"
