"""Programs that are told of events: subscriptions, their secrets, and what was delivered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import Request
from nicegui import ui

from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner, secret_once
from case_api.console.pages import page
from case_api.console.parts import banner, card, div, el, empty, facts, link, table, tag
from case_api.console.visit import Visit, reference
from case_api.events.topics import TOPICS
from case_api.security import Permission

Row = dict[str, Any]
Open = Callable[[], Awaitable[None]]
TONES: Final = {"sent": "good", "pending": "info", "failed": "bad"}


@page("/webhooks", "nav.webhooks", Permission.WEBHOOK_MANAGE, icon="webhooks")
async def webhooks(visit: Visit, request: Request) -> None:
    """All of them, newest first."""
    found = await visit.rest.everything("webhooks")
    with div("page-head"):
        el("h1", visit.t("webhooks.title"))
        action(visit, visit.t("webhooks.new"), lambda: _new(visit), "primary")
    el("p", visit.t("webhooks.help"), "note")
    done_banner(visit)
    if not found:
        with card():
            empty(visit.t("webhooks.empty"))
        return
    heads = ("field.name", "webhooks.url", "webhooks.topics", "site", "webhooks.status")
    with table([visit.t(head) for head in heads], visit.t("webhooks.title")):
        for hook in found:
            with el("tr"):
                with el("td"):
                    link(hook["name"], f"/webhooks/{hook['id']}", "strong")
                with el("td"):
                    el("code", hook["url"], "address")
                el("td", visit.look.listed(hook["topics"]))
                el("td", visit.site(hook["site_id"]))
                with el("td"):
                    _status(visit, hook)


def _status(visit: Visit, hook: Row) -> None:
    tag(visit.named("sources.status", hook["status"]), "good" if hook["status"] == "active" else "")
    if hook["failing_since"]:
        tag(visit.t("webhooks.failing", at=visit.moment(hook["failing_since"])), "bad")


def _fields(visit: Visit, hook: Row | None) -> list[Field]:
    held = hook or {}
    topics = [
        ("*", visit.t("webhooks.every")),
        *((name, f"{topic.zh if visit.look.language == 'zh' else topic.en}") for name, topic in TOPICS.items()),
    ]
    return [
        Field("name", required=True, value=held.get("name")),
        Field("url", required=True, value=held.get("url"), help="help.webhook_url"),
        Field("topics", "many", options=topics, value=held.get("topics", [])),
        Field("patterns", "lines", value=[one for one in held.get("topics", []) if "*" in one and one != "*"], help="help.patterns"),
    ]


def _asked(body: Row) -> Row:
    """Ticked topics and typed patterns are one list to the API."""
    return body | {"topics": [*body.pop("topics", []), *body.pop("patterns", [])]}


async def _new(visit: Visit) -> None:
    made: Row = {}

    async def send(body: Row, key: str) -> None:
        made.update(await visit.rest.send("POST", "webhooks", _asked(body), key=key))

    sites = [("", visit.t("every_site")), *((site, visit.site(site)) for site in visit.sites)]
    fields = [*_fields(visit, None), Field("site_id", "choice", options=sites, value="")]
    await ask(visit, visit.t("webhooks.new"), fields, send, note=visit.t("sources.new_note"), then=lambda: _once(visit, made))


def _once(visit: Visit, made: Row) -> None:
    secret_once(visit, f"{made['name']} · {visit.t('sources.secret')}", made["secret"])


@page("/webhooks/{webhook_id}", "webhooks.title", Permission.WEBHOOK_MANAGE)
async def webhook(visit: Visit, request: Request) -> None:
    """One subscription and its deliveries of the last 30 days."""
    hook = await visit.rest.get(f"webhooks/{reference(request, 'webhook_id')}")
    told = await visit.rest.get(f"webhooks/{hook['id']}/deliveries", limit=50, cursor=visit.query.get("cursor"))
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        link(visit.t("nav.webhooks"), "/webhooks")
        el("span", hook["name"], aria_current="page")
    with div("page-head"):
        el("h1", hook["name"])
        _status(visit, hook)
    done_banner(visit)
    if hook["disabled_reason"]:
        banner(visit.t("webhooks.switched_off", reason=hook["disabled_reason"]), "warn")
    with div("buttons"):
        if hook["status"] == "active":
            action(visit, visit.t("webhooks.ping"), _ping(visit, hook), "primary")
        action(visit, visit.t("webhooks.edit"), _edit(visit, hook))
        action(visit, visit.t("sources.rotate"), _rotate(visit, hook))
        verb = "disable" if hook["status"] == "active" else "enable"
        action(visit, visit.t(f"sources.{verb}"), _toggle(visit, hook, verb))
        action(visit, visit.t("webhooks.delete"), _delete(visit, hook), "quiet-danger")
    with card():
        facts(
            [
                (visit.t("webhooks.url"), hook["url"]),
                (visit.t("webhooks.topics"), visit.look.listed(hook["topics"])),
                (visit.t("site"), visit.site(hook["site_id"])),
                (visit.t("webhooks.previous"), visit.moment(hook["previous_until"])),
            ]
        )
    _deliveries(visit, hook, told)


def _deliveries(visit: Visit, hook: Row, told: Row) -> None:
    with card(visit.t("webhooks.deliveries"), visit.t("webhooks.deliveries_note")):
        if not told["items"]:
            empty(visit.t("webhooks.no_deliveries"))
            return
        heads = ("at", "topic", "delivery", "attempts", "answer", "next")
        with table([visit.t(f"webhooks.{head}") for head in heads] + [visit.t("people.actions")], visit.t("webhooks.deliveries")):
            for one in told["items"]:
                with el("tr"):
                    el("td", visit.moment(one["created_at"], seconds=True), "nowrap")
                    el("td", one["topic"])
                    with el("td"):
                        tag(visit.named("delivery", one["status"]), TONES[one["status"]])
                    el("td", str(one["attempts"]), "number")
                    el("td", one["error"] or (str(one["response_status"]) if one["response_status"] else "—"))
                    el("td", visit.moment(one["next_at"]) if one["status"] == "pending" else "—", "nowrap")
                    with el("td"):
                        if one["status"] != "pending" and hook["status"] == "active":
                            action(visit, visit.t("webhooks.again"), _again(visit, hook, one), "small")
        if told["next_cursor"]:
            link(visit.t("more"), f"/webhooks/{hook['id']}", "button", cursor=told["next_cursor"])


def _ping(visit: Visit, hook: Row) -> Open:
    async def send(_: Row, key: str) -> None:
        await visit.rest.send("POST", f"webhooks/{hook['id']}/ping", key=key)

    async def open_() -> None:
        await ask(visit, visit.t("webhooks.ping"), [], send, done="pinged", note=visit.t("webhooks.ping_note"))

    return open_


def _again(visit: Visit, hook: Row, delivery: Row) -> Open:
    async def send(_: Row, key: str) -> None:
        await visit.rest.send("POST", f"webhooks/{hook['id']}/deliveries/{delivery['id']}/redelivery", key=key)

    async def open_() -> None:
        await ask(visit, f"{visit.t('webhooks.again')} · {delivery['topic']}", [], send, done="redelivered")

    return open_


def _edit(visit: Visit, hook: Row) -> Open:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("PATCH", f"webhooks/{hook['id']}", _asked(body), version=hook["version"], key=key)

    async def open_() -> None:
        await ask(visit, f"{visit.t('webhooks.edit')} · {hook['name']}", _fields(visit, hook), send, done="webhook")

    return open_


def _rotate(visit: Visit, hook: Row) -> Open:
    made: Row = {}

    async def send(body: Row, key: str) -> None:
        made.update(await visit.rest.send("POST", f"webhooks/{hook['id']}/secret", body, version=hook["version"], key=key))

    async def open_() -> None:
        fields = [Field("overlap_hours", "number", required=True, value=24)]
        title = f"{visit.t('sources.rotate')} · {hook['name']}"
        await ask(visit, title, fields, send, note=visit.t("webhooks.rotate_note"), then=lambda: _once(visit, made))

    return open_


def _toggle(visit: Visit, hook: Row, verb: str) -> Open:
    async def send(_: Row, key: str) -> None:
        body = {"status": "disabled" if verb == "disable" else "active"}
        await visit.rest.send("PATCH", f"webhooks/{hook['id']}", body, version=hook["version"], key=key)

    async def open_() -> None:
        await ask(visit, f"{visit.t(f'sources.{verb}')} · {hook['name']}", [], send, done="webhook", danger=verb == "disable")

    return open_


def _delete(visit: Visit, hook: Row) -> Open:
    async def send(_: Row, key: str) -> None:
        await visit.rest.send("DELETE", f"webhooks/{hook['id']}", version=hook["version"], key=key)

    async def open_() -> None:
        title = f"{visit.t('webhooks.delete')} · {hook['name']}"
        await ask(
            visit,
            title,
            [],
            send,
            note=visit.t("webhooks.delete_note"),
            danger=True,
            then=lambda: ui.navigate.to("/webhooks?done=webhook_deleted"),
        )

    return open_
