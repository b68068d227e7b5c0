"""Programs that tell of customers: their addresses and secrets, and events from a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, get_args

from fastapi import Request
from nicegui import events, ui

from case_api.console.door import PREFIX
from case_api.console.fields import Field
from case_api.console.forms import action, ask, done_banner, secret_once
from case_api.console.pages import page
from case_api.console.parts import banner, card, choices, div, el, empty, select, table, tag
from case_api.console.rest import Refused
from case_api.console.visit import Visit
from case_api.early_warning.imports.rules import COLUMNS, KIND_NAMES
from case_api.security import Permission
from models.crm import ToldKind

Row = dict[str, Any]
SUBMIT_FILE: Final = "async (e) => { e.preventDefault(); emit({busy: true}); emit(await calmdesk.imported(e.target, e.submitter)); }"


@page("/crm-sources", "nav.sources", Permission.CRM_SOURCE_READ, icon="sources")
async def sources(visit: Visit, request: Request) -> None:
    """What may tell of customers, newest first; below it the import of a file."""
    found = await visit.rest.everything("crm-sources")
    manages = visit.principal.may(Permission.CRM_SOURCE, None)
    with div("page-head"):
        el("h1", visit.t("sources.title"))
        if manages:
            action(visit, visit.t("sources.new"), lambda: _new(visit), "primary")
    el("p", visit.t("sources.help"), "note")
    done_banner(visit)
    if not found:
        with card():
            empty(visit.t("sources.empty"))
    else:
        base = f"{request.url.scheme}://{request.url.netloc}"
        _table(visit, found, base, manages=manages)
    if visit.holds(Permission.CRM_IMPORT):
        _import(visit, [one for one in found if one["status"] == "active"])


def _table(visit: Visit, found: list[Row], base: str, *, manages: bool) -> None:
    heads = ["field.name", "site", "sources.address", "sources.status", *(["people.actions"] if manages else [])]
    with table([visit.t(head) for head in heads], visit.t("sources.title"), "stacked lines"):
        for source in found:
            with el("tr"):
                el("td", source["name"], "strong")
                el("td", visit.site(source["site_id"]))
                with el("td"):
                    el("code", f"{base}/v1/crm-events/{source['id']}", "address")
                with el("td"):
                    tag(visit.named("sources.status", source["status"]), "good" if source["status"] == "active" else "")
                    if source["previous_until"]:
                        el("small", visit.t("sources.previous", at=visit.moment(source["previous_until"])))
                if manages:
                    with el("td"), div("mini-buttons"):
                        action(visit, visit.t("sources.rotate"), _rotate(visit, source), "small")
                        verb = "disable" if source["status"] == "active" else "enable"
                        action(visit, visit.t(f"sources.{verb}"), _toggle(visit, source, verb), "small quiet-danger")


async def _new(visit: Visit) -> None:
    made: Row = {}

    async def send(body: Row, key: str) -> None:
        made.update(await visit.rest.send("POST", "crm-sources", body, key=key))

    sites = [("", visit.t("every_site")), *((site, visit.site(site)) for site in visit.sites)]
    fields = [Field("name", required=True), Field("site_id", "choice", options=sites, value="", help="help.source_site")]
    await ask(visit, visit.t("sources.new"), fields, send, note=visit.t("sources.new_note"), then=lambda: _once(visit, made))


def _once(visit: Visit, made: Row) -> None:
    secret_once(visit, f"{made['name']} · {visit.t('sources.secret')}", made["secret"])


def _rotate(visit: Visit, source: Row) -> Callable[[], Awaitable[None]]:
    made: Row = {}

    async def send(body: Row, key: str) -> None:
        made.update(await visit.rest.send("POST", f"crm-sources/{source['id']}/secret", body, version=source["version"], key=key))

    async def open_() -> None:
        title = f"{visit.t('sources.rotate')} · {source['name']}"
        fields = [Field("overlap_hours", "number", required=True, value=24)]
        await ask(visit, title, fields, send, note=visit.t("sources.rotate_note"), then=lambda: _once(visit, made))

    return open_


def _toggle(visit: Visit, source: Row, verb: str) -> Callable[[], Awaitable[None]]:
    async def send(_: Row, key: str) -> None:
        body = {"status": "disabled" if verb == "disable" else "active"}
        await visit.rest.send("PATCH", f"crm-sources/{source['id']}", body, version=source["version"], key=key)

    async def open_() -> None:
        note = visit.t("sources.toggle_note") if verb == "disable" else ""
        title = f"{visit.t(f'sources.{verb}')} · {source['name']}"
        await ask(visit, title, [], send, done="source", note=note, danger=verb == "disable")

    return open_


def _import(visit: Visit, active: list[Row]) -> None:
    with card(visit.t("sources.import"), visit.t("sources.import_note")):
        if not active:
            empty(visit.t("sources.none_active"))
            return
        form = el("form", "", "form", action=f"{PREFIX}/files/v1/crm-imports", novalidate="")
        with form:
            with div("filters"):
                select("source_id", visit.t("sources.source"), [(one["id"], one["name"]) for one in active])
                sites = [(site, visit.site(site)) for site in visit.sites if visit.principal.may(Permission.CRM_IMPORT, site)]
                select("site_id", visit.t("site"), sites)
                with el("label", "", "inline-field wide"):
                    el("span", visit.t("sources.file"))
                    el("input", type="file", name="file", accept=".csv,.xlsx")
            mapping = el("details", "", "version")
            with mapping:
                with el("summary"):
                    el("strong", visit.t("sources.mapping"))
                _mapping(visit)
            with div("buttons"):
                el("button", visit.t("sources.dry_run"), "button primary", type="submit", name="dry_run", value="true")
                el("button", visit.t("sources.go"), "button", type="submit", name="dry_run", value="false")
        place = div("tried", aria_live="polite")

    def told(event: events.GenericEventArguments) -> None:
        place.clear()
        with place:
            _told(visit, event.args)
        answer = event.args.get("body") or {}
        if answer.get("header") or any(fault["code"] == "kind_unknown" for fault in answer.get("faults", ())):
            ui.run_javascript(f"getHtmlElement({mapping.id}).open = true")

    form.on("submit", told, js_handler=SUBMIT_FILE)


def _mapping(visit: Visit) -> None:
    with div("filters"):
        for column, headers in COLUMNS.items():
            with el("label", "", "inline-field"):
                el("span", visit.named("column", column))
                el(
                    "input",
                    type="text",
                    placeholder=headers[0 if visit.look.language == "zh" else -1],
                    data_column=column,
                    maxlength="80",
                    autocomplete="off",
                )
        select("one_kind", visit.t("sources.one_kind"), choices(visit, "crm", get_args(ToldKind)), "", visit.t("sources.by_column"))
    with el("label", "", "field"):
        el("span", visit.t("sources.kinds"))
        el("textarea", rows="3", data_kinds="", placeholder=visit.t("sources.kinds_hint"))
    names: dict[str, str] = {name: kind for kind, words in KIND_NAMES.items() for name in words}
    names |= {visit.named("crm", kind): kind for kind in get_args(ToldKind)}
    el("datalist", data_names="|".join(f"{name}={kind}" for name, kind in names.items()))


def _told(visit: Visit, answer: Row) -> None:
    if answer.get("busy"):
        el("p", visit.t("sources.busy"), "note")
        return
    status, said = answer["status"], answer.get("body") or {}
    if status == 0:
        banner(visit.t("typed.file"), "bad")
    elif status < 0:
        banner(visit.t("sources.lost"), "bad")
    elif status != 200:
        _refused(visit, Refused(status, said))
    elif not said["dry_run"]:
        banner(visit.t("sources.taken", **said), "good")
    elif said["header"]:
        banner(visit.t("sources.header", columns=visit.look.listed(said["header"])), "bad")
        _faults(visit, [(fault["line"], fault["column"], fault["value"], visit.both(fault)) for fault in said["faults"]])
    elif said["faulty"]:
        banner(visit.t("sources.faulty", all=said["lines"] + said["faulty"], faulty=said["faulty"]), "bad")
        _faults(visit, [(fault["line"], fault["column"], fault["value"], visit.both(fault)) for fault in said["faults"]])
    else:
        banner(visit.t("sources.would", **said), "good")


def _refused(visit: Visit, refused: Refused) -> None:
    word = refused.detail.partition("kinds.")[2]
    if refused.code == "mapping_invalid" and word:
        kinds = visit.look.listed(name for _, name in choices(visit, "crm", get_args(ToldKind)))
        banner(visit.t("sources.kind_not_ours", word=word, kinds=kinds), "bad")
        return
    if refused.code != "import_rejected":
        banner(visit.problem(refused), "bad")
        return
    banner(visit.t("sources.refused"), "bad")
    rows = []
    for error in refused.errors:
        line, _, column = error["field"].partition(":")
        chinese, _, english = error["message"].partition(": ")[2].partition(" / ")
        rows.append((line, column, "", chinese if visit.look.language == "zh" else english))
    _faults(visit, rows)


def _faults(visit: Visit, rows: list[tuple[Any, str, str, str]]) -> None:
    with table([visit.t(f"sources.{head}") for head in ("line", "column", "value", "fault")], visit.t("sources.fault")):
        for line, column, value, said in rows:
            with el("tr"):
                el("td", str(line), "number")
                el("td", column or "—")
                el("td", value or "—")
                el("td", said)
