"""Hits in their sentences: listen, and say whether they were right."""

from __future__ import annotations

from typing import Any, Final

from nicegui.element import Element

from case_api.console.forms import refuse
from case_api.console.learning.asking import PATH, Row, categories, filters, kept, moment_link, period
from case_api.console.parts import banner, button, card, choices, clock, div, el, empty, link, select, tag
from case_api.console.rest import Refused, command_key
from case_api.console.visit import Visit
from case_api.security import Permission

OWN: Final = ("term", "category", "speaker", "judged", "staff_id")
ANYBODY: Final = "all"
"""Of the speakers: without a choice there are those who count, so that the list agrees with the counts."""
PAGE: Final = 30


async def show(visit: Visit) -> None:
    """Newest first, page by page."""
    names = await categories(visit)
    wanted: dict[str, Any] = {name: visit.query[name] for name in OWN if visit.query.get(name) and name != "speaker"}
    speaker = visit.query.get("speaker", "")
    wanted |= {"counted": True} if not speaker else {"speaker": speaker} if speaker != ANYBODY else {}
    with filters(visit, "hits", *OWN):
        with el("label", "", "inline-field"):
            el("span", visit.t("learning.term"))
            el("input", type="search", name="term", value=visit.query.get("term", ""))
        if names:
            select("category", visit.t("library.category"), sorted(names.items()), visit.query.get("category", ""), visit.t("all"))
        speakers = [*choices(visit, "speaker", ("customer", "staff", "unsure")), (ANYBODY, visit.t("all"))]
        select("speaker", visit.t("player.lanes"), speakers, speaker, visit.t("learning.counted"))
        judged = [("false", visit.t("learning.unjudged")), ("true", visit.t("learning.judged"))]
        select("judged", visit.t("learning.verdict"), judged, visit.query.get("judged", ""), visit.t("all"))
    asked: dict[str, Any] = period(visit) | wanted
    found = await visit.rest.get("keywords", limit=PAGE, cursor=visit.query.get("cursor"), **asked)
    with card(), el("ul", "", "entries"):
        if not found["items"]:
            with el("li"):
                empty(visit.t("learning.no_hits"))
        for hit in found["items"]:
            _hit(visit, hit, names)
    if found["next_cursor"]:
        link(visit.t("more"), PATH, "button", view="hits", cursor=found["next_cursor"], **kept(visit, *OWN))
    if visit.holds(Permission.LIBRARY_EDIT):
        await _pairs(visit)


def _hit(visit: Visit, hit: Row, names: dict[str, str]) -> None:
    with el("li", "", "entry top-row"):
        moment_link(visit, f"▶ {clock(hit['at'])}", hit["session_id"], hit["play_from"], "button small number")
        with div("grow"):
            with el("p", "", "kwic"):
                el("span", visit.look.pair(visit.named("speaker", hit["speaker"]), hit["before"]))
                if hit["keyword"]:
                    el("mark", hit["keyword"])
                el("span", hit["after"])
            if hit["corrected"]:
                el("p", visit.look.pair(visit.t("player.corrected"), hit["corrected"]), "note")
            told = [hit["term"], names.get(hit["category"], hit["category"]), visit.moment(hit["heard_at"]), visit.site(hit["site_id"])]
            if hit["heard"] != hit["term"]:
                told.insert(1, visit.t("learning.heard_as", heard=hit["heard"]))
            el("small", " · ".join(told))
        place = div("mini-buttons", aria_live="polite")
    with place:
        _verdict(visit, place, hit)


def _verdict(visit: Visit, place: Element, hit: Row) -> None:
    if hit["verdict"]:
        tag(visit.named("learning.is", hit["verdict"]), "good" if hit["verdict"] == "right" else "bad")
        if visit.principal.may(Permission.LIBRARY_EDIT, hit["site_id"]):
            _undo(visit, place, hit)
        return
    if not visit.principal.may(Permission.LIBRARY_EDIT, hit["site_id"]):
        return
    key = command_key()

    async def judge(verdict: str) -> None:
        try:
            made = await visit.rest.send("PUT", f"keywords/{hit['id']}/review", {"verdict": verdict}, key=f"{key}{verdict}")
        except Refused as refused:
            refuse(visit, place, refused)
            return
        place.clear()
        with place:
            tag(visit.named("learning.is", verdict), "good" if verdict == "right" else "bad")
            if made["hidden"]:
                el("small", visit.t("learning.hidden", count=made["hidden"]))
            _undo(visit, place, hit)

    about = f"{hit['term']} {clock(hit['at'])}"
    button(visit.t("learning.right"), "small", aria_label=f"{visit.t('learning.right')} {about}").on("click", lambda: judge("right"))
    button(visit.t("learning.false"), "small", aria_label=f"{visit.t('learning.false')} {about}").on("click", lambda: judge("false"))


def _undo(visit: Visit, place: Element, hit: Row) -> None:
    """A slip is taken back where it was made."""
    key = command_key()

    async def back() -> None:
        try:
            await visit.rest.send("DELETE", f"keywords/{hit['id']}/review", key=key)
        except Refused as refused:
            refuse(visit, place, refused)
            return
        place.clear()
        with place:
            _verdict(visit, place, hit | {"verdict": None})

    about = f"{visit.t('learning.take_back')} {hit['term']} {clock(hit['at'])}"
    button(visit.t("learning.take_back"), "small", aria_label=about).on("click", back)


async def _pairs(visit: Visit) -> None:
    pairs = (await visit.rest.get("keywords/false-pairs", limit=20))["items"]
    if not pairs:
        return
    with card(visit.t("learning.pairs"), visit.t("learning.pairs_note")), el("ul", "", "entries"):
        for pair in pairs:
            _pair(visit, pair)


def _pair(visit: Visit, pair: Row) -> None:
    row = el("li", "", "entry")
    key = command_key()

    async def back() -> None:
        try:
            await visit.rest.send("DELETE", f"keywords/false-pairs/{pair['id']}", key=key)
        except Refused as refused:
            with row:
                banner(visit.problem(refused), "bad")
            return
        row.clear()
        with row:
            tag(visit.t("learning.taken_back"), "good")

    with row:
        el("span", visit.t("learning.not_taken", heard=pair["heard"], term=pair["term"]), "grow")
        el("small", visit.moment(pair["marked_at"]))
        button(visit.t("learning.take_back"), "small").on("click", back)
