"""The keyword log: how often, since when, what together, how sure."""

from __future__ import annotations

import asyncio
from typing import Any, Final, get_args
from urllib.parse import urlencode

from case_api.console.charts import bar
from case_api.console.door import PREFIX
from case_api.console.drawings import bars, graph
from case_api.console.learning.asking import PATH, Row, categories, filters, kept, period
from case_api.console.parts import card, div, el, empty, link, select, table
from case_api.console.visit import Visit
from case_api.learning.export.files import MEDIA_TYPES
from case_api.security import Permission
from scripts_library.mining.frequency import Dimension

DIMENSIONS: Final = get_args(Dimension)
NARROWS: Final = {"term": "term", "category": "category", "site": "site_id", "staff": "staff_id"}
"""What a click on a row of this side narrows to."""
OWN: Final = ("term", "category", "staff_id")
MOST: Final = 30
CHORDS: Final = 24
"""Pairs that are drawn; more is a ball of wool."""


async def show(visit: Visit) -> None:
    """Everything of the period side by side."""
    by = visit.query.get("by", "term")
    by = by if by in DIMENSIONS else "term"
    names = await categories(visit)
    _filters(visit, by, names)
    asked: dict[str, Any] = period(visit) | {"staff_id": visit.query.get("staff_id")}
    of = {name: visit.query.get(name) for name in ("term", "category")}
    counted, trend, together, precision = await asyncio.gather(
        visit.rest.get("keywords/frequencies", by=by, **asked, **of),
        visit.rest.get("keywords/trend", **asked, **of),
        visit.rest.get("keywords/together", **asked, term=of["term"]),
        visit.rest.get("keywords/precision", **asked),
    )
    with div("columns"):
        _counts(visit, by, counted, names)
        with div("stack"):
            _trend(visit, trend)
            _together(visit, together)
            _precision(visit, precision)


def _filters(visit: Visit, by: str, names: dict[str, str]) -> None:
    with div("page-head"):
        with div("segments", role="group", aria_label=visit.t("learning.by")):
            for side in DIMENSIONS:
                link(visit.t(f"learning.by_{side}"), PATH, "on" if side == by else "", view="words", by=side, **kept(visit, *OWN))
        if visit.holds(Permission.LEARNING_EXPORT):
            _exports(visit)
    with filters(visit, "words", *OWN):
        el("input", type="hidden", name="by", value=by)
        with el("label", "", "inline-field"):
            el("span", visit.t("learning.term"))
            el("input", type="search", name="term", value=visit.query.get("term", ""))
        if names:
            select("category", visit.t("library.category"), sorted(names.items()), visit.query.get("category", ""), visit.t("all"))
        if visit.query.get("staff_id"):
            el("input", type="hidden", name="staff_id", value=visit.query["staff_id"])


def _exports(visit: Visit) -> None:
    asked = {name.rstrip("_"): value for name, value in period(visit).items() if value}
    asked |= {name: visit.query[name] for name in ("term", "category") if visit.query.get(name)} | {"lang": visit.look.language}
    with el("details", "", "own"):
        el("summary", visit.t("learning.export"), "button small")
        with div("own-panel"):
            el("small", visit.t("learning.export_note"))
            for form in MEDIA_TYPES:
                address = f"{PREFIX}/files/v1/keywords/export?{urlencode({'format': form, **asked})}"
                el("a", form.upper(), "button small", href=address, download="", data_made="")


def _counts(visit: Visit, by: str, counted: Row, names: dict[str, str]) -> None:
    with card(visit.t(f"learning.by_{by}"), visit.t("learning.of_sessions", count=counted["sessions"])):
        if not counted["items"]:
            empty(visit.t("learning.no_hits"))
            return
        top = counted["items"][0]["sessions"] or 1
        heads = [visit.t(f"learning.by_{by}"), visit.t("learning.sessions"), visit.t("learning.per_100"), visit.t("learning.hits"), ""]
        with table(heads, visit.t("learning.tab_words")):
            for count in counted["items"][:MOST]:
                with el("tr"):
                    with el("td"):
                        _name(visit, by, count, names)
                        bar(count["sessions"] / top, "thin")
                    el("td", str(count["sessions"]), "number")
                    with el("td", "", "number"):
                        el("span", f"{count['per_100']:g}")
                        if count["of"] != counted["sessions"]:
                            el("small", visit.t("learning.of_sessions", count=count["of"]))
                    el("td", str(count["hits"]), "number")
                    with el("td", "", "nowrap"):
                        if by in NARROWS:
                            narrowed = kept(visit, *OWN) | {NARROWS[by]: count["key"]}
                            link(visit.t("learning.listen"), PATH, "", view="hits", **narrowed)
        if len(counted["items"]) > MOST:
            el("small", visit.t("learning.first", count=MOST))


def _name(visit: Visit, by: str, count: Row, names: dict[str, str]) -> None:
    shown = str(names.get(count["key"], count["label"]) if by == "category" else count["label"])
    if by == "site":
        shown = visit.site(count["key"])
    if by in ("cause", "outcome"):
        known = visit.named(by, count["key"])
        shown = known if known != count["key"] else visit.named("learning.none", count["key"])
    if by in NARROWS:
        link(
            shown, PATH, "strong", view="words", by="term" if by != "term" else "cause", **(kept(visit, *OWN) | {NARROWS[by]: count["key"]})
        )
    else:
        el("span", shown, "strong")


def _trend(visit: Visit, trend: Row) -> None:
    weeks = trend["weeks"]
    with card(visit.t("learning.trend"), visit.t("learning.trend_note")):
        if not any(week["sessions"] for week in weeks):
            empty(visit.t("learning.no_hits"))
            return
        mondays = [week["monday"] for week in weeks]
        turns = [mondays.index(change["monday"]) for change in trend["changes"] if change["monday"] in mondays]
        bars([week["per_100"] for week in weeks], mondays, visit.t("learning.trend"), turns)
        for change in trend["changes"]:
            told = {name: f"{change[name]:g}" for name in ("before", "after")}
            el("p", visit.t("learning.turned", monday=change["monday"], **told), "strong")
        if trend["drift"] is not None:
            told = {name: f"{trend['drift'][name]:g}" for name in ("before", "after")}
            way = "rising" if trend["drift"]["after"] > trend["drift"]["before"] else "falling"
            el("p", visit.t(f"learning.{way}", **told), "strong")
        elif not trend["changes"]:
            el("small", visit.t("learning.steady"))


def _together(visit: Visit, together: Row) -> None:
    with card(visit.t("learning.together"), visit.t("learning.together_note")):
        if not together["items"]:
            empty(visit.t("learning.not_enough"))
            return
        if len(together["items"]) > 1:
            drawn = [(pair["first"], pair["second"], pair["sessions"]) for pair in together["items"][:CHORDS]]
            graph(drawn, visit.t("learning.together"))
        with el("ul", "", "entries"):
            for pair in together["items"][:8]:
                with el("li", "", "entry"):
                    el("span", f"{pair['first']} + {pair['second']}", "strong grow")
                    el("small", visit.t("learning.pair", count=pair["sessions"], lift=f"{pair['lift']:.1f}"))


def _precision(visit: Visit, precision: Row) -> None:
    with card(visit.t("learning.precision"), visit.t("learning.precision_note")):
        if not precision["items"]:
            empty(visit.t("learning.no_precision"))
            return
        heads = [visit.t("learning.term"), visit.t("learning.right"), visit.t("learning.false"), visit.t("learning.precision")]
        with table(heads, visit.t("learning.precision")):
            for one in precision["items"][:MOST]:
                with el("tr"):
                    with el("td"):
                        link(one["term"], PATH, "strong", view="hits", judged="true", **(kept(visit) | {"term": one["term"]}))
                    el("td", str(one["right"]), "number")
                    el("td", str(one["false"]), "number")
                    el("td", f"{one['precision']:.0%} [{one['low']:.0%}–{one['high']:.0%}]", "number")
