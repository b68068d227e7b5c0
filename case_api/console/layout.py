"""What is around every page: header, menu, the person's own menu; and the bare page of whoever is not in yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nicegui import ui

from case_api.console.door import PREFIX
from case_api.console.look import Look
from case_api.console.parts import div, el, href
from case_api.console.texts import TEXTS
from case_api.console.visit import Visit
from case_api.security import Permission

MenuEntry = tuple[str, str, str]
"""Path, text key, icon."""
MANY = 100
"""Unread notifications that are no longer counted out."""

ICONS = {
    "tasks": "M9 6h11M9 12h11M9 18h11M4 6l1 1 2-2M4 12l1 1 2-2M4 18l1 1 2-2",
    "board": "M4 5h4v14H4zM10 5h4v9h-4zM16 5h4v12h-4z",
    "warnings": "M12 4 2.8 20h18.4zM12 10v4.5M12 17.3v.2",
    "acknowledgements": "M8 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 19c0-3.8 2.6-5.5 5.5-5.5M12 20c3-6 4-6 4.5-3s1 3 4.5 0M12 20l-1 1",
    "competitors": "M12 4v16M7 20h10M5 7h14M5 7l-3 7h6zM19 7l-3 7h6z",
    "figures": "M4 20V4M4 20h16M8 16v-4M12 16V7M16 16v-6",
    "sources": "M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3",
    "sessions": "M4 12h2M8 8v8M12 4v16M16 8v8M20 11v2",
    "live": "M12 12h.01M8.5 8.5a5 5 0 0 0 0 7M15.5 8.5a5 5 0 0 1 0 7M5.7 5.7a9 9 0 0 0 0 12.6M18.3 5.7a9 9 0 0 1 0 12.6",
    "library": "M5 4h9a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM9 9h5M9 13h5",
    "search": "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5",
    "learning": "M4 20V4M4 20h16M8 16l4-5 3 3 5-7",
    "policies": "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4",
    "benefits": "M4 9h16v4H4zM5 13v7h14v-7M12 9v11M12 9c-3 0-5-1-5-3s3-2 5 3c2-5 5-5 5-3s-2 3-5 3",
    "delegations": "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 19c0-3.5 2.5-5 5.5-5M13 16h8M18 13l3 3-3 3",
    "holds": "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3M12 14.5v2",
    "webhooks": "M9 8a3 3 0 1 1 4.5 2.6L11 15M7 12.5A3.2 3.2 0 1 0 9.6 17H16M15 17a2.6 2.6 0 1 0 .6-2.2",
    "form_links": "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 14h2M14 18v2M18 18h2v2h-2z",
    "thresholds": "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
    "audit": "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7M9 8h3",
    "guide": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM15.5 8.5l-2 5-5 2 2-5z",
    "state": "M3 12h4l2-6 4 12 2.5-8 1.5 2h4",
    "people": "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-4 3-6 6-6s6 2 6 6M16 5a3 3 0 0 1 0 6M18 14c2 1 3 3 3 6",
    "sites": "M4 20V8l6-4v16M10 20V10h10v10zM14 14h2M14 17h2M3 20h18",
    "bell": "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5a2.2 2.2 0 0 0 4 0",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "person": "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-5 4-7 8-7s8 2 8 7",
}


def icon(name: str) -> None:
    """A line drawing; says nothing to a screen reader."""
    with el("svg", "", "icon", viewBox="0 0 24 24", aria_hidden="true"):
        el("path", d=ICONS[name])


@contextmanager
def frame(visit: Visit, path: str, menu: Sequence[MenuEntry]) -> Iterator[None]:
    """A page of somebody who is in."""
    _theme(visit.look)
    with ui.context.client.layout:  # beside the page's `main`, not in it
        with el("header", "", "top") as top:
            el("a", visit.t("skip"), "skip", href="#content")
            opens = {"aria_label": visit.t("menu"), "aria_controls": "menu", "aria_expanded": "false"}
            with el("button", "", "icon-button menu-button", type="button", **opens):
                icon("menu")
            with el("a", "", "brand", href=href("/")):
                el("img", src=f"{PREFIX}/static/icon.svg", alt="", width="26", height="26")
                el("span", "Calmdesk")
            div("grow")
            _bell(visit)
            _own_menu(visit)
        with el("nav", "", "menu", id="menu", aria_label=visit.t("menu")) as pages:
            for target, title, name in menu:
                current = path == target or path.startswith(target + "/")
                with el("a", "", "menu-link", href=href(target), aria_current="page" if current else None):
                    icon(name)
                    el("span", visit.t(title))
            el("span", visit.t("tagline"), "menu-foot")
    for place, part in enumerate((top, pages)):
        part.move(target_index=place)  # before the page, so that keys reach them in this order
    with div("content", id="content", tabindex="-1"):
        yield


def _bell(visit: Visit) -> None:
    """To the inbox, with how much is unread."""
    if not visit.holds(*Permission):
        return
    with el("a", "", "icon-button bell", href=href("/inbox"), aria_label=visit.t("inbox.bell", count=visit.unread)):
        icon("bell")
        if visit.unread:
            el("span", str(visit.unread) if visit.unread < MANY else f"{MANY - 1}+", "count", aria_hidden="true")


def _own_menu(visit: Visit) -> None:
    asked = href(visit.path, **visit.query)
    with el("details", "", "own"):
        with el("summary", "", "own-name", aria_label=visit.me["display_name"]):
            icon("person")
            el("span", visit.me["display_name"])
        with div("own-panel"):
            el("strong", visit.me["display_name"])
            roles = sorted({visit.named("role", role["role"]) for role in visit.me["roles"]})
            el("small", " · ".join(roles) or visit.t("no_role"))
            look_forms(visit.look, asked)
            el("a", visit.t("own.password"), "button small", href=href("/password"))
            with el("form", method="post", action=f"{PREFIX}/sign-out"):
                el("button", visit.t("own.sign_out"), "button small", type="submit")


def look_forms(look: Look, asked: str) -> None:
    """Language and theme: three buttons each, the one in use pressed."""
    language = [("zh", "中文"), ("en", "English")]
    theme = [(name, TEXTS[f"theme.{name}"][look.language == "en"]) for name in ("auto", "light", "dark")]
    for name, options, held in (("language", language, look.language), ("theme", theme, look.theme)):
        with el(
            "form",
            "",
            "segments",
            method="post",
            action=f"{PREFIX}/look",
            role="group",
            aria_label=TEXTS[f"own.{name}"][look.language == "en"],
        ):
            el("input", type="hidden", name="next", value=asked)
            for code, shown in options:
                el("button", shown, type="submit", name=name, value=code, aria_pressed="true" if code == held else "false")


@contextmanager
def bare_frame(look: Look) -> Iterator[None]:
    """A page of somebody who is not in yet."""
    _theme(look)
    with div("welcome", id="content"):
        yield
        look_forms(look, f"{PREFIX}/sign-in")


def _theme(look: Look) -> None:
    if look.theme != "auto":
        ui.add_head_html(f'<script>document.documentElement.dataset.theme = "{look.theme}"</script>')
