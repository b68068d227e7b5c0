"""Who approves for whom, and until when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import Request

from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import card, div, el, empty, labelled, table, tag
from case_api.console.visit import Visit
from case_api.security import GRANTS, Permission

Row = dict[str, Any]


@page("/delegations", "nav.delegations", Permission.CASE_APPROVE, icon="delegations")
async def delegations(visit: Visit, request: Request) -> None:
    """What one lends and what one was lent, newest first."""
    found = await visit.rest.everything("delegations")
    with div("page-head"):
        el("h1", visit.t("delegations.title"))
        action(visit, visit.t("delegations.new"), lambda: _new(visit), "primary")
    el("p", visit.t("delegations.help"), "note")
    done_banner(visit)
    if not found:
        with card():
            empty(visit.t("delegations.empty"))
        return
    heads = ("delegations.from", "delegations.to", "delegations.when", "field.reason", "delegations.state", "people.actions")
    with table([visit.t(head) for head in heads], visit.t("delegations.title"), "flow"):
        for one in found:
            with el("tr"):
                el("td", one["from_person"]["display_name"], "strong")
                labelled(visit.t("delegations.to"), one["to_person"]["display_name"], "strong")
                el("td", f"{visit.moment(one['starts_at'])} – {visit.moment(one['ends_at'])}", "nowrap")
                el("td", one["reason"], "wide-cell")
                state = _state(one)
                with el("td"):
                    tag(visit.t(f"delegations.{state}"), {"in_force": "good", "later": "info"}.get(state, ""))
                with el("td"):
                    if state in ("in_force", "later") and one["from_person"]["id"] == visit.me["id"]:
                        action(visit, visit.t("delegations.revoke"), _revoke(visit, one), "small quiet-danger")


def _state(one: Row) -> str:
    if one["revoked_at"]:
        return "revoked"
    if one["in_force"]:
        return "in_force"
    return "later" if datetime.fromisoformat(one["starts_at"]) > datetime.now(UTC) else "over"


async def _new(visit: Visit) -> None:
    people: dict[str, str] = {}
    for site in visit.sites:
        for person in await visit.rest.everything(f"sites/{site}/people"):
            approves = any(Permission.CASE_APPROVE in GRANTS[role] for role in person["roles"])
            if approves and not person["disabled"] and person["id"] != visit.me["id"]:
                people[person["id"]] = visit.with_roles(person)

    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", "delegations", body, key=key)

    fields = [
        Field("to_person_id", "choice", required=True, options=list(people.items())),
        Field("starts_at", "moment", help="help.effective_from"),
        Field("ends_at", "moment", required=True),
        Field("reason", "prose", required=True),
    ]
    await ask(visit, visit.t("delegations.new"), fields, send, done="delegated", note=visit.t("delegations.new_note"))


def _revoke(visit: Visit, one: Row) -> Callable[[], Awaitable[None]]:
    async def send(_: Row, key: str) -> None:
        await visit.rest.send("DELETE", f"delegations/{one['id']}", key=key)

    async def open_() -> None:
        title = f"{visit.t('delegations.revoke')} · {one['to_person']['display_name']}"
        await ask(visit, title, [], send, done="delegation_revoked", note=visit.t("delegations.revoke_note"), danger=True)

    return open_
