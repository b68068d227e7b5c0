"""An entry as a form: the phone's card and the library's checks beside it as one types."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request
from nicegui import events, ui
from nicegui.element import Element

from case_api.console.desk.fields import change_of, fields_of, lenient
from case_api.console.desk.parts import SHELVES, called, card_of, crumbs, scripts_by_id, tried_sides
from case_api.console.door import PREFIX
from case_api.console.fields import Field, Mistyped, typed
from case_api.console.forms import draw
from case_api.console.pages import page
from case_api.console.parts import banner, card, choices, div, el, href, link, select
from case_api.console.rest import Refused, command_key
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
SUBMIT: Final = "(e) => { e.preventDefault(); emit({...calmdesk.values(e.target), submit: e.submitter?.value ?? ''}); }"
SOON: Final = "(e) => calmdesk.soon(e.currentTarget, emit)"


@page("/library/edit", "desk.edit", Permission.LIBRARY_EDIT)
async def edit(visit: Visit, request: Request) -> None:
    """A new entry (`shelf`), one that is there (`key`), or a draft (`edit`)."""
    found = await visit.rest.get(f"library/edits/{visit.query['edit']}") if visit.query.get("edit") else None
    shelf = found["shelf"] if found else visit.query.get("shelf", "script")
    shelf = shelf if shelf in SHELVES else "script"
    key = found["key"] if found else visit.query.get("key", "")
    content = found["content"] if found else None
    if found is None and key:
        entry = await visit.rest.get("library/entry", shelf=shelf, key=key)
        if entry["open"]:
            found = entry["open"] if entry["open"]["drafted_by"] == visit.me["id"] else None
        content = (found or entry)["content"]
    terms = (await visit.rest.get("library/terms"))["items"] if shelf == "term" else []
    categories = {one["category"]["id"]: visit.both(one["category"]) for one in terms}
    scripts = await scripts_by_id(visit)
    fields = fields_of(visit, shelf, content, categories, scripts, new=not key)
    crumbs(visit, shelf)
    el("h1", f"{visit.t('desk.edit')} · {called(visit, shelf, key, content)}" if key else visit.t(f"desk.new_{shelf}"))
    el("p", visit.t("desk.review_help"), "note")
    await Form(visit, shelf, key, fields, found, scripts).show(content)


class Form:
    """The form, its card and its faults."""

    def __init__(self, visit: Visit, shelf: str, key: str, fields: list[Field], draft: Row | None, scripts: dict[str, Row]) -> None:
        self.visit, self.shelf, self.key, self.fields, self.scripts = visit, shelf, key, fields, scripts
        self.draft = draft if draft is not None and draft["status"] in ("draft", "submitted") else None
        self.command = command_key()
        self.faults: dict[str, Element] = {}
        self.given: Row = {}

    async def show(self, content: Row | None) -> None:
        """Two columns; one below the other on a phone."""
        visit = self.visit
        with div("columns desk-columns"):
            with card():
                self._form()
            with div("stack desk-side"):
                if self.shelf != "term":
                    with card(visit.t("desk.preview"), visit.t("desk.preview_note")):
                        self.preview = div("phone")
                        with self.preview:
                            card_of(visit, self.shelf, content or {}, self.scripts)
                with card():
                    self.verdict = div("stack", aria_live="polite")
                    with self.verdict:
                        el("p", visit.t("desk.checking"), "note")
                with card(visit.t("desk.try"), visit.t("desk.try_note")):
                    self._try()

    def _form(self) -> None:
        visit = self.visit
        form = el("form", "", "form pairs", novalidate="")
        with form:
            for field in self.fields:
                short = "" if field.kind in ("prose", "lines", "many", "pick") else "short"
                with div(f"field-box {short}".strip()):
                    draw(visit, field)
                    self.faults[field.name] = div("field-faults")
            with el("label", "", "field"):
                el("span", visit.t("desk.note"))
                el("textarea", name="note", rows="2", maxlength="500", value=self.draft["note"] if self.draft else "")
            self.trouble = div("trouble", role="alert")
            with div("buttons"):
                el("button", visit.t("desk.save_submit"), "button primary", type="submit", value="submit")
                el("button", visit.t("desk.save"), "button", type="submit", value="")
                path = "/library/entry" if self.key else "/library"
                link(visit.t("cancel"), path, "button quiet", **({"shelf": self.shelf, "key": self.key} if self.key else {}))
        form.on("submit", self._save, js_handler=SUBMIT)
        form.on("input", self._look, js_handler=SOON)

    def _try(self) -> None:
        form = el("form", "", "filters")
        with form:
            select("speaker", self.visit.t("player.lanes"), choices(self.visit, "speaker", ("customer", "staff")), "customer")
            with el("label", "", "inline-field wide"):
                el("span", self.visit.t("library.text"))
                el("input", type="text", name="text", required="", maxlength="500", autocomplete="off")
            el("button", self.visit.t("desk.try"), "button", type="submit")
        self.tried = div("tried", aria_live="polite")
        form.on("submit", self._spoken, js_handler="(e) => { e.preventDefault(); emit(calmdesk.values(e.target)); }")

    async def _look(self, event: events.GenericEventArguments) -> None:
        """Draw the card, then say what is wrong, as somebody types."""
        self.given = event.args
        change = change_of(self.shelf, self.key, lenient(self.fields), self.given)
        if self.shelf != "term":
            self.preview.clear()
            with self.preview:
                card_of(self.visit, self.shelf, change["content"], self.scripts)
        await self._check(change)

    async def _check(self, change: Row, spoken: Row | None = None) -> Row | None:
        """What is wrong at its field; None where it cannot be asked yet."""
        try:
            found = await self.visit.rest.send("POST", "library/edits/check", {"change": _whole(change), "spoken": spoken})
        except Refused as refused:
            self._tell([self.visit.problem(refused)])
            return None
        self._faults(found["faults"])
        return dict(found)

    def _faults(self, faults: list[Row]) -> None:
        for place in self.faults.values():
            place.clear()
        elsewhere = []
        for fault in faults:
            name = "key" if fault["field"] in ("id", "term") else fault["field"]
            text = f"{fault['file']}:{fault['line']}:{fault['column']} {self.visit.both(fault)}"
            if name in self.faults:
                with self.faults[name]:
                    el("small", self.visit.both(fault), "field-fault")
            else:
                elsewhere.append(self.visit.t("desk.other_fault", text=text))
        self.verdict.clear()
        with self.verdict:
            if not faults:
                el("p", self.visit.t("desk.checked"), "good-line")
                return
            el("strong", self.visit.t("desk.faults"))
            with el("ul", "", "bullets"):
                for fault in faults:
                    el("li", f"{fault['file']}:{fault['line']}:{fault['column']} {self.visit.both(fault)}")
        self._tell(elsewhere)

    def _tell(self, lines: list[str]) -> None:
        self.trouble.clear()
        if lines:
            with self.trouble, banner("", "bad"):
                for line in dict.fromkeys(lines):
                    el("span", line)

    async def _spoken(self, event: events.GenericEventArguments) -> None:
        change = change_of(self.shelf, self.key, lenient(self.fields), self.given or self._as_it_was())
        found = await self._check(change, event.args)
        self.tried.clear()
        if found is not None and found["tried"]:
            with self.tried:
                tried_sides(self.visit, found["tried"])

    def _as_it_was(self) -> Row:
        """What the form holds before anybody typed."""
        return {field.name: field.value if field.kind in ("many", "pick") else typed(field) for field in self.fields}

    async def _save(self, event: events.GenericEventArguments) -> None:
        visit = self.visit
        self.given = event.args
        try:
            change = _whole(change_of(self.shelf, self.key, self.fields, event.args))
        except Mistyped as mistyped:
            self._tell([visit.look.pair(visit.t(mistyped.field.text), visit.t(mistyped.key))])
            return
        note, submit = str(event.args.get("note") or ""), event.args["submit"] == "submit"
        try:
            kept = await self._kept(change, note, submit=submit)
        except Refused as refused:
            if refused.signed_out:
                ui.navigate.to(href(visit.path, **visit.query).removeprefix(PREFIX))
                return
            if refused.code == "library_refused":
                await self._check(change)
            self._tell([visit.problem(refused)])
            return
        done = "desk_submitted" if submit else "desk_saved"
        ui.navigate.to(href(f"/library/edits/{kept['id']}", done=done).removeprefix(PREFIX))

    async def _kept(self, change: Row, note: str, *, submit: bool) -> Row:
        """A new draft, or the same one with another content. Raises Refused."""
        send = self.visit.rest.send
        if self.draft is None:
            return dict(await send("POST", "library/edits", {"change": change, "note": note, "submit": submit}, key=self.command))
        where, version = f"library/edits/{self.draft['id']}", self.draft["version"]
        kept = dict(await send("PATCH", where, {"change": change, "note": note}, version=version, key=self.command))
        return dict(await send("POST", f"{where}/submit", version=kept["version"], key=command_key())) if submit else kept


def _whole(change: Row) -> Row:
    """With what a form leaves out when it is empty, so that the library says what is missing."""
    wanted = {"script": {"zh": "", "en": ""}, "term": {}, "rule": {"phrases": []}}[change["shelf"]]
    return change | {"key": change["key"] or "-", "content": wanted | change["content"]}
