"""New terms: taken into the lexicon with suggested spellings, or not proposed again."""

from __future__ import annotations

from typing import Any, Final, get_args

from nicegui.element import Element

from case_api.console.fields import Field
from case_api.console.forms import ask, refuse
from case_api.console.learning.asking import PATH, Row, filters, kept, later, period
from case_api.console.parts import button, card, choices, div, el, empty, labelled, link, table, tag
from case_api.console.rest import Refused, command_key
from case_api.console.visit import Visit
from case_api.intake.causes import Cause
from case_api.security import Permission

COMPARES: Final = ("escalated", "recent")


async def show(visit: Visit) -> None:
    """What one kind of conversation says more often than the others."""
    compare = visit.query.get("compare", "escalated")
    compare = compare if compare in COMPARES else "escalated"
    with div("segments", role="group", aria_label=visit.t("learning.compare")):
        for name in COMPARES:
            link(visit.t(f"learning.compare_{name}"), PATH, "on" if name == compare else "", view="terms", compare=name, **kept(visit))
    with filters(visit, "terms"):
        el("input", type="hidden", name="compare", value=compare)
    later(visit, lambda: visit.rest.get("learning/terms", compare=compare, limit=30, **period(visit)), lambda found: _phrases(visit, found))


def _phrases(visit: Visit, found: Row) -> None:
    with card(visit.t("learning.tab_terms"), visit.t("learning.against", sessions=found["sessions"], others=found["others"])):
        if not found["items"]:
            empty(visit.t("learning.no_terms" if found["sessions"] and found["others"] else "learning.no_others"))
            return
        sessions, per_100, others, score = (visit.t(f"learning.{head}") for head in ("sessions", "per_100", "per_100_others", "score"))
        with table([visit.t("learning.phrase"), sessions, per_100, others, score, ""], visit.t("learning.tab_terms"), "stacked lines"):
            for phrase in found["items"]:
                with el("tr"):
                    with el("td"):
                        link(phrase["text"], "/search", "strong", q=phrase["text"])
                    labelled(sessions, str(phrase["sessions"]), "number")
                    labelled(per_100, f"{phrase['per_100']:.1f}", "number")
                    labelled(others, f"{phrase['per_100_others']:.1f}", "number")
                    labelled(score, f"{phrase['score']:.1f}", "number")
                    with el("td", "", "nowrap"):
                        place = div("mini-buttons", aria_live="polite")
                    if visit.holds(Permission.LIBRARY_EDIT):
                        with place:
                            _decide(visit, place, phrase["text"])


def _decide(visit: Visit, place: Element, phrase: str) -> None:
    key = command_key()

    def say(verdict: str) -> None:
        place.clear()
        with place:
            tag(visit.t(f"learning.{verdict}"), "good" if verdict == "accepted" else "")

    async def dismiss() -> None:
        try:
            await visit.rest.send("POST", "learning/terms", {"phrase": phrase, "verdict": "dismissed"}, key=key)
        except Refused as refused:
            refuse(visit, place, refused)
        else:
            say("dismissed")

    async def accept() -> None:
        try:
            found = (await visit.rest.get(f"learning/terms/{phrase}/variants", **period(visit)))["items"]
        except Refused as refused:
            refuse(visit, place, refused)
            return
        await ask(
            visit,
            visit.t("learning.accept_title", phrase=phrase),
            _fields(visit, found),
            lambda body, key: visit.rest.send("POST", "learning/terms", _decision(phrase, body), key=key),
            note=visit.t("learning.accept_note"),
            go=visit.t("learning.accept"),
            then=lambda: say("accepted"),
        )

    about = {"aria_label": f"{visit.t('learning.accept')} {phrase}"}
    button(visit.t("learning.accept"), "small primary", **about).on("click", accept)
    button(visit.t("learning.dismiss"), "small", aria_label=f"{visit.t('learning.dismiss')} {phrase}").on("click", dismiss)


def _fields(visit: Visit, found: list[Row]) -> list[Field]:
    """What was heard instead stands ticked where the recogniser itself thought of the phrase."""
    heard = [(one["text"], visit.look.aside(one["text"], str(one["times"]))) for one in found[:20] if len(one["text"]) > 1]
    sure = [one["text"] for one in found[:20] if one["source"] == "hypotheses"]
    return [
        *([Field("misheard", "many", label="learning.misheard", options=heard, value=sure)] if heard else []),
        Field("aliases", "lines", label="learning.aliases", help="learning.aliases_help"),
        Field("severity", "choice", label="library.severity", required=True, options=[(str(n), "●" * n) for n in (1, 2, 3)], value="2"),
        Field("cause", "choice", label="board.cause", options=choices(visit, "cause", get_args(Cause))),
    ]


def _decision(phrase: str, body: Row) -> dict[str, Any]:
    return body | {"phrase": phrase, "verdict": "accepted", "severity": int(body["severity"])}
