"""Figures of the cases: what for, how long, how late, what became of them, what customers say; each number leads to its cases."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta
from typing import Any, Final, get_args
from urllib.parse import urlencode

from fastapi import Request

from case_api.console.charts import Column, bar, columns
from case_api.console.door import PREFIX
from case_api.console.fields import yuan
from case_api.console.pages import page
from case_api.console.parts import banner, card, choices, div, el, empty, labelled, link, select, table, tag
from case_api.console.rest import Refused
from case_api.console.visit import Visit
from case_api.documents.texts import capital
from case_api.figures.repository import Subject
from case_api.figures.rules import KEY_QUESTIONS
from case_api.intake.causes import Cause
from case_api.security import Permission

Row = dict[str, Any]
FILTERS: Final = ("first", "before", "site_id", "cause", "go_live")
WINTER: Final = ("12", "01")
BRIEFS: Final = 12
BRIEF_HEADS: Final = ("figures.cases", "figures.retention", "figures.mean_days", "figures.overdue")


@page("/figures", "nav.figures", Permission.FIGURES_READ, icon="figures")
async def figures(visit: Visit, request: Request) -> None:
    """One answer of the API, shown part by part; the filters are the address."""
    wanted = _wanted(visit)
    refused: Refused | None = None
    found: Row | None = None
    try:
        found = await visit.rest.get("figures", **wanted)
    except Refused as error:
        if error.status not in (403, 404, 422):
            raise
        refused = error
    with div("page-head"):
        el("h1", visit.t("figures.title"))
        for kind in ("xlsx", "pdf"):
            el(
                "a",
                visit.t(f"figures.{kind}"),
                "button",
                href=f"{PREFIX}/files/v1/figures/export?{urlencode({'format': kind, 'lang': visit.look.language, **wanted})}",
                download="",
                data_made="",
            )
    el("p", visit.t("figures.help"), "note")
    _filters(visit, found, wanted)
    if refused is not None or found is None:
        banner(visit.problem(refused) if refused else "", "bad")
        return
    if not found["cases"]:
        with card():
            empty(visit.t("figures.empty"))
    else:
        _overview(visit, found, wanted)
        with div("columns"):
            _causes(visit, found, wanted)
            _months(visit, found)
        with div("columns"):
            _days(visit, found)
            _season(visit, found["season"])
        _nodes(visit, found, wanted)
        _paths(visit, found, wanted)
        _refunds(visit, found, wanted)
    with div("columns thirds"):
        _complaints(visit, found["complaints"])
        _undiscussed(visit, found["undiscussed"], wanted)
        _satisfaction(visit, found["satisfaction"], wanted)
    _briefs(visit, (await visit.rest.get("figures/briefs", limit=BRIEFS))["items"])


def _wanted(visit: Visit) -> dict[str, str]:
    """The filters as the API takes them. People name the last day of a period, the API the day after it."""
    wanted = {name: visit.query[name] for name in FILTERS if visit.query.get(name)}
    with contextlib.suppress(ValueError, OverflowError):
        wanted["before"] = (date.fromisoformat(visit.query.get("last", "")) + timedelta(days=1)).isoformat()
    return wanted


def _last(before: str) -> str:
    return (date.fromisoformat(before) - timedelta(days=1)).isoformat()


def _filters(visit: Visit, found: Row | None, wanted: dict[str, str]) -> None:
    held = dict(visit.query)
    if found:
        held |= {"first": found["first"], "last": _last(found["before"])}
        held.setdefault("go_live", found["complaints"]["go_live"] or "")
    with el("form", "", "filters", method="get", action=f"{PREFIX}/figures", role="search"):
        for name in ("first", "last", "go_live"):
            with el("label", "", "inline-field"):
                el("span", visit.t(f"figures.{name}"))
                el("input", type="date", name=name, value=held.get(name, ""))
        if len(visit.sites) > 1:
            sites = [(site, visit.site(site)) for site in visit.sites]
            select("site_id", visit.t("site"), sites, visit.query.get("site_id", ""), visit.t("all"))
        causes = [(row["code"], named(visit, row)) for row in found["causes"]] if found else choices(visit, "cause", get_args(Cause))
        select("cause", visit.t("board.cause"), causes, visit.query.get("cause", ""), visit.t("all"))
        el("button", visit.t("search"), "button", type="submit")
        if wanted:
            link(visit.t("reset"), "/figures", "button quiet")


def named(visit: Visit, row: Row) -> str:
    """A row by its name, which the API says as it stands within a sentence."""
    return capital(visit.both(row))


def share(part: float | None) -> str:
    """`68.3%`; a share of nothing is a dash."""
    return "—" if part is None else f"{part:.1%}"


def signed(part: float | None) -> str:
    """`+41.1%`."""
    return "—" if part is None else f"{part:+.1%}"


def number(value: float | None) -> str:
    """At most two places."""
    return "—" if value is None else f"{round(value, 2):g}"


def box(visit: Visit, label: str, value: str, note: str = "", tone: str = "") -> None:
    """One figure that is looked at first."""
    with div(f"figure-box {tone}".strip()):
        el("span", label, "note")
        el("strong", value, "sum")
        if note:
            el("small", note)


def _overview(visit: Visit, found: Row, wanted: dict[str, str]) -> None:
    days = found["days"]
    with div("figures-row"):
        with div("figure-box"):
            el("span", visit.t("figures.cases"), "note")
            link(str(found["cases"]), "/figures/cases", "sum", of="all", **wanted)
            el("small", visit.t("figures.ended", count=found["ended"]))
        kept = visit.t("figures.kept", kept=found["kept"], ended=found["ended"])
        box(visit, visit.t("figures.retention"), share(found["retention"]), kept)
        goal = visit.t("figures.against", goal=number(days["goal"]), before=number(days["before"]))
        tone = "" if days["mean"] is None else "good" if days["mean"] <= days["goal"] else "warn"
        box(visit, visit.t("figures.mean_days"), number(days["mean"]), goal, tone)
        box(visit, visit.t("figures.overdue"), share(found["overdue"]), visit.t("figures.overdue_note"))


def _behind(visit: Visit, amount: int, of: str, value: str, wanted: dict[str, str], label: str | None = None) -> None:
    """A number that leads to its cases; none leads nowhere."""
    with el("td", "", "number", data_label=label):
        if amount:
            link(str(amount), "/figures/cases", "", of=of, value=value, **wanted)
        else:
            el("span", "0")


def _causes(visit: Visit, found: Row, wanted: dict[str, str]) -> None:
    most = max((row["share"] or 0 for row in found["causes"]), default=0) or 1
    heads = [visit.t(f"figures.{head}") for head in ("cause", "count", "share")]
    with card(visit.t("figures.causes"), visit.t("figures.causes_note")), table(heads, visit.t("figures.causes")):
        for row in found["causes"]:
            with el("tr"):
                el("td", named(visit, row))
                _behind(visit, row["cases"], "cause", row["code"], wanted)
                with el("td", "", "bar-cell"):
                    el("span", share(row["share"]), "number")
                    bar((row["share"] or 0) / most)


def _months(visit: Visit, found: Row) -> None:
    months, cause = found["months"], found["season"]["cause"]
    shown = [Column(row["month"][2:], row["cases"], row["causes"].get(cause, 0), row["month"][-2:] in WINTER) for row in months]
    with card(visit.t("figures.months"), visit.t("figures.months_note")):
        most = max(one.whole for one in shown)
        columns(shown, visit.t("figures.months_said", first=months[0]["month"], last=months[-1]["month"], most=most))
        with el("details", "", "version"):
            with el("summary"):
                el("strong", visit.t("figures.as_table"))
            codes = [row["code"] for row in found["causes"]]
            heads = [visit.t("figures.month"), visit.t("figures.all_causes"), *(named(visit, row) for row in found["causes"])]
            with table(heads, visit.t("figures.months")):
                for row in months:
                    with el("tr"):
                        el("td", row["month"], "nowrap")
                        for amount in (row["cases"], *(row["causes"].get(code, 0) for code in codes)):
                            el("td", str(amount), "number")


def _days(visit: Visit, found: Row) -> None:
    days = found["days"]
    told = [(name, days[name]) for name in ("mean", "median", "p90")] + [("was", days["before"])]
    most = max([days["goal"], *(value for _, value in told if value is not None)]) or 1
    with card(visit.t("figures.days"), visit.t("figures.days_note", ended=days["ended"], goal=number(days["goal"]))):
        with table([visit.t("figures.days"), visit.t("figures.mean_days")], visit.t("figures.days")):
            for name, value in told:
                with el("tr"):
                    el("td", visit.t(f"figures.{name}"), "nowrap")
                    with el("td", "", "bar-cell"):
                        el("span", visit.t("figures.day_count", days=number(value)) if value is not None else "—", "number")
                        tone = "soft" if name == "was" else "" if (value or 0) <= days["goal"] else "warn"
                        bar((value or 0) / most, tone, mark=days["goal"] / most)
        el("p", visit.t("figures.within", share=share(days["within_goal"])), "note")


def _season(visit: Visit, season: Row) -> None:
    most = max(season["winter"] or 0, season["rest"] or 0) or 1
    with card(visit.t("figures.season"), visit.t("figures.season_note")):
        with table([visit.t("figures.month"), visit.t("figures.share")], visit.t("figures.season")):
            for name in ("winter", "rest"):
                with el("tr"):
                    el("td", visit.t(f"figures.{name}"), "nowrap")
                    with el("td", "", "bar-cell"):
                        el("span", share(season[name]), "number")
                        bar((season[name] or 0) / most, "soft" if name == "rest" else "")
        box(visit, visit.t("figures.change"), signed(season["change"]))


def _nodes(visit: Visit, found: Row, wanted: dict[str, str]) -> None:
    heads = ("node", "tasks", "mean", "median", "p90", "late", "late_share")
    with card(visit.t("figures.nodes"), visit.t("figures.nodes_note")):
        if not found["nodes"]:
            empty(visit.t("figures.none"))
            return
        with table([visit.t(f"figures.{head}") for head in heads], visit.t("figures.nodes"), "flow"):
            for row in found["nodes"]:
                with el("tr"):
                    el("td", named(visit, row), "nowrap")
                    _behind(visit, row["tasks"], "node", row["kind"], wanted, visit.t("figures.tasks"))
                    for name in ("mean", "median", "p90"):
                        labelled(visit.t(f"figures.{name}"), "—" if row[name] is None else f"{row[name]:.2f}", "number")
                    _behind(visit, row["late"], "late", row["kind"], wanted, visit.t("figures.late"))
                    with el("td", "", "bar-cell"):
                        el("span", share(row["late_share"]), "number")
                        bar(row["late_share"], "warn")


def _paths(visit: Visit, found: Row, wanted: dict[str, str]) -> None:
    heads = ("path", "path_ended", "taken", "path_kept", "retention")
    with card(visit.t("figures.paths"), visit.t("figures.paths_note")):
        if not found["paths"]:
            empty(visit.t("figures.none"))
            return
        with table([visit.t(f"figures.{head}") for head in heads], visit.t("figures.paths"), "flow"):
            for row in found["paths"]:
                with el("tr"):
                    el("td", named(visit, row), "name-cell")
                    _behind(visit, row["ended"], "path", row["path"], wanted, visit.t("figures.path_ended"))
                    labelled(visit.t("figures.taken"), str(row["taken"]), "number")
                    labelled(visit.t("figures.path_kept"), str(row["kept"]), "number")
                    with el("td", "", "bar-cell"):
                        el("span", share(row["retention"]), "number")
                        bar(row["retention"])


def _refunds(visit: Visit, found: Row, wanted: dict[str, str]) -> None:
    with card(visit.t("figures.refunds"), visit.t("figures.refunds_note")):
        if not found["refunds"]:
            empty(visit.t("figures.none"))
            return
        heads = ("stage", "refund_count", "total", "average")
        with table([visit.t(f"figures.{head}") for head in heads], visit.t("figures.refunds")):
            for row in found["refunds"]:
                with el("tr"):
                    el("td", visit.named("stage", row["stage"]))
                    _behind(visit, row["refunds"], "stage", row["stage"], wanted)
                    el("td", yuan(row["total_fen"]), "number")
                    el("td", yuan(row["mean_fen"]), "number")


def _complaints(visit: Visit, told: Row) -> None:
    sides = [(name, told[name]) for name in ("before", "after") if told[name] is not None]
    most = max([side["per_100"] or 0 for _, side in sides]) or 1
    with card(visit.t("figures.complaints"), visit.t("figures.complaints_note")):
        with table([visit.t("figures.complaints"), visit.t("figures.per_100")], visit.t("figures.complaints")):
            for name, side in sides:
                with el("tr"):
                    with el("td"):
                        el("span", visit.t(f"figures.complaints_{name}") if told["before"] else visit.t("figures.all_causes"))
                        el("small", visit.t("figures.sessions_of", complaints=side["complaints"], sessions=side["sessions"]))
                    with el("td", "", "bar-cell"):
                        el("span", number(side["per_100"]), "number")
                        bar((side["per_100"] or 0) / most, "soft" if name == "before" else "")
        if told["before"] is None:
            el("p", visit.t("figures.no_go_live"), "note")
        else:
            box(visit, visit.t("figures.change"), signed(told["change"]))


def _undiscussed(visit: Visit, told: Row, wanted: dict[str, str]) -> None:
    with card(visit.t("figures.undiscussed"), visit.t("figures.undiscussed_note", cases=told["cases"], judged=told["judged"])):
        if not told["judged"]:
            empty(visit.t("figures.none"))
            return
        el("strong", share(told["share"]), "sum")
        with table([visit.t(f"figures.{head}") for head in ("question", "count", "share")], visit.t("figures.undiscussed")):
            for row in told["questions"]:
                with el("tr"):
                    el("td", named(visit, row))
                    _behind(visit, row["cases"], "undiscussed", row["code"], wanted)
                    with el("td", "", "bar-cell"):
                        el("span", share(row["share"]), "number")
                        bar(row["share"])


def _satisfaction(visit: Visit, told: Row, wanted: dict[str, str]) -> None:
    note = visit.t("figures.satisfaction_note", answers=told["answers"], mean=number(told["mean"]))
    with card(visit.t("figures.satisfaction"), note if told["answers"] else ""):
        if not told["answers"]:
            empty(visit.t("figures.none"))
            return
        most = max(told["scores"].values()) or 1
        with table([visit.t(f"figures.{head}") for head in ("score", "answers", "share")], visit.t("figures.satisfaction")):
            for score, amount in sorted(told["scores"].items(), key=lambda one: -int(one[0])):
                with el("tr"):
                    el("td", visit.t("figures.stars", score=score))
                    _behind(visit, amount, "score", str(score), wanted)
                    with el("td", "", "bar-cell"):
                        el("span", share(amount / told["answers"]), "number")
                        bar(amount / most)


def _briefs(visit: Visit, found: list[Row]) -> None:
    """What regional operations were told, newest first; each leads to the figures of its site and period as they are now."""
    with card(visit.t("figures.briefs"), visit.t("figures.briefs_note")):
        if not found:
            empty(visit.t("figures.no_briefs"))
            return
        with table(
            [visit.t(head) for head in ("figures.period", "site", *BRIEF_HEADS, "figures.told")], visit.t("figures.briefs"), "stacked lines"
        ):
            for brief in found:
                told = brief["body"]
                with el("tr"):
                    with el("td", "", "nowrap"):
                        period = {name: brief[name] for name in ("first", "before", "site_id")}
                        link(f"{brief['first']} – {_last(brief['before'])}", "/figures", "strong", **period)
                    el("td", visit.site(brief["site_id"]))
                    values = (str(told["cases"]), share(told["retention"]), number(told["days"]["mean"]), share(told["overdue"]))
                    for head, value in zip(BRIEF_HEADS, values, strict=True):
                        labelled(visit.t(head), value, "number")
                    labelled(visit.t("figures.told"), visit.moment(brief["created_at"]), "nowrap")


@page("/figures/cases", "figures.behind", Permission.FIGURES_READ)
async def behind(visit: Visit, request: Request) -> None:
    """The cases that a figure counts, newest first."""
    wanted = _wanted(visit)
    of = visit.query.get("of", "all")
    of = of if of in get_args(Subject) else "all"
    value = visit.query.get("value", "")
    found = await visit.rest.get("figures/cases", of=of, value=value, limit=50, cursor=visit.query.get("cursor"), **wanted)
    named = _named(visit, of, value)
    title = visit.look.pair(visit.t(f"behind.{of}"), named) if named else visit.t(f"behind.{of}")
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        link(visit.t("nav.figures"), "/figures", "", **wanted)
        el("span", title, aria_current="page")
    el("h1", title)
    if not found["items"]:
        with card():
            empty(visit.t("figures.behind_empty"))
        return
    heads = ("board.code", "site", "board.step", "figures.ending", "board.cause", "board.received")
    with table([visit.t(head) for head in heads], title, "flow"):
        for case in found["items"]:
            with el("tr"):
                with el("td", "", "nowrap"):
                    link(case["code"], f"/cases/{case['id']}", "strong")
                el("td", visit.site(case["site_id"]))
                with el("td"):
                    tag(visit.named("step", case["status"]))
                el("td", visit.named("outcome", case["outcome"]) or "—", "" if case["outcome"] else "blank")
                el("td", visit.look.listed(visit.named("cause", cause) for cause in case["causes"]) or "—")
                labelled(visit.t("board.received"), visit.moment(case["received_at"]), "nowrap")
    if found["next_cursor"]:
        link(visit.t("more"), "/figures/cases", "button", of=of, value=value, cursor=found["next_cursor"], **wanted)


def _named(visit: Visit, of: str, value: str) -> str:
    if of == "undiscussed" and value in KEY_QUESTIONS:
        return KEY_QUESTIONS[value][visit.look.language == "en"]
    return visit.named(VALUES[of], value) if of in VALUES else value


VALUES: Final = {"cause": "cause", "node": "task", "late": "task", "path": "path", "stage": "stage"}
"""Which names the values of a figure have."""
