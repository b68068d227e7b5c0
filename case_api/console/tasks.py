"""What waits for the person: approvals, signals to confirm, work with its limit, rules and scripts, briefs."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import Request

from case_api.console.case.solution_view import headline, payee_line, price_lines
from case_api.console.case.view import TAB_OF
from case_api.console.fields import Field, yuan
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import card, clock, countdown, div, el, empty, link, tag
from case_api.console.visit import Visit
from case_api.console.waiting import beside_cases, show
from case_api.console.warnings.view import entry
from case_api.security import Permission

Row = dict[str, Any]


@page("/tasks", "nav.tasks", Permission.CASE_READ, Permission.LIBRARY_DESK, icon="tasks")
async def tasks(visit: Visit, request: Request) -> None:
    """Most urgent first; what can be decided here is decided here."""
    approvals, work, signals, briefs, alarms, beside = await asyncio.gather(
        visit.rest.everything("approvals") if visit.holds(Permission.CASE_READ) else _nothing(),
        visit.rest.everything("tasks", mine="true") if visit.holds(Permission.CASE_READ) else _nothing(),
        visit.rest.everything("signals", status="open") if visit.holds(Permission.CASE_INTAKE) else _nothing(),
        visit.rest.everything("briefs", received="false") if visit.holds(Permission.BRIEF_RECEIVE) else _nothing(),
        _alarms(visit) if visit.holds(Permission.WARNING_ANSWER, Permission.WARNING_ASSIGN) else _nothing(),
        beside_cases(visit),
    )
    work = sorted((task for task in work if task["kind"] != "approval"), key=lambda task: task["due_at"])
    el("h1", visit.t("nav.tasks"))
    done_banner(visit)
    if not (approvals or work or signals or briefs or alarms or beside):
        with card():
            empty(visit.t("tasks.empty"))
        return
    if approvals:
        with card(visit.t("tasks.approvals"), str(len(approvals))):
            for waiting in approvals:
                _approval(visit, waiting)
    if alarms:
        with card(visit.t("tasks.warnings"), visit.t("tasks.warnings_note")), el("ul", "", "entries"):
            for alarm in alarms:
                entry(visit, alarm)
    if signals:
        with card(visit.t("tasks.signals"), visit.t("tasks.signals_note")):
            for signal in signals:
                _signal(visit, signal)
    if work:
        with card(visit.t("tasks.work"), str(len(work))), el("ul", "", "entries"):
            for task in work:
                _task(visit, task)
    if beside:
        show(visit, beside)
    if briefs:
        with card(visit.t("tasks.briefs")):
            for brief in briefs:
                _brief(visit, brief)


async def _alarms(visit: Visit) -> list[Row]:
    """Warnings of the person; for whoever gives them to people, also those that nobody has."""
    if not visit.holds(Permission.WARNING_ASSIGN):
        found = await visit.rest.everything("warnings", mine="true")
    else:
        everybodys = await visit.rest.everything("warnings")
        found = [one for one in everybodys if one["assignee_id"] in (None, visit.me["id"])]
    return [one for one in found if one["status"] != "contacted"]


async def _nothing() -> list[Row]:
    return []


def _task(visit: Visit, task: Row) -> None:
    stopped = bool(task["deadline"] and task["deadline"]["paused_at"])
    with el("li"), link("", f"/cases/{task['case_id']}", "entry", tab=TAB_OF.get(task["kind"])):
        with div("grow"):
            el("strong", visit.named("task", task["kind"]))
            el("small", f"{task['case_code']} · {visit.customer(task['customer_label'])} · {visit.site(task['site_id'])}")
        if task["assignee_id"] is None:
            tag(visit.t("tasks.unassigned"))
        countdown(visit, task["due_at"], task["seconds_left"], stopped=stopped)


def _approval(visit: Visit, waiting: Row) -> None:
    content = waiting["content"]
    with el("article", "", "decision"):
        with div("decision-head"):
            with div("grow"):
                link(
                    f"{waiting['case_code']} · {visit.customer(waiting['customer_label'])} {waiting['unit_label']}",
                    f"/cases/{waiting['case_id']}",
                    "strong",
                    tab="approvals",
                )
                el("small", visit.t("tasks.round", number=waiting["round_number"], role=visit.named("role", waiting["role"])))
            countdown(visit, waiting["due_at"])
        el("span", visit.named("path", content["kind"]), "strong")
        headline(visit, content)
        price_lines(visit, content["price"])
        for reason in waiting["tier_reasons"]:
            el("small", visit.both(reason))
        for payee in content["payees"]:
            el("small", payee_line(visit, payee))
        decision_buttons(visit, waiting)


def decision_buttons(visit: Visit, waiting: Row) -> None:
    """Approve, return, reject: each with its own word and its own reason."""

    def opens(decision: str) -> Any:
        async def send(body: Row, key: str) -> None:
            body |= {"decision": decision, "content_hash": waiting["content_hash"]}
            await visit.rest.send("POST", f"approvals/{waiting['step_id']}/decision", body, version=waiting["version"], key=key)

        async def open_() -> None:
            title = f"{visit.t(f'decide.{decision}')} · {waiting['case_code']} · {yuan(waiting['content']['price']['total_fen'])}"
            fields = [Field("reason", "prose", required=decision != "approve")]
            note = visit.t(f"decide.{decision}_note")
            await ask(
                visit,
                title,
                fields,
                send,
                done=f"decided_{decision}",
                note=note,
                go=visit.t(f"decide.{decision}"),
                danger=decision == "reject",
            )

        return open_

    with div("buttons"):
        action(visit, visit.t("decide.approve"), opens("approve"), "primary")
        action(visit, visit.t("decide.return"), opens("return"))
        action(visit, visit.t("decide.reject"), opens("reject"), "quiet-danger")


def _signal(visit: Visit, signal: Row) -> None:
    async def confirm(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"signals/{signal['id']}/confirm", body, version=signal["version"], key=key)

    async def dismiss(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"signals/{signal['id']}/dismiss", body, version=signal["version"], key=key)

    async def open_confirm() -> None:
        fields = [Field("customer_label", required=True), Field("unit_label")]
        await ask(visit, visit.t("signals.confirm"), fields, confirm, done="signal", note=visit.t("signals.confirm_note"))

    async def open_dismiss() -> None:
        await ask(visit, visit.t("signals.dismiss"), [Field("reason", "prose", required=True)], dismiss, done="signal")

    with el("article", "", "decision"):
        with div("decision-head"):
            with div("grow"):
                el("strong", visit.named("signal", signal["kind"]))
                el("small", f"{visit.moment(signal['heard_at'])} · {visit.site(signal['site_id'])} · {signal['detail'].get('term', '')}")
            link(
                visit.t("signals.listen", at=clock(signal["at"])),
                f"/sessions/{signal['session_id']}",
                "button small",
                at=round(signal["at"]),
            )
        with div("buttons"):
            action(visit, visit.t("signals.confirm"), open_confirm, "primary")
            action(visit, visit.t("signals.dismiss"), open_dismiss)


def _brief(visit: Visit, brief: Row) -> None:
    async def receive() -> None:
        async def send(_: Row, key: str) -> None:
            await visit.rest.send("POST", f"briefs/{brief['id']}/receipt", version=brief["version"], key=key)

        await ask(visit, visit.t("tasks.receive"), [], send, done="brief")

    with el("article", "", "decision"), div("decision-head"):
        with div("grow"):
            el("strong", str(brief["body"].get("code", "")))
            el("small", f"{visit.site(brief['site_id'])} · {visit.moment(brief['sent_at'])} · {brief['body'].get('remark', '')}")
        action(visit, visit.t("tasks.receive"), receive, "small")
