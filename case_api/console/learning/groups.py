"""Complaints that mean the same, or have the same cause, each group with quotes to listen to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from nicegui.element import Element

from case_api.console.learning.asking import PATH, Row, filters, kept, later, moment_link, period
from case_api.console.parts import button, card, clock, div, el, empty, link, tag
from case_api.console.visit import Visit
from scripts_library.mining.clusters import FINEST, Likeness

BYS: Final = get_args(Likeness)
COARSEST: Final = 2
STEP: Final = 1.5
"""By how much a click makes groups finer."""
LeaveOut = Callable[[str], bool]
"""Leaves a quote out, or puts it back; whether it is out now."""
QUOTES: Final = 3
"""Shown at once; more of them tell whether a group is of one meaning."""


async def show(visit: Visit) -> None:
    """The largest group first."""
    by = visit.query.get("by", "")
    by = by if by in BYS else BYS[0]
    asked = visit.query.get("groups", "")
    count = int(asked) if by == "meaning" and asked.isdecimal() and len(asked) < 3 and COARSEST <= int(asked) <= FINEST else None
    with div("segments", role="group", aria_label=visit.t("learning.choose_by")):
        for name in BYS:
            link(visit.t(f"learning.groups_{name}"), PATH, "on" if name == by else "", view="groups", by=name, **kept(visit))
    with filters(visit, "groups"):
        el("input", type="hidden", name="by", value=by)
    narrowed: dict[str, Any] = period(visit) | {"by": by, "groups": count}
    later(visit, lambda: visit.rest.get("learning/clusters", **narrowed), lambda found: _all(visit, found, by, count))


def _all(visit: Visit, found: Row, by: str, count: int | None) -> None:
    if not found["items"]:
        with card():
            empty(visit.t("learning.no_groups"))
        return
    with div("page-head"):
        el("p", visit.t("learning.looked_at", count=found["complaints"]), "note")
        if by == "meaning":
            _steps(visit, len(found["items"]), count)
    if by == "meaning":
        el("p", visit.t("learning.mostly"), "note")
    with div("columns"):
        for group in found["items"]:
            cluster(visit, group, by)


def _steps(visit: Visit, now: int, asked: int | None) -> None:
    """Where a group holds several meanings there should be more of them; where several hold the same, fewer."""
    told = asked or now
    with div("buttons"):
        for name, wanted in (("coarser", max(round(told / STEP), COARSEST)), ("finer", min(round(told * STEP), FINEST))):
            if wanted != told:
                link(visit.t(f"learning.{name}", count=wanted), PATH, "button small", view="groups", groups=str(wanted), **kept(visit))
        if asked is not None:
            link(visit.t("learning.own_number"), PATH, "button small quiet", view="groups", **kept(visit))


def cluster(visit: Visit, group: Row, by: str = "meaning", leave_out: LeaveOut | None = None) -> None:
    """One group as a card; with `leave_out` each quote has a button for it."""
    cause = visit.named("cause" if group["cause"] != "unknown" else "learning.none", group["cause"])
    with card(
        cause if by == "cause" else group["label"] or "—", visit.t("learning.group_size", size=group["size"], sessions=group["sessions"])
    ):
        with div("tags"):
            if by == "meaning":
                tag(cause, "info")
            for term in group["terms"][:6]:
                tag(term)
            if group["mixed"] and by == "meaning":
                tag(visit.t("learning.mixed"), "warn")
        _quotes(visit, group["quotes"][:QUOTES], leave_out)
        if group["quotes"][QUOTES:]:
            with el("details", "", "version"):
                el("summary", visit.t("learning.more_quotes", count=len(group["quotes"][QUOTES:])))
                _quotes(visit, group["quotes"][QUOTES:], leave_out)


def _quotes(visit: Visit, quotes: list[Row], leave_out: LeaveOut | None) -> None:
    with el("ul", "", "entries"):
        for quote in quotes:
            with el("li", "", "entry top-row") as entry:
                moment_link(visit, f"▶ {clock(quote['at'])}", quote["session_id"], quote["at"] - 2, "button small number")
                el("span", visit.look.quoted(quote["text"]), "grow")
                if leave_out is not None:
                    _leaving_out(visit, entry, quote, leave_out)


def _leaving_out(visit: Visit, entry: Element, quote: Row, leave_out: LeaveOut) -> None:
    def toggle() -> None:
        press.text = visit.t("learning.put_back" if leave_out(quote["review_url"]) else "learning.leave_out")
        entry.classes(toggle="gone")

    press = button(visit.t("learning.leave_out"), "small quiet", aria_label=f"{visit.t('learning.leave_out')} {quote['text']}")
    press.on("click", toggle)
