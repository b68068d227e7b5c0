"""One acknowledgement: the wording that is read out, who it is about, and their signatures on the screen or on paper."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import Request
from nicegui import events, ui
from nicegui.element import Element

from case_api.co_residents.rules import INK_MIN, PAD
from case_api.console.co_residents.view import API, PARTS, TONES, people_fields, taken, title_of
from case_api.console.door import PREFIX
from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner, refuse, uploads
from case_api.console.pages import page
from case_api.console.parts import banner, card, div, el, facts, link, table, tag
from case_api.console.rest import Refused, command_key
from case_api.console.visit import Visit, reference
from case_api.security import Permission

Row = dict[str, Any]


class SignaturePads(Element, component=Path(__file__).parent.parent / "static" / "signatures.js"):
    """A field to sign in for each name; emits `signed` with everybody's lines. `run_method("again")` after a refusal."""

    def __init__(self, visit: Visit, names: list[str]) -> None:
        super().__init__()
        self.props["names"] = names
        self.props["pad"] = {"width": PAD[0], "height": PAD[1], "ink": INK_MIN}
        self.props["texts"] = {name: visit.t(f"acks.{name}") for name in ("field", "clear", "done", "missing")}


@page("/acknowledgements/{ack_id}", "acks.title", Permission.ACK_READ)
async def acknowledgement(visit: Visit, request: Request) -> None:
    """What is read out stands above the fields to sign in."""
    ack = await visit.rest.get(f"{API}/{reference(request, 'ack_id')}")
    await visit.load_people(ack["site_id"])
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        link(visit.t("nav.acknowledgements"), "/acknowledgements")
        el("span", title_of(ack), aria_current="page")
    with div("page-head"):
        el("h1", title_of(ack))
        tag(visit.named("ack", ack["status"]), TONES[ack["status"]])
    done_banner(visit)
    if ack["withdrawn_reason"]:
        banner(visit.t("acks.withdrawn_why", why=ack["withdrawn_reason"]), "warn")
    records = visit.principal.may(Permission.ACK_RECORD, ack["site_id"])
    _buttons(visit, ack, records=records)
    with div("columns"):
        _people(visit, ack)
        _facts(visit, ack)
    with card(visit.t("acks.wording"), ack["notice_version"]):
        for sentence in visit.both(ack, "text").split("\n"):
            el("p", sentence)
    if ack["status"] == "draft" and records:
        _sign(visit, ack)
        _scan(visit, ack)


def _buttons(visit: Visit, ack: Row, *, records: bool) -> None:
    files = f"{PREFIX}/files/v1/{API}/{ack['id']}"
    with div("buttons"):
        el("a", visit.t("acks.paper"), "button", href=f"{files}/paper.pdf", target="_blank", rel="noopener")
        if ack["scan"]:
            el("a", visit.t("acks.scan"), "button", href=f"{files}/scan", download="")
        if ack["status"] == "draft" and records:
            action(visit, visit.t("acks.change"), _change(visit, ack))
        own = records and ack["created_by"] == visit.me["id"]
        if ack["status"] != "withdrawn" and (own or visit.principal.may(Permission.CASE_MANAGE, ack["site_id"])):
            action(visit, visit.t("acks.withdraw"), _withdraw(visit, ack), "quiet-danger")


def _change(visit: Visit, ack: Row) -> Callable[[], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("PUT", f"{API}/{ack['id']}", {"people": taken(body)}, version=ack["version"], key=key)

    async def open_() -> None:
        await ask(visit, visit.t("acks.change"), people_fields(visit, ack["people"]), send, done="ack", note=visit.t("acks.new_note"))

    return open_


def _withdraw(visit: Visit, ack: Row) -> Callable[[], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"{API}/{ack['id']}/withdraw", body, version=ack["version"], key=key)

    async def open_() -> None:
        fields = [Field("reason", "prose", required=True)]
        title, note = visit.t("acks.withdraw"), visit.t("acks.withdraw_note")
        await ask(visit, title, fields, send, done="ack_withdrawn", note=note, danger=True)

    return open_


def _people(visit: Visit, ack: Row) -> None:
    heads = [visit.t(f"acks.{head}") for head in ("name", "relation", *PARTS, "signature")]
    with card(visit.t("acks.people"), str(len(ack["people"]))), table(heads, visit.t("acks.people")):
        for person in ack["people"]:
            with el("tr"):
                el("td", person["name"], "strong nowrap")
                el("td", person["relation"] or "—")
                for part in PARTS:
                    el("td", visit.t("yes") if person[part] else "—")
                el("td", _signature(visit, ack, person), "nowrap")


def _signature(visit: Visit, ack: Row, person: Row) -> str:
    if not person["signs"]:
        return visit.t("acks.child")
    return visit.t("acks.open_signature") if ack["signed_at"] is None else visit.named("ack_method", ack["method"])


def _facts(visit: Visit, ack: Row) -> None:
    with card(visit.t("acks.facts")):
        facts(
            [
                (visit.t("site"), visit.site(ack["site_id"])),
                (visit.t("acks.customer_reference"), ack["customer_reference"]),
                (visit.t("acks.unit_reference"), ack["unit_reference"]),
                (visit.t("acks.recorded"), f"{visit.person(ack['created_by'])} · {visit.moment(ack['created_at'])}"),
                (visit.t("acks.signed"), visit.moment(ack["signed_at"])),
                (visit.t("acks.witness"), visit.person(ack["witnessed_by"])),
                (visit.t("acks.digest"), ack["digest"]),
            ]
        )


def _sign(visit: Visit, ack: Row) -> None:
    key = command_key()
    with card(visit.t("acks.sign"), visit.t("acks.sign_note")):
        trouble = div("trouble")
        pads = SignaturePads(visit, [person["name"] for person in ack["people"] if person["signs"]])

    async def signed(event: events.GenericEventArguments) -> None:
        trouble.clear()
        try:
            await visit.rest.send("POST", f"{API}/{ack['id']}/signatures", event.args, version=ack["version"], key=key)
        except Refused as refused:
            refuse(visit, trouble, refused)
            pads.run_method("again")
            return
        ui.navigate.to(f"{visit.path}?done=ack_signed")

    pads.on("signed", signed)


def _scan(visit: Visit, ack: Row) -> None:
    with card(visit.t("acks.by_hand"), visit.t("acks.by_hand_note")):
        trouble = div("trouble")
        sent = {"data_key": command_key(), "data_version": str(ack["version"])}
        form = el("form", "", "filters", action=f"{PREFIX}/files/v1/{API}/{ack['id']}/scan", novalidate="", **sent)
        with form:
            with el("label", "", "inline-field wide"):
                el("span", visit.t("evidence.file"))
                el("input", type="file", name="file", accept=".pdf,.jpg,.jpeg,.png")
            el("button", visit.t("evidence.upload"), "button", type="submit")
    uploads(visit, form, trouble, f"{visit.path}?done=ack_signed")
