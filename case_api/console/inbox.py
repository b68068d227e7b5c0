"""What one was told, and where else one is told: the inbox, own channels, and what comes there and when."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import Request
from nicegui import ui

from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import banner, button, card, choices, div, el, empty, link, table, tag
from case_api.console.rest import command_key
from case_api.console.visit import Visit
from case_api.notifications.rules import ALWAYS, KINDS
from case_api.security import Permission

Row = dict[str, Any]
Open = Callable[[], Awaitable[None]]
PATH: Final = "/inbox"
TONES: Final = {"litigation": "bad", "escalation": "bad", "overdue": "warn", "reminder": "warn", "approval": "info", "task": "info"}
LISTED: Final = {"/v1/figures/briefs/": "/figures", "/v1/policies/": "/policies"}
"""What has no page of its own, and where it stands."""


@page(PATH, "nav.inbox", *Permission)
async def inbox(visit: Visit, request: Request) -> None:
    """What is unread first; `view=channels` is where one is told as well."""
    with div("page-head"):
        el("h1", visit.t("nav.inbox"))
        with el("nav", "", "segments", aria_label=visit.t("nav.inbox")):
            for view in ("", "channels"):
                shown = visit.query.get("view", "") == view
                tab = link(visit.t(f"inbox.{view or 'told'}"), PATH, "on" if shown else "", view=view)
                if shown:
                    tab.props["aria-current"] = "page"
    done_banner(visit)
    await (_channels(visit) if visit.query.get("view") == "channels" else _told(visit))


async def _told(visit: Visit) -> None:
    asked_at = datetime.now(UTC).isoformat()
    found = await visit.rest.get("notifications", limit=50, cursor=visit.query.get("cursor"))
    if not found["items"]:
        with card():
            empty(visit.t("inbox.empty"))
        return

    async def all_read() -> None:
        await visit.rest.send("POST", "notifications/read", {"until": asked_at}, key=command_key())
        ui.navigate.to(PATH)

    with card(visit.t("inbox.unread", count=visit.unread) if visit.unread else visit.t("inbox.all_read")):
        if visit.unread:
            with div("buttons"):
                button(visit.t("inbox.read_all"), "small").on("click", all_read)
        with el("ul", "", "entries"):
            for one in found["items"]:
                _one(visit, one)
        if found["next_cursor"]:
            link(visit.t("more"), PATH, "button", cursor=found["next_cursor"])


def _one(visit: Visit, one: Row) -> None:
    """A line that leads to what it is about, and is read with that."""
    target = target_of(one["link"])

    async def follow() -> None:
        await visit.rest.send("POST", f"notifications/{one['id']}/read", key=command_key())
        ui.navigate.to(target)

    with el("li"):
        entry = link("", target, "entry")
        if one["read_at"] is None:
            entry.on("click.exact.prevent", follow)
        with entry:
            with div("grow"):
                el("strong" if one["read_at"] is None else "span", visit.both(one))
                el("small", visit.moment(one["created_at"]))
            if one["read_at"] is None:
                tag(visit.t("inbox.new"), "info")
            tag(visit.named("told", one["kind"]), TONES.get(one["kind"], ""))


def target_of(link: str) -> str:
    """The page of the console for a path of the API."""
    whole = next((page for start, page in LISTED.items() if link.startswith(start)), None)
    return whole or re.sub(r"^/v1", "", link)


async def _channels(visit: Visit) -> None:
    channels, wish = await visit.rest.get("me/channels"), await visit.rest.get("me/notification-preferences")
    with card(visit.t("inbox.channels"), cls="stack"):
        el("p", visit.t("inbox.channels_help"), "note")
        with div("buttons"):
            action(visit, visit.t("inbox.channel_new"), lambda: _save(visit), "primary")
        if channels:
            heads = ("field.name", "inbox.address", "inbox.fares", "people.actions")
            with table([visit.t(head) for head in heads], visit.t("inbox.channels"), "flow"):
                for one in channels:
                    _channel(visit, one)
        else:
            empty(visit.t("inbox.no_channels"))
    with card(visit.t("inbox.wishes"), cls="stack"):
        kinds = visit.look.listed(visit.named("told", kind) for kind in wish["kinds"]) or visit.t("inbox.only_always")
        el("p", visit.t("inbox.hears", kinds=kinds))
        quiet = (wish["quiet_from"], wish["quiet_until"])
        el("p", visit.t("inbox.quiet", since=quiet[0], until=quiet[1]) if quiet[0] else visit.t("inbox.never_quiet"))
        with div("buttons"):
            action(visit, visit.t("inbox.change"), lambda: _wish(visit, wish))


def _channel(visit: Visit, one: Row) -> None:
    async def test() -> None:
        place.clear()
        fared = await visit.rest.send("POST", f"me/channels/{one['name']}/test", key=command_key())
        with place:
            arrived = fared["arrived"]
            banner(visit.t("inbox.arrived") if arrived else visit.t("inbox.not_arrived", why=fared["error"]), "good" if arrived else "bad")

    with el("tr"):
        el("td", one["name"], "strong")
        with el("td"):
            el("code", one["shown"], "address")
        with el("td", "", "wide-cell"):
            el("span", visit.t("inbox.counts", waiting=one["waiting"], failed=one["failed"]))
            if one["last_error"]:
                el("small", one["last_error"])
            place = div("stack")
        with el("td"), div("buttons"):
            button(visit.t("inbox.test"), "small").on("click", test)
            action(visit, visit.t("inbox.remove"), _remove(visit, one), "small quiet-danger")


async def _save(visit: Visit) -> None:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("PUT", f"me/channels/{body['name']}", {"url": body["url"]}, key=key)

    fields = [
        Field("name", required=True, help="help.channel_name"),
        Field("url", required=True, label="inbox.address", help="help.channel_url"),
    ]
    await ask(visit, visit.t("inbox.channel_new"), fields, send, done="channel")


def _remove(visit: Visit, one: Row) -> Open:
    async def send(_: Row, key: str) -> None:
        await visit.rest.send("DELETE", f"me/channels/{one['name']}", key=key)

    async def open_() -> None:
        await ask(visit, f"{visit.t('inbox.remove')} · {one['name']}", [], send, done="removed", danger=True)

    return open_


async def _wish(visit: Visit, wish: Row) -> None:
    async def send(body: Row, key: str) -> None:
        kinds = [*body.get("kinds", []), *(kind for kind in wish["kinds"] if kind in ALWAYS)]
        whole = {"kinds": kinds, "quiet_from": body.get("quiet_from"), "quiet_until": body.get("quiet_until"), "timezone": wish["timezone"]}
        await visit.rest.send("PUT", "me/notification-preferences", whole, key=key)

    offered = choices(visit, "told", [kind for kind in KINDS if kind not in ALWAYS])
    fields = [
        Field("kinds", "many", label="inbox.kinds", options=offered, value=wish["kinds"], help="help.told_kinds"),
        Field("quiet_from", label="inbox.quiet_from", value=wish["quiet_from"], help="help.quiet"),
        Field("quiet_until", label="inbox.quiet_until", value=wish["quiet_until"]),
    ]
    await ask(visit, visit.t("inbox.wishes"), fields, send, done="wishes")
