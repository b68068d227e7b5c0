"""The benefit pool of a site: what it holds, what can be given, and its ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import Request

from case_api.console.charts import bar
from case_api.console.door import PREFIX
from case_api.console.fields import Field, percent, yuan
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import card, div, el, empty, link, select, table, tag
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]
Open = Callable[[], Awaitable[None]]
SUMS: Final = ("available", "reserved", "spent", "funded")


@page("/benefits", "nav.benefits", Permission.BENEFIT_MANAGE, Permission.CASE_APPROVE, icon="benefits")
async def benefits(visit: Visit, request: Request) -> None:
    """One site at a time; the site is the address."""
    site = visit.query.get("site_id", "")
    site = site if site in visit.sites else next(iter(visit.sites), "")
    el("h1", visit.t("benefits.title"))
    el("p", visit.t("benefits.help"), "note")
    done_banner(visit)
    if len(visit.sites) > 1:
        with el("form", "", "filters", method="get", action=f"{PREFIX}/benefits", role="search"):
            select("site_id", visit.t("site"), [(one, visit.site(one)) for one in visit.sites], site)
            el("button", visit.t("search"), "button", type="submit")
    pool = await visit.rest.optional(f"benefits/pools/{site}") if site else None
    manages = bool(site) and visit.principal.may(Permission.BENEFIT_MANAGE, site)
    if pool is None:
        with card():
            empty(visit.t("benefits.no_pool"))
            if manages:
                action(visit, visit.t("benefits.create"), _create(visit, site), "primary")
        return
    ledger, items = await _loaded(visit, site)
    _pool(visit, pool, manages=manages)
    _items(visit, site, items, manages=manages)
    _ledger(visit, site, ledger)


async def _loaded(visit: Visit, site: str) -> tuple[Row, list[Row]]:
    ledger, items, _ = await asyncio.gather(
        visit.rest.get(f"benefits/pools/{site}/transfers", limit=50, cursor=visit.query.get("cursor")),
        visit.rest.everything("benefits/items", site_id=site, retired="true"),
        visit.load_people(site),
    )
    return ledger, items


def _pool(visit: Visit, pool: Row, *, manages: bool) -> None:
    terms = visit.t("benefits.terms", base=yuan(pool["base_fen"]), note=pool["base_note"], share=percent(pool["quota_bp"]))
    with card(visit.t("benefits.pool"), terms):
        with div("figures-row"):
            for name in SUMS:
                with div("figure-box"):
                    el("span", visit.t(f"benefits.{name}"), "note")
                    el("strong", yuan(pool[f"{name}_fen"]), "sum")
        funded = pool["funded_fen"] or 1
        bar((pool["spent_fen"] + pool["reserved_fen"]) / funded, "warn" if pool["available_fen"] * 10 < funded else "")
        if manages:
            with div("buttons"):
                action(visit, visit.t("benefits.top_up"), _top_up(visit, pool))
                action(visit, visit.t("benefits.change"), _change(visit, pool))


def _terms(pool: Row | None) -> list[Field]:
    held = pool or {}
    return [
        Field("base_fen", "yuan", required=True, value=held.get("base_fen"), help="help.base"),
        Field("base_note", required=True, value=held.get("base_note")),
        Field("quota_bp", "percent", required=True, value=held.get("quota_bp", 500)),
    ]


def _create(visit: Visit, site: str) -> Open:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", "benefits/pools", body | {"site_id": site}, key=key)

    async def open_() -> None:
        title = f"{visit.t('benefits.create')} · {visit.site(site)}"
        await ask(visit, title, _terms(None), send, done="benefit", note=visit.t("benefits.create_note"))

    return open_


def _change(visit: Visit, pool: Row) -> Open:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("PUT", f"benefits/pools/{pool['site_id']}", body, version=pool["version"], key=key)

    async def open_() -> None:
        fields = [*_terms(pool), Field("reason", "prose", required=True)]
        await ask(visit, visit.t("benefits.change"), fields, send, done="benefit", note=visit.t("benefits.change_note"))

    return open_


def _top_up(visit: Visit, pool: Row) -> Open:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", f"benefits/pools/{pool['site_id']}/top-ups", body, version=pool["version"], key=key)

    async def open_() -> None:
        fields = [Field("amount_fen", "yuan", required=True), Field("reason", "prose", required=True)]
        await ask(visit, visit.t("benefits.top_up"), fields, send, done="benefit", note=visit.t("benefits.top_up_note"))

    return open_


def _items(visit: Visit, site: str, items: list[Row], *, manages: bool) -> None:
    with card(visit.t("benefits.items"), visit.t("benefits.items_note")):
        if manages:
            action(visit, visit.t("benefits.new_item"), _new_item(visit, site), "small")
        if not items:
            empty(visit.t("benefits.no_items"))
            return
        heads = ["field.name", "benefits.cost", "benefits.status", *(["people.actions"] if manages else [])]
        with table([visit.t(head) for head in heads], visit.t("benefits.items"), "flow"):
            for item in sorted(items, key=lambda one: one["retired_at"] is not None):
                with el("tr"):
                    el("td", visit.both(item, "name"))
                    el("td", yuan(item["cost_fen"]), "number")
                    with el("td"):
                        retired = item["retired_at"] is not None
                        tag(visit.t("benefits.retired" if retired else "benefits.offered"), "" if retired else "good")
                    if manages:
                        with el("td"), div("mini-buttons"):
                            if item["retired_at"] is None:
                                action(visit, visit.t("benefits.edit_item"), _edit_item(visit, item), "small")
                                action(visit, visit.t("benefits.retire"), _retire(visit, item), "small quiet-danger")


def _item_fields(item: Row | None) -> list[Field]:
    held = item or {}
    return [
        Field("name_zh", required=True, value=held.get("name_zh")),
        Field("name_en", value=held.get("name_en"), help="help.name_en"),
        Field("cost_fen", "yuan", required=True, value=held.get("cost_fen")),
    ]


def _named(body: Row) -> Row:
    """In both languages: who has no English name for it is not asked to invent one."""
    return {"name_en": body["name_zh"]} | body


def _new_item(visit: Visit, site: str) -> Open:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", "benefits/items", _named(body) | {"site_id": site}, key=key)

    async def open_() -> None:
        await ask(visit, visit.t("benefits.new_item"), _item_fields(None), send, done="benefit")

    return open_


def _edit_item(visit: Visit, item: Row) -> Open:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("PUT", f"benefits/items/{item['id']}", _named(body), version=item["version"], key=key)

    async def open_() -> None:
        title = f"{visit.t('benefits.edit_item')} · {visit.both(item, 'name')}"
        await ask(visit, title, _item_fields(item), send, done="benefit", note=visit.t("benefits.edit_note"))

    return open_


def _retire(visit: Visit, item: Row) -> Open:
    async def send(_: Row, key: str) -> None:
        await visit.rest.send("DELETE", f"benefits/items/{item['id']}", version=item["version"], key=key)

    async def open_() -> None:
        title = f"{visit.t('benefits.retire')} · {visit.both(item, 'name')}"
        await ask(visit, title, [], send, done="benefit", note=visit.t("benefits.retire_note"), danger=True)

    return open_


def _ledger(visit: Visit, site: str, ledger: Row) -> None:
    with card(visit.t("benefits.ledger"), visit.t("benefits.ledger_note")):
        if not ledger["items"]:
            empty(visit.t("benefits.no_ledger"))
            return
        heads = ("at", "transfer", "moved", "sum", "reason", "by")
        with table([visit.t(f"benefits.{head}") for head in heads], visit.t("benefits.ledger"), "flow"):
            for transfer in ledger["items"]:
                taken, given = transfer["entries"]
                with el("tr"):
                    el("td", visit.moment(transfer["at"]), "nowrap")
                    with el("td"):
                        tag(visit.named("transfer", transfer["kind"]))
                    el("td", f"{visit.named('account', taken['account'])} → {visit.named('account', given['account'])}", "nowrap")
                    el("td", yuan(given["fen"]), "amount")
                    with el("td"):
                        el("span", transfer["reason"] or "—")
                        if transfer["case_id"]:
                            link(visit.t("warnings.open_case"), f"/cases/{transfer['case_id']}")
                    el("td", visit.person(transfer["made_by"]))
        if ledger["next_cursor"]:
            link(visit.t("more"), "/benefits", "button", site_id=site, cursor=ledger["next_cursor"])
