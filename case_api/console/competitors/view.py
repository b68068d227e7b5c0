"""What the list, the case and the page of one offer share: how it looks in a line, and the form that records one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final

from nicegui import ui

from case_api.console.fields import Field
from case_api.console.forms import ask
from case_api.console.parts import div, el, link, tag
from case_api.console.visit import Visit
from case_api.security import Permission
from models.sites import CHINA

Row = dict[str, Any]
API: Final = "competitor-offers"
TONES: Final = {"true": "warn", "false": "good", "unclear": "", "yes": "good", "partly": "info", "no": "bad"}


def marks(visit: Visit, offer: Row) -> None:
    """What came of verifying and comparing it."""
    outcome, matchable = offer["outcome"], offer["matchable"]
    tag(visit.named("rival_outcome", outcome) if outcome else visit.t("rivals.unverified"), TONES.get(outcome, "warn"))
    if matchable:
        tag(visit.named("matchable", matchable), TONES[matchable])


def entry(visit: Visit, offer: Row) -> None:
    """One offer as a line of a list."""
    with el("li"), link("", f"/competitor-offers/{offer['id']}", "entry"):
        with div("grow"):
            el("strong", offer["competitor"])
            el("small", offer["offered"])
        with div("tags"):
            marks(visit, offer)


def records(visit: Visit, case: Row | None = None) -> Callable[[], Awaitable[None]]:
    """Opens the form that writes an offer down, of this case or of a site; it leads to the offer's page."""
    made: Row = {}
    sites = [(site, visit.site(site)) for site in visit.sites if visit.principal.may(Permission.COMPETITOR_RECORD, site)]
    fixed = {"site_id": case["site_id"], "case_id": case["id"]} if case is not None else {"site_id": sites[0][0]}

    async def send(body: Row, key: str) -> None:
        made.update(await visit.rest.send("POST", API, fixed | body, key=key))

    async def open_() -> None:
        fields = [
            *([Field("site_id", "choice", required=True, options=sites)] if case is None and len(sites) > 1 else []),
            Field("competitor", label="rivals.competitor", required=True),
            Field("offered", "prose", label="rivals.offered", required=True, help="help.offered"),
            Field("heard_at", "moment", label="rivals.heard_at", required=True, value=_now()),
        ]
        if case is not None or len(sites) == 1:
            people = list((await visit.load_people(fixed["site_id"])).items())
            fields.append(Field("heard_by", "choice", label="rivals.heard_by", options=people, value=visit.me["id"]))
        if case is not None:
            fields.append(Field("evidence_id", "choice", label="rivals.evidence", options=await proofs(visit, case["id"])))
        note = visit.t("rivals.new_note")
        await ask(visit, visit.t("rivals.new"), fields, send, note=note, then=lambda: ui.navigate.to(_of(made)))

    return open_


def _of(offer: Row) -> str:
    return f"/competitor-offers/{offer['id']}?done=rival"


def _now() -> str:
    return datetime.now(CHINA).replace(second=0, microsecond=0).isoformat()


async def proofs(visit: Visit, case_id: str) -> list[tuple[str, str]]:
    """Files of the case that count, to be named as what shows it."""
    found = await visit.rest.everything(f"cases/{case_id}/evidence")
    return [(piece["id"], piece["file"]["name"]) for piece in found if piece["file"] and not piece["withdrawn_at"]]
