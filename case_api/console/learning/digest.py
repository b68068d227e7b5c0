"""One week for a training session: read here, handed out as PDF, shown on a wall as HTML."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from nicegui.element import Element

from case_api.console.door import PREFIX
from case_api.console.learning.asking import Row, filters, later
from case_api.console.learning.groups import cluster
from case_api.console.parts import card, div, el, empty, facts, select, table
from case_api.console.visit import Visit
from models.sites import CHINA

WEEKS: Final = 13
FORMS: Final = ("pdf", "html")


async def show(visit: Visit) -> None:
    """The last whole week unless another is chosen."""
    today = datetime.now(CHINA).date()
    mondays = [(today - timedelta(days=today.weekday() + 7 * back)).isoformat() for back in range(WEEKS)]
    week = visit.query.get("week", "")
    week = week if week in mondays else mondays[1]
    with filters(visit, "digest", "week", days=False):
        select("week", visit.t("learning.week_of"), [(monday, monday) for monday in mondays], week)
    asked = {"week": week, "site_id": visit.query.get("site_id")}
    files = _Files({name: value for name, value in (asked | {"lang": visit.look.language}).items() if value})
    with div("buttons"):
        for form in FORMS:
            files.links[form] = el("a", visit.t(f"learning.as_{form}"), "button small", href=files.address(form), download="", data_made="")
    later(visit, lambda: visit.rest.get("learning/digest", **asked), lambda found: _week(visit, found, files))


class _Files:
    """The digest to take away, without the quotes that somebody left out."""

    def __init__(self, asked: dict[str, str]) -> None:
        self._asked = asked
        self._without: list[str] = []
        self.links: dict[str, Element] = {}

    def address(self, form: str) -> str:
        query = urlencode({**self._asked, "format": form, "without": self._without}, doseq=True)
        return f"{PREFIX}/files/v1/learning/digest?{query}"

    def leave_out(self, spot: str) -> bool:
        """Whether it is out now."""
        out = spot not in self._without
        self._without = [*self._without, spot] if out else [one for one in self._without if one != spot]
        for form, link in self.links.items():
            link.props["href"] = self.address(form)
        return out


def _week(visit: Visit, found: Row, files: _Files) -> None:
    with div("columns"):
        with card(visit.t("learning.week_of_day", day=found["monday"])):
            facts(
                [
                    (visit.t("learning.sessions"), _change(visit, found["sessions"], found["sessions_before"])),
                    (visit.t("learning.escalated"), _change(visit, found["escalated"], found["escalated_before"])),
                ]
            )
        with card(visit.t("learning.week_terms")):
            _terms(visit, found["terms"])
        with card(visit.t("learning.tab_terms")):
            if not found["new_terms"]:
                empty(visit.t("learning.no_terms"))
            with el("ul", "", "entries"):
                for phrase in found["new_terms"]:
                    with el("li", "", "entry"):
                        el("span", phrase["text"], "strong grow")
                        el("small", visit.t("learning.in_sessions", count=phrase["sessions"]))
    el("h2", visit.t("learning.tab_groups"))
    if found["clusters"]:
        el("p", visit.t("learning.leave_out_note"), "note")
    if not found["clusters"]:
        with card():
            empty(visit.t("learning.no_groups"))
    with div("columns"):
        for group in found["clusters"]:
            cluster(visit, group, leave_out=files.leave_out)


def _terms(visit: Visit, terms: list[Row]) -> None:
    if not terms:
        empty(visit.t("learning.no_hits"))
        return
    with table([visit.t(f"learning.{head}") for head in ("term", "this_week", "week_before")], visit.t("learning.week_terms")):
        for term in terms:
            with el("tr"):
                el("td", term["term"], "strong")
                el("td", str(term["sessions"]), "number")
                el("td", str(term["before"]), "number")


def _change(visit: Visit, now: int, before: int) -> str:
    return visit.t("learning.against_before", now=now, before=before)
