"""Being with a conversation while it runs: a hint to the phone, listening in. On the live wall and on the conversation's own page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from nicegui import events, ui
from nicegui.element import Element

from case_api.companions.rules import RUNNING, agreed
from case_api.console.door import PREFIX
from case_api.console.forms import SUBMIT, lines_of
from case_api.console.parts import banner, button, div, el
from case_api.console.rest import Refused, command_key
from case_api.console.visit import Visit
from case_api.security import Permission
from models.companions import HINT_LENGTH

Row = dict[str, Any]
QUICK: Final = ("coming", "water", "no_promise", "room", "hear_out", "write_down")
HINTS_SHOWN: Final = 3
_STATES: Final = ("start", "stop", "waiting", "listening", "trouble")
Refresh = Callable[[], Awaitable[None]]


class ListenIn(Element, component=Path(__file__).parent / "static" / "listen.js"):
    """The button that listens, and what is heard. `listening.address` is where the sound is asked for, once one may."""

    def __init__(self, visit: Visit, session_id: str, trouble: Element) -> None:
        super().__init__()
        self._visit, self._path, self._trouble, self._refused = visit, f"sessions/{session_id}/listeners", trouble, 0
        self._show(None)
        self.on("start", self._start)
        self.on("over", self._over)

    def _show(self, address: str | None) -> None:
        texts = {name: self._visit.t(f"live.listen.{name}") for name in _STATES}
        self.props["listening"] = {"address": address, "refused": self._refused, "texts": texts}

    async def _start(self) -> None:
        self._trouble.clear()
        try:
            made = await self._visit.rest.send("POST", self._path)
        except Refused as refused:
            self._refused += 1
            self._show(None)
            self._tell(self._visit.problem(refused), "bad")
            return
        self._show(f"{PREFIX}/files/v1/{self._path}/{made['id']}/audio")

    def _over(self, event: events.GenericEventArguments) -> None:
        self._trouble.clear()
        self._show(None)
        if event.args != "stopped":
            self._tell(self._visit.named("live.over", event.args))

    def _tell(self, text: str, tone: str = "") -> None:
        with self._trouble:
            banner(text, tone)


def controls(visit: Visit, session: Row, notice_version: str, refresh: Refresh) -> None:
    """Buttons for whoever may; nothing for anybody else, or once the conversation is over. `notice_version`: what the customer was told."""
    if session["status"] not in RUNNING or not visit.principal.may(Permission.SESSION_ACCOMPANY, session["site_id"]):
        return
    with div("live-acts"):
        hint = button(visit.t("live.hint"), "small")
        trouble = div("trouble")
        if session["recording"] and agreed(notice_version):
            ListenIn(visit, session["id"], trouble)
        elif session["recording"]:
            el("small", visit.t("live.not_agreed"))
        trouble.move(target_index=-1)

    async def open_() -> None:
        _ask_hint(visit, session, refresh)

    hint.on("click", open_)


def given(visit: Visit, session: Row) -> None:
    """The newest hints with where each is, and who listens."""
    for hint in session["hints"][-HINTS_SHOWN:]:
        with el("p", "", "hint-line"):
            el("span", hint["text"], "strong")
            el("small", f"{hint['person_name']} · {visit.named('hint', hint['state'])}", f"hint-{hint['state']}")
    names = [one["person_name"] for one in session["listeners"] if one["ended_at"] is None]
    if names:
        el("small", visit.t("live.listeners", names=visit.look.listed(names)))


def _ask_hint(visit: Visit, session: Row, refresh: Refresh) -> None:
    """A dialog: one press sends a word that stands ready, or one writes one's own."""
    key, client = command_key(), ui.context.client
    with client.content, ui.dialog() as dialog, div("dialog"):
        title = visit.t("live.hint_to", name=session["staff_name"])
        dialog.props["aria-label"] = title
        with div("dialog-head"):
            el("h2", title)
            el("button", "×", "icon-button", type="button", aria_label=visit.t("close")).on("click", dialog.close)
        el("p", visit.t("live.hint_note"), "note")
        trouble = div("trouble")
        quick = div("quick", role="group", aria_label=visit.t("live.quick"))
        form = el("form", "", "form hint-form", novalidate="")
        with form:
            with el("label", "", "field"):
                el("span", visit.t("live.own_words", most=HINT_LENGTH))
                el("input", type="text", name="text", maxlength=HINT_LENGTH, autocomplete="off", autofocus="")
            with div("form-foot"):
                button(visit.t("cancel")).on("click", dialog.close)
                el("button", visit.t("live.send"), "button primary", type="submit")

    async def send(text: str) -> None:
        trouble.clear()
        try:
            await visit.rest.send("POST", f"sessions/{session['id']}/hints", {"text": text}, key=f"{key}{abs(hash(text))}")
        except Refused as refused:
            with trouble, banner("", "bad"):
                for line in lines_of(visit, refused):
                    el("span", line)
            return
        dialog.close()
        await refresh()

    async def submit(event: events.GenericEventArguments) -> None:
        await send(str(event.args.get("text", "")))

    def sending(text: str) -> Callable[[], Awaitable[None]]:
        return lambda: send(text)

    with quick:
        for name in QUICK:
            text = visit.t(f"live.quick.{name}")
            button(text, "small").on("click", sending(text))
    form.on("submit", submit, js_handler=SUBMIT)
    dialog.on("hide", dialog.delete)
    dialog.open()
