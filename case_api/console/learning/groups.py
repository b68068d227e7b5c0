"""Complaints that mean the same, each with quotes to listen to."""

from __future__ import annotations

from case_api.console.learning.asking import Row, filters, later, moment_link, period
from case_api.console.parts import card, clock, div, el, empty, tag
from case_api.console.visit import Visit


async def show(visit: Visit) -> None:
    """The largest group first."""
    with filters(visit, "groups"):
        pass
    later(visit, lambda: visit.rest.get("learning/clusters", **period(visit)), lambda found: _all(visit, found))


def _all(visit: Visit, found: Row) -> None:
    if not found["items"]:
        with card():
            empty(visit.t("learning.no_groups"))
        return
    el("p", visit.t("learning.looked_at", count=found["complaints"]), "note")
    with div("columns"):
        for group in found["items"]:
            cluster(visit, group)


def cluster(visit: Visit, group: Row) -> None:
    """One group as a card."""
    with card(group["label"] or "—", visit.t("learning.group_size", size=group["size"], sessions=group["sessions"])):
        with div("tags"):
            if group["cause"]:
                tag(visit.named("cause", group["cause"]), "info")
            for term in group["terms"][:6]:
                tag(term)
        with el("ul", "", "entries"):
            for quote in group["quotes"]:
                with el("li", "", "entry top-row"):
                    moment_link(visit, f"▶ {clock(quote['at'])}", quote["session_id"], quote["at"] - 2, "button small number")
                    el("span", visit.look.quoted(quote["text"]), "grow")
