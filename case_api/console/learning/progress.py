"""Before and after the site went live, and what the site agreed to."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any, Final, get_args

from case_api.console.door import PREFIX
from case_api.console.drawings import lines
from case_api.console.fields import Field, percent
from case_api.console.forms import action, ask
from case_api.console.learning.asking import PATH, Row
from case_api.console.parts import card, choices, div, el, empty, facts, link, select
from case_api.console.visit import Visit
from case_api.learning.progress.schemas import Outcome
from case_api.security import Permission
from models.learning import Ranking

OUTCOMES: Final = get_args(Outcome)


async def show(visit: Visit) -> None:
    """One site at a time."""
    sites = [site for site in visit.sites if visit.principal.may(Permission.LEARNING_READ, site)]
    if not sites:
        empty(visit.t("learning.not_enough"))
        return
    site = visit.query.get("site_id", "")
    site = site if site in sites else sites[0]
    outcome = visit.query.get("outcome", "")
    outcome = outcome if outcome in OUTCOMES else OUTCOMES[0]
    with div("segments", role="group", aria_label=visit.t("learning.outcome")):
        for name in OUTCOMES:
            link(visit.t(f"learning.{name}"), PATH, "on" if name == outcome else "", view="progress", outcome=name, site_id=site)
    if len(sites) > 1:
        with el("form", "", "filters", method="get", action=f"{PREFIX}{PATH}"):
            el("input", type="hidden", name="view", value="progress")
            el("input", type="hidden", name="outcome", value=outcome)
            select("site_id", visit.t("site"), [(one, visit.site(one)) for one in sites], site)
            el("button", visit.t("search"), "button", type="submit")
    path = f"learning/sites/{site}"
    found, agreed = await asyncio.gather(visit.rest.get(f"{path}/before-after", outcome=outcome), visit.rest.get(path))
    _weeks(visit, site, outcome, found)
    _agreement(visit, site, agreed)


def _weeks(visit: Visit, site: str, outcome: str, found: Row) -> None:
    weeks = found["weeks"]
    with card(f"{visit.t(f'learning.{outcome}')} · {visit.site(site)}", visit.t("learning.of_hundred")):
        el("p", visit.both(found), "strong")
        if not weeks:
            empty(visit.t("learning.no_weeks"))
        else:
            mondays = [week["monday"] for week in weeks]
            day = next(
                (place for place, monday in enumerate(mondays) if found["go_live_on"] and _sunday(monday) >= found["go_live_on"]), None
            )
            goal = found["before"] * (1 + found["goal"]) if found["before"] is not None and found["go_live_on"] else None
            curves = [(name, [week[name] for week in weeks]) for name in ("rate", "without", "model")]
            lines(curves, mondays, visit.both(found), measured="rate", goal=goal, day=day)
            with div("legend"):
                for name in ("rate", "model", "without", *(("goal",) if goal is not None else ()), *(("turn",) if day is not None else ())):
                    with el("span"):
                        el("i", "", f"key {name}")
                        el("span", visit.t(f"learning.line_{name}", goal=f"{found['goal']:+.0%}"))
            facts(
                [
                    (visit.t("learning.go_live"), found["go_live_on"]),
                    (visit.t("learning.before"), _rate(found["before"])),
                    (visit.t("learning.afterwards"), _rate(found["after"])),
                    (visit.t("learning.crude"), _change(found["crude"])),
                    (visit.t("learning.goal"), f"{found['goal']:+.0%}"),
                ]
            )
            if found["weeks_entered"]:
                el("small", visit.t("learning.weeks_entered", count=found["weeks_entered"], of=len(weeks)))
        if visit.principal.may(Permission.LEARNING_MANAGE, site):
            action(visit, visit.t("learning.enter_week"), lambda: _enter(visit, site))
        el("small", visit.t("learning.progress_note"))


def _sunday(monday: str) -> str:
    """The week's last day: the week that the day falls into counts as after it."""
    return (date.fromisoformat(monday) + timedelta(days=6)).isoformat()


def _rate(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f}"


def _change(value: float | None) -> str:
    return "—" if value is None else f"{value:+.0%}"


async def _enter(visit: Visit, site: str) -> None:
    fields = [
        Field("monday", "date", label="learning.monday", required=True, help="learning.monday_help"),
        *(Field(name, "number", label=f"learning.{name}", required=True) for name in ("conversations", "complaints", "escalations")),
        Field("source", label="learning.source", required=True, help="learning.source_help"),
    ]

    async def send(body: Row, key: str) -> None:
        monday = _monday(body.pop("monday"))
        known = await visit.rest.optional(f"learning/sites/{site}/weeks/{monday}")
        version = known["version"] if known else 0
        await visit.rest.send("PUT", f"learning/sites/{site}/weeks/{monday}", body, version=version, key=key)

    await ask(visit, visit.t("learning.enter_week"), fields, send, done="week", note=visit.t("learning.enter_note"))


def _monday(given: str) -> str:
    """The address of a week; what is no day stays as it is, and the API says so."""
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        return "0"


def _agreement(visit: Visit, site: str, agreed: Row) -> None:
    with card(visit.t("learning.agreement"), visit.t("learning.agreement_note")):
        facts(
            [
                (visit.t("learning.go_live"), agreed["go_live_on"]),
                (visit.t("learning.ranking"), visit.named("learning.ranks", agreed["ranking"])),
                (visit.t("learning.holdout"), percent(agreed["holdout_bp"])),
            ]
        )
        el("small", visit.t("learning.holdout_means"))
        if visit.principal.may(Permission.LEARNING_MANAGE, site):
            action(visit, visit.t("learning.change"), lambda: _agree(visit, site, agreed))


async def _agree(visit: Visit, site: str, agreed: Row) -> None:
    ranks = choices(visit, "learning.ranks", get_args(Ranking))
    fields = [
        Field("go_live_on", "date", label="learning.go_live", value=agreed["go_live_on"], help="learning.go_live_help"),
        Field(
            "ranking",
            "choice",
            label="learning.ranking",
            required=True,
            options=ranks,
            value=agreed["ranking"],
            help="learning.ranking_help",
        ),
        Field("holdout_bp", "percent", label="learning.holdout", required=True, value=agreed["holdout_bp"], help="learning.holdout_help"),
    ]

    async def send(body: dict[str, Any], key: str) -> None:
        await visit.rest.send("PUT", f"learning/sites/{site}", body, version=agreed["version"], key=key)

    await ask(visit, visit.t("learning.agreement"), fields, send, done="agreement", note=visit.t("learning.holdout_means"))
