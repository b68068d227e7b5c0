"""Scripts, terms and wording as they are in force, found and filtered; a sentence to try against them; the way to the desk."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request
from nicegui import events
from nicegui.element import Element

from case_api.console.desk.effects import all_effects, show_effect
from case_api.console.desk.parts import LISTS, address, tried
from case_api.console.door import PREFIX
from case_api.console.forms import SUBMIT, done_banner, refuse
from case_api.console.learning.asking import later
from case_api.console.pages import page
from case_api.console.parts import card, choices, div, el, empty, link, select, table, tag, unhurried
from case_api.console.rest import Refused
from case_api.console.visit import Visit
from case_api.security import Permission
from scripts_library.records import LEVELS, Cause, Kind, Moment, ReviewStatus, Signal, Tone

Row = dict[str, Any]
SHELVES: Final = ("scripts", "terms", "wording")
SHELF: Final = {name: shelf for shelf, name in LISTS.items()}
FILTERS: Final = {
    "scripts": ("kind", "situation", "cause", "tone", "level", "review"),
    "terms": ("category", "severity", "signal", "moment", "cause"),
    "wording": (),
}
"""What each list can be narrowed by, as the API names it."""
CODES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "kind": ("kind", tuple(Kind)),
    "situation": ("situation", tuple(Moment)),
    "moment": ("situation", tuple(Moment)),
    "cause": ("cause", tuple(Cause)),
    "tone": ("tone", tuple(Tone)),
    "level": ("level", LEVELS),
    "review": ("review", tuple(ReviewStatus)),
    "signal": ("signal", tuple(Signal)),
}
LABELS: Final = {"level": "library.level", "review": "library.review", "category": "library.category", "severity": "library.severity"}


@page("/library", "nav.library", Permission.LIBRARY_READ, icon="library")
async def library(visit: Visit, request: Request) -> None:
    """One shelf at a time, searched by the address."""
    shelf = visit.query.get("shelf", "scripts")
    shelf = shelf if shelf in SHELVES else "scripts"
    wanted = {name: visit.query[name] for name in ("q", *FILTERS[shelf]) if visit.query.get(name)}
    found = await visit.rest.get(f"library/{shelf}", **wanted)
    open_ = await _open(visit)
    with div("page-head"):
        el("h1", visit.t("library.title"))
        _ways(visit, shelf, sum(one["status"] == "submitted" for one in open_.values()))
    el("p", visit.t("library.help"), "note")
    done_banner(visit)
    _try(visit)
    with el("nav", "", "tabs", aria_label=visit.t("library.title")):
        for name in SHELVES:
            made = link(visit.t(f"library.{name}"), "/library", shelf=name, q=visit.query.get("q"))
            if name == shelf:
                made.props["aria-current"] = "page"
    await _filters(visit, shelf, wanted)
    if not found["items"]:
        with card():
            empty(visit.t("library.empty"))
        return
    await SHOWN[shelf](visit, found["items"], open_)


async def _open(visit: Visit) -> dict[tuple[str, str], Row]:
    """What is being changed, by shelf and name; nothing for whoever does not work at the desk."""
    if not visit.holds(Permission.LIBRARY_DESK):
        return {}
    lists = [await visit.rest.everything("library/edits", status=status) for status in ("submitted", "draft")]
    return {(one["shelf"], one["key"]): one for some in lists for one in some}


def _ways(visit: Visit, shelf: str, waiting: int) -> None:
    with div("buttons"):
        if visit.holds(Permission.LIBRARY_DESK):
            with link(visit.t("desk.review"), "/library/edits", "button"):
                if waiting:
                    tag(str(waiting), "warn")
            link(visit.t("desk.files"), "/library/files", "button")
        if visit.holds(Permission.LIBRARY_EDIT):
            link(visit.t(f"desk.new_{SHELF[shelf]}"), "/library/edit", "button primary", shelf=SHELF[shelf])


async def _filters(visit: Visit, shelf: str, wanted: Row) -> None:
    categories = {}
    if shelf == "terms":
        terms = (await visit.rest.get("library/terms"))["items"]
        categories = {one["category"]["id"]: visit.both(one["category"]) for one in terms}
    with el("form", "", "filters", method="get", action=f"{PREFIX}/library", role="search"):
        el("input", type="hidden", name="shelf", value=shelf)
        with el("label", "", "inline-field wide"):
            el("span", visit.t("library.search"))
            el("input", type="search", name="q", value=visit.query.get("q", ""))
        for name in FILTERS[shelf]:
            options = list(categories.items()) if name == "category" else [(str(count), "●" * count) for count in (1, 2, 3)]
            if name in CODES:
                options = choices(visit, *CODES[name])
            select(name, visit.t(LABELS.get(name, f"desk.field.{name}")), options, wanted.get(name, ""), visit.t("all"))
        el("button", visit.t("search"), "button", type="submit")
        if wanted:
            link(visit.t("reset"), "/library", "button quiet", shelf=shelf)


def _named(visit: Visit, shelf: str, key: str, text: str, open_: dict[tuple[str, str], Row]) -> None:
    """What an entry is called, leading to its page; what is being done about it."""
    if visit.holds(Permission.LIBRARY_DESK):
        link(text, "/library/entry", "strong", **address(shelf, key))
    else:
        el("span", text, "strong")
    if (shelf, key) in open_:
        one = open_[shelf, key]
        with link("", f"/library/edits/{one['id']}", "tag-link"):
            tag(visit.named("desk_status", one["status"]), "warn" if one["status"] == "submitted" else "")


async def _scripts(visit: Visit, items: list[Row], open_: dict[tuple[str, str], Row]) -> None:
    learns = visit.holds(Permission.LEARNING_READ)
    heads = ["library.text", "library.kind", "library.situation", "desk.field.tone", "library.review", *(["desk.effect"] if learns else [])]
    places: dict[str, Element] = {}
    with table([visit.t(head) for head in heads], visit.t("library.scripts"), "flow"):
        async for script in unhurried(items):
            with el("tr"):
                with el("td", "", "wide-cell"):
                    _named(visit, "script", script["id"], visit.both(script) or script["zh"], open_)
                    el("small", script["id"])
                el("td", visit.named("kind", script["kind"]), "nowrap")
                el("td", visit.named("situation", script["situation"]), "nowrap")
                el("td", visit.named("tone", script["tone"]), "nowrap")
                with el("td", "", "nowrap"):
                    tag(visit.named("review", script["review"]["status"]), "good" if script["review"]["status"] == "approved" else "warn")
                if learns:
                    places[script["id"]] = el("td", "", "effect-cell")
    if learns:
        later(visit, lambda: all_effects(visit), lambda found: _effects(visit, places, *found))


def _effects(visit: Visit, places: dict[str, Element], effects: dict[str, Row], uses: dict[str, Row]) -> None:
    """Beside each script what it achieves and how often it came."""
    for key, place in places.items():
        with place:
            if key not in uses:
                el("small", visit.t("desk.never_shown"))
                continue
            el("small", visit.t("desk.shown", count=uses[key]["shown"]))
            show_effect(visit, effects.get(key))
    el("small", visit.t("desk.effect_note"))


async def _terms(visit: Visit, items: list[Row], open_: dict[tuple[str, str], Row]) -> None:
    heads = ["library.text", "library.category", "library.severity", "library.aliases", "library.situation"]
    with table([visit.t(head) for head in heads], visit.t("library.terms"), "flow"):
        async for term in unhurried(items):
            with el("tr"):
                with el("td", "", "nowrap"):
                    _named(visit, "term", term["name"], term["name"], open_)
                el("td", visit.both(term["category"]))
                el("td", "●" * term["severity"], "severity", aria_label=str(term["severity"]))
                el("td", visit.look.listed([*term["aliases"], *term["misheard"]][:8]) or "—", "wide-cell")
                el("td", visit.named("situation", term["moment"]) or "—", "" if term["moment"] else "blank")


async def _wording(visit: Visit, items: list[Row], open_: dict[tuple[str, str], Row]) -> None:
    with table([visit.t("library.wording"), visit.t("library.better")], visit.t("library.wording")):
        async for rule in unhurried(items):
            with el("tr"):
                with el("td", "", "wide-cell"):
                    _named(visit, "rule", rule["id"], visit.look.listed(rule["phrases"]), open_)
                with el("td", "", "wide-cell"):
                    for better in rule["better"]:
                        el("p", visit.both(better) or better["zh"])


SHOWN: Final = {"scripts": _scripts, "terms": _terms, "wording": _wording}


def _try(visit: Visit) -> None:
    with card(visit.t("library.try"), visit.t("library.try_note")):
        form = el("form", "", "filters")
        with form:
            select("speaker", visit.t("player.lanes"), choices(visit, "speaker", ("customer", "staff")), "customer")
            with el("label", "", "inline-field wide"):
                el("span", visit.t("library.text"))
                el("input", type="text", name="text", required="", maxlength="500", autocomplete="off")
            el("button", visit.t("library.try"), "button primary", type="submit")
        place = div("tried", aria_live="polite")

    async def sent(event: events.GenericEventArguments) -> None:
        place.clear()
        try:
            found = await visit.rest.send("POST", "library/try", event.args)
        except Refused as refused:
            refuse(visit, place, refused)
            return
        with place:
            tried(visit, found)

    form.on("submit", sent, js_handler=SUBMIT)
