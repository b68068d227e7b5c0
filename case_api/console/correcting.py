"""Correcting the transcript on the review page: what the player asks for is a command, and it is told what came of it."""

from __future__ import annotations

from typing import Any

from nicegui import events
from nicegui.element import Element

from case_api.console.forms import refuse
from case_api.console.rest import Refused, command_key
from case_api.console.visit import Visit


def correcting(visit: Visit, session_id: str, player: Element, trouble: Element) -> None:
    """Corrections, restorations and the history of a line, without loading the page again: whoever corrects one corrects many."""
    path = f"sessions/{session_id}/utterances"

    async def correct(event: events.GenericEventArguments) -> None:
        given = event.args
        body = {name: given[name] for name in ("text", "speaker", "reason")}
        await change("PATCH", f"{path}/{given['id']}", body, given["version"], restored=False)

    async def restore(event: events.GenericEventArguments) -> None:
        given = event.args
        body = {"version": given["version"], "reason": visit.t("player.why_restored")}
        await change("POST", f"{path}/{given['id']}/restore", body, given["on"], restored=True)

    async def change(method: str, address: str, body: dict[str, Any], version: int, *, restored: bool) -> None:
        trouble.clear()
        try:
            now = await visit.rest.send(method, address, body, version=version, key=command_key())
        except Refused as refused:
            refuse(visit, trouble, refused)
            return
        player.run_method("corrected", now | {"restored": restored})

    async def history(event: events.GenericEventArguments) -> None:
        trouble.clear()
        try:
            found = await visit.rest.get(f"{path}/{event.args}/versions")
        except Refused as refused:
            refuse(visit, trouble, refused)
            return
        items = [one | {"told": _told(visit, one)} for one in found["items"]]
        player.run_method("told", {"id": event.args, "items": items})

    async def readings(event: events.GenericEventArguments) -> None:
        try:
            found = await visit.rest.get(f"{path}/{event.args}/versions")
        except Refused:
            return  # an offer that may be missing
        player.run_method("offered", {"id": event.args, "items": found["readings"]})

    player.on("correct", correct)
    player.on("readings", readings)
    player.on("restore", restore)
    player.on("history", history)


def _told(visit: Visit, version: dict[str, Any]) -> str:
    terms = [visit.t("player.terms", terms=visit.look.listed(version["terms"]))] if version["terms"] else []
    if version["person_id"] is None:
        return " · ".join([visit.t("player.recognised"), *terms])
    return " · ".join([version["person_name"], visit.moment(version["created_at"]), version["reason"], *terms])
