"""One warning: why, until when, what was done and what happened to the customer; taken, given, answered, closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import Request

from case_api.console.co_residents.view import acknowledged
from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import card, choices, div, el, empty, facts, link, table, tag
from case_api.console.visit import Visit, reference
from case_api.console.warnings.view import STATE_TONES, answerers, clock_of, entry, level_tag, title_of
from case_api.security import Permission

Row = dict[str, Any]
OUTCOMES: Final = ("reassured", "false_alarm", "other")


@page("/warnings/{warning_id}", "warnings.title", Permission.WARNING_READ_RED)
async def warning_page(visit: Visit, request: Request) -> None:
    """Reasons and clock first: whoever calls the customer reads them before."""
    warning = await visit.rest.get(f"warnings/{reference(request, 'warning_id')}")
    others = await visit.rest.get("warnings", customer_id=warning["customer_id"], state="all", sort="newest", limit=20)
    signed = await acknowledged(visit, **whose(warning))
    await visit.load_people(warning["site_id"])
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        link(visit.t("nav.warnings"), "/warnings")
        el("span", title_of(warning), aria_current="page")
    with div("page-head"):
        el("h1", title_of(warning))
        level_tag(visit, warning)
        tag(visit.named("alarm_state", warning["status"]), STATE_TONES[warning["status"]])
        clock_of(visit, warning)
    done_banner(visit)
    _buttons(visit, warning)
    with div("columns"):
        _reasons(visit, warning)
        _facts(visit, warning, signed)
    with div("columns"):
        _steps(visit, warning)
        _events(visit, warning)
    rest = [other for other in others["items"] if other["id"] != warning["id"]]
    if rest:
        with card(visit.t("warnings.others"), str(len(rest))), el("ul", "", "entries"):
            for other in rest:
                entry(visit, other)


def _buttons(visit: Visit, warning: Row) -> None:
    site = warning["site_id"]
    answers = visit.principal.may(Permission.WARNING_ANSWER, site)
    if warning["status"] == "resolved":
        if answers and warning["resolved_by"]:
            why = [Field("reason", "prose", required=True)]
            with div("buttons"):
                action(visit, visit.t("do.reopen"), _asks(visit, warning, "reopen", why, "warning_reopened"))
        return
    with div("buttons"):
        if answers:
            if warning["status"] == "open":
                action(visit, visit.t("do.acknowledge"), _asks(visit, warning, "acknowledge", [], "warning_taken"), "primary")
            told = [Field("note", "prose", label="field.contact_note", required=True)]
            tone = "" if warning["status"] == "open" else "primary"
            action(visit, visit.t("do.contact"), _asks(visit, warning, "contact", told, "warning_contacted"), tone)
        if visit.principal.may(Permission.WARNING_ASSIGN, site):
            action(visit, visit.t("do.give"), _give(visit, warning))
        if answers:
            ended = [Field("outcome", "choice", required=True, options=choices(visit, "alarm_outcome", OUTCOMES)), Field("note", "prose")]
            action(visit, visit.t("do.resolve"), _asks(visit, warning, "resolve", ended, "warning_resolved"))
            action(visit, visit.t("do.became_case"), _became_case(visit, warning))
            action(visit, visit.t("do.name_session"), _name_session(visit, warning))


def _asks(
    visit: Visit, warning: Row, verb: str, fields: list[Field], done: str, fixed: Row | None = None, words: str = ""
) -> Callable[[], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        given = (body | (fixed or {})) or None
        await visit.rest.send("POST", f"warnings/{warning['id']}/{verb}", given, version=warning["version"], key=key)

    async def open_() -> None:
        title = f"{visit.t(f'do.{words or verb}')} · {title_of(warning)}"
        await ask(visit, title, fields, send, done=done, note=visit.t(f"do.{words or verb}_note"))

    return open_


def _give(visit: Visit, warning: Row) -> Callable[[], Awaitable[None]]:
    async def open_() -> None:
        people = await answerers(visit, warning["site_id"])
        fields = [Field("assignee_id", "choice", required=True, options=people, value=warning["assignee_id"])]
        await _asks(visit, warning, "assign", fields, "warning_given", words="give")()

    return open_


def _became_case(visit: Visit, warning: Row) -> Callable[[], Awaitable[None]]:
    async def open_() -> None:
        found = await visit.rest.get("cases", site_id=warning["site_id"], limit=100)
        likely = {warning["unit_reference"], warning["customer_label"]} - {""}
        found["items"].sort(
            key=lambda case: not {case["unit_label"], case["customer_label"]} & likely
        )  # newest first, the likely ones before
        cases = [(case["id"], f"{case['code']} {visit.customer(case['customer_label'])} {case['unit_label']}") for case in found["items"]]
        fields = [Field("case_id", "choice", required=True, options=cases), Field("note", "prose")]
        fixed = {"outcome": "became_case"}
        await _asks(visit, warning, "resolve", fields, "warning_resolved", fixed, words="became_case")()

    return open_


def _name_session(visit: Visit, warning: Row) -> Callable[[], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("PUT", f"crm-customers/{warning['customer_id']}/conversations", body, key=key)

    async def open_() -> None:
        found = await visit.rest.get("sessions", site_id=warning["site_id"], limit=50)
        talks = [(one["id"], f"{visit.moment(one['started_at'])} · {one['staff_name']}") for one in found["items"]]
        fields = [Field("session_id", "choice", required=True, options=talks)]
        title = f"{visit.t('do.name_session')} · {title_of(warning)}"
        await ask(visit, title, fields, send, done="warning_session", note=visit.t("do.name_session_note"))

    return open_


def _reasons(visit: Visit, warning: Row) -> None:
    heads, title = [visit.t("warnings.reasons"), visit.t("warnings.score")], visit.t("warnings.reasons")
    with card(title, visit.t("warnings.points", points=warning["score"])), table(heads, title):
        for reason in warning["reasons"]:
            with el("tr"):
                el("td", visit.both(reason))
                el("td", f"+{reason['points']}", "number")


def whose(warning: Row) -> Row:
    """Whose co-residents are asked for, here and on the page of acknowledgements."""
    return {name: warning[name] for name in ("site_id", "customer_reference", "unit_reference")}


def _facts(visit: Visit, warning: Row, signed: str) -> None:
    with card(visit.t("warnings.facts")):
        pairs: list[tuple[str, Any]] = [
            (visit.t("site"), visit.site(warning["site_id"])),
            (visit.t("warnings.reference"), warning["customer_reference"]),
            (visit.t("warnings.assignee"), warning["assignee"] or visit.t("warnings.nobody")),
            (visit.t("warnings.raised"), visit.moment(warning["raised_at"])),
            (visit.t("warnings.due"), visit.moment(warning["due_at"])),
            (visit.t("warnings.contacted"), visit.moment(warning["contacted_at"])),
            (visit.t("acks.fact"), signed),
            (visit.t("warnings.rules_used"), visit.t("warnings.rules_own" if warning["rule_set_id"] else "warnings.rules_shipped")),
        ]
        if warning["reported_at"]:
            pairs.append((visit.t("warnings.reported"), visit.moment(warning["reported_at"])))
        if warning["outcome"]:
            who = visit.person(warning["resolved_by"]) if warning["resolved_by"] else visit.t("warnings.by_itself")
            pairs.append((visit.t("warnings.outcome"), visit.named("alarm_outcome", warning["outcome"])))
            pairs.append((visit.t("warnings.resolved"), f"{visit.moment(warning['resolved_at'])} · {who}"))
        facts(pairs)
        with div("buttons"):
            if warning["case_id"]:
                link(visit.t("warnings.open_case"), f"/cases/{warning['case_id']}", "button small")
            link(
                visit.t("warnings.acknowledge"),
                "/acknowledgements",
                "button small",
                **whose(warning),
                customer_label=warning["customer_label"],
            )


def _steps(visit: Visit, warning: Row) -> None:
    with card(visit.t("warnings.steps"), str(len(warning["steps"]))), el("ol", "", "timeline"):
        for step in warning["steps"]:
            with el("li", "", "audit"):
                el("time", visit.moment(step["at"]), datetime=step["at"])
                again = step["what"] == "raised" and step["person"]
                el("strong", visit.named("alarm_step", "reopened" if again else step["what"]))
                el("span", step["person"] or visit.t("warnings.program"), "who")
                tag(f"{visit.named('alarm', step['level'])} {step['score']}", f"alarm {step['level']}")
                if step["note"]:
                    el("small", step["note"])


def _events(visit: Visit, warning: Row) -> None:
    with card(visit.t("warnings.events"), visit.t("warnings.events_note")):
        if not warning["events"]:
            empty(visit.t("warnings.no_events"))
            return
        with el("ol", "", "timeline"):
            for event in warning["events"]:
                _event(visit, event)


def _event(visit: Visit, event: Row) -> None:
    with el("li", "", "signal" if event["signal"] else ""):
        el("time", visit.moment(event["at"]), datetime=event["at"])
        named = visit.named("crm", event["kind"])
        el("strong", visit.look.pair(named, visit.named("signal", event["signal"])) if event["signal"] else named)
        if event["due_at"]:
            el("span", visit.t("warnings.due_on", at=visit.moment(event["due_at"])), "who")
        if event["reference"]:
            el("span", event["reference"], "who")
        if event["session_id"] and visit.holds(Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE):
            link(visit.t("warnings.open_session"), f"/sessions/{event['session_id']}")
        if event["case_id"]:
            link(visit.t("warnings.open_case"), f"/cases/{event['case_id']}")
