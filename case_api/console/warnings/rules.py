"""When warnings are raised: what holds, versions, a draft as a form, and a trial on the past."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from fastapi import Request
from nicegui import events

from case_api.console.door import PREFIX
from case_api.console.fields import Field, percent
from case_api.console.forms import SUBMIT, action, ask, done_banner
from case_api.console.pages import page
from case_api.console.parts import banner, card, choices, div, el, empty, facts, labelled, link, select, table, tag
from case_api.console.rest import Refused
from case_api.console.visit import Visit
from case_api.early_warning.rule_sets.rules import RuleSet, SpeechKind
from case_api.security import Permission
from models.sites import CHINA

Row = dict[str, Any]
NUMBERS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "policy_queries": (("count", "number"), ("days", "number"), ("points", "number")),
    "visits": (("days", "number"), ("before_min", "number"), ("drop_bp", "percent"), ("points", "number")),
    "loan_papers": (("working_days", "number"), ("points", "number")),
    "payment": (("days", "number"), ("points", "number")),
    "co_resident": (("days", "number"), ("points", "number")),
    "speech": (("kinds", "many"), ("days", "number"), ("points", "number")),
    "litigation": (("days", "number"), ("points", "number")),
}
"""What can be set of each indicator, with the kind of its field."""
TONES: Final = {"published": "good", "draft": "warn", "retired": ""}
TRIED_DAYS: Final = 180
SHIPPED: Final[Row] = RuleSet().model_dump(mode="json")


@page("/warning-rules", "rules.title", Permission.POLICY_READ)
async def rules(visit: Visit, request: Request) -> None:
    """One site's rules at a time, or the general ones; the site is the address."""
    own = (
        next(iter(visit.sites), "")
        if visit.holds(Permission.WARNING_RULES) and not visit.principal.may(Permission.WARNING_RULES, None)
        else ""
    )
    site: str | None = visit.query.get("site_id", own)
    site = site if site in visit.sites else None
    held = await visit.rest.get("warning-rules/effective", site_id=site)
    versions = await visit.rest.everything("warning-rules", site_id=site)
    with el("nav", "", "crumbs", aria_label=visit.t("crumbs")):
        if visit.holds(Permission.WARNING_READ_RED):
            link(visit.t("nav.warnings"), "/warnings")
        el("span", visit.t("rules.title"), aria_current="page")
    with div("page-head"):
        el("h1", visit.t("rules.title"))
        if visit.principal.may(Permission.WARNING_RULES, site):
            action(visit, visit.t("rules.draft"), _draft(visit, site, held["content"]), "primary")
    el("p", visit.t("rules.help"), "note")
    done_banner(visit)
    with el("form", "", "filters", method="get", action=f"{PREFIX}/warning-rules", role="search"):
        sites = [(one, visit.site(one)) for one in visit.sites]
        select("site_id", visit.t("site"), sites, site or "", visit.t("every_site"))
        el("button", visit.t("search"), "button", type="submit")
    with card(visit.t("rules.in_force"), visit.site(site)):
        content_table(visit, held["content"], held["content"])
    if visit.holds(Permission.WARNING_RULES):
        _backtest(visit, site, versions)
    with card(visit.t("rules.versions")):
        if not versions:
            empty(visit.t("rules.empty"))
        for version in versions:
            _version(visit, version, held["content"])


def content_table(visit: Visit, content: Row, held: Row) -> None:
    """A rule set as sentences; rows that differ from what holds are marked."""
    with table([visit.t(f"rules.{head}") for head in ("indicator", "when", "points")], visit.t("rules.title"), "stacked lines"):
        for code in NUMBERS:
            rule = content.get(code)
            with el("tr"):
                with el("td", "", "nowrap"):
                    el("span", visit.named("indicator", code))
                    if rule != held.get(code):
                        tag(visit.t("rules.changed"), "info")
                el("td", _when(visit, code, rule) if rule else visit.t("rules.off"), "wide-cell")
                labelled(visit.t("rules.points"), f"+{rule['points']}" if rule else "", "number")
        clock, before = content["clock"], held["clock"]
        with el("tr"):
            with el("td"):
                el("span", visit.t("rules.clock"))
                if clock != before:
                    tag(visit.t("rules.changed"), "info")
            said = f"{visit.named('alarm', 'yellow')} {_hours(visit, clock['yellow'])} · {visit.named('alarm', 'orange')} "
            el("td", said + _hours(visit, clock["orange"]))
            labelled(visit.t("rules.points"), "")


def _when(visit: Visit, code: str, rule: Row) -> str:
    said: Row = dict(rule)
    if code == "speech":
        said["kinds"] = visit.look.listed(visit.named("signal", kind) for kind in rule["kinds"])
    if code == "visits":
        said["drop"] = percent(rule["drop_bp"])
    return visit.t(f"when.{code}", **said)


def _hours(visit: Visit, minutes: int) -> str:
    return visit.t("rules.hours", hours=f"{minutes / 60:g}")


def _version(visit: Visit, version: Row, held: Row) -> None:
    with el("details", "", "version", open="" if version["status"] == "draft" else None):
        with el("summary"):
            el("strong", visit.t("policies.number", number=version["number"]))
            tag(visit.named("policies.status", version["status"]), TONES[version["status"]])
            el("span", visit.site(version["site_id"]), "note")
            el("span", visit.moment(version["published_at"] or version["drafted_at"]), "note")
        if version["note"]:
            el("p", version["note"], "note")
        content_table(visit, version["content"], held)
        if visit.principal.may(Permission.WARNING_RULES, version["site_id"]):
            with div("buttons"):
                if version["status"] == "draft":
                    action(visit, visit.t("rules.publish"), _command(visit, version, "publish"), "primary")
                if version["status"] == "published":
                    action(visit, visit.t("rules.retire"), _command(visit, version, "retire"), "quiet-danger")


def _command(visit: Visit, version: Row, verb: str) -> Callable[[], Awaitable[None]]:
    async def send(_: Row, key: str) -> None:
        await visit.rest.send("POST", f"warning-rules/{version['id']}/{verb}", version=version["version"], key=key)

    async def open_() -> None:
        title = f"{visit.t(f'rules.{verb}')} · {visit.site(version['site_id'])} · {visit.t('policies.number', number=version['number'])}"
        done = {"publish": "rules_published", "retire": "rules_retired"}[verb]
        await ask(visit, title, [], send, done=done, note=visit.t(f"rules.{verb}_note"), danger=verb == "retire")

    return open_


def fields_of(visit: Visit, content: Row, shipped: Row) -> list[Field]:
    """A rule set as a form, filled with `content`; an indicator that is off starts from `shipped` values."""
    made: list[Field] = []
    for code, numbers in NUMBERS.items():
        rule = content.get(code)
        if code == "litigation":
            made.append(Field(code, "head", label="indicator.litigation"))
        else:
            made.append(Field(f"{code}.on", "yes", value=rule is not None))
        for name, kind in numbers:
            options = choices(visit, "signal", get_args(SpeechKind)) if kind == "many" else ()
            value = (rule or shipped.get(code) or {}).get(name)
            made.append(Field(f"{code}.{name}", kind, label=f"rules.{name}", value=value, options=options))  # type: ignore[arg-type]
    made.append(Field("clock", "head", label="rules.clock"))
    made += [Field(f"clock.{name}", "number", label=f"rules.{name}", value=content["clock"][name]) for name in ("yellow", "orange")]
    return [*made, Field("note", "prose")]


def drafted(body: Row, content: Row) -> Row:
    """The form's answer as a rule set; what the form does not ask for stays as in `content`."""
    made: Row = {}
    for code in NUMBERS:
        rule = dict(body.get(code) or {})
        on = rule.pop("on", code == "litigation")
        made[code] = rule if on else None
    made["clock"] = content["clock"] | (body.get("clock") or {})
    return made


def _draft(visit: Visit, site: str | None, content: Row) -> Callable[[], Awaitable[None]]:
    async def send(body: Row, key: str) -> None:
        given = {"content": drafted(body, content), "site_id": site, "note": body.get("note", "")}
        await visit.rest.send("POST", "warning-rules", given, key=key)

    async def open_() -> None:
        title = f"{visit.t('rules.draft')} · {visit.site(site)}"
        fields = fields_of(visit, content, SHIPPED)
        await ask(visit, title, fields, send, done="rules_drafted", note=visit.t("rules.draft_note"))

    return open_


def _backtest(visit: Visit, site: str | None, versions: list[Row]) -> None:
    sites = [(one, visit.site(one)) for one in visit.sites if visit.principal.may(Permission.WARNING_RULES, one)]
    today = datetime.now(CHINA).date()
    with card(visit.t("rules.backtest"), visit.t("rules.backtest_note")):
        form = el("form", "", "filters")
        with form:
            select("site_id", visit.t("site"), sites, site or "")
            named = [(one["id"], f"{visit.t('policies.number', number=one['number'])} · {visit.named('policies.status', one['status'])}")
                     for one in versions]  # fmt: skip
            select("rule_set_id", visit.t("rules.try_on"), named, "", visit.t("rules.in_force"))
            for name, day in (("since", today - timedelta(days=TRIED_DAYS)), ("until", today)):
                with el("label", "", "inline-field"):
                    el("span", visit.t(f"field.{name}"))
                    el("input", type="date", name=name, value=day.isoformat(), required="")
            with el("label", "", "inline-field"):
                el("span", visit.t("field.horizon_days"))
                el("input", type="number", name="horizon_days", value="30", min="1", max="180", required="")
            run = el("button", visit.t("rules.run"), "button primary", type="submit")
        place = div("tried", aria_live="polite")

    async def tried(event: events.GenericEventArguments) -> None:
        place.clear()
        with place:
            el("p", visit.t("rules.running"), "note")
        run.props["disabled"] = True
        try:
            found = await visit.rest.send("POST", "warning-backtests", trial(event.args))
        except (Refused, ValueError) as error:
            place.clear()
            with place:
                banner(visit.problem(error) if isinstance(error, Refused) else visit.t("typed.moment"), "bad")
        else:
            place.clear()
            with place:
                _result(visit, found)
        del run.props["disabled"]

    form.on("submit", tried, js_handler=SUBMIT)


def trial(given: Row) -> Row:
    """The body of a backtest: days from midnight to midnight. Raises ValueError: no date, no number."""
    days = {name: datetime.fromisoformat(given[name]).replace(tzinfo=CHINA).isoformat() for name in ("since", "until")}
    asked: Row = {"site_id": given["site_id"], "horizon_days": int(given["horizon_days"]), **days}
    return asked | ({"rule_set_id": given["rule_set_id"]} if given.get("rule_set_id") else {})


def _result(visit: Visit, found: Row) -> None:
    def share(part: float | None) -> str:
        return "—" if part is None else f"{part:.0%}"

    with div("figures-row"):
        for name, value in (("precision", share(found["precision"])), ("recall", share(found["recall"]))):
            with div("figure-box"):
                el("span", visit.t(f"rules.{name}"), "note")
                el("strong", value, "sum")
                el("small", visit.t(f"rules.{name}_note"))
        lead = found["lead_hours"]
        with div("figure-box"):
            el("span", visit.t("rules.lead"), "note")
            el("strong", visit.t("rules.hours", hours=f"{lead['median']:g}") if lead else "—", "sum")
    facts((visit.t(f"rules.{name}"), str(found[name])) for name in ("customers", "alarms", "right", "undecided", "requests"))
    if found["indicators"]:
        heads = ("indicator", "alarms", "right")
        with table([visit.t(f"rules.{head}") for head in heads], visit.t("rules.result")):
            for tally in found["indicators"]:
                with el("tr"):
                    el("td", visit.named("indicator", tally["code"]))
                    el("td", str(tally["alarms"]), "number")
                    el("td", str(tally["right"]), "number")
    el("p", visit.t("rules.nobody_note"), "note")
