"""Links to the customers' own form: made at the desk, shown as a code, printed, ended."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any, Final, get_args

from fastapi import Request
from nicegui import ui

from case_api.console.door import PREFIX
from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner, refuse
from case_api.console.pages import page
from case_api.console.parts import button, card, choices, div, el, empty, labelled, link, select, table, tag
from case_api.console.rest import Refused
from case_api.console.visit import Visit
from case_api.public_form.rules import LinkStatus
from case_api.security import Permission

Row = dict[str, Any]
TONES: Final = {"open": "info", "submitted": "good", "expired": "", "revoked": ""}


@page("/form-links", "nav.form_links", Permission.CASE_CREATE, icon="form_links")
async def form_links(visit: Visit, request: Request) -> None:
    """Newest first; a code is shown when its link is made, and never again."""
    status = visit.query.get("status", "")
    found = await visit.rest.get("form-links", status=status, limit=50, cursor=visit.query.get("cursor"))
    for site in {one["site_id"] for one in found["items"]}:
        await visit.load_people(site)
    with div("page-head"):
        el("h1", visit.t("form_links.title"))
        action(visit, visit.t("form_links.new"), lambda: _new(visit), "primary")
    el("p", visit.t("form_links.help"), "note")
    done_banner(visit)
    with el("form", "", "filters", method="get", action=f"{PREFIX}/form-links", role="search"):
        select("status", visit.t("form_links.status"), choices(visit, "form_link", get_args(LinkStatus)), status, visit.t("all"))
        el("button", visit.t("search"), "button", type="submit")
    if not found["items"]:
        with card():
            empty(visit.t("form_links.empty"))
        return
    heads = ("form_links.label", "site", "form_links.status", "form_links.by", "form_links.until", "form_links.case", "people.actions")
    with table([visit.t(head) for head in heads], visit.t("form_links.title"), "stacked lines"):
        for one in found["items"]:
            _row(visit, one)
    if found["next_cursor"]:
        link(visit.t("more"), "/form-links", "button", status=status, cursor=found["next_cursor"])


def _row(visit: Visit, one: Row) -> None:
    with el("tr"):
        el("td", one["label"] or "—", "strong")
        el("td", visit.site(one["site_id"]))
        with el("td"):
            tag(visit.named("form_link", one["status"]), TONES[one["status"]])
        labelled(visit.t("form_links.by"), f"{visit.person(one['created_by'])} · {visit.moment(one['created_at'])}")
        labelled(visit.t("form_links.until"), visit.moment(one["expires_at"]), "nowrap")
        with el("td", "", "nowrap" if one["case_id"] else "nowrap blank"):
            if one["case_id"]:
                link(visit.t("warnings.open_case"), f"/cases/{one['case_id']}")
            else:
                el("span", "—")
        with el("td"):
            if one["status"] == "open":
                action(visit, visit.t("form_links.revoke"), _revoke(visit, one), "small quiet-danger")


async def _new(visit: Visit) -> None:
    sites = [(site, visit.site(site)) for site in visit.sites if visit.principal.may(Permission.CASE_CREATE, site)]
    made: Row = {}

    async def send(body: Row, key: str) -> None:
        made.update(await visit.rest.send("POST", "form-links", body, key=key))
        made["picture"] = await visit.rest.file("form-links/sheet", {"secret": made["secret"], "format": "svg"})

    fields = [
        Field("label", label="form_links.label", help="help.form_label"),
        *([Field("site_id", "choice", required=True, options=sites)] if len(sites) > 1 else []),
    ]
    title = visit.t("form_links.new")
    await ask(visit, title, fields, send, note=visit.t("form_links.new_note"), then=lambda: _code(visit, made))


def _code(visit: Visit, made: Row) -> None:
    """The code to be scanned now, or printed."""
    with ui.dialog().props("persistent") as dialog, div("dialog"):
        dialog.props["aria-label"] = visit.t("form_links.code")
        el("h2", visit.t("form_links.code"))
        el("p", visit.t("form_links.code_note", until=visit.moment(made["expires_at"])), "note")
        picture = base64.b64encode(made["picture"]).decode()
        el("img", "", "qr", src=f"data:image/svg+xml;base64,{picture}", alt=visit.t("form_links.code_alt"))
        trouble = div("trouble", aria_live="polite")

        def prints(size: str) -> Callable[[], Awaitable[None]]:
            async def download() -> None:
                trouble.clear()
                with trouble:
                    el("p", visit.t("form_links.printing"), "note")
                try:
                    data = await visit.rest.file("form-links/sheet", {"secret": made["secret"], "format": size})
                except Refused as refused:
                    refuse(visit, trouble, refused)
                    return
                trouble.clear()
                ui.download.content(data, f"form-{size}.pdf", "application/pdf")

            return download

        with div("form-foot"):
            for size in ("a5", "a4"):
                button(visit.t(f"form_links.{size}")).on("click", prints(size))
            button(visit.t("form_links.ready"), "primary").on("click", lambda: ui.navigate.to("/form-links"))
    dialog.open()


def _revoke(visit: Visit, one: Row) -> Callable[[], Awaitable[None]]:
    async def send(_: Row, key: str) -> None:
        await visit.rest.send("POST", f"form-links/{one['id']}/revoke", version=one["version"], key=key)

    async def open_() -> None:
        title = f"{visit.t('form_links.revoke')} · {one['label'] or visit.moment(one['created_at'])}"
        await ask(visit, title, [], send, done="form_link", note=visit.t("form_links.revoke_note"), danger=True)

    return open_
