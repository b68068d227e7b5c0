"""One competitor's offer: as it was heard, what came of asking, and item by item beside ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, Final, get_args

from fastapi import Request

from case_api.competitors.rules import JUDGED, Better
from case_api.console.competitors.view import API, marks, proofs
from case_api.console.door import PREFIX
from case_api.console.fields import Field, Mistyped, fen
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import card, choices, div, el, empty, facts, link, table, tag
from case_api.console.visit import Visit, reference
from case_api.security import Permission
from models.competitors import CompetitorOutcome, Matchable

Row = dict[str, Any]
SIDES: Final = ("theirs", "ours")
TONES: Final = {"theirs": "warn", "ours": "good", "neither": "", "unclear": ""}


@page("/competitor-offers/{offer_id}", "rivals.title", Permission.CASE_READ)
async def competitor_offer(visit: Visit, request: Request) -> None:
    """The comparison is the widest part, and what a decision rests on."""
    offer = await visit.rest.get(f"{API}/{reference(request, 'offer_id')}")
    await visit.load_people(offer["site_id"])
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        if visit.holds(Permission.COMPETITOR_RECORD, Permission.COMPETITOR_VERIFY):
            link(visit.t("nav.competitors"), "/competitor-offers")
        el("span", offer["competitor"], aria_current="page")
    with div("page-head"):
        el("h1", offer["competitor"])
        marks(visit, offer)
    done_banner(visit)
    if visit.principal.may(Permission.COMPETITOR_VERIFY, offer["site_id"]):
        with div("buttons"):
            action(visit, visit.t("rivals.verify"), _verify(visit, offer), "" if offer["outcome"] else "primary")
            action(visit, visit.t("rivals.compare"), _compare(visit, offer), "primary" if offer["outcome"] else "")
    with div("columns"):
        _heard(visit, offer)
        _verified(visit, offer)
    _comparison(visit, offer)


def _heard(visit: Visit, offer: Row) -> None:
    with card(visit.t("rivals.told")):
        el("p", offer["offered"])
        facts(
            [
                (visit.t("rivals.heard"), f"{visit.person(offer['heard_by'])} · {visit.moment(offer['heard_at'])}"),
                (visit.t("rivals.recorded"), f"{visit.person(offer['created_by'])} · {visit.moment(offer['created_at'])}"),
                (visit.t("site"), visit.site(offer["site_id"])),
            ]
        )
        with div("buttons"):
            if offer["case_id"]:
                link(visit.t("warnings.open_case"), f"/cases/{offer['case_id']}", "button small", tab="assessment")
            _proof(visit, offer["evidence_id"])
            if offer["session_id"] and visit.holds(Permission.SESSION_READ_OWN, Permission.SESSION_READ_SITE):
                link(visit.t("warnings.open_session"), f"/sessions/{offer['session_id']}", "button small")


def _proof(visit: Visit, evidence_id: str | None) -> None:
    if evidence_id:
        el("a", visit.t("rivals.open_proof"), "button small", href=f"{PREFIX}/files/v1/evidence/{evidence_id}/file")


def _verified(visit: Visit, offer: Row) -> None:
    with card(visit.t("rivals.verification")):
        if not offer["outcome"]:
            empty(visit.t("rivals.not_yet"))
            return
        el("p", offer["proof"])
        facts(
            [
                (visit.t("rivals.outcome"), visit.named("rival_outcome", offer["outcome"])),
                (visit.t("rivals.by"), f"{visit.person(offer['verified_by'])} · {visit.moment(offer['verified_at'])}"),
            ]
        )
        with div("buttons"):
            _proof(visit, offer["proof_evidence_id"])


def _comparison(visit: Visit, offer: Row) -> None:
    with card(visit.t("rivals.comparison"), cls="wide-card"):
        if not offer["comparison"]:
            empty(visit.t("rivals.no_comparison"))
            return
        heads = [visit.t(f"rivals.{head}") for head in ("item", *SIDES, "better", "difference", "note")]
        with table(heads, visit.t("rivals.comparison")):
            for item in offer["comparison"]:
                with el("tr"):
                    el("td", visit.named("rival_item", item["item"]), "strong nowrap")
                    for side in SIDES:
                        el("td", item[side], "wide-cell" if item["item"] in JUDGED else "nowrap")
                    with el("td"):
                        tag(visit.named("better", item["better"]), TONES[item["better"]])
                    el("td", _difference(visit, item))
                    el("td", item["note"] or "—", "wide-cell" if item["note"] else "")
        counted = [f"{visit.named('better', name)} {count}" for name, count in offer["balance"].items() if count]
        by = f"{visit.person(offer['compared_by'])} · {visit.moment(offer['compared_at'])}"
        facts(
            [
                (visit.t("rivals.balance"), " · ".join(counted)),
                (visit.t("rivals.matchable"), visit.named("matchable", offer["matchable"])),
                (visit.t("rivals.judgement"), offer["judgement"]),
                (visit.t("rivals.by"), by),
            ]
        )


def _difference(visit: Visit, item: Row) -> str:
    if item["item"] != "delivery_date":
        return item["difference"] or "—"
    theirs, ours = (date.fromisoformat(item[side]) for side in SIDES)
    return visit.t("rivals.days_apart", days=abs((ours - theirs).days))


def _verify(visit: Visit, offer: Row) -> Callable[[], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"{API}/{offer['id']}/verification", body, version=offer["version"], key=key)

    async def open_() -> None:
        outcomes = choices(visit, "rival_outcome", get_args(CompetitorOutcome))
        fields = [
            Field("outcome", "choice", label="rivals.outcome", required=True, options=outcomes, value=offer["outcome"]),
            Field("proof", "prose", label="rivals.proof", required=True, value=offer["proof"], help="help.rival_proof"),
        ]
        if offer["case_id"]:
            shown = await proofs(visit, offer["case_id"])
            fields.append(Field("evidence_id", "choice", label="rivals.evidence", options=shown, value=offer["proof_evidence_id"]))
        await ask(visit, visit.t("rivals.verify"), fields, send, done="rival_verified", note=visit.t("rivals.verify_note"))

    return open_


def _compare(visit: Visit, offer: Row) -> Callable[[], Awaitable[None]]:
    asked = item_fields(visit, offer["comparison"])
    fields = [
        *asked,
        Field("conclusion", "head", label="rivals.conclusion"),
        Field(
            "matchable",
            "choice",
            label="rivals.matchable",
            required=True,
            options=choices(visit, "matchable", get_args(Matchable)),
            value=offer["matchable"],
        ),
        Field("judgement", "prose", label="rivals.judgement", required=True, value=offer["judgement"], help="help.judgement"),
    ]

    async def send(body: Row, key: str) -> None:
        items = compared(body.pop("items", {}))
        await visit.rest.send("PUT", f"{API}/{offer['id']}/comparison", body | {"items": items}, version=offer["version"], key=key)

    async def open_() -> None:
        await ask(visit, visit.t("rivals.compare"), fields, send, done="rival_compared", note=visit.t("rivals.compare_note"))

    return open_


def item_fields(visit: Visit, held: list[Row]) -> list[Field]:
    """What may be compared, each item with what was said of it; one more of the items that have no name of their own."""
    wanted = [("price", "yuan"), ("delivery_date", "date"), *((name, "line") for name in JUDGED)]
    wanted += [("other", "line")] * sum(item["item"] == "other" for item in held)
    left, fields = list(held), list[Field]()
    for number, (name, kind) in enumerate(wanted):
        item = next((one for one in left if one["item"] == name), None)
        if item is not None:
            left.remove(item)
        fields += _item(visit, f"items.{number}-{name}", name, kind, item or {})
    return fields


def _item(visit: Visit, place: str, name: str, kind: Any, item: Row) -> list[Field]:
    def value(side: str) -> Any:
        return fen(item[side]) if kind == "yuan" and side in item else item.get(side)

    fields = [Field(place, "head", label=f"rival_item.{name}")]
    fields += [Field(f"{place}.{side}", kind, label=f"rivals.{side}", value=value(side)) for side in SIDES]
    if name in JUDGED:
        options = choices(visit, "better", get_args(Better))
        fields.append(Field(f"{place}.better", "choice", label="rivals.better", options=options, value=item.get("better")))
    return [*fields, Field(f"{place}.note", label="rivals.note", value=item.get("note"))]


SIDE_NAMES: Final = {"price": "{}_fen", "delivery_date": "{}_on"}


def compared(given: Row) -> list[Row]:
    """The items that were filled in, as the API takes them. Raises Mistyped: one side only, or nobody said whose is better."""
    items = []
    for place, item in given.items():
        name = place.partition("-")[2]
        if not any(side in item for side in SIDES):
            continue
        for part in (*SIDES, *(("better",) if name in JUDGED else ())):
            if part not in item:
                raise Mistyped(Field(f"items.{place}.{part}", label=f"rival_item.{name}"), "typed.both_sides")
        sides = {SIDE_NAMES.get(name, "{}").format(side): item[side] for side in SIDES}
        items.append({"item": name, **sides} | {part: item[part] for part in ("better", "note") if part in item})
    if not items:
        raise Mistyped(Field("items", label="rivals.comparison"), "typed.required")
    return items
