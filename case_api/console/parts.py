"""What pages are made of: plain HTML elements with our own classes, text always escaped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from case_api.console.door import PREFIX
from case_api.console.visit import Visit
from case_api.sessions.course import clock as clock

Pair = tuple[str, Any]
T = TypeVar("T")


def el(tag: str, text: str = "", cls: str = "", **attributes: Any) -> TextElement:
    """One element; `for_`, `aria_label` and the like lose their last or inner underscore.

    What an input starts with is its `defaultValue`: Vue puts a `value` back at every drawing, over what somebody has typed.
    """
    made = TextElement(tag=tag, text=text)
    if cls:
        made.classes(cls)
    if tag in ("input", "textarea") and attributes.get("type", "text") not in ("hidden", "checkbox") and "value" in attributes:
        attributes["defaultValue"] = attributes.pop("value")
    for name, value in attributes.items():
        if value is not None and value is not False:
            made.props[name.rstrip("_").replace("_", "-")] = value
    return made


def div(cls: str = "", **attributes: Any) -> Element:
    """A box; a context manager."""
    return el("div", "", cls, **attributes)


def href(path: str, /, **query: Any) -> str:
    """An address within the console."""
    given = {name: value for name, value in query.items() if value not in (None, "", False)}
    return f"{PREFIX}{path}" + (f"?{urlencode(given)}" if given else "")


def link(text: str, path: str, cls: str = "", /, **query: Any) -> Element:
    """A link within the console."""
    return el("a", text, cls, href=href(path, **query))


def button(text: str, cls: str = "", **attributes: Any) -> TextElement:
    """A button that does nothing by itself; `.on("click", …)`."""
    return el("button", text, f"button {cls}".strip(), type="button", **attributes)


def tag(text: str, tone: str = "") -> Element:
    """A short mark; tones: good, warn, bad, info."""
    return el("span", text, f"tag {tone}".strip())


def card(title: str = "", note: str = "", cls: str = "") -> Element:
    """A card with its heading; a context manager."""
    made = el("section", "", f"card {cls}".strip())
    if title:
        with made, div("card-head"):
            el("h2", title)
            if note:
                el("span", note, "note")
    return made


def facts(pairs: Iterable[Pair]) -> None:
    """Names and values; an empty value is a dash."""
    with el("dl", "", "facts"):
        for name, value in pairs:
            with div():
                el("dt", name)
                el("dd", "—" if value in (None, "") else str(value))


def empty(text: str) -> None:
    """What a list says that has nothing to show."""
    el("p", text, "empty")


def banner(text: str, tone: str = "") -> Element:
    """One line above everything else; `bad` is read out at once."""
    return el("p", text, f"banner {tone}".strip(), role="alert" if tone == "bad" else "status")


def left(visit: Visit, seconds: int) -> str:
    """How long there is, or how late it is; the browser counts on from here."""
    amount = abs(seconds)
    days, hours, minutes = amount // 86400, amount // 3600 % 24, amount // 60 % 60
    if days:
        said = visit.t("left.days", days=days, hours=hours)
    else:
        said = visit.t("left.hours", hours=hours, minutes=f"{minutes:02d}") if hours else f"{minutes}:{amount % 60:02d}"
    return visit.t("left.late", time=said) if seconds < 0 else said


def countdown(visit: Visit, due_at: str | None, seconds: int | None = None, *, stopped: bool = False) -> None:
    """A limit that runs down; without the API's own `seconds` by this clock."""
    if due_at is None:
        return
    if seconds is None:
        seconds = int((datetime.fromisoformat(due_at) - datetime.now(UTC)).total_seconds())
    if stopped:
        el("span", visit.t("left.stopped", time=left(visit, seconds)), "due stopped")
        return
    tone = "late" if seconds < 0 else "soon" if seconds < 3600 else ""
    el("span", left(visit, seconds), f"due {tone}".strip(), data_due=due_at, title=visit.moment(due_at))


def table(heads: list[str], label: str, cls: str = "") -> Element:
    """A table's body, a context manager; each row is `el("tr")` with `el("td")`. `stacked`: on a phone each cell has a line of its own,
    `lines` beside its `data_label`; a `blank` one none. `flow`: on a phone the cells of a row follow each other, the first on its own line.
    """
    box = div(f"table {cls}".strip(), tabindex="0", role="region", aria_label=label)
    with box, el("table"):
        with el("thead"), el("tr"):
            for head in heads:
                el("th", head, scope="col")
        body = el("tbody")
    return body


def labelled(label: str, text: str, cls: str = "") -> None:
    """A cell of a `stacked lines` or `flow` table; nothing to say is a dash, and no line on a phone."""
    el("td", text or "—", cls if text and text != "—" else f"{cls} blank".strip(), data_label=label)


async def unhurried(rows: Sequence[T], at_once: int = 25) -> AsyncIterator[T]:
    """The rows of a long table, a few at a time: in between the event loop hears conversations."""
    for number, row in enumerate(rows):
        if number and number % at_once == 0:
            await asyncio.sleep(0)
        yield row


def choices(visit: Visit, group: str, values: Iterable[str]) -> list[tuple[str, str]]:
    """Codes with their names, for a select."""
    return [(value, visit.named(group, value)) for value in values]


def select(name: str, label: str, options: Iterable[tuple[str, str]], value: str = "", any_: str = "") -> None:
    """A labelled native select; `any_` is the first, empty choice."""
    with el("label", "", "inline-field"):
        el("span", label)
        with el("select", name=name):
            if any_:
                el("option", any_, value="")
            for code, shown in options:
                el("option", shown, value=code, selected=code == value)
