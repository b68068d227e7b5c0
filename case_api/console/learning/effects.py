"""What scripts achieve, with how sure that is."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from case_api.console.drawings import interval
from case_api.console.learning.asking import PATH, Row, filters, kept, later, period
from case_api.console.parts import card, div, el, empty, link, table, tag
from case_api.console.visit import Visit
from case_api.learning.scripts.service import FEWEST_PEOPLE
from case_api.security import Permission
from scripts_library.mining.effects import DOUBT, FEWEST_MOMENTS, FEWEST_SESSIONS, FEWEST_STAFF

HORIZONS: Final = ("15", "30", "60")
BYS: Final = ("script", "situation")
MEASURES: Final = {"score": 1.5, "rate": 2.0, "loudness": 8.0}
"""What is measured, and how far its scale reaches: standard deviations, syllables a second, dB."""
TONES: Final = {"works": "good", "harms": "bad", "chance": "", "no_difference": "", "unclear": "", "not_enough": ""}


async def show(visit: Visit) -> None:
    """Everybody's, of nobody by name; or one's own."""
    by = visit.query.get("by") if visit.query.get("by") in BYS else "script"
    horizon = visit.query.get("horizon") if visit.query.get("horizon") in HORIZONS else "30"
    both = visit.holds(Permission.LEARNING_READ) and visit.holds(Permission.SESSION_READ_OWN)
    own = not visit.holds(Permission.LEARNING_READ) or (both and visit.query.get("own") == "1")
    held = kept(visit) | {"by": str(by), "horizon": str(horizon)} | ({"own": "1"} if own and both else {})
    with div("page-head"):
        _segments(visit, "by", [(name, visit.t(f"learning.effects_{name}")) for name in BYS], by, held)
        _segments(visit, "horizon", [(name, visit.t("learning.after", seconds=name)) for name in HORIZONS], horizon, held)
        if both:
            _segments(visit, "own", [("", visit.t("learning.everybody")), ("1", visit.t("learning.own"))], "1" if own else "", held)
    with filters(visit, "effects"):
        for name in ("by", "horizon", "own"):
            if held.get(name):
                el("input", type="hidden", name=name, value=held[name])
    asked: dict[str, Any] = period(visit) | {"horizon": horizon}

    async def work() -> tuple[Row, Row | None]:
        if own:
            return await visit.rest.get("learning/effects/own", by=by, **asked), None
        found, spread = await asyncio.gather(
            visit.rest.get("learning/effects", by=by, **asked), visit.rest.get("learning/effects/spread", **asked)
        )
        return found, spread

    later(visit, work, lambda found: _all(visit, str(by), *found))


def _segments(visit: Visit, name: str, options: list[tuple[str, str]], held: str | None, query: dict[str, str]) -> None:
    with div("segments", role="group", aria_label=visit.t(f"learning.choose_{name}")):
        for value, shown in options:
            link(shown, PATH, "on" if value == held else "", view="effects", **(query | {name: value}))


def _all(visit: Visit, by: str, found: Row, spread: Row | None) -> None:
    if not found["items"]:
        with card():
            empty(visit.t("learning.no_effects"))
        return
    heads = [
        visit.t(f"learning.effects_{by}"),
        *(visit.t(f"learning.{'state' if name == 'score' else name}") for name in MEASURES),
        visit.t("learning.rests_on"),
    ]
    with table(heads, visit.t("learning.tab_effects"), "stacked"):
        for subject in sorted(found["items"], key=_best_first):
            for design in dict.fromkeys(effect["design"] for effect in subject["effects"]):
                _row(visit, by, subject, design)
    newest = found["sessions"] >= found["most_sessions"]
    staff = 1 if spread is None else FEWEST_STAFF
    el("small", visit.t("learning.fewest", moments=FEWEST_MOMENTS, sessions=FEWEST_SESSIONS, staff=staff, doubt=DOUBT))
    el("small", visit.t("learning.effects_newest" if newest else "learning.effects_of", count=found["sessions"]))
    if spread is not None:
        _spread(visit, spread)


def _best_first(subject: Row) -> tuple[float, int]:
    """What calms most; at the end what there is too little of, the nearest to enough first."""
    score = next(effect for effect in subject["effects"] if effect["measure"] == "score")
    return (float("inf") if score["mean"] is None else score["mean"], -score["moments"])


def _row(visit: Visit, by: str, subject: Row, design: str) -> None:
    effects = {effect["measure"]: effect for effect in subject["effects"] if effect["design"] == design}
    lot = {name: subject[name] for name in ("lot_shown", "lot_withheld")}
    with el("tr"):
        with el("td", "", "wide-cell"):
            text = subject["text_en" if visit.look.language == "en" else "text"] or visit.named("situation", subject["key"])
            if subject["text"] and visit.holds(Permission.LIBRARY_DESK):
                link(text, "/library/entry", "strong", shelf="script", key=subject["key"])
            else:
                el("span", text, "strong")
            el(
                "small",
                " · ".join(
                    [subject["key"], visit.named("learning.design", design)] if by == "script" else [visit.named("learning.design", design)]
                ),
            )
            if design == "matched" and any(lot.values()):
                el("small", visit.t("learning.lot_so_far", **lot, wanted=FEWEST_MOMENTS))
            elif design == "randomised":
                el("small", visit.t("learning.lot_against", count=lot["lot_withheld"]))
        for measure, reach in MEASURES.items():
            with el("td", "", "effect-cell", data_label=visit.t(f"learning.{'state' if measure == 'score' else measure}")):
                _effect(visit, effects.get(measure), reach)
        first = next(iter(effects.values()))
        el("td", visit.t("learning.basis", moments=first["moments"], sessions=first["sessions"], staff=first["staff"]), "nowrap")


def _effect(visit: Visit, effect: Row | None, reach: float) -> None:
    if effect is None or effect["mean"] is None:
        tag(visit.t("learning.not_enough_yet"))
        return
    tag(visit.both(effect), TONES[effect["verdict"]])
    interval(effect["low"], effect["mean"], effect["high"], reach)
    el("small", f"{effect['mean']:+.2f} [{effect['low']:+.2f}, {effect['high']:+.2f}]", "number")


def _spread(visit: Visit, spread: Row) -> None:
    with card(visit.t("learning.spread"), visit.t("learning.spread_note")):
        if spread["median"] is None:
            empty(visit.t("learning.spread_few", people=spread["people"], wanted=FEWEST_PEOPLE))
            return
        with div("spread"):
            interval(spread["low"], spread["median"], spread["high"], MEASURES["score"])
        told = {name: f"{spread[name]:+.2f}" for name in ("low", "median", "high")}
        el("p", visit.t("learning.spread_means", people=spread["people"], **told))
