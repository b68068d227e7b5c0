"""What the tabs of learning share: the period and site of the address, filters, and what takes a while to work out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from nicegui import ui

from case_api.console.door import PREFIX
from case_api.console.forms import refuse
from case_api.console.parts import div, el, href, link, select
from case_api.console.rest import Refused
from case_api.console.visit import Visit
from case_api.security import Permission
from models.sites import CHINA

Row = dict[str, Any]
PATH: Final = "/learning"


def period(visit: Visit) -> dict[str, str]:
    """`site_id`, `from_`, `to` of the address: days of the sales office's clock, the last one included."""
    asked = {"site_id": visit.query.get("site_id", "")}
    for name, days in (("from_", 0), ("to", 1)):
        try:
            day = datetime.fromisoformat(visit.query.get(name.rstrip("_"), "")).replace(tzinfo=CHINA)
        except ValueError:
            continue
        asked[name] = (day + timedelta(days=days)).isoformat()
    return asked


def kept(visit: Visit, *names: str) -> dict[str, str]:
    """What a link to another tab takes along: period, site and what else is named."""
    return {name: visit.query[name] for name in ("site_id", "from", "to", *names) if visit.query.get(name)}


@contextmanager
def filters(visit: Visit, view: str, *own: str, days: bool = True) -> Iterator[None]:
    """A form of the tab's own fields (drawn inside), site and period; the address is what it asks for."""
    with el("form", "", "filters", method="get", action=f"{PREFIX}{PATH}", role="search"):
        el("input", type="hidden", name="view", value=view)
        yield
        if len(visit.sites) > 1:
            sites = [(site, visit.site(site)) for site in visit.sites]
            select("site_id", visit.t("site"), sites, visit.query.get("site_id", ""), visit.t("all"))
        if days:
            for name in ("from", "to"):
                with el("label", "", "inline-field"):
                    el("span", visit.t(f"learning.{name}"))
                    el("input", type="date", name=name, value=visit.query.get(name, ""))
        el("button", visit.t("search"), "button", type="submit")
        if any(visit.query.get(name) for name in ("site_id", "from", "to", *own)):
            link(visit.t("reset"), PATH, "button quiet", view=view)


def later(visit: Visit, work: Callable[[], Awaitable[Any]], show: Callable[[Any], None]) -> None:
    """Draw the page at once, and what takes seconds when it is there."""
    place = div("later", aria_busy="true", aria_live="polite")
    with place:
        el("p", visit.t("learning.working"), "empty")

    async def fill() -> None:
        try:
            found = await work()
        except Refused as refused:
            if refused.signed_out:
                ui.navigate.to(href(visit.path, **visit.query))
                return
            refuse(visit, place, refused)
        else:
            place.clear()
            with place:
                show(found)
        del place.props["aria-busy"]

    ui.timer(0.05, fill, once=True)


def moment_link(visit: Visit, text: str, session_id: str, at: float, cls: str = "") -> None:
    """Plays this moment on the review page; text alone for whoever may not open it."""
    if visit.holds(Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE):
        link(text, f"/sessions/{session_id}", cls, at=f"{max(at, 0):.1f}", play=1)
    else:
        el("span", text, cls)


async def categories(visit: Visit) -> dict[str, str]:
    """Names of the categories that terms belong to, by id."""
    if not visit.holds(Permission.LIBRARY_READ):
        return {}
    terms = (await visit.rest.get("library/terms"))["items"]
    return {term["category"]["id"]: visit.both(term["category"]) for term in terms}
