"""The audit record: who did what, found by action, thing, site and day; whether the chain holds."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import Request

from case_api.console.door import PREFIX
from case_api.console.forms import action, refuse
from case_api.console.pages import page
from case_api.console.parts import banner, card, div, el, empty, labelled, link, select, table
from case_api.console.rest import Refused
from case_api.console.texts import TEXTS
from case_api.console.visit import Visit
from case_api.security import Permission
from models.sites import CHINA

Row = dict[str, Any]
FILTERS: Final = ("action", "subject_type", "subject_id", "actor_id", "site_id", "first", "last")
PAGES_OF: Final = {
    "case": "/cases/{id}",
    "session": "/sessions/{id}",
    "warning": "/warnings/{id}",
    "co_resident_ack": "/acknowledgements/{id}",
    "competitor_offer": "/competitor-offers/{id}",
    "library_edit": "/library/edits/{id}",
    "policy": "/policies",
    "benefit_pool": "/benefits",
    "benefit_item": "/benefits",
    "delegation": "/delegations",
}
ACTIONS: Final = {key.removeprefix("audit."): pair for key, pair in TEXTS.items() if re.fullmatch(r"audit\.[a-z]+:[a-z_]+:[a-z_]+", key)}
SUBJECTS: Final = tuple(key.partition(".")[2] for key in TEXTS if key.startswith("audit_subject."))


@page("/audit", "nav.audit", Permission.AUDIT_READ, icon="audit")
async def audit(visit: Visit, request: Request) -> None:
    """Newest first, page by page; the filters are the address."""
    wanted = {name: visit.query[name] for name in FILTERS if visit.query.get(name)}
    with div("page-head"):
        el("h1", visit.t("audit.title"))
        place = div("grow", aria_live="polite")
        if visit.principal.may(Permission.AUDIT_READ, None):
            action(visit, visit.t("audit.verify"), lambda: _verify(visit, place))
    el("p", visit.t("audit.help"), "note")
    _filters(visit)
    none = action_of(wanted.get("action", "")) is None
    found = {"items": []} if none else await visit.rest.get("audit", limit=50, cursor=visit.query.get("cursor"), **asked(wanted))
    if not found["items"]:
        with card():
            empty(visit.t("audit.empty"))
        return
    heads = ("history.at", "history.who", "history.what", "audit.subject", "audit.changes", "history.from", "history.hash")
    with table([visit.t(head) for head in heads], visit.t("audit.title"), "flow"):
        for row in found["items"]:
            _row(visit, row, wanted)
    if found["next_cursor"]:
        link(visit.t("more"), "/audit", "button", cursor=found["next_cursor"], **wanted)


def asked(wanted: dict[str, str]) -> Row:
    """The address as the API asks for it: an action's beginning, days from midnight to midnight; what cannot be found is not looked for."""
    made: Row = {name: wanted[name] for name in ("subject_type", "subject_id", "actor_id", "site_id") if name in wanted}
    action = action_of(wanted.get("action", ""))
    if action:
        made["action"] = action
    for name, to, days in (("first", "from_", 0), ("last", "to", 1)):
        try:
            day = datetime.fromisoformat(wanted.get(name, "")).replace(tzinfo=CHINA)
        except ValueError:
            continue
        made[to] = (day + timedelta(days=days)).isoformat()
    return made


def action_of(typed: str) -> str | None:
    """The code, or its beginning, of what was typed: that itself or an action's name; nothing for no filter, None if there is no such."""
    text = typed.strip()
    named = next((code for code, names in ACTIONS.items() if text in names), None)
    return named or (text if not text or re.fullmatch(r"[a-z_:]{1,80}", text) else None)


def _filters(visit: Visit) -> None:
    with el("form", "", "filters", method="get", action=f"{PREFIX}/audit", role="search"):
        with el("label", "", "inline-field wide"):
            el("span", visit.t("audit.action"))
            el("input", type="search", name="action", value=visit.query.get("action", ""), placeholder="api:case:", list="actions")
            with el("datalist", id="actions"):
                for code in ACTIONS:
                    el("option", code, value=visit.t(f"audit.{code}"))
        subjects = [(one, visit.named("audit_subject", one)) for one in SUBJECTS]
        select("subject_type", visit.t("audit.subject"), subjects, visit.query.get("subject_type", ""), visit.t("all"))
        for name in ("first", "last"):
            with el("label", "", "inline-field"):
                el("span", visit.t(f"audit.{name}"))
                el("input", type="date", name=name, value=visit.query.get(name, ""))
        if len(visit.sites) > 1:
            sites = [(site, visit.site(site)) for site in visit.sites]
            select("site_id", visit.t("site"), sites, visit.query.get("site_id", ""), visit.t("all"))
        el("button", visit.t("search"), "button", type="submit")
        if any(visit.query.get(name) for name in FILTERS):
            link(visit.t("reset"), "/audit", "button quiet")


def _row(visit: Visit, row: Row, wanted: dict[str, str]) -> None:
    with el("tr"):
        el("td", visit.moment(row["at"], seconds=True), "nowrap")
        with el("td"):
            if row["actor_id"]:
                link(row["actor_label"], "/audit", "", **(wanted | {"actor_id": row["actor_id"]}))
            else:
                el("span", row["actor_label"])
        with el("td"):
            named = visit.named("audit", row["action"])
            el("span", named)
            if named != row["action"]:
                el("small", row["action"])
        with el("td"):
            named = visit.named("audit_subject", row["subject_type"])
            where = PAGES_OF.get(row["subject_type"])
            if where:
                link(named, where.format(id=row["subject_id"]))
            else:
                el("span", named)
            with el("small"):
                link(row["subject_id"][:12], "/audit", "", subject_type=row["subject_type"], subject_id=row["subject_id"])
        with el("td", "", "wide-cell" if _changed(row) else "wide-cell blank"):
            _changes(visit, row)
        labelled(visit.t("history.from"), row["ip"] or "")
        labelled(visit.t("history.hash"), row["hash"][:12], "number")


def _changed(row: Row) -> bool:
    return row["before"] is not None or row["after"] is not None


def _changes(visit: Visit, row: Row) -> None:
    if not _changed(row):
        el("span", "—")
        return
    with el("details"):
        el("summary", visit.t("audit.look"))
        for name in ("before", "after"):
            if row[name] is not None:
                el("small", visit.t(f"audit.{name}"))
                el("pre", json.dumps(row[name], ensure_ascii=False, indent=1), "json")


async def _verify(visit: Visit, place: Any) -> None:
    place.clear()
    with place:
        el("p", visit.t("audit.verifying"), "note")
    try:
        found = await visit.rest.get("audit/verification")
    except Refused as refused:
        refuse(visit, place, refused)
        return
    place.clear()
    with place:
        if found["broken"] is None:
            banner(visit.t("audit.whole", checked=found["checked"]), "good")
        else:
            banner(visit.t("audit.broken", row=found["broken"], action=found["action"], checked=found["checked"]), "bad")
