"""Sales offices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request

from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import div, el, table
from case_api.console.visit import Visit
from case_api.security import Permission

Row = dict[str, Any]


@page("/sites", "nav.sites", Permission.SITE_MANAGE, icon="sites")
async def sites(visit: Visit, request: Request) -> None:
    """All of them; the code stays, the name may change."""
    with div("page-head"):
        el("h1", visit.t("sites.title"))
        action(visit, visit.t("sites.new"), lambda: _new(visit), "primary")
    el("p", visit.t("sites.help"), "note")
    done_banner(visit)
    heads = ["sites.code", "field.name", "field.name_en", "people.actions"]
    with table([visit.t(head) for head in heads], visit.t("sites.title"), "flow"):
        for site in visit.sites.values():
            with el("tr"):
                el("td", site["code"], "strong")
                el("td", site["name"])
                el("td", site["name_en"] or "—")
                with el("td"):
                    action(visit, visit.t("sites.rename"), _rename(visit, site), "small")


async def _new(visit: Visit) -> None:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("POST", "sites", body, key=key)

    fields = [Field("code", required=True, help="help.site_code"), Field("name", required=True), Field("name_en")]
    await ask(visit, visit.t("sites.new"), fields, send, done="site")


def _rename(visit: Visit, site: Row) -> Callable[[], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        await visit.rest.send("PATCH", f"sites/{site['id']}", {"name_en": "", **body}, key=key)

    async def open_() -> None:
        fields = [Field("name", required=True, value=site["name"]), Field("name_en", value=site["name_en"])]
        await ask(visit, f"{visit.t('sites.rename')} · {site['code']}", fields, send, done="site")

    return open_
