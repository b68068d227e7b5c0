"""The live wall: conversations that run now, the most agitated first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import Any, Final

from fastapi import Request
from nicegui import ui
from nicegui.element import Element

from case_api.companions.rules import RUNNING
from case_api.console import companions
from case_api.console.forms import refuse
from case_api.console.pages import page
from case_api.console.parts import card, clock, div, el, empty, link, tag
from case_api.console.rest import Refused
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
REFRESH_SECONDS: Final = 3.0
ENDED_SECONDS: Final = 120.0
"""How long a conversation that is over is still told of: long enough to go to its review."""
ORDER: Final = ("agitated", "rising", "calm", "provisional")


@page("/live", "nav.live", Permission.SESSION_READ_SITE, icon="live")
async def live(visit: Visit, request: Request) -> None:
    """Looks again every few seconds; what the recorder has written is what is shown."""
    with div("page-head"):
        el("h1", visit.t("nav.live"))
        el("span", visit.t("live.refreshes"), "note")
    if visit.holds(Permission.SESSION_ACCOMPANY):
        el("p", visit.t("live.help"), "note")
    trouble = div("trouble")

    async def again() -> None:
        try:
            found = await running(visit)
        except Refused as refused:
            refuse(visit, trouble, refused)
            timer.deactivate()
            return
        wall.show(found, await over(visit, wall.gone(found)))

    timer = ui.timer(REFRESH_SECONDS, again, immediate=False)
    wall = Wall(visit, again)
    wall.show(await running(visit))


async def running(visit: Visit) -> list[Row]:
    """Conversations that have not ended, each with what was last heard of it; the most agitated first."""
    return sorted((await visit.rest.get("wall"))["items"], key=lambda one: ORDER.index(one["level"]))


async def over(visit: Visit, ids: list[str]) -> set[str]:
    """Those of these conversations that are over; one may also have gone because others are more urgent, or out of sight altogether."""
    asked = await asyncio.gather(*(visit.rest.optional(f"sessions/{id_}", utterances=False) for id_ in ids))
    return {session["id"] for session in asked if session is not None and session["status"] not in RUNNING}


class Wall:
    """A card for each conversation, which stays while its contents change: a button keeps its focus, a listener their sound.

    Cards that move take the focus along (`data-keeps-focus`). One whose conversation has ended says so for a while, behind the others.
    """

    def __init__(self, visit: Visit, again: companions.Refresh) -> None:
        self._visit, self._again = visit, again
        self._said = el("p", "", "visually-hidden", role="status")
        self._box = div("wall", role="region", aria_label=visit.t("nav.live"), tabindex="-1", data_keeps_focus="")
        self._cards: dict[str, Card] = {}
        self._ended: dict[str, float] = {}
        self._nobody: Element | None = None

    def gone(self, found: list[Row]) -> list[str]:
        """Conversations on the wall that are not among these, and were not known to be over."""
        return [id_ for id_ in self._cards.keys() - {session["id"] for session in found} if id_ not in self._ended]

    def show(self, found: list[Row], ended: Collection[str] = (), now: float | None = None) -> None:
        """These, in this order, and behind them those that have ended; `now` in seconds of a clock that only goes on."""
        now = time.monotonic() if now is None else now
        running = [session["id"] for session in found]
        self._end(ended, now)
        self._ended = {id_: at for id_, at in self._ended.items() if now - at < ENDED_SECONDS and id_ not in running}
        for gone in self._cards.keys() - {*running, *self._ended}:
            self._cards.pop(gone).element.delete()
        for session in found:
            if session["id"] not in self._cards:
                with self._box:
                    self._cards[session["id"]] = Card(self._visit, session, self._again)
            self._cards[session["id"]].show(session)
        self._order([*running, *self._ended])
        if self._nobody is not None:
            self._nobody.delete()
            self._nobody = None
        if not found:
            with self._box, card() as self._nobody:
                empty(self._visit.t("live.empty"))

    def _end(self, ended: Collection[str], now: float) -> None:
        for id_ in ended:
            self._ended[id_] = now
            self._cards[id_].end()
        if ended:
            names = self._visit.look.listed(self._cards[id_].name for id_ in ended)
            self._said.text = self._visit.t("live.ended_of", name=names)

    def _order(self, ids: list[str]) -> None:
        if list(self._cards) != ids:
            self._cards = {id_: self._cards[id_] for id_ in ids}
            for place, one in enumerate(self._cards.values()):
                one.element.move(target_index=place)


class Card:
    """One conversation. What can be pressed is made once; the rest is drawn anew where it has changed."""

    def __init__(self, visit: Visit, session: Row, again: companions.Refresh) -> None:
        self._visit, self._again = visit, again
        self._offered = _offers(session)
        self.name: str = session["staff_name"]
        self._path = f"/sessions/{session['id']}"
        self.element = el("article", "", "live-card", aria_label=self.name)
        with self.element:
            with div("case-card-head"):
                link(self.name, self._path, "strong")
                self._level = div()
            self._where = el("small")
            self._body = div("live-body")
            self._acts = div()
        self._shown: Row = {}
        self._act(session)

    def _act(self, session: Row) -> None:
        with self._acts:
            companions.controls(self._visit, session, session["notice_version"], self._again)

    def show(self, session: Row) -> None:
        """As it is now. Its clock goes on by itself, so that nothing else is sent while nobody speaks."""
        self._where.text = _where(self._visit, session)
        before, self._shown = self._shown, {name: value for name, value in session.items() if name != "seconds"}
        if self._shown == before:
            return
        self.element.classes(replace=f"live-card {session['level']}")
        self._level.clear()
        with self._level:
            tag(self._visit.named("level", session["level"]), session["level"])
        self._body.clear()
        with self._body:
            _contents(self._visit, session)
        if _offers(session) != self._offered:  # consent was withdrawn meanwhile
            self._offered = _offers(session)
            self._acts.clear()
            self._act(session)

    def end(self) -> None:
        """It is over: nothing more can be done here, and its name leads to the review."""
        self.element.classes(replace="live-card ended")
        self._level.clear()
        self._acts.clear()
        self._where.delete()
        self._body.clear()
        with self._body:
            el("p", self._visit.t("live.ended"), "note")
            with div("live-acts"):
                link(self._visit.t("live.to_review"), self._path, "button small")


def _offers(session: Row) -> tuple[bool, bool]:
    return session["recording"], session["status"] in RUNNING


def _where(visit: Visit, session: Row) -> str:
    who = visit.named("speaker", session["speaker"]) if session["speaker"] else visit.t("live.quiet")
    case = session["case_code"] or visit.t("live.no_case")
    return " · ".join([visit.site(session["site_id"]), case, clock(session["seconds"]), who])


def _contents(visit: Visit, session: Row) -> None:
    if session["status"] == "interrupted":
        tag(visit.named("session", "interrupted"), "warn")
    if not session["recording"]:
        el("p", visit.t("live.unrecorded"), "note")
    for said in session["said"]:
        sentence = el("p", visit.look.pair(visit.named("speaker", said["speaker"]), said["text"]), "live-said")
        if said["doubtful"]:
            with sentence.classes("doubtful"):
                el("small", visit.t("player.doubtful"), "doubt")
    if session["prompt"]:
        el("p", session["prompt"], "live-prompt")
    if session["terms"]:
        with div("tags"):
            for term in session["terms"]:
                tag(term, "warn")
    companions.given(visit, session)
