"""The case at a glance: who, what, open work with its limits, and what one may do about it."""

from __future__ import annotations

from case_api.console import keeping
from case_api.console.case.view import TAB_OF, CaseView, Row
from case_api.console.co_residents.view import acknowledged
from case_api.console.fields import Field
from case_api.console.forms import action, ask
from case_api.console.parts import card, countdown, div, el, empty, facts, link, tag
from case_api.security import Permission


async def show(view: CaseView) -> None:
    """Facts, people, open work."""
    visit, case = view.visit, view.case
    signed = await acknowledged(visit, case["site_id"], case["external_reference"], case["unit_label"])
    retention = await visit.rest.get(f"{view.path}/retention")
    if keeping.may_hold(visit, case):
        await keeping.told(visit, case_id=view.id)
    with div("columns"):
        with card(visit.t("case.facts")):
            facts(
                [
                    (visit.t("board.code"), case["code"]),
                    (visit.t("site"), visit.site(case["site_id"])),
                    (visit.t("board.received"), visit.moment(case["received_at"])),
                    (visit.t("case.source"), visit.named("source", case["source"])),
                    (visit.t("board.cause"), visit.look.listed(visit.named("cause", cause) for cause in case["causes"])),
                    (visit.t("acks.fact"), signed),
                    (visit.t("case.tier"), _tier(view)),
                    (visit.t("case.responsible"), visit.person(case["responsible_id"])),
                    (visit.t("case.receptionist"), visit.person(case["receptionist_id"])),
                    (visit.t("case.ended"), visit.moment(case["ended_at"])),
                    (visit.t("holds.kept"), keeping.until(visit, retention)),
                ]
            )
            _buttons(view)
            if view.at("draft") and view.may(Permission.CASE_INTAKE) and not view.may(Permission.CASE_MANAGE):
                el("p", visit.t("case.who_assigns"), "note")
        with card(visit.t("case.open_work"), visit.t("case.open_work_note")):
            _open_work(view)


def _tier(view: CaseView) -> str:
    tier = view.case["tier"]
    return " → ".join(view.visit.named("role", role) for role in tier["approvers"]) if tier else ""


def _buttons(view: CaseView) -> None:
    visit = view.visit
    with div("buttons"):
        if view.at("draft") and view.may(Permission.CASE_INTAKE):
            if _may_assign(view):
                action(visit, visit.t("do.assign"), lambda: _assign(view), "primary" if view.case["receptionist_id"] is None else "")
            if view.receives() or (view.case["created_by"] == visit.me["id"] != view.case["responsible_id"]):
                action(visit, visit.t("do.cancel"), lambda: _cancel(view), "quiet-danger")
        if view.at("assessing", "solving", "offered") and view.may(Permission.CASE_MANAGE):
            action(visit, visit.t("do.settle"), lambda: _settle(view))
        keeping.button(visit, "case", view.case)


def _may_assign(view: CaseView) -> bool:
    """The manager in any case; whoever takes the customer over themselves, as long as that leaves something to be said."""
    case, me = view.case, view.visit.me["id"]
    if view.may(Permission.CASE_MANAGE):
        return True
    if case["responsible_id"] == me:
        return False
    return case["receptionist_id"] is None or (case["receptionist_id"] == me and case["responsible_id"] is None)


async def _assign(view: CaseView) -> None:
    visit, whole = view.visit, view.may(Permission.CASE_MANAGE)
    found = await visit.rest.everything(f"sites/{view.case['site_id']}/people")
    active = [(person["id"], person["display_name"], person["roles"]) for person in found if not person["disabled"]]
    receptionists = [(id_, name) for id_, name, roles in active if {"receptionist", "staff", "site_manager"} & set(roles)]
    sellers = [(id_, name) for id_, name, roles in active if {"staff", "site_manager"} & set(roles)]
    mine = [(id_, name) for id_, name in receptionists if whole or id_ == visit.me["id"]]  # others are the manager's to name
    receptionist = view.case["receptionist_id"] if whole else visit.me["id"]
    fields = [Field("receptionist_id", "choice", required=True, options=mine, value=receptionist)]
    if whole or view.case["responsible_id"] is None:
        fields.append(Field("responsible_id", "choice", options=sellers, value=view.case["responsible_id"], help="help.responsible"))

    async def send(body: Row, key: str) -> None:
        await view.send("POST", "assignment", body, key)

    await ask(visit, visit.t("do.assign"), fields, send, done="assigned", note=visit.t("do.assign_note"))


async def _cancel(view: CaseView) -> None:
    async def send(body: Row, key: str) -> None:
        await view.send("POST", "cancel", body, key)

    fields = [Field("reason", required=True)]
    await ask(view.visit, view.visit.t("do.cancel"), fields, send, done="cancelled", note=view.visit.t("do.cancel_note"), danger=True)


async def _settle(view: CaseView) -> None:
    async def send(body: Row, key: str) -> None:
        await view.send("POST", "settle", body, key)

    fields = [Field("reason", "prose", required=True)]
    await ask(view.visit, view.visit.t("do.settle"), fields, send, done="settled", note=view.visit.t("do.settle_note"))


def _open_work(view: CaseView) -> None:
    visit = view.visit
    open_ = [task for task in view.tasks if task["status"] == "open"]
    if not open_:
        empty(visit.t("case.no_work"))
        return
    with el("ul", "", "entries"):
        for task in open_:
            stopped = bool(task["deadline"] and task["deadline"]["paused_at"])
            with el("li", "", "entry"):
                with div("grow"):
                    link(visit.named("task", task["kind"]), f"/cases/{view.id}", "strong", tab=TAB_OF.get(task["kind"], "approvals"))
                    who = visit.person(task["assignee_id"]) if task["assignee_id"] else visit.named("role", task["role"])
                    el("small", who)
                countdown(visit, task["due_at"], task["seconds_left"], stopped=stopped)
                _clock_buttons(view, task, stopped)
    done = sum(task["status"] == "done" for task in view.tasks)
    tag(visit.t("case.done_work", count=done))


def _clock_buttons(view: CaseView, task: Row, stopped: bool) -> None:
    if not view.may(Permission.CASE_MANAGE):
        return
    visit = view.visit

    def opens(what: str, fields: list[Field]) -> None:
        async def send(body: Row, key: str) -> None:
            await visit.rest.send("POST", f"tasks/{task['id']}/{what}", body, version=task["version"], key=key)

        async def open_() -> None:
            title = f"{visit.t(f'do.{what}')} · {visit.named('task', task['kind'])}"
            await ask(visit, title, fields, send, done="clock", note=visit.t("do.clock_note"))

        action(visit, visit.t(f"do.{what}"), open_, "small")

    reason = Field("reason", "prose", required=True)
    with div("mini-buttons"):
        opens("resume" if stopped else "pause", [reason])
        opens("extension", [Field("due_at", "moment", required=True, value=task["due_at"]), reason])
