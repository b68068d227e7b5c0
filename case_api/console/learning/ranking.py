"""How scripts stand, why, and what moved: learned anew at a click, used or held on to site by site."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from nicegui import ui
from nicegui.element import Element

from case_api.console.door import PREFIX
from case_api.console.drawings import interval
from case_api.console.forms import action, ask, refuse
from case_api.console.learning.asking import PATH, Row
from case_api.console.learning.effects import MEASURES
from case_api.console.parts import banner, button, card, div, el, empty, facts, href, link, table, tag
from case_api.console.rest import Refused, command_key
from case_api.console.visit import Visit
from case_api.security import Permission

POLL_SECONDS: Final = 1.0
VERSIONS: Final = 12
MODES: Final = {"off": "", "learning": "good", "frozen": "info"}


async def show(visit: Visit) -> None:
    """The newest version beside the one before it, or the version of the address."""
    versions, past = await asyncio.gather(
        visit.rest.get("learning/rankings", limit=VERSIONS), visit.rest.get("learning/runs", limit=VERSIONS)
    )
    items, runs = versions["items"], past["items"]
    with div("columns"):
        if items or runs or visit.holds(Permission.LEARNING_MANAGE):
            _now(visit, items[0] if items else None, runs)
        await _sites(visit, items)
    if not items:
        with card():
            empty(visit.t("ranking.none" if visit.holds(Permission.LEARNING_MANAGE) else "ranking.none_yet"))
        return
    newest = items[0]["id"]
    asked = await visit.rest.optional(f"learning/rankings/{visit.query['version']}/moves") if visit.query.get("version") else None
    shown = asked or await visit.rest.get(f"learning/rankings/{newest}/moves")
    _moves(visit, shown, newest=shown["ranking_version_id"] == newest)
    _versions(visit, items, runs, shown["ranking_version_id"])


def _now(visit: Visit, newest: Row | None, runs: list[Row]) -> None:
    by_version = {run["ranking_version_id"]: run for run in runs}
    with card(visit.t("ranking.now"), visit.t("ranking.now_note")):
        if newest is not None:
            pairs = [
                (visit.t("ranking.made_at"), visit.moment(newest["made_at"])),
                (visit.t("ranking.made_by"), _who(visit, by_version.get(newest["id"]))),
                (visit.t("ranking.rests_on"), visit.t("ranking.prompts", count=newest["moments"])),
            ]
            facts(pairs)
        place = div("stack", aria_live="polite")
        with place:
            if runs and runs[0]["status"] == "running":
                _follow(visit, place, runs[0])
                return
            if runs and runs[0]["status"] == "failed":
                banner(visit.t("ranking.failed", at=visit.moment(runs[0]["started_at"])), "warn")
            if visit.holds(Permission.LEARNING_MANAGE):
                _start(visit, place)


def _who(visit: Visit, run: Row | None) -> str:
    """Who asked for a version; the older ones and those by command name nobody."""
    if run is None:
        return "—"
    return str(run["started_by_name"] or visit.t("ranking.night"))


def _start(visit: Visit, place: Element) -> None:
    key = command_key()

    async def start() -> None:
        press.props["disabled"] = True
        try:
            run = await visit.rest.send("POST", "learning/runs", key=key)
        except Refused as refused:
            refuse(visit, place, refused)
            return
        place.clear()
        with place:
            _follow(visit, place, run)

    with div("buttons"):
        press = button(visit.t("ranking.learn_now"), "primary")
    press.on("click", start)
    el("small", visit.t("ranking.learn_note"))


def _follow(visit: Visit, place: Element, run: Row) -> None:
    """How far it is, until it has ended: then the page is shown anew with what came of it."""
    said = el("p", _how_far(visit, run), "strong")
    bar = el("progress", max=str(run["sessions"] or 1), aria_label=visit.t("ranking.running"))

    async def look() -> None:
        try:
            found = await visit.rest.get(f"learning/runs/{run['id']}")
        except Refused as refused:
            timer.deactivate()
            refuse(visit, place, refused)
            return
        if found["status"] == "running":
            said.text = _how_far(visit, found)
            if found["sessions"]:
                bar.props["max"], bar.props["value"] = str(found["sessions"]), str(found["sessions_done"])
            return
        timer.deactivate()
        done = "learn_failed" if found["status"] == "failed" else "learned" if found["ranking_version_id"] else "learned_nothing"
        ui.navigate.to(href(PATH, view="ranking", done=done).removeprefix(PREFIX))

    timer = ui.timer(POLL_SECONDS, look)


def _how_far(visit: Visit, run: Row) -> str:
    if not run["sessions"]:
        return visit.t("ranking.counting")
    return visit.t("ranking.measuring", done=run["sessions_done"], of=run["sessions"])


async def _sites(visit: Visit, versions: list[Row]) -> None:
    sites = [site for site in visit.sites if visit.principal.may(Permission.LEARNING_READ, site)]
    agreed = await asyncio.gather(*(visit.rest.get(f"learning/sites/{site}") for site in sites))
    made = {one["id"]: one["made_at"] for one in versions}
    for version in {one["ranking_version_id"] for one in agreed} - {None, *made}:  # held for longer than the list goes back
        made[version] = (await visit.rest.get(f"learning/rankings/{version}/moves"))["made_at"]
    with card(visit.t("ranking.sites"), visit.t("ranking.sites_note")):
        if not agreed:
            empty(visit.t("ranking.no_sites"))
        with el("ul", "", "entries"):
            for one in agreed:
                with el("li", "", "entry"):
                    with div("grow"):
                        el("span", visit.site(one["site_id"]), "strong")
                        tag(visit.named("learning.ranks", one["ranking"]), MODES[one["ranking"]])
                        if one["ranking"] == "frozen":
                            version = one["ranking_version_id"]
                            link(visit.t("ranking.frozen_at", at=visit.moment(made[version])), PATH, "", view="ranking", version=version)
                    if visit.principal.may(Permission.LEARNING_MANAGE, one["site_id"]):
                        _modes(visit, one, has_version=bool(versions))


def _modes(visit: Visit, agreed: Row, *, has_version: bool) -> None:
    with div("mini-buttons"):
        for mode in ("learning", "frozen", "off"):
            if mode != agreed["ranking"] and (mode != "frozen" or has_version):
                action(visit, visit.t(f"ranking.to_{mode}"), _change(visit, agreed, mode), "small")


def _change(visit: Visit, agreed: Row, mode: str, version: str | None = None) -> Callable[[], Awaitable[None]]:
    """Asks, and sets how a site ranks; what else it agreed to stays."""

    async def send(_: Row, key: str) -> None:
        body: dict[str, Any] = {name: agreed[name] for name in ("holdout_bp", "go_live_on")}
        body |= {"ranking": mode, "ranking_version_id": version}
        await visit.rest.send("PUT", f"learning/sites/{agreed['site_id']}", body, version=agreed["version"], key=key)

    async def open_() -> None:
        title = f"{visit.t(f'ranking.to_{mode}')} · {visit.site(agreed['site_id'])}"
        await ask(visit, title, [], send, done="agreement", note=visit.t(f"ranking.{mode}_note"), go=visit.t(f"ranking.to_{mode}"))

    return open_


def _moves(visit: Visit, found: Row, *, newest: bool) -> None:
    el("h2", visit.t("ranking.standing" if newest else "ranking.standing_then", at=visit.moment(found["made_at"])))
    if found["before_id"] is None:
        el("p", visit.t("ranking.first_version"), "note")
    else:
        words = visit.t("ranking.moved", count=found["moved"]) if found["moved"] else visit.t("ranking.nothing_moved")
        banner(f"{words} {visit.t('ranking.against', at=visit.moment(found['before_at']))}", "good" if found["moved"] else "")
    with el("details", "", "version"):
        el("summary", visit.t("ranking.how"))
        for line in ("how_points", "how_harm", "how_urgent", "how_when", "how_few"):
            el("p", visit.t(f"ranking.{line}"))
    known = [one for one in found["situations"] if one["moved"] or any(script["mean"] is not None for script in one["scripts"])]
    for situation in known:
        _situation(visit, situation)
    rest = [one for one in found["situations"] if one not in known]
    if rest:
        with el("details", "", "version"):
            el("summary", visit.t("ranking.not_yet", count=len(rest)))
            with div("tags"):
                for situation in rest:
                    tag(f"{visit.named('situation', situation['situation'])} · {len(situation['scripts'])}")


def _situation(visit: Visit, situation: Row) -> None:
    """What is known or moved, in full; of the rest only where it stands."""
    name = visit.named("situation", situation["situation"])
    told = [one for one in situation["scripts"] if one["mean"] is not None or one["why"] != "unknown"]
    rest = [one for one in situation["scripts"] if one not in told]
    with card(name, visit.t("ranking.moved", count=situation["moved"]) if situation["moved"] else ""):
        heads = [visit.t("ranking.place"), visit.t("learning.effects_script"), visit.t("ranking.effect")]
        with table(heads, name, "stacked"):
            for script in told:
                _script(visit, script)
        if rest:
            with el("details", "", "version"):
                el("summary", visit.t("ranking.rest", count=len(rest)))
                with table(heads[:2], visit.t("ranking.rest", count=len(rest))):
                    for script in rest:
                        with el("tr"):
                            el("td", str(script["place"]), "number")
                            with el("td", "", "wide-cell"):
                                _words(visit, script)


def _script(visit: Visit, script: Row) -> None:
    with el("tr"):
        with el("td"):
            el("span", str(script["place"]), "strong number")
            _arrow(visit, script)
        with el("td", "", "wide-cell"):
            _words(visit, script)
            el("small", visit.both(script))
        with el("td", "", "effect-cell", data_label=visit.t("ranking.effect")):
            if script["mean"] is None:
                tag(visit.t("learning.not_enough_yet"))
                return
            interval(-script["high"], -script["mean"], -script["low"], MEASURES["score"])  # calmer is to the left, as under Effects
            el("small", visit.t("ranking.points", points=f"{round(script['points'], 1) + 0.0:+.1f}"))


def _words(visit: Visit, script: Row) -> None:
    text = script["text_en"] if visit.look.language == "en" else script["text"]
    if visit.holds(Permission.LIBRARY_DESK):
        link(text, "/library/entry", "", shelf="script", key=script["script_id"])
    else:
        el("span", text)
    if script["cause"] != "any":
        tag(visit.t("ranking.only_if", cause=visit.named("cause", script["cause"])))


def _arrow(visit: Visit, script: Row) -> None:
    if script["place_before"] is None or script["place"] == script["place_before"]:
        return
    steps = script["place_before"] - script["place"]
    said = visit.t("ranking.up" if steps > 0 else "ranking.down", count=abs(steps))
    with tag("", "good" if steps > 0 else "warn"):
        el("span", f"{'↑' if steps > 0 else '↓'}{abs(steps)}", aria_hidden="true")
        el("span", said, "visually-hidden")


def _versions(visit: Visit, versions: list[Row], runs: list[Row], shown: str) -> None:
    by_version = {run["ranking_version_id"]: run for run in runs}
    heads = [*(visit.t(f"ranking.{head}") for head in ("made_at", "made_by", "rests_on")), ""]
    with card(visit.t("ranking.versions"), visit.t("ranking.versions_note")), table(heads, visit.t("ranking.versions"), "stacked"):
        for number, one in enumerate(versions):
            with el("tr"):
                with el("td", "", "nowrap"):
                    el("span", visit.moment(one["made_at"]), "strong")
                    if number == 0:
                        tag(visit.t("ranking.newest"), "info")
                el("td", _who(visit, by_version.get(one["id"])))
                el("td", visit.t("ranking.prompts", count=one["moments"]))
                with el("td"):
                    if one["id"] == shown:
                        el("small", visit.t("ranking.shown"))
                    else:
                        link(visit.t("ranking.look"), PATH, "button small", view="ranking", version=one["id"])
