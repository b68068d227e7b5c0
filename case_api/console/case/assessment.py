"""The joint assessment: three departments' forms side by side, and the tier they lead to."""

from __future__ import annotations

from typing import Any, Final, get_args

from case_api.assessments.forms import Breach, Department, LoanStatus
from case_api.console.case.view import CaseView, Row
from case_api.console.competitors.view import API, entry, records
from case_api.console.fields import Field, yuan
from case_api.console.forms import action, ask
from case_api.console.parts import banner, card, choices, countdown, div, el, empty, facts, tag
from case_api.evidence.service import AT_WORK
from case_api.policies.rules import ContractStage, Spreading
from case_api.security import Permission

PERMISSIONS: Final[dict[Department, Permission]] = {
    "finance": Permission.CASE_ASSESS_FINANCE,
    "legal": Permission.CASE_ASSESS_LEGAL,
    "marketing": Permission.CASE_ASSESS_MARKETING,
}


async def show(view: CaseView) -> None:
    """What each department handed in, what is missing, what it comes to."""
    visit = view.visit
    if view.at("draft", "cancelled"):
        with card():
            empty(visit.t("assessment.later"))
        return
    found = await visit.rest.get(f"{view.path}/assessment")
    if found["heard"]:
        banner(visit.t("assessment.heard", what=visit.look.listed(visit.named("signal", kind) for kind in found["heard"])), "warn")
    _joint(view, found)
    with div("columns thirds"):
        for department in get_args(Department):
            _part(view, department, found["parts"].get(department))
    await _rivals(view)


async def _rivals(view: CaseView) -> None:
    """What competitors are said to offer this customer."""
    visit = view.visit
    found = await visit.rest.get(API, case_id=view.id, limit=50)
    adds = view.may(Permission.COMPETITOR_RECORD) and view.at(*AT_WORK)
    if not (adds or found["items"]):
        return
    with card(visit.t("rivals.title"), visit.t("rivals.case_note")):
        if not found["items"]:
            empty(visit.t("rivals.none"))
        with el("ul", "", "entries"):
            for offer in found["items"]:
                entry(visit, offer)
        if adds:
            action(visit, visit.t("rivals.new"), records(visit, view.case), "small")


def _joint(view: CaseView, found: Row) -> None:
    visit, joint = view.visit, found["joint"]
    with card(visit.t("assessment.joint"), cls="wide-card"):
        facts(
            [
                (visit.t("assessment.loss"), yuan(joint["total_loss_fen"])),
                (visit.t("field.paid"), yuan(joint["paid_fen"])),
                (visit.t("field.contract_stage"), visit.named("stage", joint["contract_stage"])),
                (visit.t("field.loan"), visit.named("loan", joint["loan"])),
                (visit.t("assessment.risk"), visit.named("risk", joint["risk_level"])),
                (visit.t("case.tier"), visit.both(joint["tier"]) if joint["tier"] else ""),
            ]
        )
        if joint["tier"]:
            with el("ul", "", "bullets"):
                for reason in joint["tier"]["reasons"]:
                    el("li", visit.both(reason))
        with div("buttons"):
            if view.at("assessing") and joint["complete"] and view.may(Permission.CASE_MANAGE):
                action(visit, visit.t("do.conclude"), lambda: _conclude(view), "primary")
            if view.at("solving") and view.may(Permission.CASE_MANAGE):
                action(visit, visit.t("do.rework"), lambda: _rework(view))
        if view.at("assessing") and not joint["complete"]:
            el("p", visit.t("assessment.missing", who=visit.look.listed(visit.named("role", name) for name in joint["missing"])), "note")


async def _conclude(view: CaseView) -> None:
    async def send(body: Row, key: str) -> None:
        await view.send("POST", "assessment/conclude", body, key)

    await ask(
        view.visit, view.visit.t("do.conclude"), [Field("summary", "prose")], send, done="concluded", note=view.visit.t("do.conclude_note")
    )


async def _rework(view: CaseView) -> None:
    async def send(body: Row, key: str) -> None:
        await view.send("POST", "assessment/rework", body, key)

    fields = [Field("reason", "prose", required=True)]
    await ask(view.visit, view.visit.t("do.rework"), fields, send, done="reworked", note=view.visit.t("do.rework_note"))


def _part(view: CaseView, department: Department, part: Row | None) -> None:
    visit = view.visit
    with card(visit.named("role", department)):
        if part is None:
            empty(visit.t("none"))
            return
        with div("tags"):
            if part["status"] == "done":
                tag(visit.t("assessment.done", who=visit.person(part["done_by"]), at=visit.moment(part["done_at"])), "good")
            else:
                tag(visit.t("assessment.open"), "warn")
                task = view.open_task(f"{department}_assessment")
                if task:
                    countdown(visit, task["due_at"], task["seconds_left"])
        if part["form"]:
            facts(SHOWN[department](view, part["form"]))
        elif part["previous"]:
            el("p", visit.t("assessment.previous"), "note")
        if view.at("assessing") and view.may(PERMISSIONS[department]):
            label = "do.amend" if part["form"] else "do.assess"
            action(visit, visit.t(label), lambda: _assess(view, department, part), "" if part["form"] else "primary")


def _finance_facts(view: CaseView, form: Row) -> list[tuple[str, Any]]:
    visit = view.visit
    return [
        (visit.t("field.deposit_received"), visit.t("yes" if form["deposit_received"] else "no")),
        (visit.t("field.deposit"), yuan(form["deposit_fen"])),
        (visit.t("field.deposit_on"), form["deposit_on"]),
        (visit.t("field.paid"), yuan(form["paid_fen"])),
        *(
            (visit.t(f"field.{name}"), f"{yuan(form[name]['fen'])} {form[name]['note']}")
            for name in ("commission", "advertising", "opportunity")
        ),
        *((other["label"], f"{yuan(other['fen'])} {other['note']}") for other in form["other"]),
    ]


def _legal_facts(view: CaseView, form: Row) -> list[tuple[str, Any]]:
    visit = view.visit
    return [
        (visit.t("field.contract_stage"), visit.named("stage", form["contract_stage"])),
        (visit.t("field.loan"), visit.named("loan", form["loan"])),
        (visit.t("field.breach"), visit.named("breach", form["breach"])),
        (visit.t("field.litigation_risk"), visit.t("yes" if form["litigation_risk"] else "no")),
        (visit.t("field.note"), form["note"]),
    ]


def _marketing_facts(view: CaseView, form: Row) -> list[tuple[str, Any]]:
    visit = view.visit
    return [
        (visit.t("field.likely_to_spread"), visit.named("spreading", form["likely_to_spread"])),
        (visit.t("field.media_involved"), visit.t("yes" if form["media_involved"] else "no")),
        (visit.t("field.group_demand"), visit.t("yes" if form["group_demand"] else "no")),
        (visit.t("field.group_people"), form["group_people"] or ""),
        (visit.t("field.note"), form["note"]),
    ]


SHOWN: Final = {"finance": _finance_facts, "legal": _legal_facts, "marketing": _marketing_facts}


async def _assess(view: CaseView, department: Department, part: Row) -> None:
    held = part["form"] or part["previous"] or {}

    async def send(body: Row, key: str) -> None:
        if department == "finance":
            body["deposit_received"] = bool(body.get("deposit_fen"))
            body["other"] = held.get("other", [])
        if department == "legal":
            body["contract_stage"] = _stage(body)
        if department == "marketing":
            body["group_demand"] = body.get("group_people", 0) > 0
        await view.send("PUT", f"assessment/{department}", body, key, version=part["version"])

    title = f"{view.visit.t('do.assess')} · {view.visit.named('role', department)}"
    await ask(view.visit, title, FIELDS[department](view, held), send, done="assessed", note=view.visit.t(f"do.assess_{department}"))


def _stage(body: Row) -> ContractStage:
    return "loan_released" if body["loan"] == "released" else "online_signed" if body["online_signed"] else "deposit_only"


def _finance_fields(view: CaseView, held: Row) -> list[Field]:
    losses = [
        field
        for name in ("commission", "advertising", "opportunity")
        for field in (
            Field(f"{name}.fen", "yuan", required=True, value=held.get(name, {}).get("fen")),
            Field(f"{name}.note", label="field.loss_note", value=held.get(name, {}).get("note")),
        )
    ]
    return [
        Field("deposit_fen", "yuan", label="field.deposit", value=held.get("deposit_fen") or None, help="help.deposit"),
        Field("deposit_on", "date", value=held.get("deposit_on")),
        Field("paid_fen", "yuan", label="field.paid", required=True, value=held.get("paid_fen"), help="help.paid"),
        *losses,
    ]


def _legal_fields(view: CaseView, held: Row) -> list[Field]:
    visit = view.visit
    return [
        Field("online_signed", "yes", value=held.get("online_signed")),
        Field("loan", "choice", required=True, options=choices(visit, "loan", get_args(LoanStatus)), value=held.get("loan")),
        Field("breach", "choice", required=True, options=choices(visit, "breach", get_args(Breach)), value=held.get("breach")),
        Field("litigation_risk", "yes", value=held.get("litigation_risk")),
        Field("note", "prose", value=held.get("note")),
    ]


def _marketing_fields(view: CaseView, held: Row) -> list[Field]:
    options = choices(view.visit, "spreading", get_args(Spreading))
    return [
        Field("likely_to_spread", "choice", required=True, options=options, value=held.get("likely_to_spread")),
        Field("media_involved", "yes", value=held.get("media_involved")),
        Field("group_people", "number", value=held.get("group_people") or None, help="help.group"),
        Field("note", "prose", value=held.get("note")),
    ]


FIELDS: Final = {"finance": _finance_fields, "legal": _legal_fields, "marketing": _marketing_fields}
