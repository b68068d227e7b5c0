"""Accounts: who works where, one-time passwords, roles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, get_args

from fastapi import Request
from nicegui import ui

from case_api.console.door import PREFIX
from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import button, card, choices, div, el, empty, link, table, tag
from case_api.console.visit import Visit
from case_api.security import Permission
from models.people import Role

Row = dict[str, Any]
ROLE_ROWS: Final = 3
"""Roles beyond those held that the form offers at once."""


@page("/people", "nav.people", Permission.PERSON_MANAGE, icon="people")
async def people(visit: Visit, request: Request) -> None:
    """Newest first, found by either name."""
    found = await visit.rest.get("people", q=visit.query.get("q"), limit=50, cursor=visit.query.get("cursor"))
    with div("page-head"):
        el("h1", visit.t("people.title"))
        action(visit, visit.t("people.new"), lambda: _new(visit), "primary")
    el("p", visit.t("people.help"), "note")
    done_banner(visit)
    with el("form", "", "filters", method="get", action=f"{PREFIX}/people", role="search"):
        with el("label", "", "inline-field wide"):
            el("span", visit.t("people.search"))
            el("input", type="search", name="q", value=visit.query.get("q", ""))
        el("button", visit.t("search"), "button", type="submit")
    if not found["items"]:
        with card():
            empty(visit.t("people.empty"))
        return
    heads = ["people.name", "sign_in.username", "people.roles", "people.status", "people.actions"]
    with table([visit.t(head) for head in heads], visit.t("people.title"), "flow"):
        for person in found["items"]:
            _row(visit, person)
    if found["next_cursor"]:
        link(visit.t("more"), "/people", "button", q=visit.query.get("q"), cursor=found["next_cursor"])


def _row(visit: Visit, person: Row) -> None:
    with el("tr"):
        el("td", person["display_name"], "strong")
        el("td", person["username"])
        with el("td"), div("tags"):
            for role in person["roles"]:
                tag(f"{visit.named('role', role['role'])} · {visit.site(role['site_id'])}")
        with el("td"):
            status = _status(person)
            tag(visit.t(f"people.status.{status}"), {"active": "good", "pending": "info"}.get(status, "warn"))
        with el("td"), div("mini-buttons"):
            action(visit, visit.t("people.edit_roles"), _roles(visit, person), "small")
            action(visit, visit.t("people.reset"), _reset(visit, person), "small")
            action(
                visit, visit.t("people.enable" if person["disabled_at"] else "people.disable"), _toggle(visit, person), "small quiet-danger"
            )


def _status(person: Row) -> str:
    if person["disabled_at"]:
        return "disabled"
    if person["locked_until"] and datetime.fromisoformat(person["locked_until"]) > datetime.now(UTC):
        return "locked"
    return "pending" if person["must_change_password"] else "active"


def _role_fields(visit: Visit, held: list[Row]) -> list[Field]:
    sites = [("", visit.t("people.every")), *((site, visit.site(site)) for site in visit.sites)]
    rows: list[Row] = [*held, *[{"role": None, "site_id": None}] * ROLE_ROWS]
    return [
        field
        for number, row in enumerate(rows)
        for field in (
            Field(f"roles.{number}.role", "choice", label="field.role", options=choices(visit, "role", get_args(Role)), value=row["role"]),
            Field(f"roles.{number}.site_id", "choice", label="field.role_site", options=sites, value=row["site_id"] or ""),
        )
    ]


def _taken(body: Row) -> list[Row]:
    rows = body.pop("roles", {}).values()
    return [{"role": row["role"], "site_id": row.get("site_id")} for row in rows if row.get("role")]


async def _new(visit: Visit) -> None:
    made: Row = {}

    async def send(body: Row, key: str) -> None:
        roles = _taken(body)
        made.update(await visit.rest.send("POST", "people", body | {"roles": roles}, key=key))

    fields = [Field("username", required=True, help="help.username"), Field("display_name", required=True), *_role_fields(visit, [])]
    await ask(visit, visit.t("people.new"), fields, send, then=lambda: _once(visit, made))


def _once(visit: Visit, made: Row) -> None:
    """The one-time password, shown this once and nowhere else."""
    with ui.dialog().props("persistent") as dialog, div("dialog"):
        dialog.props["aria-label"] = visit.t("people.once")
        el("h2", f"{made['display_name']} · {visit.t('people.once')}")
        el("p", visit.t("people.once_note"), "note")
        el("p", f"{made['username']}", "note")
        el("code", made["one_time_password"], "once")
        with div("form-foot"):
            button(visit.t("people.copied"), "primary").on("click", lambda: ui.navigate.to(visit.path))
    dialog.open()


def _roles(visit: Visit, person: Row) -> Callable[[], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("PUT", f"people/{person['id']}/roles", {"roles": _taken(body)}, key=key)

    async def open_() -> None:
        title = f"{visit.t('people.roles')} · {person['display_name']}"
        await ask(visit, title, _role_fields(visit, person["roles"]), send, done="person")

    return open_


def _reset(visit: Visit, person: Row) -> Callable[[], Awaitable[None]]:
    made: Row = {}

    async def send(_: Row, key: str) -> None:
        made.update(await visit.rest.send("POST", f"people/{person['id']}/password", key=key))

    async def open_() -> None:
        title = f"{visit.t('people.reset')} · {person['display_name']}"
        await ask(visit, title, [], send, note=visit.t("people.reset_note"), then=lambda: _once(visit, made), danger=True)

    return open_


def _toggle(visit: Visit, person: Row) -> Callable[[], Awaitable[None]]:
    disabling = person["disabled_at"] is None

    async def send(_: Row, key: str) -> None:
        await visit.rest.send("PATCH", f"people/{person['id']}", {"disabled": disabling}, key=key)

    async def open_() -> None:
        title = f"{visit.t('people.disable' if disabling else 'people.enable')} · {person['display_name']}"
        note = visit.t("people.disable_note") if disabling else ""
        await ask(visit, title, [], send, done="person", note=note, danger=disabling)

    return open_
