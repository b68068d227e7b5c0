"""Clips: cut on the review page, heard on a page of their own, shared with the site's consultants, listed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from nicegui import ui
from nicegui.element import Element

from case_api.console.door import PREFIX
from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import banner, card, clock, div, el, empty, facts, labelled, link, table, tag
from case_api.console.scripts import SHARED
from case_api.console.visit import Visit, reference
from case_api.security import Permission

Row = dict[str, Any]
_TEXTS: Final = ("corrected", "doubtful", "play", "pause", "speed", "soundless", "nothing")


class ClipPlayer(Element, component=Path(__file__).parent / "static" / "clip.js", esm=SHARED):
    """Plays one clip; everything it shows is in `clip`."""

    def __init__(self, clip: Row) -> None:
        super().__init__()
        self.props["clip"] = clip


@page("/clips", "clips.title", Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE)
async def clips(visit: Visit, request: Request) -> None:
    """Newest first, page by page."""
    found = await visit.rest.get("clips", limit=50, cursor=visit.query.get("cursor"))
    with div("page-head"):
        el("h1", visit.t("clips.title"))
    el("p", visit.t("clips.help"), "note")
    if not found["items"]:
        with card():
            empty(visit.t("clips.empty"))
        return
    heads = ("field.name", "sessions.length", "sessions.staff", "site", "clips.by", "clips.made")
    with table([visit.t(head) for head in heads], visit.t("clips.title"), "flow"):
        for one in found["items"]:
            with el("tr"):
                with el("td", "", "wide-cell"):
                    link(one["name"], f"/clips/{one['id']}", "strong")
                    if one["shared"]:
                        tag(visit.t("clips.shared"), "good")
                el("td", clock(one["end"] - one["start"]), "number")
                el("td", one["staff_name"], "nowrap")
                el("td", visit.site(one["site_id"]), "nowrap")
                labelled(visit.t("clips.by"), one["made_by_name"], "nowrap")
                labelled(visit.t("clips.made"), visit.moment(one["created_at"]), "nowrap")
    if found["next_cursor"]:
        link(visit.t("more"), "/clips", "button", cursor=found["next_cursor"])


@page("/clips/{clip_id}", "clips.one", Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE)
async def clip(visit: Visit, request: Request) -> None:
    """One clip; its address is what is shared."""
    found = await visit.rest.get(f"clips/{reference(request, 'clip_id')}")
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        link(visit.t("clips.title"), "/clips")
        el("span", found["name"], aria_current="page")
    with div("page-head"):
        el("h1", found["name"])
        _state(visit, found)
        if found["whole"]:
            link(visit.t("clips.whole"), f"/sessions/{found['session_id']}", "button small", at=found["start"])
        if visit.principal.may(Permission.SESSION_CLIP, found["site_id"]):
            actions(visit, found, away="/clips")
    done_banner(visit)
    if found["note"]:
        banner(found["note"])
    ClipPlayer(
        {
            "audio": f"{PREFIX}/files/v1/clips/{found['id']}/audio",
            "seconds": found["end"] - found["start"],
            "said": found["said"],
            "names": {name: visit.named("speaker", name) for name in ("staff", "customer", "unsure")},
            "texts": {name: visit.t(f"player.{name}") for name in _TEXTS},
        }
    )
    with card(visit.t("clips.about")):
        facts(
            [
                (visit.t("sessions.staff"), found["staff_name"]),
                (visit.t("site"), visit.site(found["site_id"])),
                (visit.t("clips.span"), f"{clock(found['start'])} – {clock(found['end'])}"),
                (visit.t("clips.by"), f"{found['made_by_name']} · {visit.moment(found['created_at'])}"),
            ]
        )


def of_session(visit: Visit, found: list[Row]) -> None:
    """The clips of a conversation, on its page."""
    with card(visit.t("clips.title"), str(len(found))):
        if not found:
            empty(visit.t("clips.none"))
        with el("ul", "", "entries"):
            for one in found:
                with el("li", "", "entry top-row"):
                    el("span", f"{clock(one['start'])} – {clock(one['end'])}", "number")
                    with div("grow"):
                        link(one["name"], f"/clips/{one['id']}", "strong")
                        el("small", f"{one['made_by_name']} · {visit.moment(one['created_at'])}")
                    _state(visit, one)
                    if visit.principal.may(Permission.SESSION_CLIP, one["site_id"]):
                        actions(visit, one)


def _state(visit: Visit, one: Row) -> None:
    tag(visit.t("clips.shared" if one["shared"] else "clips.kept"), "good" if one["shared"] else "")


def actions(visit: Visit, one: Row, *, away: str = "") -> None:
    """Share or no longer, rename, delete (and then go to `away`)."""
    with div("tags"):
        action(visit, visit.t("clips.unshare" if one["shared"] else "clips.share"), _share(visit, one), "small")
        action(visit, visit.t("clips.rename"), _rename(visit, one), "small quiet")
        action(visit, visit.t("clips.delete"), _delete(visit, one, away), "small quiet-danger")


async def cut(visit: Visit, session_id: str, start: float, end: float) -> None:
    """Ask how the clip of this span is called, and cut it."""

    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"sessions/{session_id}/clips", {"start": start, "end": end, **body}, key=key)

    title = f"{visit.t('player.cut')} · {clock(start)} – {clock(end)}"
    await ask(visit, title, [Field("name", required=True), Field("note", "prose")], send, done="clip", note=visit.t("clips.cut_note"))


def _share(visit: Visit, one: Row) -> Callable[[], Awaitable[None]]:
    shared = not one["shared"]

    async def open_() -> None:
        title = f"{visit.t('clips.share' if shared else 'clips.unshare')} · {one['name']}"
        note = visit.t("clips.share_note" if shared else "clips.unshare_note", site=visit.site(one["site_id"]))
        await ask(visit, title, [], _change(visit, one, {"shared": shared}), done="clip_shared" if shared else "clip_unshared", note=note)

    return open_


def _rename(visit: Visit, one: Row) -> Callable[[], Awaitable[None]]:
    async def open_() -> None:
        fields = [Field("name", required=True, value=one["name"]), Field("note", "prose", value=one["note"])]
        await ask(visit, f"{visit.t('clips.rename')} · {one['name']}", fields, _change(visit, one, {"note": ""}), done="clip_changed")

    return open_


def _change(visit: Visit, one: Row, given: Row) -> Callable[[Row, str], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("PATCH", f"clips/{one['id']}", given | body, version=one["version"], key=key)

    return send


def _delete(visit: Visit, one: Row, away: str) -> Callable[[], Awaitable[None]]:
    async def send(_: Row, key: str) -> None:
        await visit.rest.send("DELETE", f"clips/{one['id']}", version=one["version"], key=key)

    async def open_() -> None:
        then = (lambda: ui.navigate.to(away)) if away else None
        title = f"{visit.t('clips.delete')} · {one['name']}"
        await ask(visit, title, [], send, done="clip_deleted", note=visit.t("clips.delete_note"), danger=True, then=then)

    return open_
