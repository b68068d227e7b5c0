"""Evidence: files and quotes, the upload, and the case's conversations."""

from __future__ import annotations

import asyncio
from typing import get_args

from case_api.console.case.view import CaseView, Row
from case_api.console.door import PREFIX
from case_api.console.fields import Field
from case_api.console.forms import action, ask, uploads
from case_api.console.parts import card, choices, clock, div, el, empty, link, select, table, tag
from case_api.console.rest import command_key
from case_api.evidence.schemas import FileKind
from case_api.evidence.service import AT_WORK
from case_api.security import Permission


async def show(view: CaseView) -> None:
    """Newest first, withdrawn pieces too: they stay in the file."""
    visit = view.visit
    found, recordings = await asyncio.gather(visit.rest.everything(f"{view.path}/evidence"), visit.rest.get(f"{view.path}/recordings"))
    if view.may(Permission.EVIDENCE_ADD) and view.at(*AT_WORK):
        _upload(view)
    with card(visit.t("evidence.title"), str(len(found))):
        if not found:
            empty(visit.t("evidence.empty"))
        with el("ul", "", "entries"):
            for piece in found:
                _piece(view, piece)
    with card(visit.t("evidence.recordings"), str(len(recordings))):
        if not recordings:
            empty(visit.t("evidence.no_recordings"))
            return
        with table(
            [visit.t(head) for head in ("sessions.started", "sessions.staff", "sessions.length", "sessions.peak")],
            visit.t("evidence.recordings"),
        ):
            for one in recordings:
                with el("tr"):
                    with el("td"):
                        if visit.holds(Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE):
                            link(visit.moment(one["started_at"]), f"/sessions/{one['session_id']}", "strong")
                        else:
                            el("span", visit.moment(one["started_at"]))
                    el("td", one["staff_name"])
                    el("td", clock(one["seconds"]))
                    with el("td"):
                        tag(visit.named("level", one["peak_level"]), one["peak_level"])


def _upload(view: CaseView) -> None:
    visit = view.visit
    with card(visit.t("evidence.add"), visit.t("evidence.add_note")):
        trouble = div("trouble")
        form = el("form", "", "filters", action=f"{PREFIX}/files/v1/{view.path}/evidence", data_key=command_key(), novalidate="")
        with form:
            select("kind", visit.t("evidence.kind"), choices(visit, "evidence", get_args(FileKind)))
            with el("label", "", "inline-field wide"):
                el("span", visit.t("evidence.file"))
                el("input", type="file", name="file")
            with el("label", "", "inline-field wide"):
                el("span", visit.t("field.note"))
                el("input", type="text", name="note", autocomplete="off")
            el("button", visit.t("evidence.upload"), "button primary", type="submit")
    uploads(visit, form, trouble, f"{visit.path}?tab=evidence&done=evidence")


def _piece(view: CaseView, piece: Row) -> None:
    visit, file, quote = view.visit, piece["file"], piece["quote"]
    with el("li", "", "entry gone" if piece["withdrawn_at"] else "entry"):
        tag(visit.named("evidence", piece["kind"]))
        with div("grow"):
            if file:
                target = f"{PREFIX}/files/v1/evidence/{piece['id']}/file"
                el("a", file["name"], "strong", href=target)
                el(
                    "small",
                    visit.t(
                        "evidence.by", who=visit.person(piece["added_by"]), at=visit.moment(piece["created_at"]), size=_size(file["size"])
                    ),
                )
            elif quote:
                link(visit.look.quoted(quote["text"] or "…"), f"/sessions/{quote['session_id']}", "strong", at=round(quote["start"]))
                el("small", f"{visit.named('speaker', quote['speaker'])} {clock(quote['start'])} · {visit.person(piece['added_by'])}")
            if piece["note"]:
                el("small", piece["note"])
            if piece["withdrawn_at"]:
                el("small", visit.t("evidence.withdrawn", why=piece["withdrawn_reason"]))
        if not piece["withdrawn_at"] and piece["added_by"] == visit.me["id"]:
            action(visit, visit.t("evidence.withdraw"), _withdraws(view, piece), "small quiet-danger")


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(size // 1000, 1)} kB"


def _withdraws(view: CaseView, piece: Row):  # type: ignore[no-untyped-def]
    visit = view.visit

    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"evidence/{piece['id']}/withdraw", body, version=piece["version"], key=key)

    async def open_() -> None:
        fields = [Field("reason", "prose", required=True)]
        await ask(visit, visit.t("evidence.withdraw"), fields, send, done="evidence_withdrawn", danger=True)

    return open_
