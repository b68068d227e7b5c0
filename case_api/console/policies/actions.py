"""The way of a version: drafted, authorised by legal, posted on site, published, retired; what each person may do is a button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from case_api.console.fields import Field
from case_api.console.forms import action, ask
from case_api.console.parts import div
from case_api.console.policies.forms import content_of, fields_of
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
Open = Callable[[], Awaitable[None]]
REASON: Final = (Field("reason", "prose", required=True),)


def draft_button(visit: Visit, kind: str, held: Row | None) -> None:
    """A new version, starting from the one that holds."""
    if held is not None and visit.holds(Permission.POLICY_DRAFT):
        action(visit, visit.t("policies.draft"), _draft(visit, kind, held), "small")


def _draft(visit: Visit, kind: str, held: Row) -> Open:
    sites = [("", visit.t("every_site"))] if visit.principal.may(Permission.POLICY_DRAFT, None) else []
    sites += [(site, visit.site(site)) for site in visit.sites if visit.principal.may(Permission.POLICY_DRAFT, site)]

    async def send(body: Row, key: str) -> None:
        given = {"content": content_of(body, held["content"]), "site_id": body.get("site_id"), "note": body.get("note", "")}
        await visit.rest.send("POST", "policies", given, key=key)

    async def open_() -> None:
        where = Field("site_id", "choice", required=bool(sites[0][0]), options=sites, value=sites[0][0])
        fields = [where, *fields_of(visit, held["content"]), Field("note", "prose", label="policies.why")]
        title = f"{visit.t('policies.draft')} · {visit.t(f'policies.kind.{kind}')}"
        await ask(visit, title, fields, send, done="policy_draft", note=visit.t(f"policies.draft_{kind}"))

    return open_


def buttons(visit: Visit, policy: Row, postings: list[Row]) -> None:
    """What this person may do with this version now."""
    may, site, status = visit.principal.may, policy["site_id"], policy["status"]
    refund = policy["kind"] == "refund"
    own = policy["drafted_by"] == visit.me["id"]
    with div("buttons"):
        if status == "draft" and own and may(Permission.POLICY_DRAFT, site):
            action(visit, visit.t("policies.edit"), _edit(visit, policy))
        if may(Permission.POLICY_AUTHORISE, None if refund else site):
            if status == "draft" and not own:
                action(visit, visit.t("policies.authorise"), _command(visit, policy, "authorise"), "primary")
            if status == "draft" or (status == "authorised" and not postings):
                action(visit, visit.t("policies.return"), _command(visit, policy, "return", REASON))
        if refund and status in ("authorised", "published"):
            posted = {posting["site_id"] for posting in postings}
            open_to = [one for one in visit.sites if site in (None, one) and one not in posted and may(Permission.POLICY_PUBLISH, one)]
            if open_to:
                action(visit, visit.t("policies.post"), _post(visit, policy, open_to), "primary" if not postings else "")
        if may(Permission.POLICY_PUBLISH, site):
            if status == "authorised":
                when = (Field("effective_from", "moment", help="help.effective_from"),)
                action(
                    visit,
                    visit.t("policies.publish"),
                    _command(visit, policy, "publish", when),
                    "primary" if not refund or postings else "",
                )
            if status in ("draft", "authorised", "published"):
                word = "retire" if status == "published" else "drop"
                action(visit, visit.t(f"policies.{word}"), _command(visit, policy, "retire", REASON, word), "quiet-danger")


def _title(visit: Visit, verb: str, policy: Row) -> str:
    number = visit.t("policies.number", number=policy["number"])
    return f"{visit.t(f'policies.{verb}')} · {visit.t('policies.kind.' + policy['kind'])} {number} · {visit.site(policy['site_id'])}"


def _edit(visit: Visit, policy: Row) -> Open:
    async def send(body: Row, key: str) -> None:
        given = {"content": content_of(body, policy["content"]), "note": body.get("note", "")}
        await visit.rest.send("PATCH", f"policies/{policy['id']}", given, version=policy["version"], key=key)

    async def open_() -> None:
        fields = [*fields_of(visit, policy["content"]), Field("note", "prose", label="policies.why", value=policy["note"])]
        note = visit.t(f"policies.draft_{policy['kind']}")
        await ask(visit, _title(visit, "edit", policy), fields, send, done="policy_draft", note=note)

    return open_


def _command(visit: Visit, policy: Row, verb: str, fields: tuple[Field, ...] = (), word: str = "") -> Open:
    called = word or verb

    async def send(body: Row, key: str) -> None:
        given = None if verb == "authorise" else body
        await visit.rest.send("POST", f"policies/{policy['id']}/{verb}", given, version=policy["version"], key=key)

    async def open_() -> None:
        note = visit.t(f"policies.{called}_note")
        await ask(visit, _title(visit, called, policy), fields, send, done=f"policy_{called}", note=note, danger=verb == "retire")

    return open_


def _post(visit: Visit, policy: Row, sites: list[str]) -> Open:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"policies/{policy['id']}/postings", body, key=key)

    async def open_() -> None:
        where = Field("site_id", "choice", required=True, options=[(site, visit.site(site)) for site in sites], value=sites[0])
        fields = [where, Field("proof", "prose", required=True, help="help.proof")]
        await ask(visit, _title(visit, "post", policy), fields, send, done="policy_post", note=visit.t("policies.post_note"))

    return open_
