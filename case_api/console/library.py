"""Scripts, terms and wording as they are in force, and a sentence to try against them."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request
from nicegui import events

from case_api.console.door import PREFIX
from case_api.console.forms import SUBMIT
from case_api.console.pages import page
from case_api.console.parts import banner, card, choices, div, el, empty, link, select, table, tag
from case_api.console.rest import Refused
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
SHELVES: Final = ("scripts", "terms", "wording")


@page("/library", "nav.library", Permission.LIBRARY_READ, icon="library")
async def library(visit: Visit, request: Request) -> None:
    """One shelf at a time, searched by the address."""
    shelf = visit.query.get("shelf", "scripts")
    shelf = shelf if shelf in SHELVES else "scripts"
    found = await visit.rest.get(f"library/{shelf}", q=visit.query.get("q"))
    el("h1", visit.t("library.title"))
    el("p", visit.t("library.help"), "note")
    _try(visit)
    with el("nav", "", "tabs", aria_label=visit.t("library.title")):
        for name in SHELVES:
            made = link(visit.t(f"library.{name}"), "/library", shelf=name, q=visit.query.get("q"))
            if name == shelf:
                made.props["aria-current"] = "page"
    with el("form", "", "filters", method="get", action=f"{PREFIX}/library", role="search"):
        el("input", type="hidden", name="shelf", value=shelf)
        with el("label", "", "inline-field wide"):
            el("span", visit.t("library.search"))
            el("input", type="search", name="q", value=visit.query.get("q", ""))
        el("button", visit.t("search"), "button", type="submit")
    if not found["items"]:
        with card():
            empty(visit.t("library.empty"))
        return
    SHOWN[shelf](visit, found["items"])


def _scripts(visit: Visit, items: list[Row]) -> None:
    heads = ["library.text", "library.kind", "library.situation", "library.review"]
    with table([visit.t(head) for head in heads], visit.t("library.scripts")):
        for script in items:
            with el("tr"):
                with el("td", "", "wide-cell"):
                    el("span", visit.both(script) or script["zh"])
                    el("small", script["id"])
                el("td", visit.named("kind", script["kind"]))
                el("td", visit.named("situation", script["situation"]))
                with el("td"):
                    tag(visit.named("review", script["review"]["status"]), "good" if script["review"]["status"] == "approved" else "warn")


def _terms(visit: Visit, items: list[Row]) -> None:
    heads = ["library.text", "library.category", "library.severity", "library.aliases", "library.situation"]
    with table([visit.t(head) for head in heads], visit.t("library.terms")):
        for term in items:
            with el("tr"):
                el("td", term["name"], "strong nowrap")
                el("td", visit.both(term["category"]))
                el("td", "●" * term["severity"], "severity", aria_label=str(term["severity"]))
                el("td", "、".join([*term["aliases"], *term["misheard"]][:8]) or "—", "wide-cell")
                el("td", visit.named("situation", term["moment"]) or "—")


def _wording(visit: Visit, items: list[Row]) -> None:
    with table([visit.t("library.wording"), visit.t("library.better")], visit.t("library.wording")):
        for rule in items:
            with el("tr"):
                el("td", "、".join(rule["phrases"]), "strong")
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

    async def tried(event: events.GenericEventArguments) -> None:
        place.clear()
        try:
            found = await visit.rest.send("POST", "library/try", event.args)
        except Refused as refused:
            with place:
                banner(visit.problem(refused), "bad")
            return
        with place:
            _tried(visit, found)

    form.on("submit", tried, js_handler=SUBMIT)


def _tried(visit: Visit, found: Row) -> None:
    if not (found["hits"] or found["wording"] or found["prompt"] or found["if_voice_rises"]):
        el("p", visit.t("library.nothing"), "note")
        return
    with div("tags"):
        for hit in found["hits"]:
            tag(f"{hit['term']} {'●' * hit['severity']}", "" if hit["negated"] else "warn")
        for hit in found["wording"]:
            tag(f"「{hit['heard']}」", "bad")
    for name, label in (("prompt", "library.would_prompt"), ("if_voice_rises", "library.if_rises")):
        if found[name]:
            el("p", f"{visit.t(label)}：{found[name]['text']}", "live-prompt")
