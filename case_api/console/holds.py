"""What is kept and what may go: legal holds, records whose time has come, and what was removed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from fastapi import Request

from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner
from case_api.console.keeping import ASKED
from case_api.console.pages import page
from case_api.console.parts import card, div, el, empty, labelled, link, table, tag
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
Open = Callable[[], Awaitable[None]]


@page("/holds", "nav.holds", Permission.HOLD_MANAGE, icon="holds")
async def holds(visit: Visit, request: Request) -> None:
    """Holds first: what they keep is never removed."""
    found, due, removed = await asyncio.gather(
        visit.rest.everything("holds"), visit.rest.get("retention/due", limit=50), visit.rest.get("retention/removals", limit=20)
    )
    await asyncio.gather(*(visit.load_people(site) for site in {hold["site_id"] for hold in found}))
    held = {hold["case_id"] for hold in found if hold["case_id"]}
    cases = dict(zip(held, await asyncio.gather(*(visit.rest.optional(f"cases/{case_id}") for case_id in held)), strict=True))
    with div("page-head"):
        el("h1", visit.t("holds.title"))
        action(visit, visit.t("holds.place"), lambda: _place(visit), "primary")
    el("p", visit.t("holds.help"), "note")
    done_banner(visit)
    _holds(visit, found, cases)
    _due(visit, due)
    _removed(visit, removed["items"])


def _subject(visit: Visit, hold: Row, case: Row | None) -> None:
    if hold["session_id"]:
        link(visit.t("warnings.open_session"), f"/sessions/{hold['session_id']}")
        return
    link(case["code"] if case else visit.t("warnings.open_case"), f"/cases/{hold['case_id']}", "strong")
    if case:
        el("small", f"{visit.customer(case['customer_label'])} {case['unit_label']}")


def _holds(visit: Visit, found: list[Row], cases: dict[str, Row | None]) -> None:
    with card(visit.t("holds.list"), str(len(found))):
        if not found:
            empty(visit.t("holds.empty"))
            return
        heads = ("holds.subject", "site", "field.reason", "holds.until", "holds.placed", "holds.state", "people.actions")
        with table([visit.t(head) for head in heads], visit.t("holds.list"), "flow"):
            for hold in found:
                over = datetime.fromisoformat(hold["ends_at"]) <= datetime.now(UTC)
                state = "lifted" if hold["lifted_at"] else "over" if over else "in_force"
                with el("tr"):
                    with el("td"):
                        _subject(visit, hold, cases.get(hold["case_id"]))
                    el("td", visit.site(hold["site_id"]))
                    with el("td", "", "wide-cell"):
                        el("span", hold["reason"])
                        if hold["lifted_reason"]:
                            el("small", visit.t("holds.lifted_why", reason=hold["lifted_reason"]))
                    labelled(visit.t("holds.until"), visit.moment(hold["ends_at"]), "nowrap")
                    labelled(visit.t("holds.placed"), f"{visit.person(hold['placed_by'])} · {visit.moment(hold['placed_at'])}")
                    with el("td"):
                        tag(visit.t(f"holds.{state}"), "good" if state == "in_force" else "")
                    with el("td"):
                        if state == "in_force":
                            action(visit, visit.t("holds.lift"), _lift(visit, hold), "small")


async def _place(visit: Visit) -> None:
    found = await visit.rest.get("cases", limit=100)
    cases = [(case["id"], f"{case['code']} {visit.customer(case['customer_label'])} {case['unit_label']}") for case in found["items"]]

    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", "holds", body, key=key)

    fields = [
        Field("case_id", "choice", options=cases, help="help.hold_case"),
        Field("session_id", label="holds.session", help="help.hold_session"),
        *ASKED,
    ]
    await ask(visit, visit.t("holds.place"), fields, send, done="hold", note=visit.t("holds.place_note"))


def _lift(visit: Visit, hold: Row) -> Open:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"holds/{hold['id']}/lift", body, version=hold["version"], key=key)

    async def open_() -> None:
        fields = [Field("reason", "prose", required=True)]
        await ask(visit, visit.t("holds.lift"), fields, send, done="hold", note=visit.t("holds.lift_note"), danger=True)

    return open_


def _due(visit: Visit, due: list[Row]) -> None:
    with card(visit.t("holds.due"), visit.t("holds.due_note")):
        if not due:
            empty(visit.t("holds.none_due"))
            return
        with table([visit.t(head) for head in ("holds.subject", "site", "holds.since", "people.actions")], visit.t("holds.due"), "flow"):
            for record in due:
                with el("tr"):
                    where = "cases" if record["kind"] == "case" else "sessions"
                    with el("td"):
                        link(record["code"] or visit.t("holds.a_session"), f"/{where}/{record['id']}", "strong")
                    el("td", visit.site(record["site_id"]))
                    labelled(visit.t("holds.since"), visit.moment(record["removal_at"]), "nowrap")
                    with el("td"):
                        action(visit, visit.t("holds.remove"), _remove(visit, where, record), "small quiet-danger")


def _remove(visit: Visit, where: str, record: Row) -> Open:
    async def send(_: Row, key: str) -> None:
        await visit.rest.send("DELETE", f"{where}/{record['id']}", key=key)

    async def open_() -> None:
        title = f"{visit.t('holds.remove')} · {record['code'] or visit.t('holds.a_session')}"
        await ask(visit, title, [], send, done="removed", note=visit.t("holds.remove_note", sessions=record["sessions"]), danger=True)

    return open_


def _removed(visit: Visit, removed: list[Row]) -> None:
    with card(visit.t("holds.removed"), visit.t("holds.removed_note")):
        if not removed:
            empty(visit.t("holds.none_removed"))
            return
        with table(
            [visit.t(head) for head in ("holds.subject", "site", "holds.ended", "holds.removed_at")], visit.t("holds.removed"), "flow"
        ):
            for record in removed:
                with el("tr"):
                    el("td", record["code"] or f"{visit.t('holds.a_session')} {record['subject_id'][:12]}")
                    el("td", visit.site(record["site_id"]))
                    labelled(visit.t("holds.ended"), visit.moment(record["ended_at"]), "nowrap")
                    labelled(visit.t("holds.removed_at"), visit.moment(record["removed_at"]), "nowrap")
