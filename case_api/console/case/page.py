"""The page of one case: head, what can be done next, and a tab for each part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import Request

from case_api.cases.machine import STEPS
from case_api.console.case import approval, assessment, closing, evidence, history, overview, registration, solution
from case_api.console.case.view import CaseView, load
from case_api.console.forms import done_banner
from case_api.console.pages import page
from case_api.console.parts import div, el, link, tag
from case_api.console.visit import Visit, reference
from case_api.security import Permission

TABS: Final[dict[str, Callable[[CaseView], Awaitable[None]]]] = {
    "overview": overview.show,
    "form": registration.show,
    "assessment": assessment.show,
    "solutions": solution.show,
    "approvals": approval.show,
    "closing": closing.show,
    "evidence": evidence.show,
    "history": history.show,
}
ROAD: Final = [step for step in STEPS if step != "cancelled"]


@page("/cases/{case_id}", "case.title", Permission.CASE_READ)
async def case_page(visit: Visit, request: Request) -> None:
    """One tab at a time, by its address: each asks for its own rows only."""
    view = await load(visit, reference(request, "case_id"))
    chosen = visit.query.get("tab", "overview")
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        link(visit.t("nav.board"), "/cases")
        el("span", view.case["code"], aria_current="page")
    with div("page-head"):
        el("h1", f"{view.visit.customer(view.case['customer_label'])} {view.case['unit_label']}".strip())
        tag(visit.named("step", view.case["status"]), "info")
        if view.case["outcome"]:
            tag(visit.named("outcome", view.case["outcome"]), "good")
    _road(view)
    done_banner(visit)
    with el("nav", "", "tabs", aria_label=visit.t("case.parts")):
        for name in TABS:
            current = name == (chosen if chosen in TABS else "overview")
            made = link(visit.t(f"tab.{name}"), f"/cases/{view.id}", tab=name)
            if current:
                made.props["aria-current"] = "page"
    await TABS.get(chosen, overview.show)(view)


def _road(view: CaseView) -> None:
    """Where the case stands between its first and its last step."""
    if view.at("cancelled"):
        return
    reached = ROAD.index(view.case["status"])
    with el("ol", "", "road", aria_label=view.visit.t("case.road")):
        for number, step in enumerate(ROAD):
            state = "past" if number < reached else "now" if number == reached else ""
            el("li", view.visit.named("step", step), state, aria_current="step" if number == reached else None)
