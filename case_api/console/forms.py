"""Forms in a dialog: asks, sends one command, says what was wrong at the field, and shows the page anew."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from nicegui import events, ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from case_api.console.details import bare, fault
from case_api.console.door import PREFIX
from case_api.console.fields import Field, Mistyped, body, typed, words_to_find
from case_api.console.parts import banner, button, div, el, href
from case_api.console.rest import Refused, command_key
from case_api.console.texts import TEXTS
from case_api.console.visit import Visit

Send = Callable[[dict[str, Any], str], Awaitable[Any]]
"""Sends a body under a key (the command's name: a second click does nothing twice)."""
PAIRED_FROM: Final = 6
"""Fields above which short ones stand side by side."""
SUBMIT: Final = "(e) => { e.preventDefault(); emit(calmdesk.values(e.target)); }"
UPLOAD: Final = """async (e) => {
  e.preventDefault();
  const form = e.target, button = form.querySelector("[type=submit]");
  if (!form.querySelector("[type=file]").files.length) { emit({status: 0}); return; }
  const headers = {"Idempotency-Key": form.dataset.key};
  if (form.dataset.version) headers["If-Match"] = `"${form.dataset.version}"`;
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {method: "POST", body: new FormData(form), headers});
    emit({status: answer.status, problem: answer.ok ? null : await answer.json()});
  } catch { emit({status: -1}); }
  button.disabled = false;
}"""
"""Sends a form with its file under its `data-key`, based on its `data-version` where it has one."""


async def ask(
    visit: Visit,
    title: str,
    fields: Sequence[Field],
    send: Send,
    *,
    done: str = "",
    note: str = "",
    go: str = "",
    danger: bool = False,
    then: Callable[[], None] | None = None,
) -> None:
    """Open the dialog. When the command is done the page is shown anew, with the text `done` above it; or `then` goes on."""
    key, client = command_key(), ui.context.client
    with ui.dialog().props("no-backdrop-dismiss") as dialog, div("dialog"):
        dialog.props["aria-label"] = title
        with div("dialog-head"):
            el("h2", title)
            el("button", "×", "icon-button", type="button", aria_label=visit.t("close")).on("click", dialog.close)
        if note:
            el("p", note, "note")
        trouble = div("trouble")
        form = el("form", "", "form pairs" if len(fields) > PAIRED_FROM else "form", novalidate="")
        with form:
            for field in fields:
                draw(visit, field)
            with div("form-foot"):
                button(visit.t("cancel")).on("click", dialog.close)
                confirm = el("button", go or visit.t("confirm"), f"button {'danger' if danger else 'primary'}", type="submit")

    async def submit(event: events.GenericEventArguments) -> None:
        trouble.clear()
        confirm.props["disabled"] = True
        try:
            await send(body(fields, event.args), key)
        except Mistyped as mistyped:
            tell(trouble, [visit.look.pair(visit.t(mistyped.field.text), visit.t(mistyped.key))], [mistyped.field.name])
        except Refused as refused:
            if refused.signed_out:
                ui.navigate.to(now_at(visit))
                return
            wrong = [asked.name for asked in map(partial(asked_of, fields), refused.errors) if asked]
            tell(trouble, lines_of(visit, refused, fields), wrong)
        else:
            dialog.close()
            if then is not None:
                with client.content:  # what it opens outlives this dialog
                    then()
                return
            ui.navigate.to(now_at(visit, done))
            return
        del confirm.props["disabled"]

    form.on("submit", submit, js_handler=SUBMIT)
    dialog.on("hide", dialog.delete)
    dialog.open()


def secret_once(visit: Visit, title: str, secret: str, *, note: str = "", kept: str = "secret.kept") -> None:
    """A secret that is shown this once and nowhere else; the page is shown anew when it is put away."""
    with ui.dialog().props("persistent") as dialog, div("dialog"):
        dialog.props["aria-label"] = title
        el("h2", title)
        el("p", note or visit.t("secret.note"), "note")
        el("code", secret, "once")
        with div("form-foot"):
            button(visit.t(kept), "primary").on("click", lambda: ui.navigate.to(now_at(visit)))
    dialog.open()


def refuse(visit: Visit, place: Element, refused: Refused) -> None:
    """What came of a command that was refused, in place of what stood there."""
    place.clear()
    with place:
        banner(visit.problem(refused), "bad")


def lines_of(visit: Visit, refused: Refused, fields: Sequence[Field] = ()) -> list[str]:
    """A refusal and what it says of each field. Where fields are named, the place of the first in the request says nothing more."""
    about = "" if refused.errors and refused.detail == refused.errors[0]["field"] else refused.detail
    return [visit.problem(refused, about), *(said(visit, error, fields) for error in refused.errors)]


def said(visit: Visit, error: dict[str, str], fields: Sequence[Field] = ()) -> str:
    """One field's error, by the field's name on the screen."""
    place, asked = error["field"].removeprefix("body."), asked_of(fields, error)
    wrong = fault(place, error["message"], visit.look.language)
    if asked is None and (place == "body" or place.startswith("content.")):
        return wrong  # of several fields together; what is wrong names them
    name = _called(visit, fields, asked) if asked is not None else visit.named("field", place)
    return visit.look.pair(bare(name), wrong)


def asked_of(fields: Sequence[Field], error: dict[str, str]) -> Field | None:
    """The question of a form that an error is about."""
    place = error["field"].removeprefix("body.")
    return next((field for field in fields if field.kind != "head" and f".{place}".endswith(f".{field.name}")), None)


def _called(visit: Visit, fields: Sequence[Field], asked: Field) -> str:
    """A field by the heading or tick that it stands under, if any: there may be several of its name."""
    group = asked.name.rpartition(".")[0]
    over = next((field for field in fields if group and field.kind in ("head", "yes") and field.name in (group, f"{group}.on")), None)
    own = visit.t(asked.text)
    return f"{visit.t(over.text)} · {own}" if over is not None and over is not asked else own


def now_at(visit: Visit, done: str = "") -> str:
    """This page, for `navigate.to`, which puts the console's own prefix before it."""
    return href(visit.path, **(visit.query | {"done": done})).removeprefix(PREFIX)


def tell(place: Element, lines: list[str], fields: Sequence[str] = ()) -> None:
    """What was wrong, a line each, where it can be seen; the fields of these names are marked until something else stands in them."""
    with place, banner("", "bad"):
        for line in dict.fromkeys(lines):
            el("span", line)
    place.client.run_javascript(f"calmdesk.wrong({place.id}, {json.dumps(list(fields))})")


def uploads(visit: Visit, form: TextElement, trouble: Element, then: str) -> None:
    """Let the browser send a form with a file straight to the API; `then` is where it leads, `trouble` where a refusal is said."""

    def told(event: events.GenericEventArguments) -> None:
        trouble.clear()
        status, problem = event.args["status"], event.args.get("problem")
        if status in (200, 201):
            ui.navigate.to(then)
            return
        with trouble:
            banner(visit.t("typed.file") if status == 0 else visit.problem(Refused(status, problem or {})), "bad")

    form.on("submit", told, js_handler=UPLOAD)


def draw(visit: Visit, field: Field) -> None:
    """One question, labelled."""
    label = visit.t(field.text)
    if field.kind == "head":
        el("h3", label)
        return
    if field.kind == "yes":
        with el("label", "", "check"):
            el("input", type="checkbox", name=field.name, value="yes", checked=bool(field.value))
            el("span", label)
        return
    if field.kind == "pick":
        _picks(visit, field, label)
        return
    if field.kind == "many":
        with el("fieldset", "", "field"):
            el("legend", label)
            with div("checks"):
                for code, shown in field.options:
                    with el("label", "", "check"):
                        el("input", type="checkbox", name=field.name, value=code, checked=code in (field.value or ()), data_list="")
                        el("span", shown)
        return
    with el("label", "", "field" if field.kind in ("prose", "lines") else "field short"):
        with el("span", label):
            if field.required:
                el("b", " *", "must", aria_hidden="true")
        _input(visit, field)
        if field.help:
            el("small", visit.t(field.help))


def _picks(visit: Visit, field: Field, label: str) -> None:
    """A long list to tick in; the browser hides what does not hold the words that were searched for, and keeps what is ticked in sight."""
    with el("fieldset", "", "field pick"):
        el("legend", label)
        el("input", type="search", placeholder=visit.t("pick.search"), aria_label=visit.t("pick.search"), autocomplete="off", data_pick="")
        with div("picks"):
            for code, shown in field.options:
                with el("label", "", "check", data_words=words_to_find(code, shown)):
                    el("input", type="checkbox", name=field.name, value=code, checked=code in (field.value or ()), data_list="")
                    with el("span", shown):
                        el("small", f" {code}")
        el("small", visit.t("pick.none"), "pick-none", hidden="")
        if field.help:
            el("small", visit.t(field.help))


def _input(visit: Visit, field: Field) -> TextElement:
    must = "" if field.required else None
    if field.kind == "choice":
        made = el("select", name=field.name, required=must)
        with made:
            if all(code for code, _ in field.options) and (not field.required or field.value is None):
                el("option", visit.t("choose"), value="")
            for code, shown in field.options:
                el("option", shown, value=code, selected=code == field.value)
        return made
    if field.kind in ("prose", "lines"):
        return el("textarea", name=field.name, rows="3", value=typed(field), required=must)
    types = {"date": "date", "moment": "datetime-local"}
    modes = {"yuan": "decimal", "percent": "decimal", "number": "numeric"}
    return el(
        "input",
        type=types.get(field.kind, "text"),
        inputmode=modes.get(field.kind),
        name=field.name,
        value=typed(field),
        required=must,
        autocomplete="off",
    )


def action(visit: Visit, text: str, open_: Callable[[], Awaitable[None]], cls: str = "") -> TextElement:
    """A button that opens a form."""
    return button(text, cls).on("click", open_)


def done_banner(visit: Visit) -> None:
    """What the last command did, if the address says so."""
    key = f"done.{visit.query.get('done', '')}"
    if key in TEXTS:
        banner(visit.t(key), "good").props["tabindex"] = -1  # the browser puts the keyboard's focus here
